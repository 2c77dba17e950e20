"""Who owes dues, for which months, and for how many in a row (R32)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from members.models import UNPAID, DuesCharge

MONTHS_IN_A_ROW = 6
"""From so many months in a row on, the rule is broken (《中国共产党章程》)."""


@dataclass(frozen=True)
class Debt:
    """What one member owes as of a day: months in order, and the sum in yuan."""

    member_id: int
    months: tuple[date, ...]
    owed: Decimal

    @property
    def in_a_row(self) -> int:
        """The most months in a row."""
        return in_a_row(self.months)

    @property
    def is_too_long(self) -> bool:
        """Whether the rule is broken."""
        return self.in_a_row >= MONTHS_IN_A_ROW


def in_a_row(months: Iterable[date]) -> int:
    """Return the length of the longest run of months without a gap. Each is given once, by its first day."""
    longest = run = 0
    last = None
    for number in sorted(month.year * 12 + month.month for month in months):
        run = run + 1 if last is not None and number == last + 1 else 1
        longest, last = max(longest, run), number
    return longest


def unpaid_on(day: date) -> Q:
    """Return the condition that a charge was not paid in full by a day."""
    return Q(due__gt=0) & (UNPAID | Q(paid_on__gt=day))


def debts(members: Any, until: date, day: date) -> dict[int, Debt]:
    """Return member id → debt, of those members (ids, or a subquery) who owe any.

    Months that begin after `until` do not count; what was paid after `day` counts as unpaid. One query.
    """
    rows = DuesCharge.objects.filter(unpaid_on(day), member__in=members, month__lte=until)
    months: dict[int, list[date]] = defaultdict(list)
    owed: dict[int, Decimal] = defaultdict(Decimal)
    for member, month, due, paid, paid_on in rows.order_by("month").values_list(
        "member_id", "month", "due", "paid", "paid_on"
    ):
        months[member].append(month)
        owed[member] += due if paid_on and paid_on > day else due - paid
    return {member: Debt(member, tuple(run), owed[member]) for member, run in months.items()}
