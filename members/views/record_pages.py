"""Pages of records that are all entered, shown, changed and deleted in the same way; a `Kind` says in what they differ.

Owners of such records declare their kinds, subclass `RecordPages` for what they show besides, and take its four views.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.ledger import Ledger
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.recording import trace_texts
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .picking import member_asked

Begun = tuple[Record, dict[str, Any]]
"""A new record, and the first values of its form."""
WHO_READS = "支部书记、社区书记和党建办能看，领导只看数量。"


@dataclass(frozen=True)
class Kind:
    """One kind of record: its name in addresses and for people, its form, its ledger, and what its page shows.

    `edit` is the right to change it. `begin(request)` says what a new one starts with, or answers the request itself;
    it raises Http404 where the address does not say what is needed. A kind without it is entered elsewhere.
    """

    name: str
    noun: str
    model: type[Record]
    form: type[RecordForm]
    slug: str
    shown: Sequence[str]
    texts: Sequence[str]
    begin: Callable[[PortalRequest], Begun | HttpResponse] | None = None
    edit: Right = Right.MEMBERS_EDIT
    note: str = ""

    @property
    def ledger(self) -> Ledger:
        """The ledger that lists them."""
        return get_ledger(self.slug)

    @property
    def address(self) -> str:
        """Beginning of the names of its addresses."""
        return f"{self.model._meta.app_label}:{self.name}"


def of_member(model: Callable[[], Record]) -> Callable[[PortalRequest], Begun]:
    """Return the beginning of a record of the member in the address, if one is named there."""

    def begin(request: PortalRequest) -> Begun:
        return model(), {"member": member_asked(request)}

    return begin


class RecordPages:
    """The four pages of some kinds; the detail page is the template `detail`."""

    detail: ClassVar[str]

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}

    def seen(self, kind: Kind, user: User) -> models.QuerySet[Any]:
        """Return the records that the user may read."""
        rows: models.QuerySet[Any] = kind.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        return rows

    def place(self, record: Any) -> Organization:
        """Return whose record it is."""
        place: Organization = record.organization
        return place

    def origin(self, record: Any) -> Any:
        """Return what one comes from to a record and goes back to; None for its ledger."""
        return getattr(record, "member", None)

    def more(self, record: Any, user: User) -> dict[str, Any]:
        """Return what else its page shows to a user."""
        return {}

    def views(self) -> tuple[Callable[..., HttpResponse], ...]:
        """Return the views create, detail, edit and delete; each takes the name of the kind."""
        both = require_http_methods(["GET", "POST"])
        return both(self.enter), require_GET(self.show), both(self.change), require_POST(self.erase)

    def enter(self, request: PortalRequest, kind: str) -> HttpResponse:
        """Enter a record."""
        this = self.kinds[kind]
        if this.begin is None:
            raise Http404
        begun = this.begin(request)
        if isinstance(begun, HttpResponse):
            return begun
        instance, initial = begun
        form = this.form(request.POST or None, instance=instance, initial=initial, user=request.user)
        if form.is_valid() and (there := form.save_record(request.user)):
            messages.success(request, f"已登记{this.noun}。")
            return redirect(there)
        origin = initial.get("member") or self.origin(instance)
        return self._form(request, this, form, f"登记{this.noun}", origin)

    def show(self, request: PortalRequest, kind: str, pk: int) -> HttpResponse:
        """Show a record."""
        this = self.kinds[kind]
        record = self._found(request, this, pk)
        trace_texts(record, (*this.shown, *this.texts))
        context = {
            "kind": this,
            "record": record,
            "place": self.place(record),
            "lines": list(_lines(this.shown, record)),
            "texts": list(_lines(this.texts, record)),
            "may_edit": may(request.user, this.edit, self.place(record)),
        }
        return render(request, self.detail, context | self.more(record, request.user))

    def change(self, request: PortalRequest, kind: str, pk: int) -> HttpResponse:
        """Change a record."""
        this = self.kinds[kind]
        record = self._found(request, this, pk, this.edit)
        form = this.form(request.POST or None, instance=record, user=request.user)
        if form.is_valid() and (there := form.save_record(request.user)):
            messages.success(request, "已保存。")
            return redirect(there)
        if request.method == "GET":
            trace_texts(record, (*this.shown, *this.texts))
        return self._form(request, this, form, f"编辑{this.noun}", record)

    def erase(self, request: PortalRequest, kind: str, pk: int) -> HttpResponse:
        """Delete a record that was entered by mistake; the audit trail keeps that it was."""
        this = self.kinds[kind]
        record = self._found(request, this, pk, this.edit)
        there = self.origin(record)
        record.erase()
        messages.success(request, f"已删除这条{this.noun}。")
        return redirect(there or this.ledger.url())

    def _form(self, request: PortalRequest, kind: Kind, form: RecordForm, title: str, behind: Any) -> HttpResponse:
        """Show a form; `behind` is what one came from, if anything."""
        back = behind.get_absolute_url() if behind else kind.ledger.url()
        trail = [(kind.ledger.title, kind.ledger.url()), *([(str(behind), back)] if behind else []), (title, "")]
        context = {"form": form, "kind": kind, "title": title, "back": back, "trail": trail}
        return render(request, "members/kept_form.html", context)

    def _found(self, request: PortalRequest, kind: Kind, pk: int, right: Right | None = None) -> Any:
        """Return a record that the user may read and, where a right is named, on which they hold it as well. Or 404."""
        rows: Any = self.seen(kind, request.user)
        if right:
            rows = rows.visible_to(request.user, right)
        related = {field.name for field in kind.model._meta.fields} & RELATED
        if "activity" in related:
            related.add("activity__organization")
        return get_object_or_404(rows.select_related(*related), pk=pk)


RELATED = {"organization", "member", "activity", "speaker", "owner"}
"""What pages of records name beside their own fields."""


def _lines(names: Sequence[str], record: Any) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and address of what is filled in."""
    for name in names:
        field = record._meta.get_field(name)
        value = getattr(record, name)
        if value in (None, "", False):
            continue
        shown = getattr(record, f"get_{name}_display")() if field.choices else "是" if value is True else value
        yield str(field.verbose_name), str(shown), value.get_absolute_url() if field.is_relation else ""
