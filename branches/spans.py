"""What lasts from one day to another: it stands from its first day on, and no longer on its last."""

from datetime import date

from django.db.models import Q

EVER_SINCE = date(1900, 1, 1)
"""Start of what began on a day that nobody knows: before every period that is asked about."""


def lasting(day: date, start: str, end: str, prefix: str = "") -> Q:
    """Return the condition that what lasts from `start` to `end` (names of date fields) stands on a day.

    An unknown start counts as long ago, an empty end as not yet.
    """
    start, end = prefix + start, prefix + end
    return (Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lte": day})) & (
        Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": day})
    )
