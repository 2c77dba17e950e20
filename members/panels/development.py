"""What an organisation's and a member's page, and the workbench, show of 发展党员."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Action, Panel
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may
from members.models import DevelopmentCase, Member
from members.models.development import DevelopmentQuerySet
from members.panels.sections import Section

SHOWN = 6
SOON = timedelta(days=30)
COUNTED = ("applicants", "activists", "candidates", "probationary", "regularised")


def due(user: User, organization: Organization, today: date) -> DevelopmentQuerySet:
    """Return the cases with something late, or due within 30 days, the most urgent first."""
    rows = DevelopmentCase.objects.visible_to(user).under(organization).due_by(today + SOON)
    return rows.select_related("branch").order_by("due_on", "pk")


def _panel(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Counts of each standing from the sheets, and what is due."""
    if not may(user, Right.MEMBERS_VIEW, organization) or organization.kind == Organization.Kind.GROUP:
        return None
    today = timezone.localdate()
    counted = facts.of(organization, period)
    known = [facts.get(f"development.{name}") for name in COUNTED]
    rows = list(due(user, organization, today)[:SHOWN])
    return {
        "figures": [
            (fact.title.partition("（")[0], counted[fact.code], fact.unit, fact.url(organization, period))
            for fact in known
        ],
        "any": rows or any(counted[fact.code] for fact in known),
        "rows": rows,
        "note": period.label,
        "today": today,
        "board": f"{reverse('members:development')}?{urlencode({'organization': organization.code})}",
        "ledger": get_ledger("development").url(Query(organization)),
    }


def _section(member: Member, user: User) -> Mapping[str, Any] | None:
    """How the member came into the Party."""
    cases = DevelopmentCase.objects.visible_to(user).whole().filter(member=member)
    rows = cases.annotate(codes=Count("steps__code", distinct=True)).order_by("applied_on")
    found = [(case, min(case.codes + 1, 25)) for case in rows]  # type: ignore[attr-defined]
    return {"cases": found} if found else None


def _add(organization: Organization) -> str:
    if not (organization.is_branch and organization.is_live):
        return ""
    return f"{reverse('members:development-create')}?{urlencode({'branch': organization.code})}"


PANELS = (Panel("发展党员", "members/development/panel.html", _panel, order=22),)
ACTIONS = (Action("新增入党申请人", _add, Right.MEMBERS_EDIT, order=22),)
SECTIONS = (Section("发展过程", "members/development/section.html", _section, order=40),)
