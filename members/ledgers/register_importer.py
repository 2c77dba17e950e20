"""Import of the register of members: 100,000 rows in seconds, with every check."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from accounts.encryption import blind_index
from branches.models import Organization
from ledgers import parsing
from ledgers.importing import (
    Analysis,
    CellError,
    Place,
    RecordImporter,
    Report,
    Row,
    Undo,
    create,
    create_rows,
    quiet,
    rewrite,
)
from ledgers.models import Touch
from ledgers.reading import HeaderMatch

from ..models import (
    UNKNOWN_START,
    DevelopmentCase,
    DuesBase,
    Gender,
    Member,
    Membership,
    Whereabouts,
    can_be_reckoned,
    derived,
    left_behind,
    mask_id,
    steps_left,
    votes_left,
)
from ..querysets import MemberQuerySet
from .whereabouts import REGISTERED, RegisteredAway

DATED = ("branch_id", "employment", "is_floating")
"""Fields that a membership interval holds: a change opens a new one."""


def _derived(values: Mapping[str, Any]) -> dict[str, Any]:
    return derived(
        values["name"],
        values["id_number"],
        values.get("phone", ""),
        values.get("birth_date"),
        values.get("gender", ""),
    )


class MemberImporter(RecordImporter):
    """The citizen ID is the key. A member already in scope is changed; elsewhere nobody is looked for."""

    identity = ("id_number",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.away = RegisteredAway((), self.today)
        self.unmasked: dict[Place, str] = {}
        """Sheet and row → the citizen ID behind a masked one. Kept apart from the row, so that no page shows it."""

    def key(self, row: Row) -> Any:
        return row.values.get("id_number") or self.unmasked.get(row.place)

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
        self.away = RegisteredAway(self.keys, self.today)
        for row in rows if self.away.keys else ():
            for key, wrong in self.away.faults(row):
                self.wrong(row, key, wrong)
        self._hold_against_id(rows)
        self._unmask([row for row in rows if "id_number" in row.masked and not row.errors])

    def _unmask(self, rows: list[Row]) -> None:
        """Find who stands behind a masked ID: the one of that name, in that branch, whose ID is masked the same."""
        if not rows:
            return
        names = {row.values["name"] for row in rows}
        held = self.held()
        if len(names) < self.reads_whole_scope:
            held = held.filter(name__in=names)
        found: dict[tuple[str, int, str], set[str]] = defaultdict(set)
        for name, branch, number in held.values_list("name", "branch_id", "id_number").iterator(chunk_size=5000):
            found[name, branch, mask_id(number)].add(number)
        for row in rows:
            numbers = found.get((row.values["name"], row.values["branch_id"], row.masked["id_number"].upper()), set())
            if len(numbers) == 1:
                self.unmasked[row.place] = next(iter(numbers))
            elif numbers:
                self.wrong(
                    row, "id_number", f"本支部有 {len(numbers)} 名党员姓名和隐去后的号码都相同，请填完整的身份证号"
                )
            else:
                self.wrong(row, "id_number", "本支部没有姓名和隐去后的号码都相符的党员，请核对，或填完整的身份证号")

    def held(self) -> MemberQuerySet:
        """Return the members that this import may change."""
        rows = Member.objects.visible_to(self.user, self.ledger.edit_right)
        return rows.under(self.organization) if self.organization is not None else rows

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        fields = self.fields
        held = self.held()
        numbers = {blind_index(number, "citizen-id"): number for number in map(self.key, rows)}
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(id_number_index__in=list(numbers))
        found: dict[str, tuple[Any, Mapping[str, Any]]] = {}
        doubled: set[str] = set()
        names = [name for name in fields if name != "id_number" and name not in REGISTERED]
        for pk, index, left, *values in held.values_list("pk", "id_number_index", "left_on", *names).iterator(
            chunk_size=5000
        ):
            number = numbers.get(index)
            if number is None:
                continue
            if number in found and found[number][1]["left_on"] is None:
                if left is None:
                    doubled.add(number)
                continue  # the one in the register counts, not the one who left it
            found[number] = (pk, {**dict(zip(names, values, strict=True)), "left_on": left})
        away = self.away.current([pk for pk, _ in found.values()])
        for number, (pk, current) in found.items():
            found[number] = (pk, {**current, **away.get(pk, {})})
        for row in rows:
            number = self.key(row)
            if number in doubled:
                self.wrong(row, "id_number", "登记册里有两名党员用这个身份证号，请先在数据质量里处理")
            elif number in found and found[number][1]["left_on"] is not None:
                self.wrong(row, "id_number", "这名党员已离开登记册，请先在党员页面办理恢复或转入")
        return found

    def analyse(self, match: HeaderMatch, report: Report = quiet) -> Analysis:
        """Analyse, and hold birth date and gender against what the ID says before they are compared."""
        self.birth_column = next((i for i, header in match.mapping.items() if header == "出生日期"), None)
        return super().analyse(match, report)

    def _hold_against_id(self, rows: list[Row]) -> None:
        """Say where birth date or gender contradict the ID. 1990.1, in which Excel lost the 0 of October, is mended."""
        for row in rows:
            number = row.values.get("id_number")
            if not number or not {"birth_date", "gender"} & row.values.keys():
                continue
            told, sex = row.values.get("birth_date"), row.values.get("gender")
            try:
                born = parsing.birth_date_of(number)
            except ValueError:
                continue  # Q01 says so
            male = parsing.gender_of(number) == Gender.MALE.label
            if told and told != born and (told.year, told.month, told.day) != (born.year, born.month, 1):
                shown = self._cell_of_birth(row)
                if isinstance(shown, float) and round(shown * 100) == born.year * 100 + born.month:
                    row.values["birth_date"] = born
                    words = f"Excel 把 {born.year}.{born.month} 存成了 {shown:g}，按身份证号取 {born}"
                else:
                    words = f"与身份证号不一致：身份证号上是 {born}"
                row.warnings.append(CellError("出生日期", str(told if shown is None else shown), words))
            if sex and (sex == Gender.MALE) != male:
                right = Gender.MALE.label if male else Gender.FEMALE.label
                words = f"与身份证号不一致：身份证号上是{right}"
                row.warnings.append(CellError("性别", Gender(sex).label, words))

    def _cell_of_birth(self, row: Row) -> Any:
        return None if self.birth_column is None else row.cells[self.birth_column]

    def check(self, rows: list[Row]) -> None:
        """Somebody with an open record of floating out is floating, one with a record of being lost is lost, whatever
        the sheet says.
        """
        for row in rows if self.away.keys else ():
            if row.changes.get("is_lost", (None, True))[1] is False:
                self.wrong(row, "is_lost", "有一条失联登记还没有结束，请先在失联党员台账里登记恢复联系日期")
            elif self.away.begins_today(row):
                row.warnings.append(CellError("失去联系日期", "", f"没有填，先按 {self.today} 起失联登记"))
        back = [row for row in rows if row.changes.get("is_floating", (None, True))[1] is False]
        if not back:
            return
        out = Whereabouts.objects.open_ones().filter(kind="out", member__in=[row.pk for row in back])
        still_out = set(out.values_list("member_id", flat=True))
        for row in back:
            if row.pk in still_out:
                self.wrong(row, "is_floating", "有一条流出登记还没有结束，请先在流动党员台账里登记返回日期")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        rows = [{k: v for k, v in (row.values | _derived(row.values)).items() if k not in REGISTERED} for row in new]
        keys = create_rows(Member, rows, undo, self.user, report)
        memberships = [
            {
                "member_id": pk,
                "branch_id": row["branch_id"],
                "start": row.get("joined_on") or UNKNOWN_START,
                "employment": row.get("employment", ""),
                "is_floating": row.get("is_floating", False),
            }
            for pk, row in zip(keys, rows, strict=True)
        ]
        create_rows(Membership, memberships, undo, self.user)
        bases = [
            {"member_id": m["member_id"], "base": base, "employment": m["employment"], "since": m["start"]}
            for row, m in zip(rows, memberships, strict=True)
            if can_be_reckoned(base := row.get("dues_base"), m["employment"])
        ]
        create_rows(DuesBase, bases, undo, self.user)
        self.away.write([*zip(keys, new, strict=True), *((row.pk, row) for row in changed)], undo, self.user)
        touches = {Touch(m["branch_id"], m["start"], True) for m in memberships}
        if changed:
            touches |= set(
                rewrite(
                    Member,
                    {r.pk: {k: v for k, (_, v) in r.changes.items() if k not in REGISTERED} for r in changed},
                    undo,
                    self.user,
                )
            )
            touches |= self._keep_history(changed, undo)
            touches |= self._carry_on([r for r in changed if "branch_id" in r.changes], undo)
            self._keep_bases([r for r in changed if "dues_base" in r.changes or "employment" in r.changes], undo)
        return touches

    def _keep_history(self, rows: list[Row], undo: Undo) -> set[Touch]:
        """Let the intervals follow what changed: the first begins with joining, a new state opens one from today on."""
        edits, fresh = self._follow([row for row in rows if any(key in DATED for key in row.changes)])
        for membership, start in self._starts([row for row in rows if "joined_on" in row.changes], edits):
            edits.setdefault(membership, {})["start"] = start
        touches = set(rewrite(Membership, edits, undo, self.user))
        return touches | set(create(fresh, undo, self.user))

    def _carry_on(self, moved: list[Row], undo: Undo) -> set[Touch]:
        """Let whoever is on the way into the Party go on with it in the new branch, as `carry_on` does."""
        targets = {row.pk: row.changes["branch_id"][1] for row in moved}
        cases = list(DevelopmentCase.objects.open_on(self.today).filter(member__in=targets).select_related("branch"))
        names = dict(Organization.objects.filter(pk__in=targets.values()).values_list("pk", "name"))
        left: dict[int, DevelopmentCase] = {}
        edits: dict[int, dict[str, Any]] = {}
        for case in cases:
            target = targets[case.member_id]
            if target == case.branch_id:
                continue
            left |= left_behind([case], self.today, f"转到{names[target]}")
            edits[case.pk] = {"branch_id": target} | ({"since": self.today} if case.pk in left else {})
        touches = set(create(list(left.values()), undo, self.user))
        steps = steps_left(left, self.today)
        touches |= set(create(list(steps.values()), undo, self.user))
        create(votes_left(steps), undo, self.user)
        return touches | set(rewrite(DevelopmentCase, edits, undo, self.user))

    def _keep_bases(self, rows: list[Row], undo: Undo) -> None:
        """Let the history of what dues are reckoned from follow what changed, from today on."""
        members = {m.pk: m for m in Member.objects.filter(pk__in=[r.pk for r in rows])}
        edits: dict[Any, dict[str, Any]] = {}
        kept: set[int] = set()
        for last in DuesBase.objects.filter(member__in=list(members), until__isnull=True):
            member = members[last.member_id]
            if last.since >= self.today:
                edits[last.pk] = {"base": member.dues_base, "employment": member.employment}
                kept.add(member.pk)
            else:
                edits[last.pk] = {"until": self.today}
        rewrite(DuesBase, edits, undo, self.user)
        fresh = [
            {"member_id": m.pk, "base": m.dues_base, "employment": m.employment, "since": self.today}
            for m in members.values()
            if m.pk not in kept and can_be_reckoned(m.dues_base, m.employment)
        ]
        create_rows(DuesBase, fresh, undo, self.user)

    def _follow(self, rows: list[Row]) -> tuple[dict[Any, dict[str, Any]], list[Membership]]:
        """Return what closes the open interval of each, or corrects one of today, and the intervals that come next."""
        open_now = {
            m.member_id: m for m in Membership.objects.filter(member__in=[r.pk for r in rows], end__isnull=True)
        }
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
        return edits, fresh

    def _starts(self, rows: list[Row], edits: Mapping[Any, Mapping[str, Any]]) -> Iterable[tuple[Any, date]]:
        """Yield (interval, start) where a corrected 入党时间 corrects the first one, which began with joining."""
        lines: dict[int, list[Membership]] = defaultdict(list)
        for membership in Membership.objects.filter(member__in=[r.pk for r in rows]).order_by("start"):
            lines[membership.member_id].append(membership)
        for row in rows:
            first, joined = lines[row.pk][0], row.values["joined_on"]
            end = edits.get(first.pk, {}).get("end", first.end)
            if first.came_by == Membership.Event.JOINED and (end is None or joined < end):
                yield first.pk, joined
