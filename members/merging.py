"""Merging two records of one person (Q03), and taking it back.

Every foreign key to `Member` is found from the model's meta, so records of apps above move as well. Rows of the record
that is given up go to the one that is kept. Where both cannot stand (an activity that both attended, a month's dues of
both) the kept record's row stands and the other is set aside, to the merge record. Of intervals of which a person has
one at a time, the kept record's stand, and the other's fill only the days that these leave open.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.admin.utils import NestedObjects
from django.core import serializers
from django.db import models, router
from django.db.models import F, Q
from django.utils import timezone

from accounts import audit
from accounts.transactions import atomic
from ledgers.facts import mark_stale
from ledgers.models import Record, Touch

from .models import UNKNOWN_START, DevelopmentCase, DevelopmentStep, DuesBase, Member, Membership, MergeRecord
from .models.whereabouts import without

ONE_AT_A_TIME: dict[type[models.Model], tuple[str, str]] = {
    Membership: ("start", "end"),
    DuesBase: ("since", "until"),
}
"""Models of which a member has one row at a time, with the fields of the first day and of the day after the last."""
ENDS = {"members.communitycheckin": ("start", "end"), "members.whereabouts": ("since", "until")}
"""Models with an open row each: the one of the record given up ends on the day of the merge, and is not set aside."""
FILLED = (
    "gender", "birth_date", "ethnicity", "native_place", "education", "phone", "address", "joined_on", "regularised_on",
    "workplace", "remarks", "residence",
)  # fmt: skip
"""Fields that are taken over where the kept record has nothing."""


class CannotMerge(Exception):
    """The records cannot be merged, or the merge not be undone. The message is Chinese, for the person who asked."""


@dataclass
class Share:
    """The rows of one relation that name the record to be given up, by what becomes of them."""

    relation: Any  # models.ForeignKey
    moved: list[Any] = field(default_factory=list)
    ended: list[Any] = field(default_factory=list)
    set_aside: list[Any] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What the rows are called, and as what they name the member, where that is not as a member."""
        name, role = str(self.relation.model._meta.verbose_name), str(self.relation.verbose_name)
        unnamed = role in (Member._meta.verbose_name, self.relation.name.replace("_", " "))
        return name if unnamed else f"{name}（{role}）"

    @property
    def fills_days(self) -> bool:
        """Whether the rows are intervals of which only the days stand that the kept record leaves open."""
        return self.relation.model in ONE_AT_A_TIME

    @property
    def kept(self) -> int:
        """How many rows the kept record gets."""
        return len(self.moved) + len(self.ended)


def relations() -> Iterator[Any]:
    """Yield every foreign key to a member, also those without a way back."""
    for relation in Member._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            yield relation.field  # type: ignore[union-attr]


def plan(kept: Member, dropped: Member) -> list[Share]:
    """Return what a merge would do with the rows of each relation; a fixed number of queries for each."""
    shares = [_share(relation, kept, dropped) for relation in relations()]
    return [share for share in shares if share.moved or share.ended or share.set_aside]


def _share(relation: Any, kept: Member, dropped: Member) -> Share:
    model = relation.model
    share = Share(relation)
    needed = [f.name for f in model._meta.fields if isinstance(f, models.ForeignKey) and not f.null]
    rows = model._base_manager.filter(**{relation.name: dropped}).select_related(*needed).order_by("pk")
    if model in ONE_AT_A_TIME:
        share.moved = list(rows)
        return share
    clashing, merely_open = _clashes(relation, kept, dropped)
    for row in rows:
        if row.pk in clashing or _speaks_of(row, kept, relation):
            share.set_aside.append(row)
        elif row.pk in merely_open:
            (share.ended if model._meta.label_lower in ENDS else share.set_aside).append(row)
        else:
            share.moved.append(row)
    return share


