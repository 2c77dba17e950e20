"""Pages on which sheets are worked off: drawn up, self-scored, reviewed, decided, appealed against, locked."""

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, access_of
from ledgers.period import Period

from .. import assessing
from ..assessing import NotNow, may_review
from ..forms.sheets import (
    AdjustForm,
    AnswerForm,
    AppealForm,
    DecisionForm,
    EntryForm,
    ReturnForm,
    ReviewGrid,
    SelfForm,
    SettleForm,
)
from ..models import Appeal, Assessment, Scheme, SheetEntry
from ..querysets import AssessmentQuerySet
from ..schemes.versions import document_of

PAGE_SIZE = 50
State = Assessment.State


@require_POST
def draw_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw up the sheets of a period."""
    scheme = _scheme(request, pk)
    period = asked_period(request, scheme)
    return _done(request, scheme, period, lambda: f"已生成 {assessing.draw_up(scheme, period)} 份考核表。")


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the day and the minutes of the meeting that decided, freeze the results and make them public."""
    scheme = _scheme(request, pk)
    period = asked_period(request, scheme)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = assessing.decide(scheme, period, form.cleaned_data["on"], form.cleaned_data["minutes"])
        except NotNow as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{count} 份考核表已审定，开始公示。")
            return redirect(ranking_address(scheme, period))
    context = {"form": form, "scheme": scheme, "period": period, "back": ranking_address(scheme, period)}
    return render(request, "assessments/decide.html", context)


