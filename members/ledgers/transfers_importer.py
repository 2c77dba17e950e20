"""Import of letters of transfer; one that was taken in takes the register along, as its receipt on the page does."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from accounts.permissions import access_of
from branches.models import Organization
from ledgers.importing import Place, Report, Row, Undo, create, rewrite
from ledgers.models import Touch

from ..models import TAKEN_IN_WITHIN, Member, Membership, Transfer, Whereabouts
from .references import NAMED_BY, NOBODY, MemberReferences

Kind, State = Transfer.Kind, Transfer.State
ENDS = ("source_name", "target_name")
"""Columns that name the two ends; in the register they are `organization`, `receiver` and `elsewhere`."""


class TransferImporter(MemberReferences):
    """The key is the branch that keeps the letter, its number and its day.

    A letter taken in moves a member who is still where it found them; where the register already shows what the letter
    did, the letter is only kept. A letter for somebody who left before the register began is kept without a member.
    """

    identity = ("organization_id", "letter_number", "issued_on")

    def key_column(self, row: Row) -> str:
        return "介绍信编号"

    # the two ends

    def prepare(self, rows: list[Row]) -> None:
        """Tell from the kind which end is a branch of one's own, and find it and the member."""
        everywhere = self._branches(rows)
        self.foreign: set[Place] = set()
        """Rows of letters that a branch out of scope issued to one in scope: kept there, only compared here."""
        for row in rows:
            if not row.errors:
                self._find_ends(row, everywhere)
                if row.values.get("closed_on"):
                    row.values.setdefault("state", State.RECEIVED.value)
        found = self._find([row for row in rows if not row.errors], "organization_id")
        inside = [row for row in rows if row.place not in found and not row.errors and "receiver_id" in row.values]
        found |= self._find(inside, "receiver_id")
        members = Member.objects.in_bulk(set(found.values()))
        self.people = {number: members[pk] for number, pk in found.items()}

    def _find(self, rows: list[Row], branch: str) -> dict[Place, int]:
        """Return sheet row → member, of those found in one of the branches; who is not found need not be an error."""
        known = {pk for places in self.organizations().values() for pk, *_ in places}
        found = {}
        here = [row for row in rows if row.values[branch] in known]
        probes = [
            Row(
                row.number,
                row.cells,
                row.sheet,
                {"organization_id": row.values[branch]} | {k: row.values[k] for k in NAMED_BY if k in row.values},
                row.masked,
            )
            for row in here
        ]
        super().prepare(probes)
        for row, probe in zip(here, probes, strict=True):
            if pk := probe.values.get("member_id"):
                found[row.place] = pk
            row.errors += [error for error in probe.errors if error.message not in NOBODY]
        return found

    def _branches(self, rows: list[Row]) -> Mapping[str, list[int]]:
        """Return code or name → primary keys of the branches of the portal that rows name, in scope or not."""
        texts = {str(row.values.get(end, "")) for row in rows for end in ENDS}
        found: dict[str, list[int]] = {}
        branches = Organization.objects.branches()
        held = (
            branches
            if len(texts) >= self.reads_whole_scope
            else branches.filter(code__in=texts) | branches.filter(name__in=texts)
        )
        for pk, code, name in held.values_list("pk", "code", "name"):
            for text in {code, name}:
                found.setdefault(text, []).append(pk)
        return found

    def _find_ends(self, row: Row, everywhere: Mapping[str, list[int]]) -> None:
        values, kind = row.values, row.values["kind"]
        own, other = ENDS if kind != Kind.IN else ENDS[::-1]
        place = self._organization(values[own], self.organizations())
        if isinstance(place, str) and kind == Kind.INSIDE and len(everywhere.get(values[own], ())) == 1:
            place = everywhere[values[own]][0]
            self.foreign.add(row.place)
        if isinstance(place, str):
            self.wrong(row, own, place)
        elif not any(pk == place for pks in everywhere.values() for pk in pks):
            self.wrong(row, own, "这不是党支部；请填党支部的名称或编码")
        else:
            values["organization_id"] = place
        if kind == Kind.INSIDE:
            places = everywhere.get(values[other], [])
            if len(places) == 1 and places[0] != place:
                values["receiver_id"] = places[0]
            elif places:
                self.wrong(
                    row, other, "与转出的是同一个支部" if len(places) == 1 else "有几个支部叫这个名字，请改填组织编码"
                )
            else:
                self.wrong(row, other, "没有这个党支部；转往外地的，类型请填“转出”")
        else:
            values["elsewhere"] = values[other]
        for end in ENDS:
            values.pop(end) if not row.errors else None

    @property
    def fields(self) -> list[str]:
        columns = [key for key in super().fields if key not in ENDS]
        return [*columns, "receiver_id", "elsewhere", "state"]

    def scope(self) -> Any:
        """Return the letters kept by, or taken in by, the organisations that this import may write to."""
        access, right = access_of(self.user), self.ledger.edit_right
        rows = self.ledger.queryset().filter(self.ledger.within(lambda path: access.scope(right, path)))
        if (place := self.organization) is not None:
            rows = rows.filter(self.ledger.within(place.subtree))
        return rows

    # what follows

    def check(self, rows: list[Row]) -> None:
        """Refuse what cannot be: days out of order, a letter under way for nobody or twice, a change of the past."""
        under_way = dict(Transfer.objects.waiting().exclude(member=None).values_list("member_id", "pk"))
        open_now = {
            m.member_id: m
            for m in Membership.objects.filter(member__in=[p.pk for p in self.people.values()], end__isnull=True)
        }
        first = self._first_of([p.pk for p in self.people.values()])
        self.effects: dict[Place, tuple[Member, Membership]] = {}
        moved: set[int] = set()
        for row in rows:
            values, person = row.values, self.people.get(row.place)
            if row.pk is None:
                values.setdefault("state", State.ISSUED.value)
            if row.place in self.foreign and (row.pk is None or row.changes):
                self.wrong(row, "letter_number", "这封介绍信由别处的党支部开具，由他们登记和修改")
            self._check_days(row)
            if row.errors or ("state" in row.changes and not self._may_change_state(row)):
                continue
            if values.get("state") == State.ISSUED and (row.pk is None or "state" in row.changes):
                if values["kind"] == Kind.IN:
                    self.wrong(row, "closed_on", "转入请填接收日期")
                elif person is None or person.left_on:
                    self.wrong(row, "name", "转出支部的花名册里没有这个人，没有接收的介绍信要对得上在册党员")
                elif person.pk in under_way:
                    self.wrong(row, "name", "这名党员有一封介绍信还没有办结")
                else:
                    under_way[person.pk] = 0
            elif values.get("state") == State.RECEIVED and (row.pk is None or "state" in row.changes):
                if values["kind"] == Kind.IN and person is None:
                    self.wrong(row, "name", "花名册里还没有这名党员，请先在党员花名册里登记，或在页面上办理转入")
                elif person and (last := self._carried(row, person, open_now, first)):
                    if values["closed_on"] <= last.start and values["kind"] != Kind.IN:
                        self.wrong(row, "closed_on", f"接收日期应在 {last.start} 之后：从那天起才是现在的支部和状态")
                    elif person.pk in moved:
                        self.wrong(row, "name", "同一个人在本表里转接了两次，请分两次导入")
                    else:
                        self.effects[row.place] = person, last
                        moved.add(person.pk)

    def _check_days(self, row: Row) -> None:
        values = row.values
        closed, state = values.get("closed_on"), values.get("state")
        for key in ("issued_on", "closed_on"):
            if values.get(key) and values[key] > self.today:
                self.wrong(row, key, "这一天还没有到")
        if closed and closed < values["issued_on"]:
            self.wrong(row, "closed_on", f"不能早于开具日期 {values['issued_on']}")
        if state == State.ISSUED and closed:
            self.wrong(row, "state", "填了接收日期的不是待接收")
        if state not in (None, State.ISSUED) and not closed:
            self.wrong(row, "closed_on", "请填接收、退回或撤销的日期")
        if not 1 <= values.get("valid_days", TAKEN_IN_WITHIN) <= 366:
            self.wrong(row, "valid_days", "有效期应在 1 到 366 天之间")

    def _may_change_state(self, row: Row) -> bool:
        """A letter under way may be dealt with by a file; one that was dealt with stays so."""
        if row.changes["state"][0] == State.ISSUED:
            return True
        self.wrong(row, "state", "这封介绍信已经办结，状态不能用导入来改")
        return False

    def _first_of(self, members: list[int]) -> Mapping[int, Membership]:
        found: dict[int, Membership] = {}
        for membership in Membership.objects.filter(member__in=members).order_by("start"):
            found.setdefault(membership.member_id, membership)
        return found

    def _carried(
        self, row: Row, person: Member, open_now: Mapping[int, Membership], first: Mapping[int, Membership]
    ) -> Membership | None:
        """Return the interval that the receipt ends, or for a transfer in begins; None where nothing is left to do."""
        values = row.values
        if values["kind"] != Kind.IN:
            last = open_now.get(person.pk)
            return last if last and last.branch_id == values["organization_id"] else None
        begun = first.get(person.pk)  # in the branch from 入党时间 on, for want of anything better known
        late = begun and begun.came_by == Membership.Event.JOINED and begun.branch_id == values["organization_id"]
        within = begun and begun.start < values["closed_on"] and (begun.end is None or values["closed_on"] < begun.end)
        return begun if late and within else None

    # writing

    def build(self, row: Row) -> Transfer:
        person = self.people.get(row.place)
        return Transfer(**row.values, member_id=person.pk if person else None)

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        for row in new:
            if person := self.people.get(row.place):  # may have been named by a masked ID, or by name alone
                row.values["id_number"] = person.id_number
        touches = {*super().write(new, changed, undo, report)}
        done = [row for row in [*new, *changed] if row.place in self.effects]
        memberships: dict[int, dict[str, Any]] = {}
        members: dict[int, dict[str, Any]] = {}
        fresh: list[Membership] = []
        away = {
            w.member_id: w.pk
            for w in Whereabouts.objects.open_ones().filter(
                kind="out", member__in=[p.pk for p, _ in self.effects.values()]
            )
        }
        for row in done:
            (person, last), on = self.effects[row.place], row.values["closed_on"]
            if row.values["kind"] == Kind.IN:
                memberships[last.pk] = {"start": on, "came_by": Membership.Event.TRANSFERRED_IN.value}
                continue
            left_by = came_by = Membership.Event.MOVED.value
            receiver = row.values.get("receiver_id")
            if receiver is None or self._street(row.values["organization_id"]) != self._street(receiver):
                left_by, came_by = Member.Leave.TRANSFERRED.value, Membership.Event.TRANSFERRED_IN.value
            letter = f"介绍信 {row.values['letter_number']}"
            memberships[last.pk] = {"end": on, "left_by": left_by, "document": letter}
            if receiver is None:
                members[person.pk] = {"left_on": on, "leave_kind": left_by}
            else:
                floating = last.is_floating and person.pk not in away
                members[person.pk] = {"branch_id": receiver, "group_name": "", "is_floating": floating}
                state = {"employment": last.employment, "is_floating": floating}
                fresh.append(Membership(member_id=person.pk, branch_id=receiver, start=on, came_by=came_by, **state))
        touches |= {*rewrite(Membership, memberships, undo, self.user), *create(fresh, undo, self.user)}
        touches |= {*rewrite(Member, members, undo, self.user)}
        gone = {m.pk: r.values["closed_on"] for r in done if (m := self.effects[r.place][0]).pk in members}
        ended = {
            record.pk: {
                "until": max(gone[record.member_id or 0], record.since + timedelta(days=1)),
                "outcome": "组织关系转出",
            }
            for record in Whereabouts.objects.open_ones().filter(member__in=list(gone))
        }
        rewrite(Whereabouts, ended, undo, self.user)
        return touches

    def _street(self, branch: int) -> str:
        if not hasattr(self, "_streets"):
            kind = Organization.Kind.WORKING_COMMITTEE
            self._paths = dict(Organization.objects.values_list("pk", "path"))
            self._streets = sorted(Organization.objects.filter(kind=kind).values_list("path", flat=True), key=len)
        path = self._paths[branch]
        return next((s for s in reversed(self._streets) if path.startswith(s)), path[: Organization.steplen])
