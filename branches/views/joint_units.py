"""The units of a joint branch."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from branches.forms.life import JointUnitForm
from branches.models import JointUnit
from ledgers.requests import PortalRequest

from .records import deletes, fill_in, ledger_crumb, organization_asked


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Add a unit to a joint branch."""
    initial = {"organization": organization_asked(request), "start": timezone.localdate()}
    form = JointUnitForm(request.POST or None, instance=JointUnit(), user=request.user, initial=initial)
    return fill_in(request, form, "登记联合党支部单位", [ledger_crumb("joint-units")], "已登记。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a unit, or let it leave."""
    editable = JointUnit.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).select_related("organization")
    held = get_object_or_404(editable, pk=pk)
    crumbs = [ledger_crumb("joint-units"), (held.organization.label, held.organization.get_absolute_url())]
    form = JointUnitForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, f"编辑{held.name}", crumbs, "已保存。")


def _branch_of(record: Any) -> str:
    address: str = record.organization.get_absolute_url()
    return address


delete = deletes(JointUnit, _branch_of)
