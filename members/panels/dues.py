"""What an organisation's page and a member's page show of dues."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Action, Panel
from ledgers import facts
from ledgers.period import Period, PeriodKind
from ledgers.scope import may
from members.models import Member
from members.panels.sections import Section

from ..dues import statements

FACTS = ("dues.due", "dues.paid", "dues.unpaid_months")


def _dues(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Sums of the period from the sheet; nothing for who may not see members, nor below a branch."""
    is_group = organization.kind == Organization.Kind.GROUP
    if is_group or not may(user, Right.MEMBERS_VIEW, organization):
        return None
    counted = facts.of(organization, period)
    month = period.latest_month()
    return {
        "note": period.label,
        "figures": [
            (facts.get(code).title, counted[code], facts.get(code), facts.get(code).url(organization, period))
            for code in FACTS
        ],
        "has_any": bool(counted["dues.due"] or counted["dues.paid"]),
        "collect": f"{reverse('members:dues')}?organization={organization.code}&month={month.code}",
        "arrears": f"{reverse('members:dues-arrears')}?organization={organization.code}",
        "statement": f"{reverse('members:dues-statement', args=[organization.code])}?year={month.year}"
        if organization.is_branch
        else "",
    }


def _collect(organization: Organization) -> str:
    if not (organization.is_branch and organization.is_live):
        return ""
    month = Period.containing(timezone.localdate())
    return reverse("members:dues-sheet", args=[organization.code, month.code])


def _of_member(member: Member, user: User) -> Mapping[str, Any] | None:
    """The running year month by month, or that of leaving."""
    day = member.left_on or timezone.localdate()
    statement = statements.of_member(member, Period.containing(day, PeriodKind.YEAR), user)
    return {"year": statement.year, "line": statement.lines[0]}


PANEL = Panel("党费", "members/dues/panel.html", _dues, order=25)
ACTION = Action("收缴党费", _collect, Right.MEMBERS_EDIT, order=60)
SECTION = Section("党费", "members/dues/section.html", _of_member, order=30)
