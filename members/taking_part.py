"""How one member takes part: at meetings and in hours of study, counted by the facts' own ledgers and filters.

The facts belong to an app above; they are asked for by code, so each number here is the one that its link opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from accounts.models import User
from accounts.permissions import access_of
from branches.models import Organization, OrganizationEvent
from ledgers import facts
from ledgers.facts import Fact, Number
from ledgers.ledger import Ledger, Query
from ledgers.period import Period

from .models import Member

HOURS_OF_FULL_MEMBER = 32
HOURS_OF_COMMITTEE_MEMBER = 56
"""Credit hours a year (《中国共产党党员教育管理工作条例》)."""
HOURS = Fact("study.hours", "学时", "学时", "study-hours", sums="hours", decimal=True)
"""A member's hours: those of rolls and of certificates. Counted for one member only, so no sheet holds it."""


@dataclass(frozen=True)
class Figure:
    """A number with the address of the rows behind it."""

    value: Number
    url: str


@dataclass(frozen=True)
class Attendance:
    """One member's meetings over a period: those they were expected at, and those they came to."""

    period: Period
    expected: Figure
    present: Figure

    @property
    def percent(self) -> Decimal | None:
        """Share of meetings attended, in percent; None without a meeting."""
        return facts.percent(Decimal(self.present.value) / self.expected.value) if self.expected.value else None

    @property
    def state(self) -> str:
        """The colour that goes with it: came to all, to some, to none; no meeting."""
        if not self.expected.value:
            return "none"
        return "ok" if self.present.value == self.expected.value else "warn" if self.present.value else "bad"


@dataclass(frozen=True)
class TakingPart:
    """What a member's page shows: by month the last twelve, by year the last five, hours of this year."""

    months: Sequence[Attendance]
    years: Sequence[Attendance]
    hours: Figure
    hours_required: int | None

    @property
    def hours_left(self) -> Number:
        """Hours still to do this year."""
        return max(0, (self.hours_required or 0) - self.hours.value)

    @property
    def hours_percent(self) -> int:
        """How much of the required hours is done, 0 to 100."""
        return min(100, round(100 * self.hours.value / self.hours_required)) if self.hours_required else 0


def top_for(member: Member, user: User) -> Organization | None:
    """Return the highest organisation above the member that the user may see: links to rows start from it."""
    path, step = member.branch.path, Organization.steplen
    line = [path[:end] for end in range(step, len(path) + 1, step)]
    return Organization.objects.visible_to(user).filter(path__in=line).order_by("depth").first()


def hours_required(member: Member, holds_seat: bool) -> int | None:
    """Return the credit hours that the member owes this year; None for a probationary member."""
    if holds_seat:
        return HOURS_OF_COMMITTEE_MEMBER
    return HOURS_OF_FULL_MEMBER if member.category == Member.Category.FULL else None


def taking_part(member: Member, top: Organization | None, user: User, today: date, required: int | None) -> TakingPart:
    """Count a member's meetings and hours: four queries however many rows there are."""
    months = list(Period.containing(today).last(12))
    years = list(Period.containing(today, Period.YEAR).last(5))[::-1]
    register = _Register(member, top, user, since=years[-1].start)
    expected = register.figures(facts.get("attendance.expected"), [*months, *years])
    present = register.figures(facts.get("attendance.present"), [*months, *years])
    hours = register.figures(HOURS, years[:1])[years[0]]

    def over(period: Period) -> Attendance:
        return Attendance(period, expected[period], present[period])

    return TakingPart(
        [over(month) for month in months],
        [attended for year in years if (attended := over(year)).expected.value],
        hours,
        required,
    )


class _Register:
    """The rows of one member that a user may see below an organisation, as the tree stood at each period's end."""

    def __init__(self, member: Member, top: Organization | None, user: User, since: date) -> None:
        self.member, self.top, self.user = member, top, user
        self.moved = OrganizationEvent.moves_after(since).exists()

    def figures(self, fact: Fact, periods: Sequence[Period]) -> Mapping[Period, Figure]:
        """Return a flow's number in each period, with its address; one query for all periods."""
        ledger, mine = fact.register, {"member": str(self.member.pk)}
        queries = [Query(self.top, period, None, {**fact.filters, **mine}) for period in periods]
        rows = ledger.queryset().filter(
            access_of(self.user).scope(ledger.right, ledger.path), ledger.condition(mine, Query())
        )
        aggregates = {f"n{i}": fact.aggregate(query, self._within(ledger, query)) for i, query in enumerate(queries)}
        counted = rows.aggregate(**aggregates)
        zero = Decimal(0) if fact.decimal else 0
        return {period: Figure(counted[f"n{i}"] or zero, ledger.url(queries[i])) for i, period in enumerate(periods)}

    def _within(self, ledger: Ledger, query: Query) -> Q:
        assert query.period is not None
        inside = Q(**{f"{ledger.date}__range": (query.period.start, query.period.end)})
        if self.top is None:
            return inside
        return inside & self.top.subtree(ledger.path, query.period.end if self.moved else None)
