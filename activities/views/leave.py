"""Leave requests: noted, shown, answered, printed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from accounts.transactions import atomic
from branches.views.records import ledger_crumb
from ledgers.ledger import get as get_ledger
from ledgers.models.record import Conflict
from ledgers.parsing import row_key
from ledgers.recording import trace_paper
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members.models import Member
from members.views.picking import member_asked

from ..forms.leave import LeaveForm
from ..models import Activity, LeaveRequest
from ..panels.leave import mark_rolls


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Note a request: for the activity or of the member in the address, else of anybody for some days."""
    member = member_asked(request, Right.ACTIVITIES_EDIT)
    activity = None
    if "activity" in request.GET:
        held = Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization")
        activity = get_object_or_404(held, pk=row_key(request.GET.get("activity", "")))
    leave = LeaveRequest(activity=activity)
    today = timezone.localdate()
    if activity is not None:
        leave.start = leave.end = activity.date
    initial = {"member": member, "start": today, "asked_on": min(today, activity.date) if activity else today}
    form = LeaveForm(request.POST or None, instance=leave, initial=initial, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        granted = form.instance.state == LeaveRequest.State.GRANTED
        messages.success(request, "已登记并批准，点名时自动记为请假。" if granted else "已登记，等待批准。")
        return redirect(there)
    return _form(request, form, "登记请假", activity, member)


def _form(
    request: PortalRequest, form: LeaveForm, title: str, activity: Activity | None, behind: Member | LeaveRequest | None
) -> HttpResponse:
    there = activity or behind
    back = there.get_absolute_url() if there else get_ledger("leave-requests").url()
    context = {
        "form": form,
        "title": title,
        "activity": activity,
        "back": back,
        "trail": [ledger_crumb("leave-requests"), (title, "")],
    }
    return render(request, "activities/leave/form.html", context)


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a request, with what may be done next."""
    leave = _found(request, pk)
    context = {
        "leave": leave,
        "trail": [
            ledger_crumb("leave-requests"),
            (leave.member.name, leave.member.get_absolute_url()),
            (leave.days, ""),
        ],
        "may_edit": may(request.user, Right.ACTIVITIES_EDIT, leave.organization),
    }
    return render(request, "activities/leave/detail.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a request or its answer."""
    leave = _found(request, pk, Right.ACTIVITIES_EDIT)
    form = LeaveForm(request.POST or None, instance=leave, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return _form(request, form, "编辑请假单", None, _found(request, pk))


@require_POST
def decide(request: PortalRequest, pk: int) -> HttpResponse:
    """Grant or refuse a request, in the version that was shown."""
    leave = _found(request, pk, Right.ACTIVITIES_EDIT)
    granted = request.POST.get("answer") == "grant"
    if version := row_key(request.POST.get("version", "")):
        leave.version = version
    try:
        with atomic():
            leave.decide(granted, request.POST.get("note", ""))
            rolls = mark_rolls(leave)
    except Conflict:
        messages.error(request, "这张请假单刚刚被别人改过，请看过最新内容再操作。")
    except ValueError as refusal:
        messages.error(request, f"{refusal}。")
    else:
        on_rolls = f"，{len(rolls)} 次活动的考勤已改为请假" if rolls else ""
        messages.success(request, f"已批准{on_rolls}。" if granted else "已记为未批准。")
    return redirect(leave)


@require_POST
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete a request that was entered by mistake; rolls stay as they are."""
    leave = _found(request, pk, Right.ACTIVITIES_EDIT)
    leave.erase()
    messages.success(request, "已删除这张请假单，审计记录里留有痕迹；已经点过的名不变。")
    return redirect(leave.member)


@require_GET
def printout(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the request as the paper that is signed."""
    leave = _found(request, pk)
    trace_paper("print", f"请假条：{leave}", leave.audit_path(), leave)
    return render(request, "activities/leave/print.html", {"leave": leave})


def _found(request: PortalRequest, pk: int, right: Right | None = None) -> LeaveRequest:
    rows = LeaveRequest.objects.visible_to(request.user)
    if right:
        rows = rows.visible_to(request.user, right)
    related = ("organization", "member__branch", "activity__organization", "asked_by")
    found: LeaveRequest = get_object_or_404(rows.select_related(*related), pk=pk)
    return found
