"""What an organisation's page shows of how it lives: groups, units of a joint branch, elections."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import MOST_UNITS, Election, GroupLeader, JointUnit, Organization, members_of, names_of
from .registry import Panel
from .tree import Figure

SHOWN = 20
GROUP_MEETINGS = "meetings.group"
"""The fact that R03 counts; it belongs to an app above."""


def _members_url(branch: Organization, group: Organization) -> str:
    return get_ledger("members").url(Query(branch, on=timezone.localdate(), filters={"group": group.code}))


def _meetings(group: Organization, period: Period) -> list[tuple[Period, Figure, str]]:
    """Return each month of the period that has begun, with its group meetings and the state of the month."""
    fact, today = facts.get(GROUP_MEETINGS), timezone.localdate()
    months = [month for month in period.months() if month.start <= today]
    if not months:
        return []
    sheets = facts.sheets([group.pk], months, own=True)
    lines = []
    for month in months:
        held = sheets.get((group.pk, month), {}).get(GROUP_MEETINGS, 0)
        state = "ok" if held else "bad" if month.end < today else "warn"
        lines.append((month, Figure(month.label, held, fact.unit, fact.url(group, month, own=True)), state))
    return lines


def _group(group: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Of a group: who leads it, who is in it, how often it has met."""
    branch = Organization.objects.get_parent(group)
    if group.kind != Organization.Kind.GROUP or branch is None:
        return None
    today, may_see = timezone.localdate(), may(user, Right.MEMBERS_VIEW, branch)
    leaders = list(group.leaders.select_related("member"))
    people = members_of(group).order_by("pinyin", "pk")
    return {
        "note": "党小组组长台账",
        "note_url": get_ledger("groups").url(Query(group, on=today)),
        "leader": next((one for one in leaders if one.is_held), None),
        "former": [one for one in leaders if not one.is_held],
        "may_see_members": may_see,
        "count": people.count(),
        "people": list(people[: SHOWN + 1]) if may_see else [],
        "shown": SHOWN,
        "members_url": _members_url(branch, group),
        "months": _meetings(group, period),
        "may_edit": may(user, Right.ORGANIZATIONS_EDIT, group) and group.is_live,
        "assign": reverse("branches:groups", args=[branch.code]) if may(user, Right.MEMBERS_EDIT, branch) else "",
    }


def _groups(branch: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Of a branch with groups: each with its leader, members and meetings; members in no group."""
    if not branch.is_branch:
        return None
    today = timezone.localdate()
    groups = list(Organization.objects.get_children(branch).live_on(today).filter(kind=Organization.Kind.GROUP))
    if not groups:
        return None
    led = {one.group_id: one for one in GroupLeader.objects.held_on(today).filter(group__in=groups)}
    members = apps.get_model("members", "Member").objects.live().filter(branch=branch)
    named = dict(members.order_by().values_list("group_name").annotate(Count("pk")))
    counted = facts.of_each([group.pk for group in groups], period, own=True)
    fact = facts.get(GROUP_MEETINGS)
    rows = [
        (
            group,
            led.get(group.pk),
            sum(named.get(name, 0) for name in names_of(group)),
            _members_url(branch, group),
            counted[group.pk][GROUP_MEETINGS],
            fact.url(group, period, own=True),
        )
        for group in groups
    ]
    return {
        "rows": rows,
        "period": period,
        "loose": sum(named.values()) - sum(row[2] for row in rows),
        "loose_url": get_ledger("members").url(Query(branch, on=today, filters={"group": "none"})),
        "may_see_members": may(user, Right.MEMBERS_VIEW, branch),
        "assign": reverse("branches:groups", args=[branch.code]) if may(user, Right.MEMBERS_EDIT, branch) else "",
    }


def _joint_units(branch: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Of a joint branch: the units it covers today, and those it covered before."""
    today = timezone.localdate()
    units = list(JointUnit.objects.filter(organization=branch))
    if branch.kind != Organization.Kind.JOINT_BRANCH and not units:
        return None
    ledger, covered = get_ledger("joint-units"), [unit for unit in units if unit.is_covered]
    may_edit = may(user, Right.ORGANIZATIONS_EDIT, branch) and branch.is_live
    return {
        "units": covered,
        "former": [unit for unit in units if not unit.is_covered],
        "url": ledger.url(Query(branch, on=today)),
        "most": MOST_UNITS,
        "too_many": len(covered) > MOST_UNITS,
        "may_edit": may_edit,
        "create": _with_organization("branches:joint-unit-create", branch) if may_edit else "",
    }


def _elections(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The organisation's own elections, the latest first."""
    if organization.kind == Organization.Kind.GROUP:
        return None
    may_edit = may(user, Right.ORGANIZATIONS_EDIT, organization) and organization.is_live
    elections = list(Election.objects.filter(organization=organization)[:5])
    if not elections and not may_edit:
        return None
    return {
        "elections": elections,
        "note": get_ledger("elections").title,
        "note_url": f"{get_ledger('elections').url(Query(organization, filters={'own': '1'}))}&period=all",
        "create": _with_organization("branches:election-create", organization) if may_edit else "",
    }


def _with_organization(view: str, organization: Organization) -> str:
    return f"{reverse(view)}?{urlencode({'organization': organization.code})}"


PANELS = (
    Panel("党小组", "branches/panels/group.html", _group, order=12),
    Panel("党小组", "branches/panels/groups.html", _groups, order=22),
    Panel("所含单位", "branches/panels/joint_units.html", _joint_units, order=12),
    Panel("选举", "branches/panels/elections.html", _elections, order=11),
)
