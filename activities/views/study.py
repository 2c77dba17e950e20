"""Pages of what is kept beside activities: democratic reviews, criticism and promises, themes, series, certificates."""

from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.views.record_pages import WHO_READS, Begun, Kind, RecordPages, of_place
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may
from ledgers.views import EVER
from members.views.picking import of_member

from ..forms.study import CertificateForm, CriticismForm, DemocraticReviewForm, PromiseForm, SeriesForm, ThemeForm
from ..models import Activity, Certificate, Criticism, DemocraticReview, Promise, StudySeries, StudyTheme

MEETINGS = 30
"""Life meetings offered to hang something on."""


def _begin(name: str, model: type[Criticism | Promise], **initial: Any) -> Any:
    """Return the beginning of what belongs to a life meeting: that in the address, else a choice of the latest."""

    def begin(request: PortalRequest) -> Begun | HttpResponse:
        kept = Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
        meetings = kept.visible_to(request.user, Right.TALKS_READ).filter(kind=Activity.Kind.LIFE)
        meetings = meetings.select_related("organization")
        if number := request.GET.get("activity"):
            return model(activity=get_object_or_404(meetings, pk=row_key(number))), initial
        if request.chosen_organization:
            meetings = meetings.under(request.chosen_organization)
        context = {"kind": PAGES.kinds[name], "meetings": meetings.order_by("-date", "-pk")[:MEETINGS]}
        return render(request, "activities/kept/choose_meeting.html", context)

    return begin


class KeptPages(RecordPages):
    """Themes and series are read by all whom they are for; what was said at a meeting leads back to it."""

    detail = "activities/kept/detail.html"

    def seen(self, kind: Kind, user: User) -> models.QuerySet[Any]:
        if kind.model in (StudyTheme, StudySeries):
            rows: models.QuerySet[Any] = kind.model._default_manager.readable_by(user)
            return rows
        return super().seen(kind, user)

    def place(self, record: Any) -> Organization:
        place: Organization = record.activity.organization if hasattr(record, "activity") else record.organization
        return place

    def origin(self, record: Any) -> Any:
        return record.activity if isinstance(record, Criticism | Promise) else super().origin(record)

    def more(self, record: Any, user: User) -> dict[str, Any]:
        state = record.state_on(timezone.localdate()) if isinstance(record, Promise) else None
        return {"counted": _counted(record, user), "state": state}


def _counted(record: models.Model, user: User) -> tuple[str, str, int] | None:
    """Return label, address and number of the activities of a series or theme that the user may see."""
    rows = Activity.objects.visible_to(user)
    if isinstance(record, StudySeries):
        name, rows = "series", rows.filter(series=record)
    elif isinstance(record, StudyTheme):
        name, rows = "theme", rows.filter(series__theme=record)
    else:
        return None
    whole = record.organization if may(user, Right.ACTIVITIES_VIEW, record.organization) else None
    query = Query(whole, filters={name: str(record.pk)})
    return "登记的活动", f"{get_ledger('activities').url(query)}&period={EVER}", rows.count()


PAGES = KeptPages(
    (
        Kind(
            "democratic-review", "民主评议", DemocraticReview, DemocraticReviewForm, "democratic-reviews",
            ("year", "member", "organization", "self_reviewed", *DemocraticReview.VOTES, "grade", "date"),
            ("decision",),
        ),
        Kind(
            "criticism", "批评意见", Criticism, CriticismForm, "criticisms",
            ("activity", "kind", "speaker", "member"), ("content",),
            _begin("criticism", Criticism, kind=Criticism.Kind.MUTUAL), Right.ACTIVITIES_EDIT, f"加密保存；{WHO_READS}",
        ),
        Kind(
            "promise", "整改承诺", Promise, PromiseForm, "promises",
            ("activity", "owner", "item", "deadline", "done_on"), ("measure", "result"),
            _begin("promise", Promise), Right.ACTIVITIES_EDIT, WHO_READS,
        ),
        Kind(
            "certificate", "培训证书", Certificate, CertificateForm, "certificates",
            ("member", "organization", "title", "issuer", "date", "hours", "number", "concentrated"), (),
            of_member(Certificate),
        ),
        Kind(
            "theme", "学习主题", StudyTheme, ThemeForm, "study-themes",
            ("organization", "year", "document"), ("note",), of_place(StudyTheme, Right.ACTIVITIES_EDIT),
            Right.ACTIVITIES_EDIT,
            "这个组织和下级都学；登记学习系列和活动时选用。",
        ),
        Kind(
            "series", "学习系列", StudySeries, SeriesForm, "study-series",
            ("organization", "year", "theme", "concentrated"), ("note",), of_place(StudySeries, Right.ACTIVITIES_EDIT),
            Right.ACTIVITIES_EDIT,
            "登记活动时选它属于哪个学习系列。",
        ),
    )
)  # fmt: skip
create, detail, edit, delete = PAGES.views()
