"""Where projects show: an organisation's page, an activity's page, the workbench."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from branches.panels.tree import Figure
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import Activity, BrandProject, Milestone
from .sections import Section

SHOWN = 6
CODES = ("brands.projects", "services.projects", "services.units", "services.events", "services.participants")


def _brands(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The numbers of the period, and the organisation's own live projects."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    counted = facts.of(organization, period)
    if organization.is_branch and not any(counted[code] for code in CODES):
        return None
    own = BrandProject.objects.filter(organization=organization).live_on(timezone.localdate())
    may_add = may(user, Right.ACTIVITIES_EDIT, organization) and organization.is_live
    asked = [facts.get(code) for code in CODES]
    return {
        "figures": [Figure(f.title, counted[f.code], f.unit, f.url(organization, period)) for f in asked],
        "total": any(counted[code] for code in CODES),
        "projects": own[:SHOWN],
        "create": f"{reverse('activities:brand-create')}?{urlencode({'organization': organization.code})}"
        if may_add
        else "",
        "note": get_ledger("brands").title,
        "note_url": get_ledger("brands").url(Query(organization, on=period.as_of())),
    }


def _services(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """The services of projects that were given at an activity."""
    services = list(activity.services.select_related("project"))
    return {"services": services} if services else None


def due(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield milestones that are late, and those due within 30 days; one line each."""
    mine = Milestone.objects.visible_to(user, Right.ACTIVITIES_EDIT).under(organization).select_related("project")
    waiting = list((mine.late(today) | mine.soon(today)).order_by("due"))
    late, soon = ([one for one in waiting if (one.due < today) is over] for over in (True, False))
    for state, word, which, found, verb in (
        ("bad", "逾期", "late", late, "过了计划日期还没完成"),
        ("none", "节点", "soon", soon, "30 天内应完成"),
    ):
        if not found:
            continue
        first = found[0]
        days = (today - first.due).days
        when = f"逾期 {days} 天" if days > 0 else f"还有 {-days} 天"
        text = f"{first.project.name}：{first.title}{verb}" if len(found) == 1 else f"{len(found)} 个项目节点{verb}"
        url = first.get_absolute_url()
        if len({one.project_id for one in found}) > 1:
            url = get_ledger("brands").url(Query(organization, on=today, filters={"milestones": which, "all": "1"}))
        yield Todo(state, word, text, url, when)


PANELS = (Panel("党建品牌和特色服务", "activities/panels/brands.html", _brands, order=38),)
SECTIONS = (Section("项目服务", "activities/sections/services.html", _services, order=42),)
