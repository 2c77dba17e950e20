"""What is to be made, and what the generators of one street hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from ledgers.period import Period

if TYPE_CHECKING:
    from branches.models import CommitteeSeat, Organization
    from members.models import Member

    from .members import IdNumbers


@dataclass(frozen=True)
class Plan:
    """How much to make, and until which day; the same plan makes the same data."""

    until: date
    streets: int = 1
    members_per_street: int = 300
    months: int = 12
    seed: int = 2026

    @property
    def periods(self) -> list[Period]:
        """The months in which things happen, oldest first; the last one may be unfinished."""
        return list(Period.containing(self.until).last(self.months))

    @property
    def quarters_over(self) -> list[Period]:
        """The quarters of these months that are over, oldest first."""
        quarters = dict.fromkeys(Period.containing(month.start, Period.QUARTER) for month in self.periods)
        return [quarter for quarter in quarters if quarter.end < self.until]

    @property
    def first(self) -> date:
        """The first day on which something happens."""
        return self.periods[0].start

    def ago(self, days: int) -> date:
        """Return the day so many days before the last."""
        return self.until - timedelta(days=days)


@dataclass
class Stay:
    """One member in one branch for some time, and how likely they come to a meeting (0 to 1)."""

    member: Member
    start: date
    end: date | None
    diligence: float

    def covers(self, day: date) -> bool:
        """Say whether the member was in the branch on that day."""
        return self.start <= day and (self.end is None or self.end > day)


@dataclass
class Branch:
    """One branch as the generators see it. `diligence` (0 to 1) is how much of what is due it does."""

    organization: Organization
    community: Organization
    size: int
    diligence: float
    groups: list[Organization] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    attached: list[Stay] = field(default_factory=list)
    """Members of other branches who take part in a temporary one."""
    seats: list[CommitteeSeat] = field(default_factory=list)

    @property
    def in_community(self) -> bool:
        """Whether it is a branch of residents rather than of a workplace."""
        return self.organization.unit_kind == self.organization.UnitKind.COMMUNITY

    def standing(self, day: date) -> list[Stay]:
        """Return who is in the branch on that day."""
        return [stay for stay in self.stays if stay.covers(day)]

    def called(self, day: date) -> list[Stay]:
        """Return who takes part in what the branch does on that day."""
        return self.standing(day) + [stay for stay in self.attached if stay.covers(day)]

    @property
    def is_temporary(self) -> bool:
        """Whether its members belong to other branches."""
        return self.organization.kind == self.organization.Kind.TEMPORARY_BRANCH


@dataclass
class Street:
    """One street while it is being made."""

    plan: Plan
    number: int
    code: str
    name: str
    organization: Organization
    communities: list[Organization] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    numbers: IdNumbers = field(init=False)

    def random(self, purpose: str) -> Random:
        """Return the chances of one purpose: another generator's draws never shift them."""
        return Random(f"{self.plan.seed}/{self.code}/{purpose}")

    def forget(self) -> None:
        """Let the street's rows go, so that memory holds one street however many there are."""
        self.communities, self.branches = [], []
