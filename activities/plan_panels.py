"""What an organisation's page shows of its plan: how much of it is on record, and what comes next."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from ledgers import facts
from ledgers.period import Period
from ledgers.scope import may

from .models import PlannedActivity

SHOWN = 5


def _plan(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The period's plan in numbers, and the next that are planned."""
    if not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    numbers = facts.of(organization, period)
    rows = PlannedActivity.objects.visible_to(user).under(organization).open().filter(date__gte=timezone.localdate())
    return {
        "note": period.label,
        "figures": [
            (fact.title, numbers[fact.code], fact.unit, fact.url(organization, period))
            for fact in (facts.get("plans.made"), facts.get("plans.held"))
        ],
        "rows": rows.select_related("organization")[:SHOWN],
        "url": f"{reverse('activities:plan')}?{urlencode({'organization': organization.code})}",
    }


PANELS = (Panel("组织生活计划", "activities/panels/plan.html", _plan, order=32),)