def _clashes(relation: Any, kept: Member, dropped: Member) -> tuple[set[int], set[int]]:
    """Return the keys of rows that a unique constraint forbids beside a row of the kept record.

    Those apart that clash only in being the open one.
    """
    always: set[int] = set()
    merely_open: set[int] = set()
    for constraint in relation.model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or relation.name not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name != relation.name]
        rows = relation.model._base_manager.filter(constraint.condition or Q())
        taken = {tuple(row) for row in rows.filter(**{relation.name: kept}).values_list(*others, "pk")}
        keys = {row[:-1] for row in taken}
        mine = rows.filter(**{relation.name: dropped}).values_list(*others, "pk")
        found = {row[-1] for row in mine if row[:-1] in keys and None not in row}
        start = ENDS.get(relation.model._meta.label_lower, ("", ""))[0]
        (always if constraint.condition is None or start in others else merely_open).update(found)
    return always, merely_open - always


def _speaks_of(row: Any, kept: Member, relation: Any) -> bool:
    """Say whether a row names the kept record as well, in another place: a talk of somebody with themselves."""
    if isinstance(row, DevelopmentStep):
        return False  # the step was taken all the same; see `_name_once`
    places = (f for f in row._meta.fields if f.related_model is Member and f is not relation)
    return any(getattr(row, f.attname) == kept.pk for f in places)


def _serialized(rows: Iterable[models.Model]) -> list[Any]:
    found: list[Any] = json.loads(serializers.serialize("json", rows))
    return found


def _with_dependents(rows: Sequence[models.Model]) -> list[models.Model]:
    """Return rows and all that would be deleted with them. Raises CannotMerge where something forbids it."""
    collector = NestedObjects(using=router.db_for_write(Member))
    collector.collect(rows)
    if collector.protected:
        thing = next(iter(collector.protected))
        raise CannotMerge(f"两条记录的{next(iter(rows))._meta.verbose_name}重复，且被“{thing}”引用，请先删去其中一条")
    return [each for instances in collector.data.values() for each in instances]


def _touches(rows: Iterable[Any]) -> Iterator[Touch]:
    """Yield what rows count towards: by themselves, or through the record that they are part of."""
    for row in rows:
        if isinstance(row, Record):
            yield from row.touches()
            continue
        for each in row._meta.fields:
            part_of = each.related_model
            if part_of and part_of is not Member and issubclass(part_of, Record) and not each.null:
                yield from getattr(row, each.name).touches()


def _branches(*members: Member) -> Iterator[Touch]:
    ids = Membership.objects.filter(member__in=members).order_by().values_list("branch_id", flat=True)
    for branch in {*ids, *(member.branch_id for member in members)}:
        yield Touch(branch, UNKNOWN_START, True)


@atomic
def merge(kept: Member, dropped: Member) -> MergeRecord:
    """Move everything of `dropped` to `kept`, delete it, and return the record that can undo this.

    Both must be live. Raises CannotMerge with a Chinese message.
    """
    people = Member.objects.select_for_update(of=("self",), no_key=True).select_related("branch")
    both = people.in_bulk(sorted({kept.pk, dropped.pk}))
    if len(both) < 2 or any(member.left_on for member in both.values()):
        raise CannotMerge("只能合并两条都在册的记录。请重新打开“重复登记”核对")
    kept, dropped = both[kept.pk], both[dropped.pk]
    touches = [*_branches(kept, dropped)]
    memory: dict[str, Any] = {"dropped": _serialized([dropped]), "moved": [], "set_aside": [], "made": [], "edits": []}
    moved: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    _fill(kept, dropped, memory)
    _name_once(kept, dropped, memory)
    cases = list(DevelopmentCase.objects.whole().filter(member=dropped).select_related("branch"))
    for share in plan(kept, dropped):
        model, name = share.relation.model, share.relation.name
        touches += _touches([*share.moved, *share.ended, *share.set_aside])
        label = share.label
        if model in ONE_AT_A_TIME:
            moved[label] += _fill_days(share, kept, memory)
            continue
        _end(share, memory)
        rows = [*share.moved, *share.ended]
        _point(model, name, [row.pk for row in rows], kept.pk)
        memory["moved"].append([model._meta.label_lower, name, [row.pk for row in rows]])
        moved[label] += len(rows)
        if share.set_aside:
            memory["set_aside"] += _serialized(_with_dependents(share.set_aside))
            model._base_manager.filter(pk__in=[row.pk for row in share.set_aside]).delete()
            set_aside[label] += len(share.set_aside)
    _follow(kept, cases, memory)
    record = MergeRecord(
        kept=kept,
        dropped_pk=dropped.pk,
        dropped_name=dropped.name,
        dropped_branch=dropped.branch,
        moved=+moved,
        set_aside=+set_aside,
        memory=json.dumps(memory, ensure_ascii=False),
    ).record()
    into = f"{dropped.name}（{dropped.branch.name}）并入{kept.name}（{kept.branch.name}）"
    for member in (kept, dropped):
        audit.record("merge", member, changes={"合并": (None, into)}, organization_path=member.branch.path)
    dropped.delete()
    mark_stale([*touches, *_branches(kept)])
    return record


