"""The audit trail: append what was done in the transaction that does it, and verify that nothing was touched since."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import models, transaction
from django.utils import timezone

from accounts.acting import current_actor, current_address
from accounts.encryption import digest
from accounts.models import GENESIS, AuditEntry, AuditHead
from accounts.permissions import access_of

DIGEST_MARK = "digest:"
"""Opens a value of the trail that stands for a sensitive one."""


class BrokenChain(Exception):
    """The trail is not what was written. `seq` is the first broken entry, `reason` says how, in Chinese."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"审计记录第 {seq} 条：{reason}")
        self.seq = seq
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is to be written as one entry; the fields are the arguments of `record`."""

    action: str
    obj: models.Model | None = None
    changes: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    label: str = ""
    organization_path: str = ""
    sensitive: Container[str] = ()


def record(
    action: str,
    obj: models.Model | None = None,
    *,
    changes: Mapping[str, tuple[object, object]] | None = None,
    label: str = "",
    organization_path: str = "",
    sensitive: Container[str] = (),
) -> AuditEntry:
    """Append one entry in the current actor's name, and return it.

    `changes` maps field names to (before, after); values of the fields in `sensitive` are stored as keyed digests.
    `label` is what the entry is about, the object's own text if empty: it must hold nothing sensitive.
    `organization_path` is the tree path of the organisation concerned, the actor's own if empty; it decides which
    auditors see the entry. Raises TransactionManagementError outside a transaction.
    """
    return record_many(
        [
            Event(
                action=action,
                obj=obj,
                changes=changes or {},
                label=label,
                organization_path=organization_path,
                sensitive=sensitive,
            )
        ]
    )[0]


def record_many(events: Iterable[Event]) -> list[AuditEntry]:
    """Append entries in order, with a handful of queries however many there are. See `record`."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an audit entry is written inside the transaction of its change")
    actor, address, now = current_actor(), current_address()[:64], timezone.now()
    home_path = access_of(actor).home_path if actor else ""
    actor_name = (f"{actor.name}（{actor.username}）" if actor.name else actor.username) if actor else ""
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
    entries = []
    for event in events:
        entry = AuditEntry(
            seq=head.count + 1,
            at=now,
            actor_id=actor.pk if actor else None,
            actor_name=actor_name,
            address=address,
            action=event.action,
            model=event.obj._meta.label_lower if event.obj else "",
            object_id=str(event.obj.pk or "") if event.obj else "",
            label=_text(event.label or (event.obj or ""))[:200],
            organization_path=event.organization_path or home_path,
            changes={
                name: [_stored(value, secret=name in event.sensitive) for value in pair]
                for name, pair in event.changes.items()
            },
        )
        entry.digest = entry.digest_after(head.digest)
        head.count, head.digest = entry.seq, entry.digest
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
    head.save(update_fields=["count", "digest"])
    return entries


def _text(value: object) -> str:
    """Return a value as text that every database stores unchanged: no NUL, no half of a surrogate pair."""
    return str(value).replace("\0", "").encode(errors="replace").decode()


def _stored(value: object, *, secret: bool) -> str | int | None:
    """Return what the trail keeps of a value: JSON that reads back the same from SQLite and PostgreSQL."""
    if value is None:
        return None
    if secret and value != "":
        return DIGEST_MARK + digest(_text(value))
    return value if isinstance(value, int) else _text(value)


def verify() -> int:
    """Return the length of the trail. Raises `BrokenChain` at the first entry that is changed, missing or added.

    Reads the trail once, in a stream; only what is written meanwhile is read with the head locked.
    """
    count, last = _follow(0, GENESIS)
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().filter(pk=1).first() or AuditHead()
        count, last = _follow(count, last)
        if count < head.count:
            raise BrokenChain(count + 1, f"末尾缺失，应有 {head.count} 条，实有 {count} 条")
        if count > head.count:
            raise BrokenChain(head.count + 1, f"多出记录，应有 {head.count} 条，实有 {count} 条")
        if last != head.digest:
            raise BrokenChain(count, "与链末端登记的摘要不符")
    return count


def _follow(count: int, last: str) -> tuple[int, str]:
    """Check the entries after the first `count`, whose last digest is `last`; return the new count and digest."""
    entries = AuditEntry.objects.order_by("seq")
    if count:
        entries = entries.filter(seq__gt=count)
    for entry in entries.iterator(chunk_size=2000):
        if entry.seq != count + 1:
            missing = entry.seq > count + 1
            raise BrokenChain(count + 1 if missing else entry.seq, "记录缺失" if missing else "多出记录")
        if entry.digest != entry.digest_after(last):
            raise BrokenChain(entry.seq, "内容与摘要不符，记录被改动")
        count, last = entry.seq, entry.digest
    return count, last
