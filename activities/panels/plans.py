"""What an organisation's page shows of its plan, and what the plan asks of the workbench."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.scope import may

from ..models import PlannedActivity

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


LATELY = timedelta(days=30)
"""How long one is reminded of what was planned and is not on record; then the rules have found it."""
NAMED = 2


def planned(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield a line for what is planned for the rest of this week, and one for what was and is not on record."""
    sunday = today + timedelta(days=6 - today.weekday())
    rows = PlannedActivity.objects.visible_to(user).under(organization).open().between(today - LATELY, sunday)
    plans = list(rows.select_related("organization"))
    late = [plan for plan in plans if plan.date < today]
    coming = [plan for plan in plans if plan.date >= today]
    keeps = may(user, Right.ACTIVITIES_EDIT, organization)
    if late:
        url = _rows(organization, late[0].date, "missed")
        if len(late) == 1 and keeps:
            url = f"{reverse('activities:create')}?plan={late[0].pk}"
        yield Todo(
            "warn", "计划", f"{_named(organization, late)}计划的日子过了，还没有登记", url, f"最早 {late[0].date:%m-%d}"
        )
    if coming:
        url = coming[0].get_absolute_url() if len(coming) == 1 else _rows(organization, coming[0].date, "open")
        yield Todo("none", "本周", f"{_named(organization, coming)}计划在本周", url, f"最近 {coming[0].date:%m-%d}")


def _rows(organization: Organization, day: date, state: str) -> str:
    period = Period.containing(day, Period.YEAR)
    return ledgers.get("plans").url(Query(organization, period, filters={"state": state}))


def _named(organization: Organization, plans: list[PlannedActivity]) -> str:
    """Return the plans in words: a branch's by kind and day, of a larger place whose; of many how many."""
    if len(plans) > NAMED:
        return f"{len(plans)} 次组织生活"
    own = [
        f"{plan.get_kind_display()}（{plan.date.month}月{plan.date.day}日）"
        if plan.organization_id == organization.pk
        else f"{plan.organization.label}{plan.get_kind_display()}"
        for plan in plans
    ]
    return "、".join(own)
