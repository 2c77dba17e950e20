"""What an organisation's page shows of activities: how many of each kind in the period, and the latest."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Action, Panel
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import Activity

SHOWN = 8
COUNTED = {"status": "counted"}


def _activities(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Counts by kind of what was submitted or confirmed, and the latest of any state; both of the period."""
    if not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    ledger = get_ledger("activities")
    counted = ledger.rows(Query(organization, period, None, COUNTED), user).order_by()
    numbers = dict(counted.values_list("kind").annotate(Count("pk")))
    everything = Query(organization, period)
    return {
        "figures": [
            (label, numbers[kind], ledger.url(Query(organization, period, None, {"kind": kind} | COUNTED)))
            for kind, label in Activity.Kind.choices
            if numbers.get(kind)
        ],
        "rows": ledger.ordered(ledger.rows(everything, user)).select_related("organization")[:SHOWN],
        "period": period,
        "note": period.label,
        "ledger": ledger.url(everything),
    }


def _add(organization: Organization) -> str:
    if not organization.is_live:
        return ""
    return f"{reverse('activities:create')}?{urlencode({'organization': organization.code})}"


def _month(organization: Organization) -> str:
    if not (organization.is_live and organization.is_branch):
        return ""
    return f"{reverse('activities:month')}?{urlencode({'branch': organization.code})}"


PANELS = (Panel("活动", "activities/panels/activities.html", _activities, order=30, wide=True),)
ACTIONS = (
    Action("新增活动", _add, Right.ACTIVITIES_EDIT, order=10),
    Action("整月录入", _month, Right.ACTIVITIES_EDIT, order=12),
)
