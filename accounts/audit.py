"""The audit trail: append what was done in the transaction that does it, and verify that nothing was touched since."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.acting import current_actor, current_address
from accounts.encryption import Undecryptable, digest, signing_key
from accounts.models import GENESIS, AuditEntry, AuditEntryQuerySet, AuditHead
from accounts.permissions import access_of
from accounts.streets import NONE, streets_of
from accounts.streets import about as streets_about
from accounts.transactions import atomic, before_commit

NOTED = "note-ends"
"""The action of an entry that says where the streets' chains end: street → [number, digest] of the last entry."""
DIGEST_MARK = "digest:"
"""Opens a value of the trail that stands for a sensitive one."""


class BrokenChain(Exception):
    """The trail is not what was written. `seq` is the first broken entry of a street's chain, `reason` says how."""

    def __init__(self, seq: int, reason: str, street: int = NONE) -> None:
        super().__init__(f"{_called(street)}审计记录第 {seq} 条：{reason}")
        self.seq = seq
        self.reason = reason
        self.street = street


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
    """Put entries at the end of their streets' chains, whose heads are locked from here to the commit."""
    entries = [entry for lot in lots for entry in lot]
    streets = streets_of({entry.organization_path for entry in entries})
    heads = _heads(set(streets.values()))
    for entry in entries:
        entry.street_id = streets[entry.organization_path]
        head = heads[entry.street_id]
        entry.seq = head.count + 1
        entry.key = head.key = signing_key()
        entry.digest = entry.digest_after(head.digest)
        head.count, head.digest = entry.seq, entry.digest
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
    for head in heads.values():
        head.seal = head.sealed()
    AuditHead.objects.bulk_update(heads.values(), ["count", "digest", "key", "seal"])


def _heads(streets: Collection[int]) -> dict[int, AuditHead]:
    """Return the ends of these streets' chains, locked, always in the same order; new ones begin."""
    held = AuditHead.objects.select_for_update(no_key=True).filter(street_id__in=streets).order_by("street_id")
    heads = {head.street_id: head for head in held}
    if missing := set(streets) - heads.keys():
        fresh = [AuditHead(street_id=street) for street in missing]
        AuditHead.objects.bulk_create(fresh, ignore_conflicts=True)
        heads = {head.street_id: head for head in held.all()}
    return heads


def position(path: str) -> dict[int, int]:
    """Return street → how many entries its chain has now, of the chains that may tell of an organisation's subtree."""
    heads = AuditHead.objects.filter(streets_about(path))
    return dict(heads.values_list("street_id", "count"))


def since(kept: Mapping[int, int], now: Mapping[int, int]) -> AuditEntryQuerySet:
    """Return the entries that came between two positions."""
    grown = [
        Q(street_id=street, seq__gt=kept.get(street, 0)) for street, count in now.items() if count > kept.get(street, 0)
    ]
    return AuditEntry.objects.filter(reduce(or_, grown)) if grown else AuditEntry.objects.none()


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


@dataclass
class _Followed:
    """How far each street's chain was followed, and what the trail itself has noted of the chains' ends."""

    ends: dict[int, tuple[int, str]] = field(default_factory=dict)
    noted: dict[tuple[int, int], str] = field(default_factory=dict)

    def follow(self, entries: models.QuerySet[AuditEntry]) -> None:
        """Check entries that come chain by chain, each chain in order. Raises `BrokenChain`."""
        for entry in entries.order_by("street_id", "seq").iterator(chunk_size=2000):
            street = entry.street_id
            count, last = self.ends.get(street, (0, GENESIS))
            if entry.seq != count + 1:
                missing = entry.seq > count + 1
                seq, reason = (count + 1, "记录缺失") if missing else (entry.seq, "多出记录")
                raise BrokenChain(seq, reason, street)
            if not _holds(entry.digest, partial(entry.digest_after, last)):
                raise BrokenChain(entry.seq, "内容与摘要不符，记录被改动", street)
            if self.noted.pop((street, entry.seq), entry.digest) != entry.digest:
                raise BrokenChain(entry.seq, "与以前登记的链末端不符，此条或此前的记录被改写", street)
            if entry.action == NOTED:
                self.noted |= {(int(name), pair[0]): pair[1] for name, pair in entry.changes.items()}
            self.ends[street] = (entry.seq, entry.digest)

    def compare(self, head: AuditHead) -> None:
        """Raise `BrokenChain` unless the chain ends where its head says."""
        street = head.street_id
        count, last = self.ends.get(street, (0, GENESIS))
        if count < head.count:
            raise BrokenChain(count + 1, f"末尾缺失，应有 {head.count} 条，实有 {count} 条", street)
        if count > head.count:
            raise BrokenChain(head.count + 1, f"多出记录，应有 {head.count} 条，实有 {count} 条", street)
        if last != head.digest:
            raise BrokenChain(count, "与链末端登记的摘要不符", street)
        if count and not _holds(head.seal, head.sealed):
            raise BrokenChain(count, "链末端的登记不是门户写的", street)


