"""Premises, and who is short of them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from branches.models import Shortage, Venue
from branches.record_forms import ShortageForm, VenueForm
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import deletes, fill_in, ledger_crumb, organization_asked


@require_GET
def venue(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one place."""
    shown = get_object_or_404(Venue.objects.visible_to(request.user).select_related("organization"), pk=pk)
    context = {
        "venue": shown,
        "trail": [ledger_crumb("venues"), (shown.name, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
    }
    return render(request, "branches/venue.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register a place."""
    initial = {"organization": organization_asked(request)}
    form = VenueForm(request.POST or None, instance=Venue(), user=request.user, initial=initial)
    return fill_in(request, form, "登记阵地", [ledger_crumb("venues")], "已登记阵地。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a place."""
    editable = Venue.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).select_related("organization")
    held = get_object_or_404(editable, pk=pk)
    crumbs = [ledger_crumb("venues"), (held.name, held.get_absolute_url())]
    return fill_in(
        request, VenueForm(request.POST or None, instance=held, user=request.user), "编辑阵地", crumbs, "已保存。"
    )


delete = deletes(Venue, lambda record: get_ledger("venues").url())


@require_GET
def shortage(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one shortage."""
    shown = get_object_or_404(Shortage.objects.visible_to(request.user).select_related("organization"), pk=pk)
    context = {
        "shortage": shown,
        "trail": [ledger_crumb("shortages"), (shown.organization.label, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
    }
    return render(request, "branches/shortage.html", context)


@require_http_methods(["GET", "POST"])
def create_shortage(request: PortalRequest) -> HttpResponse:
    """Mark an organisation short of premises."""
    initial = {"organization": organization_asked(request), "since": timezone.localdate()}
    form = ShortageForm(request.POST or None, instance=Shortage(), user=request.user, initial=initial)
    return fill_in(request, form, "登记阵地不足", [ledger_crumb("shortages")], "已登记。")


@require_http_methods(["GET", "POST"])
def edit_shortage(request: PortalRequest, pk: int) -> HttpResponse:
    """Say how a shortage is to be solved, or that it is."""
    editable = Shortage.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).select_related("organization")
    held = get_object_or_404(editable, pk=pk)
    crumbs = [ledger_crumb("shortages"), (held.organization.label, held.get_absolute_url())]
    form = ShortageForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑阵地不足", crumbs, "已保存。")


delete_shortage = deletes(Shortage, lambda record: get_ledger("shortages").url())
