"""Pages of records that are all entered, shown, changed and deleted in the same way; a `Kind` says in what they differ.

Owners of such records declare their kinds, subclass `RecordPages` for what they show besides, and take its views, or
its addresses with what each of them needs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.ledger import Ledger
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.period import Period
from ledgers.recording import trace_texts
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import organization_asked

Begun = tuple[Record, dict[str, Any]]
"""A new record, and the first values of its form."""
WHO_READS = "支部书记、社区书记和党建办能看，领导只看数量。"


@dataclass(frozen=True)
class Step:
    """Something done to a record in a form of its own: reporting on it, accepting it, sending it back.

    `offered(record)` says whether it can be done now; who may is said by `right` on the record's organisation, or by
    `allowed(user, record)` where somebody else decides.
    """

    name: str
    label: str
    form: type[RecordForm]
    right: Right
    done: str
    offered: Callable[[Any], bool]
    allowed: Callable[[User, Any], bool] | None = None
    template: str = "branches/kept_form.html"

    def is_open_to(self, user: User, record: Any, place: Organization) -> bool:
        """Say whether a user may do it to a record now."""
        return self.offered(record) and (
            self.allowed(user, record) if self.allowed is not None else may(user, self.right, place)
        )


@dataclass(frozen=True)
class Kind:
    """One kind of record: its name in addresses and for people, its form, its ledger, and what its page shows.

    `edit` is the right to change it, `read` that to read it. `begin(request)` says what a new one starts with, or
    answers the request itself; it raises Http404 where the address does not say what is needed. A kind without it is
    entered elsewhere.
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
    read: Right = Right.MEMBERS_VIEW
    steps: Sequence[Step] = ()

    @property
    def ledger(self) -> Ledger:
        """The ledger that lists them."""
        return get_ledger(self.slug)

    @property
    def address(self) -> str:
        """Beginning of the names of its addresses."""
        return f"{self.model._meta.app_label}:{self.name}"


def of_place(model: Callable[[], Record], right: Right) -> Callable[[PortalRequest], Begun]:
    """Return the beginning of a record of the organisation in the address, or of the chosen one."""

    def begin(request: PortalRequest) -> Begun:
        return model(), {"organization": organization_asked(request, right)}

    return begin


