"""What the pages of records that hang on the tree have in common: registering, changing and deleting.

Each function here returns a view. A part is a record that hangs on another one, such as a visit to an enterprise.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.requests import PortalRequest

Crumbs = Sequence[tuple[str, str]]
View = Callable[..., HttpResponse]


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


def creates(form: type[Any], slug: str, title: str, done: str, initial: Callable[[], Mapping[str, Any]] = dict) -> View:
    """Return the view that registers a record of an organisation; `initial` gives what the form begins with."""

    @require_http_methods(["GET", "POST"])
    def create(request: PortalRequest) -> HttpResponse:
        given = {"organization": organization_asked(request)} | dict(initial())
        filled = form(request.POST or None, instance=form._meta.model(), user=request.user, initial=given)
        return fill_in(request, filled, title, [ledger_crumb(slug)], done)

    return create


def edits(form: type[Any], slug: str, title: str, called: str = "name") -> View:
    """Return the view that changes a record of an organisation; `called` says where its name is found."""

    @require_http_methods(["GET", "POST"])
    def edit(request: PortalRequest, pk: int) -> HttpResponse:
        held = _editable(request, form._meta.model, pk, "organization")
        crumbs = [ledger_crumb(slug), (attrgetter(called)(held), held.get_absolute_url())]
        return fill_in(request, form(request.POST or None, instance=held, user=request.user), title, crumbs, "已保存。")

    return edit


def adds_part(
    form: type[Any],
    whole: str,
    slug: str,
    title: str,
    done: str,
    initial: Callable[[Any], Mapping[str, Any]] = lambda held: {},
    right: Right = Right.ORGANIZATIONS_EDIT,
) -> View:
    """Return the view that adds a part to a record, its field `whole`; `initial` gives what the form begins with."""
    model = form._meta.model._meta.get_field(whole).related_model

    @require_http_methods(["GET", "POST"])
    def create(request: PortalRequest, pk: int) -> HttpResponse:
        held = _editable(request, model, pk, "organization", right=right)
        part = form._meta.model(**{whole: held})
        crumbs = [ledger_crumb(slug), (held.name, held.get_absolute_url())]
        filled = form(request.POST or None, instance=part, initial=dict(initial(held)))
        return fill_in(request, filled, title, crumbs, done)

    return create


def edits_part(form: type[Any], whole: str, slug: str, title: str, right: Right = Right.ORGANIZATIONS_EDIT) -> View:
    """Return the view that changes a part of a record."""

    @require_http_methods(["GET", "POST"])
    def edit(request: PortalRequest, pk: int) -> HttpResponse:
        part = _editable(request, form._meta.model, pk, f"{whole}__organization", right=right)
        crumbs = [ledger_crumb(slug), (getattr(part, whole).name, part.get_absolute_url())]
        return fill_in(request, form(request.POST or None, instance=part), title, crumbs, "已保存。")

    return edit


def _editable(
    request: PortalRequest, model: Any, pk: int, *related: str, right: Right = Right.ORGANIZATIONS_EDIT
) -> Any:
    editable = model.objects.visible_to(request.user, right)
    return get_object_or_404(editable.select_related(*related), pk=pk)


def to_ledger(slug: str) -> Callable[[Record], str]:
    """Return what gives the address of a ledger's list, to go to when a record is gone."""
    return lambda record: get_ledger(slug).url()


def to_whole(record: Any) -> str:
    """Return the address of what a part hangs on: its own."""
    address: str = record.get_absolute_url()
    return address


def deletes(model: type[Record], back: Callable[[Record], str], right: Right = Right.ORGANIZATIONS_EDIT) -> View:
    """Return the view that deletes a record of a model, with its trace; `back` says where to go then."""

    @require_POST
    def delete(request: PortalRequest, pk: int) -> HttpResponse:
        record: Record = _editable(request, model, pk, right=right)
        there = back(record)
        try:
            record.erase()
        except ProtectedError:
            messages.error(request, f"“{record}”下面还有别的记录，不能删除；登错了的，先删除那些记录。")
            return redirect(record.get_absolute_url())  # type: ignore[attr-defined]
        messages.success(request, f"已删除“{record}”，审计记录里留有痕迹。")
        return redirect(there)

    return delete