def _fill(kept: Member, dropped: Member, memory: dict[str, Any]) -> None:
    """Take over what the kept record has nothing of."""
    before = _serialized([kept])[0]["fields"]
    taken = [name for name in FILLED if getattr(kept, name) in ("", None) and getattr(dropped, name) not in ("", None)]
    if not taken:
        return
    for name in taken:
        setattr(kept, name, getattr(dropped, name))
    kept.amend()
    after = _serialized([kept])[0]["fields"]
    memory["filled"] = {name: [before[name], after[name]] for name in taken}


def _fill_days(share: Share, kept: Member, memory: dict[str, Any]) -> int:
    """Let intervals of the record given up stand on the days that the kept record's leave open; return how many do."""
    model: Any = share.relation.model
    first, last = ONE_AT_A_TIME[model]
    held = list(model._base_manager.filter(member=kept).order_by(first))
    pieces = []
    for row in share.moved:
        left = [(getattr(row, first), getattr(row, last))]
        for other in held:
            taken = (getattr(other, first), getattr(other, last))
            left = [rest for span in left for rest in without(span, taken)]
        pieces += [_piece(row, kept, span, first, last) for span in left]
    memory["set_aside"] += _serialized(share.moved)
    model._base_manager.filter(pk__in=[row.pk for row in share.moved]).delete()
    begins_earlier = held and any(getattr(piece, first) < getattr(held[0], first) for piece in pieces)
    if model is Membership and begins_earlier and held[0].came_by == Membership.Event.JOINED:
        _edit(held[0], {"came_by": Membership.Event.MOVED.value}, memory)  # nobody joins twice
    for piece in pieces:
        piece.record()
    memory["made"].append([model._meta.label_lower, [piece.pk for piece in pieces]])
    return len(pieces)


def _piece(row: Any, kept: Member, span: Any, first: str, last: str) -> Any:
    """Return a new interval for the kept record, like `row` but over `span`."""
    names = [f.attname for f in row._meta.concrete_fields if not f.primary_key and f.name not in row.UNTRACKED]
    piece = type(row)(**{name: getattr(row, name) for name in names})
    start, end = span
    piece.member = kept
    if isinstance(piece, Membership):
        if start != row.start:
            piece.came_by = Membership.Event.CHANGED
        if end != row.end:
            piece.left_by, piece.document = Membership.Event.MOVED, ""
    setattr(piece, first, start)
    setattr(piece, last, end)
    return piece


def _end(share: Share, memory: dict[str, Any]) -> None:
    for row in share.ended:
        start, end = ENDS[row._meta.label_lower]
        _edit(row, {end: max(timezone.localdate(), getattr(row, start) + timedelta(days=1))}, memory)


def _name_once(kept: Member, dropped: Member, memory: dict[str, Any]) -> None:
    """Let steps of development that were linked to both, as two mentors, be linked to the kept record only."""
    for one, other in (("first_member", "second_member"), ("second_member", "first_member")):
        for step in DevelopmentStep.objects.filter(**{one: dropped, other: kept}):
            _edit(step, {one: None}, memory)


