"""What is asked of every branch each month and quarter (三会一课 and theme days), and how much of it was done."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from assessments import engine
from assessments.engine import AtLeast, Check
from assessments.local import LocalNumbers
from assessments.models import LocalSetting
from branches.models import Organization
from ledgers import facts
from ledgers.facts import Fact, Number
from ledgers.period import Period, PeriodKind


class Duty(NamedTuple):
    """One kind of meeting that a rule asks for: its word in addresses, its names, the rule."""

    kind: str
    title: str
    short: str
    rule: str

    @property
    def every(self) -> PeriodKind:
        """How long a branch has for each."""
        every = engine.get(self.rule).every
        assert every is not None
        return every

    @property
    def holds(self) -> AtLeast:
        """How many of which fact the rule asks for."""
        holds = engine.get(self.rule).holds
        assert isinstance(holds, AtLeast)
        return holds

    @property
    def fact(self) -> Fact:
        """The fact that counts them."""
        return facts.get(self.holds.fact)

    def url(self, branch: Organization, period: Period) -> str:
        """Return the address of those that a branch and its groups held."""
        return self.fact.url(branch, period)


DUTIES = (
    Duty("theme-day", "主题党日", "主题党日", "R05"),
    Duty("general", "支部党员大会", "党员大会", "R01"),
    Duty("committee", "支部委员会会议", "支委会", "R02"),
    Duty("lecture", "党课", "党课", "R04"),
)


@dataclass(frozen=True, slots=True)
class Obligation:
    """One branch in one month or quarter: how many it owes of a kind, and how many it held.

    It is due once the month or quarter is over; before that nobody is late.
    """

    duty: Duty
    branch: Organization
    part: Period
    held: Number
    required: int
    is_due: bool

    @property
    def is_met(self) -> bool:
        """Whether enough were held."""
        return self.held >= self.required

    @property
    def is_missed(self) -> bool:
        """Whether it is due and was not met."""
        return self.is_due and not self.is_met

    @property
    def url(self) -> str:
        """Address of the rows that were counted."""
        return self.duty.url(self.branch, self.part)


class Share(NamedTuple):
    """How many of the obligations that are due were met."""

    met: int
    due: int

    @property
    def percent(self) -> Decimal | None:
        """The 落实率 with one decimal; None where nothing is due."""
        return facts.percent(Decimal(self.met) / self.due) if self.due else None

    @property
    def missed(self) -> int:
        """Those that are due and were not met."""
        return self.due - self.met


def share(obligations: Iterable[Obligation]) -> Share:
    """Return the 三会一课落实率 of some obligations: met ÷ due.

    An obligation is one branch in one month or quarter under R01 (general meeting, quarterly), R02 (committee
    meeting, monthly, from 7 full members on), R04 (lecture, quarterly) or R05 (theme day, monthly); whom a rule
    applies to and how many it asks for is what the rule itself says. It is due when its month or quarter is over, and
    met when the fact that the rule names reaches the number. What is not due yet counts on neither side.
    """
    due = [o for o in obligations if o.is_due]
    return Share(sum(o.is_met for o in due), len(due))


def group_by(obligations: Iterable[Obligation], key: Mapping[int, int]) -> dict[int, list[Obligation]]:
    """Return the obligations by what `key` says of their branch's id."""
    groups: dict[int, list[Obligation]] = defaultdict(list)
    for obligation in obligations:
        groups[key[obligation.branch.pk]].append(obligation)
    return groups


class _Check(Check):
    """A check that asks nothing of the database: it reads what the book has read for all periods at once."""

    def __init__(self, book: "Book", period: Period) -> None:
        super().__init__(book.organization, period, book.today)
        self._book = book

    @cached_property
    def by_id(self) -> dict[int, Organization]:
        return self._book.by_id

    @cached_property
    def sheets(self) -> dict[tuple[int, Period], dict[str, Number]]:
        return self._book.sheets

    @cached_property
    def local(self) -> LocalNumbers:
        return self._book.local


class Book:
    """The obligations of all branches of a subtree, for any period within some months, from one reading.

    The tree is taken as it stood on the last day of the last month, or today where that is to come. Eight queries at
    most, however many branches there are.
    """

    def __init__(self, organization: Organization, months: Sequence[Period], today: date) -> None:
        self.organization = organization
        self.months = months
        self.today = today
        self.day = min(months[-1].end, today)
        self._of: dict[Period, list[Obligation]] = {}

    @cached_property
    def by_id(self) -> dict[int, Organization]:
        """Every organisation of the subtree but groups."""
        found = Organization.objects.under(self.organization, self.day).exclude(kind=Organization.Kind.GROUP)
        return {o.pk: o for o in Organization.as_on(found, self.day)}

    @cached_property
    def branches(self) -> list[Organization]:
        """The branches live on the day, in the order of the tree."""
        return [o for o in self.by_id.values() if o.is_branch and _is_live(o, self.day)]

    @cached_property
    def sheets(self) -> dict[tuple[int, Period], dict[str, Number]]:
        """(Branch id, month) → its numbers, those of its groups included."""
        return facts.sheets([o.pk for o in self.by_id.values() if o.is_branch], self.months)

    @cached_property
    def local(self) -> LocalNumbers:
        """The streets' own numbers."""
        return LocalNumbers(LocalSetting.objects.select_related("organization"))

    @cached_property
    def parts_of(self) -> dict[int, int]:
        """Branch id → id of that part of the organisation, directly below it, in which the branch lies; or itself."""
        lineages = Organization.lineages(self.day)
        found = {}
        for branch in (o for o in self.by_id.values() if o.is_branch):
            line = lineages[branch.pk]
            place = line.index(self.organization.pk)
            found[branch.pk] = line[max(place - 1, 0)]
        return found

    def number(self, code: str, branch: Organization, month: Period) -> Number:
        """Return a branch's number in one month."""
        return self.sheets.get((branch.pk, month), {}).get(code, 0)

    def of(self, period: Period) -> list[Obligation]:
        """Return the obligations of a period, kind by kind, in the order of the tree and of time.

        Those of a month are the monthly ones only.
        """
        if period not in self._of:
            self._of[period] = [o for duty in DUTIES if duty.every <= period.kind for o in self.of_duty(duty, period)]
        return self._of[period]

    def of_duty(self, duty: Duty, period: Period) -> list[Obligation]:
        """Return the obligations of one kind in a period that is at least as long as the kind's own."""
        check, holds = _Check(self, period), duty.holds
        parts = period.split(duty.every)
        owed = [
            Obligation(
                duty=duty,
                branch=branch,
                part=part,
                held=check.number(holds.fact, branch, part),
                required=check.limit(holds.number, branch),
                is_due=check.is_over(part),
            )
            for part in parts
            for branch in engine.get(duty.rule).applies_to.among(check, part)
        ]
        return sorted(owed, key=lambda one: one.branch.path)


def _is_live(organization: Organization, day: date) -> bool:
    return (organization.established is None or organization.established <= day) and (
        organization.dissolved_on is None or organization.dissolved_on > day
    )
