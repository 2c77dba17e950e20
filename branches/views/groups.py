"""Groups of a branch: who is in which, and who leads one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from branches.forms.life import GroupingForm, LeaderForm
from branches.models import GroupLeader, Organization
from ledgers.models.record import Conflict
from ledgers.requests import PortalRequest

from .committees import names_suggested
from .organizations import trail


@require_http_methods(["GET", "POST"])
def grouping(request: PortalRequest, code: str) -> HttpResponse:
    """Put the members of a branch into its groups."""
    editable = Organization.objects.visible_to(request.user, Right.MEMBERS_EDIT).branches().undissolved()
    branch = get_object_or_404(editable, code=code)
    form = GroupingForm(request.POST or None, branch=branch)
    if form.is_valid():
        try:
            changed = form.save()
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, f"已调整 {changed} 名党员的党小组。" if changed else "没有改动。")
            return redirect(branch)
    context = {"form": form, "branch": branch, "trail": trail(request, branch)}
    return render(request, "branches/grouping.html", context)


@require_http_methods(["GET", "POST"])
def leader(request: PortalRequest, code: str) -> HttpResponse:
    """Name the leader of a group from a day on."""
    editable = Organization.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).undissolved()
    group = get_object_or_404(editable.filter(kind=Organization.Kind.GROUP), code=code)
    form = LeaderForm(request.POST or None, instance=GroupLeader(group=group), initial={"since": timezone.localdate()})
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已登记组长。")
        return redirect(there)
    branch = Organization.objects.get_parent(group)
    assert branch is not None  # a group stands below a branch
    context = {"form": form, "group": group, "trail": trail(request, group), "names": names_suggested(branch)}
    return render(request, "branches/leader.html", context)
