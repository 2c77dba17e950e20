"""Where co-building shows: an organisation's page, an activity's page, the workbench."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo, days_left
from branches.panels.tree import Figure
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.scope import may

from ..models import Activity, Agreement
from ..models.cobuilding import RENEWED_BEFORE
from .sections import Section

SHOWN = 6
CODES = ("cobuild.partners", "cobuild.agreements", "cobuild.joint_meetings", "cobuild.contributions")
TOGETHER = (Activity.Kind.JOINT_MEETING, Activity.Kind.COBUILDING)


def _cobuilding(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The numbers of the period, and which of the organisation's own agreements end soon."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    counted = facts.of(organization, period)
    if organization.is_branch and not any(counted[code] for code in CODES):
        return None
    asked = [facts.get(code) for code in CODES]
    today = timezone.localdate()
    ending = Agreement.objects.filter(organization=organization).ending_soon(today).select_related("partner")
    code = urlencode({"organization": organization.code})
    board = f"{reverse('activities:cobuilding')}?{code}&{urlencode({'period': period.code})}"
    may_add = may(user, Right.ACTIVITIES_EDIT, organization) and organization.is_live
    return {
        "figures": [Figure(f.title, counted[f.code], f.unit, f.url(organization, period)) for f in asked],
        "total": any(counted[f.code] for f in asked),
        "empty": "还没有登记共建单位和协议。",
        "ending": ending.order_by("end")[:SHOWN],
        "create": f"{reverse('activities:partner-create')}?{code}" if may_add else "",
        "note": "共驻共建情况",
        "note_url": board,
    }


def _deeds(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """What units did at a joint meeting or a co-building activity."""
    if activity.kind not in TOGETHER:
        return None
    may_add = may(user, Right.ACTIVITIES_EDIT, activity.organization)
    return {
        "contributions": activity.contributions.select_related("partner"),
        "create": f"{reverse('activities:contribution-create')}?{urlencode({'activity': activity.pk})}"
        if may_add
        else "",
    }


def due(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield agreements to renew, and communities without a joint meeting in the running quarter."""
    yield from _to_renew(organization, user, today)
    yield from _to_meet(organization, user, today)


def _to_renew(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    rows = Agreement.objects.visible_to(user, Right.ACTIVITIES_EDIT).under(organization).ending_soon(today)
    ending = list(rows.select_related("partner").order_by("end"))
    if not ending:
        return
    first = ending[0]
    when = f"最早 {first.end.month}月{first.end.day}日"
    if len(ending) == 1:
        text = f"与{first.partner.name}的共建协议快到期了，商议续签"
        yield Todo("warn", "到期", text, first.get_absolute_url(), f"还有 {first.days_left} 天")
        return
    url = get_ledger("agreements").url(Query(organization, on=today, filters={"ends": "soon"}))
    yield Todo("warn", "到期", f"{len(ending)} 份共建协议 {RENEWED_BEFORE.days} 天内到期，商议续签", url, when)


def _to_meet(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Once the quarter is over the rules say it (R40)."""
    quarter = Period.containing(today, Period.QUARTER)
    communities = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT).filter(organization.subtree())
    held = Activity.objects.counted().held_in(quarter).filter(kind=Activity.Kind.JOINT_MEETING)
    met = Exists(held.filter(organization=OuterRef("pk")))
    lacking = list(communities.communities().live_on(today).exclude(met).order_by("path"))
    if not lacking:
        return
    when = days_left(quarter.end, today)
    asked = {"kind": Activity.Kind.JOINT_MEETING.value}
    if len(lacking) == 1:
        whose = "" if lacking[0] == organization else f"{lacking[0].label}："
        url = f"{reverse('activities:create')}?{urlencode(asked | {'organization': lacking[0].code})}"
        yield Todo("warn", "本季", f"{whose}本季度还没开党建联席会议", url, when)
        return
    url = f"{reverse('activities:cobuilding')}?{urlencode({'organization': organization.code, 'period': quarter.code})}"
    yield Todo("warn", "本季", f"{len(lacking)} 个社区本季度还没开党建联席会议", url, when)


PANELS = (Panel("共驻共建", "activities/panels/cobuilding.html", _cobuilding, order=36),)
SECTIONS = (Section("共建单位办的实事", "activities/sections/contributions.html", _deeds, order=40),)
