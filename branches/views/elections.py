"""Elections: one with its turnout and its candidates."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from branches.forms.life import ElectionForm
from branches.models import Election, Organization
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may

from .committees import names_suggested
from .organizations import trail
from .records import deletes


@require_GET
def election(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one election."""
    held = Election.objects.visible_to(request.user).select_related("organization", "committee")
    shown = get_object_or_404(held, pk=pk)
    context = {
        "election": shown,
        "organization": shown.organization,
        "trail": trail(request, shown.organization),
        "candidates": shown.candidates.select_related("member"),
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
        "may_see_members": may(request.user, Right.MEMBERS_VIEW, shown.organization),
    }
    return render(request, "branches/election.html", context)


@require_http_methods(["GET", "POST"])
@needs_organization
def create(request: PortalRequest) -> HttpResponse:
    """Record an election of the organisation in the query string, or of the chosen one."""
    editable = Organization.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).undissolved()
    code = request.GET.get("organization") or getattr(request.chosen_organization, "code", "")
    organization = get_object_or_404(editable.exclude(kind=Organization.Kind.GROUP), code=code)
    return _edit(request, Election(organization=organization), "已登记选举。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct an election or its candidates."""
    editable = Election.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).select_related("organization")
    return _edit(request, get_object_or_404(editable, pk=pk), "已保存。")


def _organization_of(record: Any) -> str:
    address: str = record.organization.get_absolute_url()
    return address


delete = deletes(Election, _organization_of)


def _edit(request: PortalRequest, instance: Election, done: str) -> HttpResponse:
    organization = instance.organization
    form = ElectionForm(request.POST or None, instance=instance)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    context = {
        "form": form,
        "formset": form.candidates,
        "organization": organization,
        "trail": trail(request, organization),
        "names": names_suggested(organization),
    }
    return render(request, "branches/election_form.html", context)
