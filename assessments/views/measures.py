"""Pages of measures: the list of responsibilities, what is put right, who answers for what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.views.record_pages import Begun, Kind, RecordPages, Step, of_place
from branches.views.records import organization_asked
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.parsing import row_key
from ledgers.period import Period
from ledgers.requests import PortalRequest

from .. import engine
from ..forms.measures import (
    AcceptMeasureForm,
    AnswerLongerForm,
    AskLongerForm,
    RectificationForm,
    ReportForm,
    ResponsibilityForm,
    SendBackForm,
)
from ..models import CommunityObservation, Finding, Measure, WorkReview
from ..models.measures import may_settle
from ..querysets import measure_overdue_on
from .choice import chosen_organization, chosen_period

STEPS = (
    Step("report", "报进展", ReportForm, Right.MEASURES_REPORT, "已报送进展。", lambda one: one.is_open),
    Step(
        "accept", "验收", AcceptMeasureForm, Right.MEASURES_SET, "已验收。",
        lambda one: not one.is_open and one.accepted_on is None, may_settle,
    ),
    Step(
        "return", "退回", SendBackForm, Right.MEASURES_SET, "已退回，时限不变。",
        lambda one: not one.is_open and one.accepted_on is None, may_settle,
    ),
    Step(
        "longer", "申请延期", AskLongerForm, Right.MEASURES_REPORT, "已提出申请，等交办单位答复。",
        lambda one: (
            one.is_open and one.due_on is not None and one.asked_on is None and timezone.localdate() <= one.due_on
        ),
    ),
    Step(
        "answer", "答复延期申请", AnswerLongerForm, Right.MEASURES_SET, "已答复。",
        lambda one: one.is_open and one.asked_on is not None and one.extended_on is None, may_settle,
    ),
)  # fmt: skip


def _rectification(request: PortalRequest) -> Begun:
    """Begin with what a finding says, where the address names one."""
    initial: dict[str, Any] = {"organization": organization_asked(request, Right.MEASURES_SET)}
    if number := request.GET.get("finding"):
        seen = Finding.objects.visible_to(request.user, Right.MEASURES_SET).select_related("organization")
        found = get_object_or_404(seen, pk=row_key(number))
        rule = engine.get(found.rule)
        initial |= {
            "from_finding": found,
            "organization": found.organization,
            "kind": Measure.Kind.FINDING,
            "title": rule.title if found.member_id else f"{rule.title}：{found.detail}"[:300],
            "measure": rule.remedy,
            "pace": Measure.Pace.BY_DATE,
            "owner": found.owner,
            "due_on": found.deadline or timezone.localdate() + relativedelta(days=30),
        }
    for name, model, kind in ORIGINS:
        if number := request.GET.get(name):
            seen_one = model.objects.visible_to(request.user, Right.ASSESSMENTS_REVIEW)
            one: Any = get_object_or_404(seen_one.select_related("organization"), pk=row_key(number))
            initial |= {
                f"from_{name}": one,
                "organization": one.organization,
                "kind": kind,
                "title": getattr(one, "problem", ""),
                "pace": Measure.Pace.BY_DATE,
                "owner": getattr(one, "secretary", ""),
                "due_on": timezone.localdate() + relativedelta(days=60),
            }
    return Measure(), initial


ORIGINS: Sequence[tuple[str, Any, Measure.Kind]] = (
    ("review", WorkReview, Measure.Kind.REVIEW),
    ("observation", CommunityObservation, Measure.Kind.OBSERVATION),
)
"""Name in the address and field of a measure, model, and kind of what a rectification may come from."""


class MeasurePages(RecordPages):
    """A measure is changed by whoever set it, until it is accepted."""

    detail = "assessments/measure.html"

    def seen(self, kind: Kind, user: User) -> models.QuerySet[Any]:
        rows = Measure.objects.visible_to(user).filter(kind__in=kind.ledger.kinds)  # type: ignore[attr-defined]
        return rows.prefetch_related("stages")

    def is_changeable(self, record: Any, user: User) -> bool:
        return record.accepted_on is None and may_settle(user, record)

    def more(self, record: Any, user: User) -> dict[str, Any]:
        return {
            "light": record.light,
            "may_direct": access_of(user).has_on(Right.MEASURES_DIRECT, record.organization.path),
            "stages": record.stages.all(),
            "reports": record.reports.select_related("updated_by"),
        }


PAGES = MeasurePages(
    (
        Kind(
            "responsibility", "责任清单任务", Measure, ResponsibilityForm, "responsibilities",
            (
                "organization", "kind", "number", "goal", "criterion", "leader", "owner", "partners", "area", "source",
                "rhythm", "starts_on", "due_on", "asked_to", "asked_for", "extended_to", "extended_on", "percent",
                "unfinished", "done_on", "inspector", "accepted_on", "opinion", "returned", "set_by",
            ),
            ("measure", "progress"), of_place(Measure, Right.MEASURES_SET), Right.MEASURES_SET, "",
            Right.MEASURES_VIEW, STEPS,
        ),
        Kind(
            "rectification", "整改事项", Measure, RectificationForm, "rectifications",
            (
                "organization", "kind", "finding", "answer", "review", "observation", "number", "cause", "goal", "pace",
                "leader", "owner", "starts_on", "due_on", "asked_to", "asked_for", "extended_to", "extended_on",
                "percent", "unfinished", "done_on", "inspector", "accepted_on", "opinion", "returned", "is_public",
                "set_by",
            ),
            ("measure", "progress"), _rectification, Right.MEASURES_SET, "",
            Right.MEASURES_VIEW, STEPS,
        ),
    )
)  # fmt: skip


@require_GET
def measure(request: PortalRequest, pk: int) -> HttpResponse:
    """Go to the page of a measure, whichever of the two it is."""
    return redirect(get_object_or_404(Measure.objects.visible_to(request.user), pk=pk))


class Duty(NamedTuple):
    """One cell of the table: how many tasks, how many of them overdue, and where they are."""

    number: int
    overdue: int
    url: str


@require_GET
def duties(request: PortalRequest) -> HttpResponse:
    """Show who answers for what (一岗双责): leading cadres by business area, each cell its tasks. One query."""
    place = chosen_organization(request)
    if place is None:
        return render(request, "assessments/empty.html", {"title": "责任领导 × 领域"})
    today, ledger = timezone.localdate(), get_ledger("responsibilities")
    rows = Measure.objects.visible_to(request.user).under(place).filter(kind__in=Measure.Kind.responsibilities())
    counted = (
        rows.filter(ledger.standing(today))
        .exclude(leader="")
        .order_by("leader", "area")
        .values_list("leader", "area")
        .annotate(number=Count("pk"), overdue=Count("pk", filter=measure_overdue_on(today)))
    )
    cells: dict[str, dict[str, Duty]] = defaultdict(dict)
    areas: dict[str, None] = {}
    for leader, area, number, overdue in counted:
        filters = {"leader": leader} | ({"area": area} if area else {})
        cells[leader][area] = Duty(number, overdue, ledger.url(Query(place, filters=filters)))
        areas[area] = None
    table = [(leader, [held.get(area) for area in areas]) for leader, held in cells.items()]
    context = {
        "title": "责任领导 × 领域",
        "trail": [(ledger.title, ledger.url()), ("责任领导 × 领域", "")],
        "place": place,
        "areas": [area or "未分领域" for area in areas],
        "table": table,
    }
    return render(request, "assessments/duties.html", context)


WORK_OF_A_SECRETARY = (
    "meetings.general",
    "meetings.committee",
    "meetings.lecture",
    "meetings.theme_day",
    "study.sessions",
    "cobuild.joint_meetings",
    "talks.held",
    "visits.residents",
    "concerns.resolved",
    "measures.due",
    "measures.done",
    "rectify.closed",
)
"""What the secretary's work ledger counts, month by month."""


