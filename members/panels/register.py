"""What an organisation's page shows of members: how many of each kind, and the first of them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Action, Panel
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

SHOWN = 10
CATEGORIES = (
    "members.total",
    "members.full",
    "members.probationary",
    "members.in_service",
    "members.retired",
    "members.floating",
)


def _members(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Counts as of the period's end from the sheet, and the first rows that are behind the total."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.MEMBERS_VIEW, organization):
        return None
    counted = facts.of(organization, period.latest_month())
    ledger = get_ledger("members")
    query = Query(organization, None, period.as_of())
    rows = ledger.ordered(ledger.rows(query, user)).select_related("member", "branch")
    return {
        "figures": [
            (facts.get(code).title, counted[code], facts.get(code).unit, facts.get(code).url(organization, period))
            for code in CATEGORIES
        ],
        "total": counted["members.total"],
        "note": f"截至 {period.as_of()}",
        "rows": rows[:SHOWN] if counted["members.total"] else (),
        "ledger": ledger.url(query),
    }


def _add(organization: Organization) -> str:
    if not (organization.is_branch and organization.is_live):
        return ""
    return f"{reverse('members:create')}?{urlencode({'branch': organization.code})}"


PANELS = (Panel("党员", "members/panels/members.html", _members, order=20),)
ACTIONS = (Action("新增党员", _add, Right.MEMBERS_EDIT, order=20),)