def verify() -> int:
    """Return the length of the trail. Raises `BrokenChain` at the first entry that is changed, missing or added.

    Reads the trail once, in a stream; only what is written meanwhile is read with the heads locked.
    """
    seen = _Followed()
    seen.follow(AuditEntry.objects.all())
    with atomic():
        heads = {
            head.street_id: head for head in AuditHead.objects.select_for_update(no_key=True).order_by("street_id")
        }
        followed = {street: count for street, (count, _) in seen.ends.items()}
        seen.follow(since(followed, {head.street_id: head.count for head in heads.values()}))
        for street in {*heads, *seen.ends}:
            seen.compare(heads.get(street) or AuditHead(street_id=street))
    if seen.noted:
        street, seq = min(seen.noted)
        raise BrokenChain(seq, "登记过链末端，记录却没有了", street)
    total = sum(count for count, _ in seen.ends.values())
    if not total and apps.get_model("branches", "Organization").objects.exists():
        raise BrokenChain(1, "已有党组织，却没有任何审计记录")
    return total


def note_ends() -> int:
    """Write into the chain of what belongs to no street where the streets' chains end; return how many there are.

    A street's chain that is cut back, head and all, then contradicts the trail itself.
    """
    ends = AuditHead.objects.exclude(street_id=NONE).order_by("street_id").values_list("street_id", "count", "digest")
    noted = {str(street): (count, digest) for street, count, digest in ends}
    if noted:
        with atomic():
            record(NOTED, changes=noted, label=f"{len(noted)} 条链")
    return len(noted)


def _called(street: int) -> str:
    """Return what a street is called, with the comma that follows it."""
    if street == NONE:
        return ""
    organization = apps.get_model("branches", "Organization").objects.filter(pk=street).first()
    return f"{organization or f'已删除的街道（编号 {street}）'}，"


def _holds(stored: str, signed: Callable[[], str]) -> bool:
    """Say whether a stored signature is what the keys give; a key that is not there signs nothing."""
    try:
        return hmac.compare_digest(stored, signed())
    except Undecryptable:
        return False


def anchor() -> dict[str, Any]:
    """Return where the trail ends now, to be kept in another place: street → number and digest of the last entry."""
    ends = AuditHead.objects.order_by("street_id").values_list("street_id", "count", "digest")
    return {
        "at": timezone.now().isoformat(),
        "chains": [{"street": street, "seq": count, "digest": digest} for street, count, digest in ends],
    }


def check_anchor(kept: Mapping[str, Any]) -> None:
    """Raise `BrokenChain` unless the trail still holds the entries that an anchor was taken at.

    One that was taken when there was a single chain names its end only. Raises KeyError, TypeError or ValueError for
    what is no anchor.
    """
    chains = kept["chains"] if "chains" in kept else [{"street": NONE, "seq": kept["seq"], "digest": kept["digest"]}]
    ends = {(int(end["street"]), int(end["seq"])): str(end["digest"]) for end in chains if int(end["seq"])}
    there = AuditEntry.objects.filter(street_id__in=[street for street, _ in ends], seq__in=[seq for _, seq in ends])
    found = {(street, seq): digest for street, seq, digest in there.values_list("street_id", "seq", "digest")}
    for (street, seq), kept_digest in sorted(ends.items()):
        if found.get((street, seq)) != kept_digest:
            raise BrokenChain(seq, "与以前导出的链末端不符，此条或此前的记录被改写或删去", street)
