"""The organisation tree's own panels: the committee in office, subordinates, history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from ledgers import facts
from ledgers.period import Period
from ledgers.scope import may

from ..models import CommitteeSeat, Organization
from .registry import Action, Panel

NODE_FACTS = (("orgs.branches", "党支部"), ("members.total", "党员"), ("findings.open", "未销号预警"))
"""What is told about each organisation of the tree."""
CHILDREN_SHOWN = 50


@dataclass(frozen=True)
class Figure:
    """One number of an organisation, with the address of the rows that it counts."""

    title: str
    number: facts.Number
    unit: str
    url: str


def numbers_of(organizations: Iterable[Organization], period: Period) -> dict[int, list[Figure | None]]:
    """Return organisation id → the figures of `NODE_FACTS` as of the period's end, with one reading for all.

    None stands for what an organisation of its kind has not: a branch has no branches below it, a group no members.
    A fact that no app has registered is left out.
    """
    asked = list(organizations)
    known = {fact.code: fact for fact in facts.every()}
    month = period.latest_month()  # all three are stocks: the last month's sheet holds them
    told = [(known[code], title) for code, title in NODE_FACTS if code in known]
    counted = facts.of_each([o.pk for o in asked], month)

    def figure(o: Organization, fact: facts.Fact, title: str) -> Figure | None:
        if o.kind == Organization.Kind.GROUP or (o.is_branch and fact.code == "orgs.branches"):
            return None
        return Figure(title, counted[o.pk][fact.code], fact.unit, fact.url(o, period))

    return {o.pk: [figure(o, fact, title) for fact, title in told] for o in asked}


def _committee(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The committee in office today, with its term; earlier ones by name."""
    if organization.kind == Organization.Kind.GROUP:
        return None
    today = timezone.localdate()
    seats = CommitteeSeat.objects.held_on(today).order_by("pk")
    committees = list(organization.committees.prefetch_related(Prefetch("seats", seats, to_attr="held")))
    current = next((c for c in committees if c.start <= today and (c.ended_on is None or c.ended_on > today)), None)
    return {
        "note": current.number if current else "",
        "note_url": current.get_absolute_url() if current else "",
        "current": current,
        "others": [c for c in committees if c is not current],
        "may_edit": may(user, Right.ORGANIZATIONS_EDIT, organization) and organization.is_live,
        "may_see_members": may(user, Right.MEMBERS_VIEW, organization),
        "create": f"{reverse('branches:committee-create')}?{urlencode({'organization': organization.code})}",
    }


def _children(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The live subordinates with their numbers."""
    live = Organization.objects.get_children(organization).live_on(timezone.localdate())
    children = list(live[: CHILDREN_SHOWN + 1])
    if not children:
        return None
    shown = children[:CHILDREN_SHOWN]
    numbers = numbers_of(shown, period)
    return {
        "rows": [(child, numbers[child.pk]) for child in shown],
        "more": len(children) > CHILDREN_SHOWN,
        "note": "在组织树里看",
        "note_url": f"{reverse('branches:tree')}?{urlencode({'open': organization.code})}",
    }


def _history(organization: Organization, period: Period, user: User) -> Mapping[str, Any]:
    """What happened to it, the latest first."""
    return {"events": organization.events.select_related("other")[:20], "established": organization.established}


def _add_below(organization: Organization) -> str:
    if organization.kind == Organization.Kind.GROUP or not organization.is_live:
        return ""
    return f"{reverse('branches:create')}?{urlencode({'parent': organization.code})}"


PANELS = (
    Panel("班子", "branches/panels/committee.html", _committee, order=10),
    Panel("下级组织", "branches/panels/children.html", _children, order=60, wide=True),
    Panel("沿革", "branches/panels/history.html", _history, order=25),
)
ACTIONS = (
    Action("编辑资料", lambda o: reverse("branches:edit", args=[o.code]), Right.ORGANIZATIONS_EDIT, order=30),
    Action("新增下级组织", _add_below, Right.ORGANIZATIONS_EDIT, order=40),
)
