"""Votes and resolutions of a meeting: entered, changed, deleted on the meeting's own page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right
from ledgers.forms import RecordForm
from ledgers.requests import PortalRequest

from ..forms.votes import ResolutionForm, VoteForm
from ..models import Activity, Resolution, Vote
from ..quorums import quorum_of
from ..workflow import Allowed

CLOSED = "会议记录提交以后，由审核人退回才能改表决。"


def _activity(request: PortalRequest, pk: int) -> Activity:
    rows = Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization")
    return get_object_or_404(rows, pk=pk)


def _held(request: PortalRequest, model: Any, pk: int) -> Any:
    return get_object_or_404(model.objects.visible_to(request.user, Right.ACTIVITIES_EDIT), pk=pk)


@require_http_methods(["GET", "POST"])
def create_vote(request: PortalRequest, pk: int) -> HttpResponse:
    """Record a vote of a meeting."""
    return _edit_vote(request, Vote(activity=_activity(request, pk)), "登记表决")


@require_http_methods(["GET", "POST"])
def edit_vote(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a vote."""
    return _edit_vote(request, _held(request, Vote, pk), "编辑表决")


def _edit_vote(request: PortalRequest, vote: Vote, title: str) -> HttpResponse:
    if not Allowed.of(vote.activity, request.user).edit:
        messages.error(request, CLOSED)
        return redirect(vote.activity)
    quorum = quorum_of(vote.activity)
    form = VoteForm(request.POST or None, instance=vote, quorum=quorum)
    return _fill_in(request, form, vote.activity, title, quorum)


@require_http_methods(["GET", "POST"])
def create_resolution(request: PortalRequest, pk: int) -> HttpResponse:
    """Note a matter that a meeting resolved."""
    activity = _activity(request, pk)
    form = ResolutionForm(request.POST or None, instance=Resolution(activity=activity))
    return _fill_in(request, form, activity, "登记决议事项")


@require_http_methods(["GET", "POST"])
def edit_resolution(request: PortalRequest, pk: int) -> HttpResponse:
    """Say how far a matter is; its branch may always, for it goes on after the minutes are confirmed."""
    held = _held(request, Resolution, pk)
    form = ResolutionForm(request.POST or None, instance=held)
    return _fill_in(request, form, held.activity, "决议事项")


def _fill_in(
    request: PortalRequest, form: RecordForm, activity: Activity, title: str, quorum: Any = None
) -> HttpResponse:
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    context = {"form": form, "title": title, "activity": activity, "quorum": quorum}
    return render(request, "activities/decision_form.html", context)


@require_POST
def delete_vote(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete a vote that was noted by mistake."""
    vote = _held(request, Vote, pk)
    if not Allowed.of(vote.activity, request.user).edit:
        messages.error(request, CLOSED)
        return redirect(vote.activity)
    return _delete(request, vote)


@require_POST
def delete_resolution(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete a matter that was noted by mistake."""
    return _delete(request, _held(request, Resolution, pk))


def _delete(request: PortalRequest, record: Any) -> HttpResponse:
    record.erase()
    messages.success(request, f"已删除“{record}”，审计记录里留有痕迹。")
    return redirect(record.get_absolute_url())
