"""What an organisation's page shows of findings: how many wait in the period, and the first of them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from ledgers import facts
from ledgers.period import Period
from ledgers.scope import may

from .. import engine
from ..findings import kept_in, refresh_if_changed
from ..models import Finding

SHOWN = 8


def _findings(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """What waits in the subtree, the serious first."""
    if not may(user, Right.FINDINGS_VIEW, organization):
        return None
    refresh_if_changed(organization, period)
    rows = Finding.objects.under(organization, period.end).of(*kept_in(period)).waiting()
    query = urlencode({"organization": organization.code, "period": period.code, "by": "list"})
    first = rows.to_show().order_by("-severity", "rule", "organization__path", "pk")[:SHOWN]
    return {
        "count": rows.count(),
        "all": Finding.objects.standing_in(organization, period).count(),
        "all_url": facts.get("findings.open").url(organization, period),
        "rows": [(finding, engine.get(finding.rule)) for finding in first],
        "single": organization.is_branch,
        "period": period,
        "url": f"{reverse('assessments:findings')}?{query}",
    }


PANELS = (Panel("预警", "assessments/panels/findings.html", _findings, order=15),)
