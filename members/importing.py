"""Import of the register of members: 100,000 rows in seconds, with every check."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.encryption import blind_index
from branches.models import Organization
from ledgers.importing import RecordImporter, Report, Row, Undo, create, rewrite
from ledgers.models import Touch

from .models import UNKNOWN_START, Member, Membership

DATED = ("branch_id", "employment", "is_floating")
"""Fields that a membership interval holds: a change opens a new one."""


class MemberImporter(RecordImporter):
    """The citizen ID is the key. A member already in scope is changed; elsewhere nobody is looked for."""

    identity = ("id_number",)

    def key(self, row: Row) -> Any:
        return row.values.get("id_number")

    def key_column(self, row: Row) -> str:
        return "身份证号"

    def prepare(self, rows: list[Row]) -> None:
        """A member belongs to a branch, not to a community or street."""
        kinds = {pk: kind for places in self.organizations().values() for pk, _, _, kind in places}
        branches = set(Organization.Kind.branches())
        for row in rows:
            branch = row.values.get("branch_id")
            if isinstance(branch, int) and kinds[branch] not in branches:
                self.wrong(row, "branch_id", "这不是党支部；党员要登记到党支部")
                row.values.pop("branch_id")

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        from accounts.permissions import access_of

        fields = self.fields
        held = Member.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "branch__path"))
        if self.organization is not None:
            held = held.filter(self.organization.subtree("branch__path"))
        numbers = {blind_index(row.values["id_number"], "citizen-id"): row.values["id_number"] for row in rows}
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(id_number_index__in=list(numbers))
        found: dict[str, tuple[Any, Mapping[str, Any]]] = {}
        doubled: set[str] = set()
        names = [name for name in fields if name != "id_number"]
        for pk, index, left, *values in held.values_list("pk", "id_number_index", "left_on", *names).iterator(
            chunk_size=5000
        ):
            number = numbers.get(index)
            if number is None:
                continue
            if number in found:
                doubled.add(number)
            found[number] = (pk, {**dict(zip(names, values, strict=True)), "left_on": left})
        for row in rows:
            number = row.values["id_number"]
            if number in doubled:
                self.wrong(row, "id_number", "登记册里有两名党员用这个身份证号，请先在数据质量里处理")
            elif number in found and found[number][1]["left_on"] is not None:
                self.wrong(row, "id_number", "这名党员已离开登记册，请先在党员页面办理恢复或转入")
        return found

    def build(self, row: Row) -> Member:
        member = Member(**row.values)
        member.derive()
        return member

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        members = [self.build(row) for row in new]
        touches = set(create(members, undo, self.user, report))
        memberships = [
            Membership(
                member=m,
                branch_id=m.branch_id,
                start=m.joined_on or UNKNOWN_START,
                employment=m.employment,
                is_floating=m.is_floating,
            )
            for m in members
        ]
        create(memberships, undo, self.user)
        if changed:
            touches |= set(
                rewrite(
                    Member, {r.pk: {k: v for k, (_, v) in r.changes.items()} for r in changed}, undo, self.user
                )
            )
            touches |= self._follow([r for r in changed if any(k in DATED for k in r.changes)], undo)
            self._start_at_joining([r for r in changed if "joined_on" in r.changes], undo)
        return touches

    def _follow(self, rows: list[Row], undo: Undo) -> set[Touch]:
        """Close the open interval of each and open the next one, from today on."""
        open_now = {m.member_id: m for m in Membership.objects.filter(member__in=[r.pk for r in rows], end__isnull=True)}
        states = {m.pk: m for m in Member.objects.filter(pk__in=list(open_now))}
        edits: dict[Any, dict[str, Any]] = {}
        fresh = []
        for member_id, last in open_now.items():
            member = states[member_id]
            state = {name: getattr(member, name) for name in DATED}
            if last.start >= self.today:
                edits[last.pk] = state
                continue
            moved = last.branch_id != member.branch_id
            event = Membership.Event.MOVED if moved else Membership.Event.CHANGED
            edits[last.pk] = {"end": self.today, "left_by": event.value}
            fresh.append(Membership(member_id=member_id, start=self.today, came_by=event, **state))
        touches = set(rewrite(Membership, edits, undo, self.user))
        return touches | set(create(fresh, undo, self.user))

    def _start_at_joining(self, rows: list[Row], undo: Undo) -> None:
        """A corrected 入党时间 corrects the first interval too, where that began with joining."""
        lines: dict[int, list[Membership]] = defaultdict(list)
        for membership in Membership.objects.filter(member__in=[r.pk for r in rows]).order_by("start"):
            lines[membership.member_id].append(membership)
        edits = {}
        for row in rows:
            first, *later = lines[row.pk]
            joined = row.values["joined_on"]
            limit = first.end or (later[0].start if later else None)
            if first.came_by == Membership.Event.JOINED and (limit is None or joined < limit):
                edits[first.pk] = {"start": joined}
        rewrite(Membership, edits, undo, self.user)
