"""What the pages of records that an organisation keeps of its activity have in common."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.requests import PortalRequest


def organization_asked(request: PortalRequest) -> Organization | None:
    """Return the organisation that a new record is offered for: the one in the address, or the one chosen."""
    editable = Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    code = request.GET.get("organization") or getattr(request.chosen_organization, "code", "")
    found: Organization | None = editable.undissolved().filter(code=code).first()
    return found


def deletes(model: type[Record], slug: str) -> Callable[..., HttpResponse]:
    """Return the view that deletes a record of a model, with its trace, and goes back to its ledger."""

    @require_POST
    def delete(request: PortalRequest, pk: int) -> HttpResponse:
        editable = model.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)  # type: ignore[attr-defined]
        record: Record = get_object_or_404(editable, pk=pk)
        record.erase()
        messages.success(request, f"已删除“{record}”，审计记录里留有痕迹。")
        return redirect(get_ledger(slug).url())

    return delete
