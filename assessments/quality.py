"""The data quality centre: what the register lacks and what is wrong in it, branch by branch, counted in one query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from branches.models import Organization
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from members.gaps import ANY, FAULTS, GAPS
from members.models import Membership

TOTAL, INCOMPLETE = "total", "incomplete"


@dataclass(frozen=True)
class Figure:
    """A number with the address of the rows behind it."""

    value: int
    url: str


@dataclass(frozen=True)
class Line:
    """One organisation: its live members, how many of their records are complete, and each kind of gap and fault.

    Addresses are made when they are asked for: a district has more branches than a page shows.
    """

    organization: Organization
    counts: Mapping[str, int]
    as_of: date | None

    @property
    def total(self) -> Figure:
        """The live members."""
        return self._figure(TOTAL)

    @property
    def incomplete(self) -> Figure:
        """Those whose record lacks something."""
        return self._figure(INCOMPLETE, gap=ANY)

    @property
    def figures(self) -> list[Figure]:
        """Each kind of gap and of fault, in the order of `KINDS`."""
        return [self._figure(f"{name}_{each.slug}", **{name: each.slug}) for name, each in KINDS]

    @property
    def percent(self) -> int | None:
        """Share of records without a gap, in whole percent rounded down; None without members."""
        total = self.counts[TOTAL]
        return 100 * (total - self.counts[INCOMPLETE]) // total if total else None

    def _figure(self, name: str, **filters: str) -> Figure:
        query = Query(self.organization, None, self.as_of, filters)
        return Figure(self.counts[name], get_ledger("members").url(query))


KINDS = (*(("gap", gap) for gap in GAPS), *(("fault", fault) for fault in FAULTS))
"""The columns: the filter of the register and its value."""


def lines(organization: Organization, day: date, as_of: date | None, user: Any) -> tuple[Line, list[Line]]:
    """Return the line of the whole, and that of each branch with members, the least complete first.

    `day` is the day that is counted; `as_of` is what the register is asked for, None for today.
    """
    counts: dict[str, Any] = {f"{name}_{each.slug}": Count("pk", filter=each.keeps(day)) for name, each in KINDS}
    anything = Q()
    for gap in GAPS:
        anything |= gap.keeps(day)
    counts |= {TOTAL: Count("pk"), INCOMPLETE: Count("pk", filter=anything)}
    rows = Membership.objects.visible_to(user).in_force_on(day).under(organization, as_of).order_by()
    counted: dict[int, dict[str, Any]] = {
        row["branch_id"]: dict(row) for row in rows.values("branch_id").annotate(**counts)
    }
    branches = Organization.objects.in_bulk(list(counted))
    found = [Line(branches[pk], row, as_of) for pk, row in counted.items()]
    found.sort(key=lambda line: (line.percent or 0, line.organization.path))
    whole = {name: sum(row[name] for row in counted.values()) for name in counts}
    return Line(organization, whole, as_of), found
