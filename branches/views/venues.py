"""Premises, and who is short of them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from branches.forms.records import ShortageForm, VenueForm
from branches.models import Shortage, Venue
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import creates, deletes, edits, ledger_crumb, to_ledger


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


create = creates(VenueForm, "venues", "登记阵地", "已登记阵地。")
edit = edits(VenueForm, "venues", "编辑阵地")
delete = deletes(Venue, to_ledger("venues"))
create_shortage = creates(
    ShortageForm, "shortages", "登记阵地不足", "已登记。", lambda: {"since": timezone.localdate()}
)
edit_shortage = edits(ShortageForm, "shortages", "编辑阵地不足", "organization.label")
delete_shortage = deletes(Shortage, to_ledger("shortages"))
