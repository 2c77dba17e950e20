"""A branch's democratic review of one year: who is to be graded, the sheet on which it is entered, how far it has come.

Everything here is set-based: a handful of queries however many members or branches there are.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from branches.models import Organization
from ledgers import facts, parsing
from ledgers.recording import record_all
from members.models import Member, Membership
from members.querysets import MembershipQuerySet

from .models import BranchReview, DemocraticReview

Grade = DemocraticReview.Grade
MOST_VOTES = 10_000
MOST_WORDS = 200


def day_of(year: int) -> date:
    """Return the day as of which a year's members are taken: its last, or today in the running one."""
    return min(date(year, 12, 31), timezone.localdate())


class Coming(NamedTuple):
    """How far one branch has come with a year's review."""

    full: int
    graded: int
    excellent: int
    steps: int

    @property
    def missing(self) -> int:
        """Full members without a grade."""
        return self.full - self.graded

    @property
    def state(self) -> tuple[str, str]:
        """Colour and word."""
        if not self.full:
            return "none", "没有正式党员"
        if not self.missing:
            return "ok", "评完"
        return ("warn", "正在评") if self.graded or self.steps else ("none", "没有开始")


def coming(branches: Collection[int], year: int) -> dict[int, Coming]:
    """Return branch id → how far each has come: its full members of that year, and who of them has a grade anywhere."""
    day = day_of(year)
    there = Membership.objects.in_force_on(day).full_on(day).filter(branch__in=branches)
    people = there.order_by().values_list("branch_id", "member_id")
    grades = dict(
        DemocraticReview.objects.graded(year)
        .filter(member__in=there.order_by().values("member_id"))
        .values_list("member_id", "grade")
    )
    steps = {review.organization_id: review.steps_taken for review in _rounds(branches, year)}
    full: Counter[int] = Counter()
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for branch, member in people.iterator(chunk_size=5000):
        full[branch] += 1
        if member in grades:
            found[branch][grades[member]] += 1
    return {pk: Coming(full[pk], found[pk].total(), found[pk][Grade.EXCELLENT], steps.get(pk, 0)) for pk in branches}


def _rounds(branches: Collection[int], year: int) -> Any:
    return BranchReview.objects.filter(organization__in=branches, year=year)


# the sheet


