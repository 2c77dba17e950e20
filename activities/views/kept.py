"""Pages of what is kept beside activities: democratic reviews, criticism and promises, themes, series, certificates.

All are shown, entered, changed and deleted the same way; `KINDS` says in what they differ.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.forms import RecordForm
from ledgers.ledger import Ledger, Query
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may
from ledgers.views import EVER
from members.models import Member

from ..forms_kept import CertificateForm, CriticismForm, DemocraticReviewForm, PromiseForm, SeriesForm, ThemeForm
from ..models import Activity, Certificate, Criticism, DemocraticReview, Promise, StudySeries, StudyTheme
from ..querysets import ActivityQuerySet

MEETINGS = 30
"""Life meetings offered to hang something on."""


@dataclass(frozen=True)
class Kind:
    """One kind of record: its name in addresses and for people, its form, its ledger, and what its page shows.

    `edit` is the right to change it. `begin(request)` returns a new record and the first values of its form; it raises
    Http404 where the address does not say what is needed. `members` says that who looks on must see members.
    """

    name: str
    noun: str
    model: type[Record]
    form: type[RecordForm]
    slug: str
    shown: Sequence[str]
    texts: Sequence[str]
    edit: Right
    begin: Callable[[PortalRequest], tuple[Record, dict[str, Any]]] | None = None
    note: str = ""

    @property
    def ledger(self) -> Ledger:
        """The ledger that lists them."""
        return get_ledger(self.slug)

    @property
    def address(self) -> str:
        """Beginning of the names of its addresses."""
        return f"activities:{self.name}"


def _meetings(request: PortalRequest) -> ActivityQuerySet:
    """Return the life meetings that the user keeps, and whose criticism they may read."""
    kept = Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    return kept.visible_to(request.user, Right.TALKS_READ).filter(kind=Activity.Kind.LIFE)


def _meeting(request: PortalRequest) -> Activity:
    """Return the life meeting in the address. Or 404."""
    meetings = _meetings(request).select_related("organization")
    return get_object_or_404(meetings, pk=row_key(request.GET.get("activity", "")))


def _criticism(request: PortalRequest) -> tuple[Record, dict[str, Any]]:
    return Criticism(activity=_meeting(request)), {"kind": Criticism.Kind.MUTUAL}


def _promise(request: PortalRequest) -> tuple[Record, dict[str, Any]]:
    return Promise(activity=_meeting(request)), {}


def _certificate(request: PortalRequest) -> tuple[Record, dict[str, Any]]:
    kept = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT)
    return Certificate(), {"member": kept.filter(pk=row_key(request.GET.get("member", ""))).first()}


def _place(request: PortalRequest) -> dict[str, Any]:
    editable = Organization.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).undissolved()
    code = request.GET.get("organization") or getattr(request.chosen_organization, "code", "")
    return {"organization": editable.filter(code=code).first()}


WHO_READS = "支部书记、社区书记和党建办能看，领导只看数量。"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "democratic-review", "民主评议", DemocraticReview, DemocraticReviewForm, "democratic-reviews",
            ("year", "member", "organization", "self_reviewed", *DemocraticReview.VOTES, "grade", "date"),
            ("decision",), Right.MEMBERS_EDIT,
        ),
        Kind(
            "criticism", "批评意见", Criticism, CriticismForm, "criticisms",
            ("activity", "kind", "speaker", "member"), ("content",), Right.ACTIVITIES_EDIT, _criticism,
            f"加密保存；{WHO_READS}",
        ),
        Kind(
            "promise", "整改承诺", Promise, PromiseForm, "promises",
            ("activity", "owner", "item", "deadline", "done_on"), ("measure", "result"), Right.ACTIVITIES_EDIT,
            _promise, WHO_READS,
        ),
        Kind(
            "certificate", "培训证书", Certificate, CertificateForm, "certificates",
            ("member", "organization", "title", "issuer", "date", "hours", "number", "concentrated"), (),
            Right.MEMBERS_EDIT, _certificate,
        ),
        Kind(
            "theme", "学习主题", StudyTheme, ThemeForm, "study-themes",
            ("organization", "year", "document"), ("note",), Right.ACTIVITIES_EDIT,
            lambda request: (StudyTheme(), _place(request)), "这个组织和下级都学；登记学习系列和活动时选用。",
        ),
        Kind(
            "series", "学习系列", StudySeries, SeriesForm, "study-series",
            ("organization", "year", "theme", "concentrated"), ("note",), Right.ACTIVITIES_EDIT,
            lambda request: (StudySeries(), _place(request)), "登记活动时选它属于哪个学习系列。",
        ),
    )
}  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest, kind: str) -> HttpResponse:
    """Enter a record."""
    this = KINDS[kind]
    if this.begin is None:
        raise Http404
    if issubclass(this.model, Criticism | Promise) and "activity" not in request.GET:
        return _choose_meeting(request, this)
    instance, initial = this.begin(request)
    form = this.form(request.POST or None, instance=instance, initial=initial, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已登记{this.noun}。")
        return redirect(there)
    return render(request, "activities/kept/form.html", {"form": form, "kind": this, "origin": _origin(instance)})


def _choose_meeting(request: PortalRequest, kind: Kind) -> HttpResponse:
    """Show the latest life meetings of the chosen organisation, each leading to the form."""
    meetings = _meetings(request).select_related("organization").order_by("-date", "-pk")
    if request.chosen_organization:
        meetings = meetings.under(request.chosen_organization)
    return render(request, "activities/kept/choose_meeting.html", {"kind": kind, "meetings": meetings[:MEETINGS]})


def _origin(record: Any) -> Any:
    """Return where one comes from to a new record: its meeting, or nothing."""
    return record.activity if isinstance(record, Criticism | Promise) else None


@require_GET
def detail(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Show a record."""
    this = KINDS[kind]
    record = _found(request, this, pk)
    context = {
        "kind": this,
        "record": record,
        "place": _organization(record),
        "lines": list(_lines(this.shown, record)),
        "texts": list(_lines(this.texts, record)),
        "counted": _counted(record),
        "may_edit": may(request.user, this.edit, _organization(record)),
        "state": record.state_on(timezone.localdate()) if isinstance(record, Promise) else None,
    }
    return render(request, "activities/kept/detail.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Change a record."""
    this = KINDS[kind]
    record = _found(request, this, pk, this.edit)
    form = this.form(request.POST or None, instance=record, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "activities/kept/form.html", {"form": form, "kind": this, "record": record})


@require_POST
def delete(request: PortalRequest, kind: str, pk: int) -> HttpResponse:
    """Delete a record that was entered by mistake; the audit trail keeps that it was."""
    this = KINDS[kind]
    record = _found(request, this, pk, this.edit)
    there = _origin(record) or (record.member if hasattr(record, "member") else None)
    record.erase()
    messages.success(request, f"已删除这条{this.noun}。")
    return redirect(there or this.ledger.url())


def _found(request: PortalRequest, kind: Kind, pk: int, right: Right | None = None) -> Any:
    """Return a record that the user may read and, where a right is named, on which they hold it as well. Or 404."""
    seen: Any = kind.model._default_manager
    shared = kind.model in (StudyTheme, StudySeries)
    rows = seen.readable_by(request.user) if shared else seen.visible_to(request.user)
    if right:
        rows = rows.visible_to(request.user, right)
    related = {
        f.name for f in kind.model._meta.fields if f.name in ("organization", "member", "activity", "speaker", "owner")
    }
    if "activity" in related:
        related.add("activity__organization")
    return get_object_or_404(rows.select_related(*related), pk=pk)


def _organization(record: Any) -> Organization:
    place: Organization = record.activity.organization if hasattr(record, "activity") else record.organization
    return place


def _counted(record: Model) -> tuple[str, str, int] | None:
    """Return label, address and number of the activities of a series or theme."""
    if isinstance(record, StudySeries):
        name, rows = "series", Activity.objects.filter(series=record)
    elif isinstance(record, StudyTheme):
        name, rows = "theme", Activity.objects.filter(series__theme=record)
    else:
        return None
    query = Query(record.organization, filters={name: str(record.pk)})
    return "登记的活动", f"{get_ledger('activities').url(query)}&period={EVER}", rows.count()


def _lines(names: Sequence[str], record: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield label, value and address of what is filled in."""
    for name in names:
        field = record._meta.get_field(name)
        value = getattr(record, name)
        if value in (None, "", False):
            continue
        if value is True:
            value = "是"
        shown = getattr(record, f"get_{name}_display")() if field.choices else value
        yield str(field.verbose_name), str(shown), value.get_absolute_url() if field.is_relation else ""
