"""Import of 发展党员台账: one row is one person; each column of a step is a day or what is noted beside it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from accounts.encryption import blind_index
from ledgers.importing import Place, Report, Row, Undo, create, rewrite
from ledgers.models import Touch
from members.ledgers.register_importer import MemberImporter
from members.models import DevelopmentCase, DevelopmentStep, DevelopmentVote, Member, Membership
from members.models.development import FOLLOWED, DevelopmentQuerySet

from ..development import people
from ..development.procedure import BY_CODE, ORDER, RECORDED, Need, VoteKind, missing_before, needed_first, too_early

COUNTS = ("expected", "present", "in_favour", "against", "abstained")
PEOPLE_NOTED = ("mentors", "sponsors")
PAPERS_NOTED = ("vetting", "pre-approval", "form", "admission-approval", "regularisation-approval")
"""Steps whose people, or whose paper, an office rules a column for."""


def _step_columns() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for step in RECORDED:
        fields = ["on"]
        fields += ["people"] if step.code in PEOPLE_NOTED else []
        fields += ["document"] if step.code in PAPERS_NOTED else []
        fields += ["days", "hours"] if step.has(Need.TRAINING) else []
        fields += ["until"] if step.has(Need.UNTIL) else []
        fields += ["public_from", "public_to"] if step.has(Need.PUBLICITY) else []
        found |= {f"{step.column.removesuffix('_on')}_{name}": (step.code, name) for name in fields}
    return found


STEP_COLUMNS = _step_columns()
"""Column key → step and field."""
VOTE_COLUMNS = {f"votes_{kind.value.replace('-', '_')}": (step.code, kind) for step in RECORDED for kind in step.votes}
"""Column key → step and whose votes."""
OF_STEPS = {*STEP_COLUMNS, *VOTE_COLUMNS, "exception_reason"}


@dataclass
class Plan:
    """What a row does to the steps of its case: new ones, and changes of those on record."""

    case: DevelopmentCase
    steps: list[DevelopmentStep] = field(default_factory=list)
    new: list[DevelopmentStep] = field(default_factory=list)
    edits: dict[int, dict[str, Any]] = field(default_factory=dict)
    votes: list[DevelopmentVote] = field(default_factory=list)
    vote_edits: dict[int, dict[str, int]] = field(default_factory=dict)

    def of(self, code: str) -> list[DevelopmentStep]:
        """The steps of this code, the latest last."""
        return sorted((s for s in self.steps if s.code == code), key=lambda s: s.on)

    def add(self, code: str, **values: Any) -> DevelopmentStep:
        """Plan a new step."""
        step = DevelopmentStep(case=self.case, code=code, **values)
        self.steps.append(step)
        self.new.append(step)
        return step

    def change(self, step: DevelopmentStep, **values: Any) -> None:
        """Plan a change of a step on record, or of a new one."""
        changed = {name: value for name, value in values.items() if getattr(step, name) != value}
        for name, value in changed.items():
            setattr(step, name, value)
        if changed and step.pk:
            self.edits.setdefault(step.pk, {}).update(changed)


class DevelopmentImporter(MemberImporter):
    """The citizen ID is the key: the open case of that person in scope, else the one that was ended.

    A step of an earlier stage that is not on record needs its day or, in 例外原因, the reason why it is passed over.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cases: dict[int, DevelopmentCase] = {}
        self.plans: dict[Place, Plan] = {}

    def held(self) -> DevelopmentQuerySet:  # type: ignore[override]
        """Return the cases that this import may change."""
        rows = DevelopmentCase.objects.visible_to(self.user, self.ledger.edit_right).whole()
        return rows.under(self.organization) if self.organization is not None else rows

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in OF_STEPS]

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        for row in rows:
            for key in VOTE_COLUMNS:
                if key in row.values:
                    self._read_votes(row, key)
            for key in ("step_mentors_people", "step_sponsors_people"):
                if key in row.values:
                    row.values[key] = people.written(people.names_in(row.values[key]))

    def _read_votes(self, row: Row, key: str) -> None:
        numbers = [int(n) for n in re.findall(r"\d+", row.values[key])]
        if len(numbers) != len(COUNTS):
            self.wrong(row, key, "请依次填应到/实到/赞成/反对/弃权五个数，如 20/18/17/0/1")
        elif numbers[1] > numbers[0] or sum(numbers[2:]) > numbers[1]:
            self.wrong(row, key, "实到不能多于应到，赞成、反对、弃权加起来不能多于实到")
        else:
            row.values[key] = "/".join(map(str, numbers))

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        numbers = {blind_index(number, "citizen-id"): number for number in map(self.key, rows)}
        held = self.held()
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(id_number_index__in=list(numbers))
        found: dict[str, DevelopmentCase] = {}
        doubled: set[str] = set()
        # the one that is open counts, else the latest
        for case in held.prefetch_related("steps__votes").order_by("applied_on", "pk"):
            number = numbers.get(case.id_number_index)
            if number is None:
                continue
            other = found.get(number)
            if other is not None and other.closed_on is None and case.closed_on is None:
                doubled.add(number)
            if other is None or other.closed_on is not None:
                found[number] = case
        for row in rows:
            if self.key(row) in doubled:
                self.wrong(row, "id_number", "台账里有两条没有终止的记录用这个身份证号，请先终止其中一条")
        self.cases = {case.pk: case for case in found.values()}
        by_number = {self.key(row): row for row in rows}
        return {number: (case.pk, self._current(case, by_number[number])) for number, case in found.items()}

    def _current(self, case: DevelopmentCase, row: Row) -> dict[str, Any]:
        """Return what the register holds, as the ledger's columns show it."""
        current: dict[str, Any] = {name: getattr(case, name) for name in self.fields if name != "id_number"}
        current |= dict.fromkeys(OF_STEPS & set(self.keys))
        for key in current.keys() & STEP_COLUMNS.keys():
            code, name = STEP_COLUMNS[key]
            steps = [s for s in case.steps.all() if s.code == code and not s.exception_reason]
            if steps:
                current[key] = getattr(max(steps, key=lambda s: (s.on, s.pk)), name)
                wanted = row.values.get(key)
                if name == "on" and wanted in {s.on for s in steps}:  # one of many that the step repeats
                    current[key] = wanted
        for key in current.keys() & VOTE_COLUMNS.keys():
            code, kind = VOTE_COLUMNS[key]
            for vote in (v for s in case.steps.all() if s.code == code for v in s.votes.all() if v.kind == kind):
                current[key] = "/".join(str(getattr(vote, name)) for name in COUNTS)
        if "exception_reason" in current:
            current["exception_reason"] = next(
                (s.exception_reason for s in sorted(case.steps.all(), key=lambda s: s.pk) if s.exception_reason), None
            )
        return current

    # checks

    def check(self, rows: list[Row]) -> None:
        """Plan what each row does to its steps, and see that no stage is left out without a reason."""
        wanted = [row for row in rows if row.pk is None or row.changes]
        for row in wanted:
            self._check_case(row)
        names = {
            name
            for row in wanted
            for key in ("step_mentors_people", "step_sponsors_people")
            for name in people.names_in(row.values.get(key, ""))
        }
        known = people.named(self.user, names)
        for row in wanted:
            if not row.errors:
                self.plans[row.place] = self._planned(row, known)

    def _check_case(self, row: Row) -> None:
        values = row.values
        case = self.cases.get(row.pk)
        closed = values.get("closed_on") or (case and case.closed_on)
        reason = values.get("closed_reason") or (case and case.closed_reason)
        if closed and not reason:
            self.wrong(row, "closed_on", "终止了的请写明终止原因")
        elif reason and not closed:
            self.wrong(row, "closed_reason", "写了终止原因的请填终止日期")
        elif closed and closed < values["applied_on"]:
            self.wrong(row, "closed_on", f"终止日期早于申请入党日期 {values['applied_on']}")
        if "branch_id" in row.changes:
            self.wrong(row, "branch_id", "这个人登记在别的支部；换支部请先在原支部终止，再在新支部登记")
        for key, (code, name) in STEP_COLUMNS.items():
            if key in values and name in ("on", "public_from") and values[key] > self.today:
                self.wrong(row, key, f"“{BY_CODE[code].title}”的日期在今天（{self.today}）之后")
        if values["applied_on"] > self.today:
            self.wrong(row, "applied_on", f"申请入党日期在今天（{self.today}）之后")

    def _planned(self, row: Row, known: people.Named) -> Plan:
        held = self.cases.get(row.pk)
        case = copy(held) if held else DevelopmentCase(id_number=self.key(row))
        for name in self.fields:
            if name in row.values and name != "id_number":
                setattr(case, name, row.values[name])
        plan = Plan(case, [copy(step) for step in held.steps.all()] if held else [])
        given: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, (code, name) in STEP_COLUMNS.items():
            if key in row.values and (held is None or key in row.changes):
                given[code][name] = row.values[key]
                if name == "people":
                    found = [*people.placed(people.names_in(row.values[key]), case.branch_id, known), None, None]
                    given[code] |= {"first_member_id": found[0], "second_member_id": found[1]}
        for code, fields in given.items():
            self._plan_step(row, plan, code, fields)
        self._plan_votes(row, plan, held)
        if "exception_reason" in row.changes and held:
            old = row.changes["exception_reason"][0]
            for step in plan.steps:
                if old and step.exception_reason == old:
                    plan.change(step, exception_reason=row.values["exception_reason"])
        if not row.errors and (plan.new or plan.edits):
            self._check_order(row, plan)
        case.follow(plan.steps)
        return plan

    def _plan_step(self, row: Row, plan: Plan, code: str, fields: dict[str, Any]) -> None:
        step, day = BY_CODE[code], fields.get("on")
        taken = plan.of(code)
        if taken and not (step.repeats and day and all(s.on != day for s in taken)):
            last = next((s for s in taken if s.on == day), taken[-1])
            plan.change(last, **fields, **({"exception_reason": ""} if day else {}))
        elif day is None:
            key = next(k for k, (c, n) in STEP_COLUMNS.items() if c == code and n in fields)
            self.wrong(row, key, f"请把“{step.short}日期”也填上")
        elif step.has(Need.UNTIL) and not fields.get("until"):
            self.wrong(row, step.column, "请把“预备期延长至”也填上")
        else:
            plan.add(code, **fields)

    def _plan_votes(self, row: Row, plan: Plan, held: DevelopmentCase | None) -> None:
        for key, (code, kind) in VOTE_COLUMNS.items():
            if key not in row.values or (held is not None and key not in row.changes):
                continue
            numbers = dict(zip(COUNTS, map(int, row.values[key].split("/")), strict=True))
            if not (steps := plan.of(code)):
                self.wrong(row, key, f"请把“{BY_CODE[code].short}日期”也填上")
                continue
            votes = [v for s in held.steps.all() if s.code == code for v in s.votes.all()] if held else []
            if old := next((v for v in votes if v.kind == kind), None):
                plan.vote_edits[old.pk] = numbers
            else:
                plan.votes.append(DevelopmentVote(step=steps[-1], kind=VoteKind(kind).value, **numbers))

    def _check_order(self, row: Row, plan: Plan) -> None:
        progress = plan.case.follow(plan.steps)
        taken = set(progress.taken)
        for step in plan.steps:
            key = step.step.column if step.step.column in self.keys else "applied_on"
            if (step in plan.new or step.pk in plan.edits) and (why := too_early(step.step, step.on, progress)):
                self.wrong(row, key, why)
        furthest = BY_CODE[max(taken, key=ORDER.__getitem__)]
        key = furthest.column if furthest.column in self.keys else "applied_on"
        if first := next((f for code in taken if (f := needed_first(BY_CODE[code], taken))), None):
            self.wrong(row, key, f"缺少“{first.title}”，请补填“{first.short}日期”")
            return
        gaps = missing_before(furthest, taken)
        if not gaps:
            return
        reason = row.values.get("exception_reason")
        if not reason:
            words = "、".join(gap.short for gap in gaps[:6]) + (f"等 {len(gaps)} 步" if len(gaps) > 6 else "")
            self.wrong(row, key, f"前面的阶段还缺：{words}。请补填日期，或在“例外原因”里写明没有办理的原因")
            return
        for gap in gaps:
            later = progress.first(code for code in taken if BY_CODE[code].stage > gap.stage)
            plan.add(gap.code, on=later, exception_reason=reason)

    # writing

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        plans = [self.plans[row.place] for row in [*new, *changed]]
        for plan in plans:
            plan.case.derive()
            plan.case.follow(plan.steps)
        touches = self._enter_register(plans, undo)
        fresh = [plan.case for plan in plans if not plan.case.pk]
        touches |= set(create(fresh, undo, self.user, report))
        followed = [*FOLLOWED, "member_id"]
        edits = {}
        for row in changed:
            case, held = self.plans[row.place].case, self.cases[row.pk]
            values = {key: value for key, (_, value) in row.changes.items() if key in self.fields}
            values |= {name: getattr(case, name) for name in followed if getattr(case, name) != getattr(held, name)}
            edits[row.pk] = values
        touches |= set(rewrite(DevelopmentCase, edits, undo, self.user))
        create([step for plan in plans for step in plan.new], undo, self.user)
        rewrite(DevelopmentStep, {pk: e for plan in plans for pk, e in plan.edits.items()}, undo, self.user)
        create([vote for plan in plans for vote in plan.votes], undo, self.user)
        rewrite(DevelopmentVote, {pk: e for plan in plans for pk, e in plan.vote_edits.items()}, undo, self.user)
        return touches

    def _enter_register(self, plans: list[Plan], undo: Undo) -> set[Touch]:
        """Link the admitted to the register of members, or enter them; bring the regularised up to date there."""
        admitted = [plan.case for plan in plans if plan.case.admitted_on]
        for case in admitted:
            case.derive()
        live = Member.objects.live().filter(branch__in={case.branch_id for case in admitted})
        known = {
            (member.branch_id, member.id_number_index): member
            for member in live.filter(id_number_index__in=[case.id_number_index for case in admitted])
        }
        entering = []
        edits: dict[int, dict[str, Any]] = {}
        for case in admitted:
            member = known.get((case.branch_id, case.id_number_index))
            if member is None and case.member_id is None:
                member = case.as_member()
                member.derive()
                if case.regularised_on:
                    member.category, member.regularised_on = Member.Category.FULL, case.regularised_on
                entering.append(member)
                case.member = member
            elif member is not None:
                case.member = member
                if case.regularised_on and member.category == Member.Category.PROBATIONARY:
                    edits[member.pk] = {"category": Member.Category.FULL.value, "regularised_on": case.regularised_on}
        touches = set(create(entering, undo, self.user))
        memberships = [
            Membership(member=member, branch_id=member.branch_id, start=member.joined_on or self.today)
            for member in entering
        ]
        create(memberships, undo, self.user)
        for case in admitted:  # those entered have their keys only now
            case.member_id = case.member.pk if case.member else None
        return touches | set(rewrite(Member, edits, undo, self.user))
