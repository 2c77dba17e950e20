"""The beginning of a street's records: nothing before it is judged, and nothing is compared with it."""

from datetime import date

from django.db.models import Min

from activities.models import Activity
from branches.models import Organization
from ledgers.period import Period

from .models import LocalSetting

KEY = "records-since"
"""The street's setting; its value is written as a number, 202603 for March 2026."""


def records_since(organization: Organization) -> date | None:
    """Return the first day from which the records of an organisation's street reach, None where there are none.

    That is the month of the first dated activity, or a later one that the office has set. Costs three small queries.
    """
    lineage = Organization.objects.filter(path__in=Organization.paths_to(organization.path))
    street = lineage.filter(kind=Organization.Kind.WORKING_COMMITTEE).order_by("-path").values_list("path", flat=True)
    path = street.first() or organization.path[: organization.steplen]
    first = Activity.objects.filter(organization__path__startswith=path).aggregate(first=Min("date"))["first"]
    begun = first.replace(day=1) if first else None
    value = LocalSetting.objects.filter(organization__path=path, key=KEY).values_list("value", flat=True).first()
    chosen = date(value // 100, value % 100, 1) if value else None
    return max((day for day in (begun, chosen) if day), default=None)


def is_before_records(period: Period, since: date | None) -> bool:
    """Say whether a period lies wholly before the records; one that reaches into them is judged whole."""
    return since is not None and period.end < since


def words_on(since: date) -> str:
    """Return how pages and documents say it."""
    return f"党建工作记录从{since.year}年{since.month}月开始"
