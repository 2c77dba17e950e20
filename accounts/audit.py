"""The audit trail: append what was done in the transaction that does it, and verify that nothing was touched since."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from accounts.acting import current_actor, current_address
from accounts.encryption import Undecryptable, digest, signing_key
from accounts.models import GENESIS, AuditEntry, AuditHead
from accounts.permissions import access_of
from accounts.transactions import atomic, before_commit

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
) -> None:
    """Append one entry in the current actor's name.

    `changes` maps field names to (before, after); values of the fields in `sensitive` are stored as keyed digests.
    `label` is what the entry is about, the object's own text if empty: it must hold nothing sensitive.
    `organization_path` is the tree path of the organisation concerned, the actor's own if empty; it decides which
    auditors see the entry. Raises TransactionManagementError outside a transaction.
    """
    record_many(
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
    )


def record_many(events: Iterable[Event]) -> None:
    """Append entries in order, with a handful of queries however many there are. See `record`.

    What they say is fixed now; they are written when the outermost transaction is about to commit.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an audit entry is written inside the transaction of its change")
    actor, address, now = current_actor(), current_address()[:64], timezone.now()
    home_path = access_of(actor).home_path if actor else ""
    actor_name = (f"{actor.name}（{actor.username}）" if actor.name else actor.username) if actor else ""
    entries = [
        AuditEntry(
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
        for event in events
    ]
    before_commit(_append, entries)


def about(model: type[models.Model], pk: object) -> str:
    """Return the name of a change that is not of a field but about another row, such as a member's line of a roll."""
    return f"{model._meta.label_lower}#{pk}"


def _append(lots: Iterable[Iterable[AuditEntry]]) -> None:
    """Put entries at the end of the trail, whose head is locked from here to the commit."""
    head, _ = AuditHead.objects.select_for_update(no_key=True).get_or_create(pk=1)
    head.key = signing_key()
    entries = [entry for lot in lots for entry in lot]
    for entry in entries:
        entry.seq = head.count + 1
        entry.key = head.key
        entry.digest = entry.digest_after(head.digest)
        head.count, head.digest = entry.seq, entry.digest
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
    head.seal = head.sealed()
    head.save(update_fields=["count", "digest", "key", "seal"])


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
    with atomic():
        head = AuditHead.objects.select_for_update(no_key=True).filter(pk=1).first() or AuditHead()
        count, last = _follow(count, last)
        if count < head.count:
            raise BrokenChain(count + 1, f"末尾缺失，应有 {head.count} 条，实有 {count} 条")
        if count > head.count:
            raise BrokenChain(head.count + 1, f"多出记录，应有 {head.count} 条，实有 {count} 条")
        if last != head.digest:
            raise BrokenChain(count, "与链末端登记的摘要不符")
        if count and not _holds(head.seal, head.sealed):
            raise BrokenChain(count, "链末端的登记不是门户写的")
    if not count and apps.get_model("branches", "Organization").objects.exists():
        raise BrokenChain(1, "已有党组织，却没有任何审计记录")
    return count


def _holds(stored: str, signed: Callable[[], str]) -> bool:
    """Say whether a stored signature is what the keys give; a key that is not there signs nothing."""
    try:
        return hmac.compare_digest(stored, signed())
    except Undecryptable:
        return False


def anchor() -> dict[str, Any]:
    """Return where the trail ends now, to be kept in another place: number, digest and time of the last entry."""
    last = AuditEntry.objects.order_by("-seq").values("seq", "digest", "at").first()
    return {"seq": 0, "digest": GENESIS, "at": None} if last is None else {**last, "at": last["at"].isoformat()}


def check_anchor(kept: Mapping[str, Any]) -> None:
    """Raise `BrokenChain` unless the trail still holds the entry that an anchor was taken at."""
    seq = int(kept["seq"])
    if seq and not AuditEntry.objects.filter(seq=seq, digest=kept["digest"]).exists():
        raise BrokenChain(seq, "与以前导出的链末端不符，此条或此前的记录被改写或删去")


def _follow(count: int, last: str) -> tuple[int, str]:
    """Check the entries after the first `count`, whose last digest is `last`; return the new count and digest."""
    entries = AuditEntry.objects.order_by("seq")
    if count:
        entries = entries.filter(seq__gt=count)
    for entry in entries.iterator(chunk_size=2000):
        if entry.seq != count + 1:
            missing = entry.seq > count + 1
            raise BrokenChain(count + 1 if missing else entry.seq, "记录缺失" if missing else "多出记录")
        if not _holds(entry.digest, partial(entry.digest_after, last)):
            raise BrokenChain(entry.seq, "内容与摘要不符，记录被改动")
        count, last = entry.seq, entry.digest
    return count, last
