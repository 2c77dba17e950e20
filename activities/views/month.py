"""A branch's month on one page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from branches.models import Organization
from branches.views.records import ledger_crumb
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.requests import PortalRequest

from ..models import Attendance
from ..month import MonthSheet

MONTHS_OFFERED = 6
FINISHED_UNTIL = 10
"""Day of the month up to which the month before is the one that is being entered."""


@require_http_methods(["GET", "POST"])
def month(request: PortalRequest) -> HttpResponse:
    """Enter the four regular activities of a month with their rolls."""
    editable = Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).undissolved()
    branches = editable.filter(kind__in=Organization.Kind.branches())
    chosen = _month(request)
    context = {
        "month": chosen,
        "months": [*Period.containing(timezone.localdate()).last(MONTHS_OFFERED)][::-1],
        "trail": [ledger_crumb("activities"), ("整月录入", "")],
    }
    branch = _branch(request, branches)
    if branch is None:
        return render(request, "activities/month.html", {"branches": branches, **context})
    sheet = MonthSheet(branch, chosen, request.user, request.POST or None)
    if request.method == "POST" and (saved := sheet.save()):
        done = "已提交 {} 次活动，等待确认。" if request.POST.get("action") == "submit" else "已存 {} 份草稿。"
        messages.success(request, done.format(len(saved)))
        return redirect(get_ledger("activities").url(Query(branch, chosen)))
    return render(request, "activities/month.html", {"sheet": sheet, "states": Attendance.State.choices, **context})


def _branch(request: PortalRequest, branches):  # type: ignore[no-untyped-def]
    """Return the branch in the address, the one chosen at the top, or the only one; None where it is to be chosen."""
    code = request.GET.get("branch") or getattr(request.chosen_organization, "code", "")
    found = branches.filter(code=code).first()
    if found is None and "branch" not in request.GET:
        few = list(branches[:2])
        found = few[0] if len(few) == 1 else None
    return found


def _month(request: PortalRequest) -> Period:
    """Return the month in the address; else the one chosen at the top; else the one that branches enter these days."""
    today = timezone.localdate()
    running = Period.containing(today)
    try:
        asked = Period.parse(request.GET.get("month", ""))
    except ValueError:
        asked = request.chosen_period
    if asked.kind == Period.MONTH and asked.start <= today:
        return asked
    return running.previous() if today.day <= FINISHED_UNTIL else running
