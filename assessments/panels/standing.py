"""What an organisation's page shows of what it is held up for and held to: stars, examples, rounds, reviews."""

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from accounts.permissions import Right
from activities.panels.concerns import figures_of
from branches.models import Organization
from branches.panels.registry import Panel
from ledgers.period import Period
from ledgers.scope import may

FIGURES = (
    "observation.scored", "reviews.held", "selfcheck.done", "stars.flags", "stars.members", "demo.communities",
    "demo.projects", "demo.members", "requests.sent", "requests.overdue", "supervision.open", "weak.branches",
)  # fmt: skip


def _standing(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The period's numbers that are not nothing, each leading to its rows."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ASSESSMENTS_VIEW, organization):
        return None
    figures = [figure for figure in figures_of(FIGURES, organization, period) if figure.number]
    if not figures:
        return None
    return {"figures": figures, "total": len(figures), "note": period.label}


PANELS = (Panel("评议、自查和争先", "branches/panels/register.html", _standing, order=19),)
