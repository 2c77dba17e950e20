"""Leave on the pages where it matters: the rolls it changes, an activity's, a member's, an organisation's, to-dos."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.scope import may
from ledgers.views import EVER
from members.models import Member
from members.panels.sections import Section as MemberSection

from ..models import Activity, Attendance, LeaveRequest, record_roll
from .sections import Section

SHOWN = 5
SOON = 7
"""Days before the first one from which a request that waits is pressing."""
State = Attendance.State


@atomic
def mark_rolls(leave: LeaveRequest) -> list[Activity]:
    """Write a granted leave on the rolls that are called already, as far as their branch may still change them.

    Who was absent is on leave; who stands as present on a roll listed beforehand is too, while the day is not past.
    Returns the activities whose rolls changed; an activity or two, for leaves are short.
    """
    if leave.state != LeaveRequest.State.GRANTED:
        return []
    lines = Attendance.objects.filter(member=leave.member_id, activity__status__in=("draft", "returned"))
    if leave.activity_id:
        lines = lines.filter(activity=leave.activity_id)
    else:
        lines = lines.filter(activity__date__range=(leave.start, leave.end))
    changed = []
    for line in lines.select_related("activity__organization"):
        ahead = line.activity.date > timezone.localdate()
        if line.state == State.ABSENT or (ahead and line.state == State.PRESENT):
            marks = {a.member_id: (a.state, a.reason) for a in line.activity.roll.all()}
            record_roll(line.activity, marks | {line.member_id: (State.LEAVE.value, leave.reason)})
            changed.append(line.activity)
    return changed


def on_activity(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """The requests for an activity: who asked, what was answered; and the button for one more while it is open."""
    asked = LeaveRequest.objects.visible_to(user).for_day(activity.date, activity)
    if activity.organization.is_branch:
        asked = asked.filter(organization=activity.organization)
    else:
        asked = asked.under(activity.organization) | asked.filter(activity=activity)
    rows = list(asked.select_related("member", "organization").order_by("state", "member__name")[: 10 * SHOWN])
    adds = activity.is_open and may(user, Right.ACTIVITIES_EDIT, activity.organization)
    if not rows and not adds:
        return None
    address = f"{reverse('activities:leave-create')}?{urlencode({'activity': activity.pk})}"
    return {"rows": rows, "add": address if adds else "", "note": f"{len(rows)} 人" if rows else ""}


def of_member(member: Member, user: User) -> Mapping[str, Any] | None:
    """The latest requests of a member, all of them by their ledger, and the button for one more."""
    rows = LeaveRequest.objects.visible_to(user).filter(member=member)
    latest = list(rows[: SHOWN + 1])
    adds = may(user, Right.ACTIVITIES_EDIT, member.branch) and not member.left_on
    if not latest and not adds:
        return None
    query = Query(filters={"member": str(member.pk)})
    return {
        "rows": latest[:SHOWN],
        "count": rows.count() if len(latest) > SHOWN else 0,
        "ledger": f"{ledgers.get('leave-requests').url(query)}&period={EVER}",
        "add": f"{reverse('activities:leave-create')}?{urlencode({'member': member.pk})}" if adds else "",
    }


def of_organization(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """How many asked and were excused in the period, and how many wait for an answer whenever they asked."""
    if organization.kind == Organization.Kind.GROUP or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    counted = facts.of(organization, period)
    figures = [
        (fact.title, counted[fact.code], fact.unit, fact.url(organization, period))
        for fact in map(facts.get, ("leave.asked", "leave.granted", "attendance.leave", "attendance.absent"))
    ]
    waiting = LeaveRequest.objects.visible_to(user).under(organization).waiting().count()
    query = Query(organization, filters={"state": LeaveRequest.State.ASKED.value})
    figures.append(("等待批准", waiting, "人次", f"{ledgers.get('leave-requests').url(query)}&period={EVER}"))
    address = f"{reverse('activities:rates')}?{urlencode({'organization': organization.code, 'period': period.code})}"
    add = ("按人看到会率" if organization.is_branch else "按支部看到会率", address)
    return {"figures": figures, "note": period.label, "add": add}


def todos(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield one line for the requests that wait for an answer, if this user may give it."""
    if not may(user, Right.ACTIVITIES_EDIT, organization):
        return
    waiting = LeaveRequest.objects.visible_to(user, Right.ACTIVITIES_EDIT).under(organization).waiting()
    found = list(waiting.select_related("member")[: 2 * SHOWN])
    if not found:
        return
    first = found[0]
    many = len(found) if len(found) < 2 * SHOWN else waiting.count()
    text = (
        f"{first.member.name}请假（{first.days}，{first.reason}）等待批准" if many == 1 else f"{many} 张请假单等待批准"
    )
    query = Query(organization, filters={"state": LeaveRequest.State.ASKED.value})
    url = first.get_absolute_url() if many == 1 else f"{ledgers.get('leave-requests').url(query)}&period={EVER}"
    left = (first.start - today).days
    state = ("bad", "已过") if left < 0 else ("warn", "请假") if left <= SOON else ("none", "请假")
    yield Todo(*state, text, url, f"{first.start}")


SECTIONS = (Section("请假", "activities/leave/_on_activity.html", on_activity, order=10, aside=True),)
MEMBER_SECTIONS = (MemberSection("请假", "activities/leave/_of_member.html", of_member, order=30),)
PANELS = (Panel("请假和缺席", "members/panels/personal.html", of_organization, order=32),)