def _follow(kept: Member, cases: Sequence[DevelopmentCase], memory: dict[str, Any]) -> None:
    """Let the way into the Party that was under way go on where the kept record is; beside one of its own, end it."""
    under_way = [case for case in cases if not case.closed_on and not case.regularised_on]
    has_own = kept.developments.exclude(pk__in=[c.pk for c in cases]).filter(
        closed_on__isnull=True, regularised_on__isnull=True
    )
    for case in DevelopmentCase.objects.filter(pk__in=[c.pk for c in under_way]).select_related("branch"):
        if has_own.exists():
            end = max(timezone.localdate(), case.applied_on)
            _edit(case, {"closed_on": end, "closed_reason": "重复登记，已合并", "due_on": None, "due_step": ""}, memory)
        elif case.branch_id != kept.branch_id:
            _edit(case, {"branch": kept.branch}, memory)


def _edit(row: Any, values: Mapping[str, Any], memory: dict[str, Any]) -> None:
    """Change some fields of a row, with its trace, and remember what they were."""
    before = _serialized([row])[0]["fields"]
    for name, value in values.items():
        setattr(row, name, value)
    row.record()
    after = _serialized([row])[0]["fields"]
    memory["edits"].append([row._meta.label_lower, row.pk, {name: [before[name], after[name]] for name in values}])


def _point(model: Any, name: str, keys: Collection[int], member: int, held_by: int | None = None) -> None:
    """Let rows name another member; a form that was opened before is told."""
    rows = model._base_manager.filter(pk__in=keys)
    if held_by is not None:
        rows = rows.filter(**{name: held_by})
    newer = {"version": F("version") + 1, "updated_at": timezone.now()} if issubclass(model, Record) else {}
    rows.update(**{name: member}, **newer)


# taking it back


def obstacle(record: MergeRecord) -> str:
    """Return why a merge cannot be undone, in Chinese; empty where it can."""
    if record.undone_at:
        return "这次合并已经撤销"
    later = MergeRecord.objects.filter(kept=record.kept_id, pk__gt=record.pk, undone_at__isnull=True).first()
    return f"请先撤销后来的合并：{later}" if later else ""


@atomic
def undo(record: MergeRecord) -> Member:
    """Bring the record back that was given up, with all that was its own. Raises CannotMerge with a Chinese message.

    What was changed since stays changed; rows deleted since stay away.
    """
    held = MergeRecord.objects.select_for_update(of=("self",), no_key=True).select_related(
        "kept__branch", "dropped_branch"
    )
    record = held.get(pk=record.pk)
    if reason := obstacle(record):
        raise CannotMerge(reason)
    kept = Member.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=record.kept_id)
    memory = json.loads(record.memory)
    touches = [*_branches(kept)]
    for label, keys in memory["made"]:
        _model(label)._base_manager.filter(pk__in=keys, member=kept).delete()
    _restore(memory["dropped"])
    dropped = Member.objects.select_related("branch").get(pk=record.dropped_pk)
    for label, name, keys in memory["moved"]:
        _point(_model(label), name, keys, dropped.pk, held_by=kept.pk)
    for label, pk, changes in reversed(memory["edits"]):
        _put_back(_model(label)._base_manager.filter(pk=pk).first(), changes)
    if "filled" in memory:
        _put_back(kept, memory["filled"])
    _restore(memory["set_aside"])
    record.undone_at = timezone.now()
    record.record("undo-merge")
    for member in (kept, dropped):
        audit.record(
            "undo-merge", member, changes={"撤销合并": (None, str(record))}, organization_path=member.branch.path
        )
    rows = [row for share in plan(kept, dropped) for row in (*share.moved, *share.ended, *share.set_aside)]
    mark_stale([*touches, *_branches(kept, dropped), *_touches(rows)])
    return dropped


def _model(label: str) -> Any:
    return apps.get_model(label)


def _put_back(row: Any, changes: Mapping[str, Any]) -> None:
    """Give fields back what they held, where they still hold what the merge wrote."""
    if row is None:
        return
    now = _serialized([row])[0]["fields"]
    for name, (before, after) in changes.items():
        if now[name] == after:
            known = row._meta.get_field(name)
            setattr(row, known.attname, known.to_python(before))
    row.amend() if isinstance(row, Member) else row.record()


def _restore(rows: list[Any]) -> None:
    """Write rows as they were; those that exist again are left alone."""
    for each in serializers.deserialize("json", json.dumps(rows)):
        if not type(each.object)._base_manager.filter(pk=each.object.pk).exists():
            each.save()