class RecordPages:
    """The four pages of some kinds; the detail page is the template `detail`."""

    detail: ClassVar[str]

    def __init__(self, kinds: Iterable[Kind], base: str = "") -> None:
        """Take the kinds; `base` is where their addresses stand, by default under the slug of each one's ledger."""
        self.base = base
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

    def is_changeable(self, record: Any, user: User) -> bool:
        """Say whether a record may still be changed and deleted by a user who holds the right to."""
        return True

    def more(self, record: Any, user: User) -> dict[str, Any]:
        """Return what else its page shows to a user."""
        return {}

    def addresses(self) -> list[URLPattern]:
        """Return the addresses of all kinds, each under the slug of its ledger."""
        create, detail, edit, delete = self.views()
        both = require_http_methods(["GET", "POST"])
        found = []
        for kind in self.kinds.values():
            base, args = f"{self.base or kind.slug}/", {"kind": kind.name}
            if kind.begin is not None:
                found.append(path(f"{base}new/", create, args, name=f"{kind.name}-create"))
            found += [
                path(f"{base}<int:pk>/", detail, args, name=kind.name),
                path(f"{base}<int:pk>/edit/", edit, args, name=f"{kind.name}-edit"),
                path(f"{base}<int:pk>/delete/", delete, args, name=f"{kind.name}-delete"),
                *(
                    path(
                        f"{base}<int:pk>/{step.name}/",
                        both(self.take),
                        args | {"step": step.name},
                        name=f"{kind.name}-{step.name}",
                    )
                    for step in kind.steps
                ),
            ]
        return found

    def rights(self) -> Mapping[str, Right]:
        """Return the rows of the URL table: the name of each address and the right that it takes."""
        found = {}
        for kind in self.kinds.values():
            found[kind.address] = kind.read
            found |= {f"{kind.address}-{verb}": kind.edit for verb in ("edit", "delete")}
            if kind.begin is not None:
                found[f"{kind.address}-create"] = kind.edit
            found |= {f"{kind.address}-{step.name}": step.right for step in kind.steps}
        return found

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
            "may_edit": may(request.user, this.edit, self.place(record)) and self.is_changeable(record, request.user),
            "steps": [step for step in this.steps if step.is_open_to(request.user, record, self.place(record))],
        }
        return render(request, self.detail, context | self.more(record, request.user))

    def change(self, request: PortalRequest, kind: str, pk: int) -> HttpResponse:
        """Change a record."""
        this = self.kinds[kind]
        record = self._changeable(request, this, pk)
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
        record = self._changeable(request, this, pk)
        there = self.origin(record)
        try:
            record.erase()
        except models.ProtectedError:
            messages.error(request, f"“{record}”下面还有别的记录，不能删除；登错了的，先删除那些记录。")
            return redirect(record)
        messages.success(request, f"已删除这条{this.noun}。")
        return redirect(there or this.ledger.url())

    def take(self, request: PortalRequest, kind: str, pk: int, step: str) -> HttpResponse:
        """Take a step with a record; who may not, or not now, is told that there is nothing here."""
        this = self.kinds[kind]
        record = self._found(request, this, pk)
        taken = next(one for one in this.steps if one.name == step)
        if not taken.is_open_to(request.user, record, self.place(record)):
            raise Http404
        form = taken.form(request.POST or None, instance=record, user=request.user)
        if form.is_valid() and (there := form.save_record(request.user)):
            messages.success(request, taken.done)
            return redirect(there)
        return self._form(request, this, form, taken.label, record, taken.template)

    def _changeable(self, request: PortalRequest, kind: Kind, pk: int) -> Any:
        """Return a record that the user may change, or 404."""
        record = self._found(request, kind, pk, kind.edit)
        if not self.is_changeable(record, request.user):
            raise Http404
        return record

    def _form(
        self,
        request: PortalRequest,
        kind: Kind,
        form: RecordForm,
        title: str,
        behind: Any,
        template: str = "branches/kept_form.html",
    ) -> HttpResponse:
        """Show a form; `behind` is what one came from, if anything."""
        back = behind.get_absolute_url() if behind else kind.ledger.url()
        trail = [(kind.ledger.title, kind.ledger.url()), *([(str(behind), back)] if behind else []), (title, "")]
        context = {"form": form, "kind": kind, "title": title, "back": back, "trail": trail}
        return render(request, template, context)

    def _found(self, request: PortalRequest, kind: Kind, pk: int, right: Right | None = None) -> Any:
        """Return a record that the user may read and, where a right is named, on which they hold it as well. Or 404."""
        rows: Any = self.seen(kind, request.user)
        if right:
            rows = rows.visible_to(request.user, right)
        related = {field.name for field in kind.model._meta.fields if field.is_relation} & RELATED
        if "activity" in related:
            related.add("activity__organization")
        return get_object_or_404(rows.select_related(*related), pk=pk)


RELATED = {"organization", "member", "activity", "speaker", "owner", "set_by", "finding", "standard", "round"}
"""What pages of records name beside their own fields."""


def _lines(names: Sequence[str], record: Any) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and address of what is filled in."""
    for name in names:
        field = record._meta.get_field(name)
        value = getattr(record, name)
        if value in (None, "", False):
            continue
        if name == "period":
            shown = Period.parse(value).label
        else:
            said = getattr(value, "caption", value)
            shown = getattr(record, f"get_{name}_display")() if field.choices else "是" if value is True else said
        yield str(field.verbose_name), str(shown), value.get_absolute_url() if field.is_relation else ""
