"""Locking the months of a street."""

from collections.abc import Iterable

from ledgers.models import ClosedMonth
from ledgers.period import Period
from ledgers.recording import record_all

from .models import Organization


def close(months: Iterable[Period], street: Organization) -> None:
    """Lock months of a street; those that are locked stay so."""
    known = set(ClosedMonth.objects.filter(street=street).values_list("month", flat=True))
    fresh = [ClosedMonth(street=street, month=one.start) for one in months if one.start not in known]
    record_all(fresh, "lock-month")