@require_POST
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    """Lock the results of a period."""
    scheme = _scheme(request, pk)
    period = asked_period(request, scheme)
    return _done(request, scheme, period, lambda: f"{assessing.lock(scheme, period)} 份考核表已锁定。")


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """Score the open lines of all sheets that wait for the user, scheme by scheme; let the chosen ones go on."""
    waiting = _sheets(request, Right.ASSESSMENTS_REVIEW).to_review(request.user)
    results = waiting.order_by("scheme__code", "-period").values_list("scheme_id", "period", "scheme__title").distinct()
    offered = {f"{pk}-{period}": f"{Period.parse(period).label} {title}" for pk, period, title in results}
    chosen = request.GET.get("of") or next(iter(offered), "")
    if chosen not in offered:
        return render(request, "assessments/review.html", {"offered": offered, "chosen": chosen})
    scheme, _, period = chosen.partition("-")
    rows = waiting.filter(scheme=int(scheme), period=period).order_by("organization__path")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    sheets = list(page.object_list)
    grid = ReviewGrid(document_of(sheets[0].scheme), sheets, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        said = grid.said()
        if grid.is_valid:
            return _reviewed(request, sheets, said)
        messages.error(request, "有的格子填得不对，还没有保存：请改正标红的格子。")
    context = {
        "offered": offered,
        "chosen": chosen,
        "page": page,
        "grid": grid,
        "rows": [(sheet, grid.cells[sheet.pk], sheet.is_late(timezone.localdate())) for sheet in sheets],
    }
    return render(request, "assessments/review.html", context)


def _reviewed(
    request: HttpRequest, sheets: Sequence[Assessment], said: Mapping[tuple[int, str], assessing.Review]
) -> HttpResponse:
    """Keep what was said, and pass on what was ticked."""
    passed = {int(key) for key in request.POST.getlist("pass") if key.isdigit()}
    try:
        assessing.review(sheets, said)
        gone = assessing.pass_on([sheet for sheet in sheets if sheet.pk in passed]) if passed else 0
    except NotNow as refusal:
        messages.error(request, f"{refusal}。")
        return redirect(request.get_full_path())
    kept = len(passed) - gone
    words = f"，{gone} 份已通过" if gone else ""
    messages.success(request, f"评分已保存{words}。")
    if kept:
        messages.warning(request, f"有 {kept} 份还有没评的项，没有通过。")
    return redirect(request.get_full_path())


@require_GET
def held(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead from a sheet of the ledger to its page."""
    return redirect(sheet_of(request, pk, Right.ASSESSMENTS_VIEW))


@require_http_methods(["GET", "POST"])
def self_score(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the self-score of a sheet, and hand it in."""
    sheet = sheet_of(request, pk, Right.ASSESSMENTS_SELF)
    posted = request.POST if request.method == "POST" else None  # it may be handed in with nothing filled in
    form = SelfForm(posted, document=document_of(sheet.scheme), lines=list(sheet.lines.all()))
    if request.method == "POST" and form.is_valid():
        return _stepped(request, sheet, lambda: assessing.score_oneself(sheet, form.said()), "自评已提交。")
    return render(
        request, "assessments/self_score.html", {"form": form, "sheet": sheet, "back": sheet.get_absolute_url()}
    )


@require_http_methods(["GET", "POST"])
def adjust(request: HttpRequest, pk: int) -> HttpResponse:
    """Put another score in place of a computed one, with a reason."""
    sheet = _reviewable(request, pk)
    initial = {"code": request.GET.get("indicator", "")}
    form = AdjustForm(request.POST or None, document=document_of(sheet.scheme), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        line = sheet.lines.get(code=data["code"])
        one = assessing.Review(line.share, line.left_out, line.reason, data["score"], data["reason"])
        said = {(sheet.pk, line.code): one}
        return _stepped(request, sheet, lambda: assessing.review([sheet], said), "得分已调整。")
    context = {"form": form, "sheet": sheet, "back": sheet.get_absolute_url(), "title": "调整得分"}
    return render(request, "assessments/sheet_form.html", context)


@require_http_methods(["GET", "POST"])
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a sheet back by one step, with a reason."""
    sheet = _reviewable(request, pk)
    form = ReturnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return _stepped(request, sheet, lambda: assessing.send_back(sheet, reason), "考核表已退回。")
    context = {"form": form, "sheet": sheet, "back": sheet.get_absolute_url(), "title": "退回考核表"}
    return render(request, "assessments/sheet_form.html", context)


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a matter that adds points or takes some off: a claim of the organisation, or what a reviewer enters."""
    sheet = sheet_of(request, pk, Right.ASSESSMENTS_SELF)
    access = access_of(request.user)
    decides = access.has_on(Right.ASSESSMENTS_DECIDE, sheet.organization.path)
    reviews = may_review(sheet, access) or (decides and sheet.state == State.DECISION)
    counts = reviews and decides  # what a community notes waits for the street
    form = EntryForm(request.POST or None, document=document_of(sheet.scheme), sheet=sheet, claims_only=not reviews)
    if request.method == "POST" and form.is_valid():
        words = "加减分事项已登记。" if counts else "已提交，等待党建办审核。"
        return _stepped(request, sheet, lambda: assessing.enter(form.entry(), accepted=counts), words)
    title = "登记加减分" if reviews else "申报加分"
    context = {"form": form, "sheet": sheet, "back": sheet.get_absolute_url(), "title": title}
    return render(request, "assessments/sheet_form.html", context)


@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or decline a claim."""
    sheets = Assessment.objects.visible_to(request.user, Right.ASSESSMENTS_DECIDE)
    rows = SheetEntry.objects.filter(assessment__in=sheets)
    found = get_object_or_404(rows.select_related("assessment__organization", "assessment__scheme"), pk=pk)
    form = SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def act() -> object:
            return assessing.settle(found, accepted=data["accepted"], reason=data["reason"])

        return _stepped(request, found.assessment, act, "申报已审核。")
    context = {"form": form, "sheet": found.assessment, "back": found.assessment.get_absolute_url(), "entry": found}
    return render(request, "assessments/sheet_form.html", context | {"title": "审核加分申报"})


@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an appeal against one line of a sheet that is public."""
    sheet = sheet_of(request, pk, Right.ASSESSMENTS_SELF)
    initial = {"code": request.GET.get("indicator", "")}
    form = AppealForm(request.POST or None, document=document_of(sheet.scheme), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        return _stepped(request, sheet, lambda: assessing.appeal(sheet, data["code"], data["text"]), "申诉已提交。")
    context = {"form": form, "sheet": sheet, "back": sheet.get_absolute_url(), "title": "提出申诉"}
    return render(request, "assessments/sheet_form.html", context)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer an appeal."""
    sheets = Assessment.objects.visible_to(request.user, Right.ASSESSMENTS_DECIDE)
    rows = Appeal.objects.filter(assessment__in=sheets, answered_on=None)
    found = get_object_or_404(rows.select_related("assessment__organization", "assessment__scheme"), pk=pk)
    sheet = found.assessment
    indicator = next(one for one in document_of(sheet.scheme).indicators if one.code == found.code)
    form = AnswerForm(request.POST or None, indicator=indicator)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        return _stepped(request, sheet, lambda: assessing.answer(found, data["answer"], data["score"]), "申诉已答复。")
    context = {"form": form, "sheet": sheet, "back": sheet.get_absolute_url(), "title": "答复申诉", "appeal": found}
    return render(request, "assessments/sheet_form.html", context)


# whose, and where to go


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    schemes = Scheme.objects.visible_to(request.user, Right.ASSESSMENTS_DECIDE)
    return get_object_or_404(schemes.select_related("organization"), pk=pk)


def asked_period(request: HttpRequest, scheme: Scheme) -> Period:
    """Return the period that is meant, the last one that is over where none is named."""
    if text := request.POST.get("period") or request.GET.get("period"):
        try:
            return Period.parse(text)
        except ValueError as error:
            raise Http404("no such period") from error
    return Period.containing(timezone.localdate(), scheme.period).previous()


def _sheets(request: HttpRequest, right: Right) -> AssessmentQuerySet:
    rows = Assessment.objects.visible_to(request.user, right)
    return rows.select_related("organization", "scheme__organization", "community").prefetch_related("lines")


def sheet_of(request: HttpRequest, pk: int, right: Right) -> Assessment:
    """Return a sheet on which the user holds a right; 404 otherwise."""
    return get_object_or_404(_sheets(request, right), pk=pk)


def _reviewable(request: HttpRequest, pk: int) -> Assessment:
    """Return a sheet that the user reviews in its present step; 404 where the step is another's."""
    sheet = sheet_of(request, pk, Right.ASSESSMENTS_REVIEW)
    access = access_of(request.user)
    waits = sheet.state in (State.COMMUNITY, State.STREET)
    if waits and not may_review(sheet, access):
        raise Http404("not the user's to review now")
    if sheet.state == State.DECISION and not access.has_on(Right.ASSESSMENTS_DECIDE, sheet.organization.path):
        raise Http404("the office's")
    return sheet


def ranking_address(scheme: Scheme, period: Period) -> str:
    """Return the address of the ranking of one period."""
    return f"{reverse('assessments:ranking')}?scheme={scheme.code}&period={period.code}"


def _done(request: HttpRequest, scheme: Scheme, period: Period, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except NotNow as refusal:
        messages.error(request, f"{refusal}。")
    return redirect(ranking_address(scheme, period))


def _stepped(request: HttpRequest, sheet: Assessment, act: Callable[[], object], words: str) -> HttpResponse:
    try:
        act()
    except NotNow as refusal:
        messages.error(request, f"{refusal}。")
    else:
        messages.success(request, words)
    return redirect(sheet)
