"""What the pages of records that hang on the tree have in common: a form's page, and deleting."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.requests import PortalRequest

Crumbs = Sequence[tuple[str, str]]


def ledger_crumb(slug: str) -> tuple[str, str]:
    """Return the title and address of a ledger's list, for the breadcrumb."""
    ledger = get_ledger(slug)
    return ledger.title, ledger.url()


def organization_asked(request: PortalRequest, right: Right = Right.ORGANIZATIONS_EDIT) -> Organization | None:
    """Return the organisation that a new record is offered for: the one in the address, or the one chosen."""
    editable = Organization.objects.visible_to(request.user, right)
    code = request.GET.get("organization") or getattr(request.chosen_organization, "code", "")
    found: Organization | None = editable.undissolved().filter(code=code).first()
    return found


def fill_in(request: PortalRequest, form: RecordForm, title: str, crumbs: Crumbs, done: str) -> HttpResponse:
    """Show a form, or save what was typed and go where the record stands."""
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    context = {"form": form, "title": title, "trail": [*crumbs, (title, "")], "back": crumbs[-1][1]}
    return render(request, "branches/record_form.html", context)


def deletes(
    model: type[Record], back: Callable[[Record], str], right: Right = Right.ORGANIZATIONS_EDIT
) -> Callable[..., HttpResponse]:
    """Return the view that deletes a record of a model, with its trace; `back` says where to go then.

    A record that others rest on stays, and the person is told.
    """

    @require_POST
    def delete(request: PortalRequest, pk: int) -> HttpResponse:
        editable = model.objects.visible_to(request.user, right)  # type: ignore[attr-defined]
        record: Record = get_object_or_404(editable, pk=pk)
        there = back(record)
        try:
            record.erase()
        except ProtectedError:
            messages.error(request, f"“{record}”下面还有别的记录，不能删除；登错了的，先删除那些记录。")
            return redirect(record.get_absolute_url())  # type: ignore[attr-defined]
        messages.success(request, f"已删除“{record}”，审计记录里留有痕迹。")
        return redirect(there)

    return delete