@dataclass
class Line:
    """One row of the sheet: the member, the review as it stands, what stands in the inputs, and what is wrong there."""

    review: DemocraticReview
    full: bool
    shown: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def member(self) -> Member:
        """Whose it is."""
        return self.review.member

    @property
    def was(self) -> str:
        """The version (0 for none yet) and the values as the page shows them: only what was touched is saved."""
        version = 0 if self.review._state.adding else self.review.version
        return "|".join([str(version), *_shown(self.review).values()])

    @property
    def votes(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield (field, label, value, error) of the four inputs for ballots."""
        for name in DemocraticReview.VOTES:
            label = str(DemocraticReview._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            yield name, label, self.shown[name], self.errors.get(name, "")


def _shown(review: DemocraticReview) -> dict[str, str]:
    votes = {name: str(getattr(review, name) or "") for name in DemocraticReview.VOTES}
    return {"self": "1" if review.self_reviewed else "", **votes, "grade": review.grade, "decision": review.decision}


class Sheet:
    """The reviews of one branch and year, a line for each member. With `lock` they are locked for the transaction."""

    def __init__(self, branch: Organization, year: int, *, lock: bool = False) -> None:
        self.branch, self.year, self.day = branch, year, day_of(year)
        rounds, held = BranchReview.objects.all(), DemocraticReview.objects.select_related("member", "updated_by")
        if lock:
            list(
                Organization.objects.filter(pk=branch.pk).select_for_update(no_key=True).values_list("pk")
            )  # one at a time
            rounds, held = (
                rounds.select_for_update(of=("self",), no_key=True),
                held.select_for_update(of=("self",), no_key=True),
            )
        self.round = rounds.filter(organization=branch, year=year).first() or BranchReview(
            organization=branch, year=year
        )
        self.round.organization = branch
        known = {review.member_id: review for review in held.filter(organization=branch, year=year)}
        there = Membership.objects.in_force_on(self.day).filter(branch=branch).select_related("member")
        people = {one.member_id: one.member for one in there.order_by("member_id")}
        everybody = people | {pk: review.member for pk, review in known.items()}
        self.lines = []
        for pk, member in everybody.items():
            review = known.get(pk) or DemocraticReview(organization=branch, year=year, member=member, date=self.day)
            review.organization = branch
            self.lines.append(Line(review, member.is_full_on(self.day), _shown(review)))
        self.lines.sort(key=lambda line: not line.full)
        self.step_values = {name: day.isoformat() if day else "" for name, _, day in self.round.steps}
        self.step_errors: dict[str, str] = {}
        self.conflict = ""
        self.changed: list[DemocraticReview] = []

    @property
    def full(self) -> int:
        """Full members on the sheet."""
        return sum(line.full for line in self.lines)

    @property
    def graded(self) -> int:
        """Full members with a grade."""
        return sum(line.full and bool(line.review.grade) for line in self.lines)

    @property
    def excellent(self) -> int:
        """Members graded excellent."""
        return sum(line.review.grade == Grade.EXCELLENT for line in self.lines)

    @property
    def excellent_percent(self) -> Decimal:
        """Share of the excellent among everybody with a grade, in percent."""
        graded = sum(bool(line.review.grade) for line in self.lines)
        return facts.percent(Decimal(self.excellent) / graded) if graded else Decimal(0)

    @property
    def steps(self) -> list[tuple[str, str, str, str]]:
        """Field, label, value and error of each step of the procedure."""
        return [
            (name, label, self.step_values[name], self.step_errors.get(name, "")) for name, label, _ in self.round.steps
        ]

    @property
    def wrong(self) -> list[Line]:
        """The lines with something wrong."""
        return [line for line in self.lines if line.errors]

    def read(self, data: Mapping[str, str]) -> bool:
        """Take what was typed; say whether all of it can be saved. What nobody touched stays as it is."""
        self._read_steps(data)
        fill = bool(data.get("fill"))
        for line in self.lines:
            pk = line.member.pk
            if f"was-{pk}" not in data:
                continue
            count = len(line.shown)
            version, *before = (*data[f"was-{pk}"].split("|", count), *[""] * count)[: count + 1]
            typed = {name: data.get(f"{name}-{pk}", "").strip() for name in line.shown}
            if fill and line.full and not typed["grade"]:
                typed["grade"] = Grade.QUALIFIED
            if list(typed.values()) != before:
                self._take(line, version, typed)
        return not (self.wrong or self.step_errors or self.conflict)

    def _read_steps(self, data: Mapping[str, str]) -> None:
        version = 0 if self.round._state.adding else self.round.version
        before = dict(zip(BranchReview.STEPS, data.get("steps-was", "").split("|")[1:], strict=False))
        typed = {name: data.get(name, "").strip() for name in BranchReview.STEPS}
        if "steps-was" not in data or typed == before:
            return
        if data["steps-was"].split("|")[0] != str(version):
            self.conflict = "评议程序的日期刚刚被别人改过，下面是最新的，请核对后再保存一次"
            return
        self.step_values = typed
        for name, text in typed.items():
            try:
                day = parsing.date(text)
            except parsing.Unparsable as error:
                self.step_errors[name] = str(error)
                continue
            if day and day > timezone.localdate():
                self.step_errors[name] = "这一天还没有到，办过以后再填"
            elif day and day.year < self.year:
                self.step_errors[name] = f"早于评议年度 {self.year} 年"
            else:
                setattr(self.round, name, day)

    @property
    def steps_was(self) -> str:
        """The version and the days of the steps, sent along as the page shows them."""
        version = 0 if self.round._state.adding else self.round.version
        return "|".join([str(version), *(day.isoformat() if day else "" for _, _, day in self.round.steps)])

    def _take(self, line: Line, version: str, typed: dict[str, str]) -> None:
        review = line.review
        newest = _shown(review)
        line.shown = typed
        values = _values(line)
        if line.errors or all(getattr(review, name) == value for name, value in values.items()):
            return
        if version != line.was.split("|", 1)[0]:
            who = review.updated_by.name if review.updated_by else "其他人"
            grade = Grade(newest["grade"]).label if newest["grade"] else "没有等次"
            line.errors["grade"] = f"{who}刚刚改过这一行，最新是：{grade}。再保存一次就以您填写的为准"
            return
        graded = values["grade"] and values["grade"] != review.grade
        for name, value in values.items():
            setattr(review, name, value)
        if graded:
            review.date = self.round.settled_on or self.round.balloted_on or self._day_of_entry
        self.changed.append(review)

    @property
    def _day_of_entry(self) -> date:
        """The day of a grade that no step dates: today, or the year's last day for a review of long ago."""
        today = timezone.localdate()
        return today if today.year <= self.year + 1 else self.day

    def write(self) -> int:
        """Save what was read, with its trace, and return how many members' rows changed."""
        if not self.round._state.adding or self.round.steps_taken:
            self.round.record()
        record_all(self.changed)
        return len(self.changed)


def _values(line: Line) -> dict[str, Any]:
    """Return the typed values by field, with what is wrong put on the line."""
    typed = line.shown
    values: dict[str, Any] = {"self_reviewed": bool(typed["self"])}
    for name in DemocraticReview.VOTES:
        try:
            votes = parsing.integer(typed[name]) or 0
        except parsing.Unparsable as error:
            line.errors[name] = str(error)
            continue
        if not 0 <= votes < MOST_VOTES:
            line.errors[name] = "票数不对，请核对"
        values[name] = votes
    if typed["grade"] not in ("", *Grade.values):
        line.errors["grade"] = "请从列表里选"
    if len(typed["decision"]) > MOST_WORDS:
        line.errors["decision"] = f"处置意见最多 {MOST_WORDS} 个字"
    return values | {"grade": typed["grade"], "decision": typed["decision"]}


# who is missing, for the rule and the workbench


def ungraded(members: MembershipQuerySet, year: int, day: date) -> MembershipQuerySet:
    """Keep, of the memberships of live members on a day, those of full members without a grade of that year."""
    held = DemocraticReview.objects.graded(year).filter(member=OuterRef("member_id"))
    return members.full_on(day).filter(~Exists(held)).order_by()


def by_branch(members: MembershipQuerySet) -> dict[int, int]:
    """Return branch id → how many of these there are."""
    return dict(members.order_by().values_list("branch_id").annotate(Count("pk")))