@require_GET
def secretary_work(request: PortalRequest) -> HttpResponse:
    """Show a secretary's year of Party-building work by month (书记抓党建工作台账): every number opens its rows."""
    place = chosen_organization(request)
    if place is None:
        return render(request, "assessments/empty.html", {"title": "书记抓党建工作台账"})
    year = Period.parse(str(chosen_period(request).year))
    months = [month for month in year.months() if month.has_begun()]
    known: Mapping[str, Any] = {fact.code: fact for fact in facts.every()}
    asked = [known[code] for code in WORK_OF_A_SECRETARY if code in known]
    counted = facts.of_each_period([place.pk], months)
    table = [
        (f"{month.number}月", [(counted[month][place.pk][fact.code], fact.url(place, month)) for fact in asked])
        for month in months
    ]
    context = {
        "title": f"{place.label}书记抓党建工作台账（{year.label}）",
        "trail": [(get_ledger("responsibilities").title, get_ledger("responsibilities").url()), ("书记工作台账", "")],
        "facts": asked,
        "table": table,
        "totals": [
            (sum(counted[month][place.pk][fact.code] for month in months), fact.url(place, year)) for fact in asked
        ],
    }
    return render(request, "assessments/secretary_work.html", context)


def of_finding(finding: Finding, user: User | AnonymousUser) -> models.QuerySet[Measure]:
    """Return the measures that a finding has led to, those that the user may see."""
    return Measure.objects.visible_to(user).filter(finding=finding).prefetch_related("stages")
