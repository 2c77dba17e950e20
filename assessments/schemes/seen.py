"""What is known of one organisation in one period before any scheme looks at it: raw values, never rounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assessments.engine import Violation
from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from ledgers.period import Period, PeriodKind


@dataclass(frozen=True)
class RuleSeen:
    """How one rule went in one subtree.

    `applies` is false where no unit of the rule is asked, by kind, size and the length of the period. `asked` and
    `in_breach` hold ids of organisations; `breaches` counts months, persons, records or organisations, exemptions taken
    off.
    """

    applies: bool = True
    breaches: int = 0
    asked: frozenset[int] = frozenset()
    in_breach: frozenset[int] = frozenset()
    violations: Sequence[Violation] = ()


@dataclass(frozen=True)
class Given:
    """What people have put in for one indicator of one organisation.

    `share` is the part of the points that a reviewer gives, `applies` false where it was declared not to apply.
    `claims` are (matter, points) of what was accepted; `counts` what was entered for the items of a deduction, in
    their order.
    """

    share: Decimal | None = None
    applies: bool = True
    claims: Sequence[tuple[str, Decimal]] = ()
    counts: Sequence[Decimal] = ()


NOTHING_GIVEN = Given()


@dataclass(frozen=True)
class Seen:
    """The raw values of one organisation's subtree in one period, as of `today`."""

    organization: Organization
    period: Period
    today: date
    monthly: Mapping[Period, Mapping[str, Number]]
    rules: Mapping[str, RuleSeen] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    adjusted: Mapping[str, tuple[Decimal, str]] = field(default_factory=dict)
    """Code of an indicator → the score that people have put in place of the computed one, and why."""
    kept: Mapping[str, tuple[Decimal | None, bool, float | None, str]] = field(default_factory=dict)
    """Code of an indicator → (score, applies, value, why) as they were decided: nothing is computed anew."""
    vetoed: frozenset[str] = frozenset()
    """Codes of the vetoes that people have entered."""

    @property
    def is_over(self) -> bool:
        """Whether the period's last day is past."""
        return self.period.is_over(self.today)

    @property
    def months_over(self) -> int:
        """How many of the period's months are over."""
        return sum(month.is_over(self.today) for month in self.period.months())

    def number(self, code: str, period: Period | None = None) -> Number:
        """Return a fact over the period, or over a part of it: a flow added up, a stock as of its end."""
        part, fact = period or self.period, facts.get(code)
        if fact.stock:
            return self.monthly.get(part.latest_month(self.today), {}).get(code, 0)
        start: Number = Decimal(0) if fact.decimal else 0
        return sum((self.monthly.get(month, {}).get(code, 0) for month in part.months()), start=start)

    def ratio(self, above: str, below: Sequence[str]) -> Decimal | None:
        """Return the exact ratio of two facts (the second a sum), None where there is nothing to divide by."""
        divisor = sum((Decimal(self.number(code)) for code in below), start=Decimal(0))
        return Decimal(self.number(above)) / divisor if divisor else None

    def lived_through(self, part: Period) -> bool:
        """Say whether the organisation was there from a part's first day to its last."""
        place = self.organization
        return (place.established is None or place.established <= part.start) and (
            place.dissolved_on is None or place.dissolved_on > part.end
        )

    def units(self, every: PeriodKind) -> list[Period]:
        """Return the parts of this length through which it lived, or lives; none of one longer than the period."""
        parts = self.period.split(every) if every <= self.period.kind else ()
        return [part for part in parts if self.lived_through(part)]
