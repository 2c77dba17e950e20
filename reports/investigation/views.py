"""Pages of the investigation report: the list, the paper with its evidence, editing, signing off, downloads."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.caching import if_it_can_be_kept
from ledgers.models.record import Conflict
from ledgers.period import Period
from ledgers.recording import trace_paper
from ledgers.scope import may
from reports import layout, official
from reports.document import EVIDENCE_TITLE
from reports.models import InvestigationReport

from .assigning import assign
from .edits import siblings, statement_in
from .forms import StatementForm
from .readers import as_read_by
from .saying import LENGTHS

PER_PAGE = 30
KEPT = 30 * 24 * 3600
"""Seconds for which a printed PDF is kept."""
CONTENT_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
}


@require_http_methods(["GET", "POST"])
def investigation(request: HttpRequest) -> HttpResponse:
    """List the reports in scope; on POST build one for an organisation and a period."""
    if request.method == "POST":
        buildable = Organization.objects.visible_to(request.user, Right.REPORTS_BUILD)
        organization = get_object_or_404(buildable, code=request.POST.get("organization", ""))
        try:
            period = Period.parse(request.POST.get("period", ""))
        except ValueError as error:
            messages.error(request, str(error))
            return redirect("reports:investigation")
        length = request.POST.get("length", "")
        try:
            return redirect(InvestigationReport.drafted(organization, period, length if length in LENGTHS else None))
        except (ValueError, Conflict) as conflict:
            messages.error(request, str(conflict))
            return redirect("reports:investigation")
    organization = request.chosen_organization  # type: ignore[attr-defined]
    reports = InvestigationReport.objects.visible_to(request.user).select_related("organization", "signed_by")
    if organization:
        reports = reports.under(organization)
    page = Paginator(reports.defer("built"), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "reports/investigation.html",
        {
            "page": page,
            "organization": organization,
            "period": request.chosen_period,  # type: ignore[attr-defined]
            "lengths": LENGTHS.items(),
            "may_build": bool(organization) and may(request.user, Right.REPORTS_BUILD, organization),  # type: ignore[arg-type]
        },
    )


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a report as paper with its evidence; `?edit=KEY` opens one statement, `?add=KEY` a new one behind it."""
    report = get_object_or_404(_readable(request), pk=pk)
    if not _may_edit(request, report):
        return _page(request, report, None)
    if after := request.GET.get("add", ""):
        return _page(request, report, StatementForm(initial={"key": after, "version": 0}), adding=True)
    key = request.GET.get("edit", "")
    return _page(request, report, StatementForm.of(report, key) if key else None)


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the words of one statement, with `restore` go back to the built ones, with `add` put a new one behind it."""
    report = get_object_or_404(_readable(request, Right.REPORTS_BUILD), pk=pk)
    form = StatementForm(request.POST)
    adding = "add" in request.POST
    if "restore" in request.POST and (found := statement_in(report.content, request.POST.get("key", ""))):
        form = StatementForm({**request.POST.dict(), "text": found[0].text})
    if not form.is_valid():
        return _page(request, report, form, adding=adding)
    values = form.cleaned_data
    text = values["text"].replace("\r\n", "\n")
    try:
        if adding:
            values["key"] = report.add(values["key"], text).key
        else:
            report.edit(values["key"], text, values["version"])
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        form.start_from_newest(report)
        return _page(request, report, form)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(report)
    return redirect(f"{report.get_absolute_url()}#s-{values['key']}")


@require_POST
def arrange(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a paragraph out, bring it back, move it, put it together with the next one, or take a proposal into it."""
    report = get_object_or_404(_readable(request, Right.REPORTS_BUILD), pk=pk)
    key, act = request.POST.get("key", ""), request.POST.get("act", "")
    acts: dict[str, Callable[[], object]] = {
        "drop": lambda: report.drop(key),
        "back": lambda: report.bring_back(key),
        "up": lambda: report.move(key, up=True),
        "down": lambda: report.move(key, up=False),
        "merge": lambda: report.merge(key),
        "propose": lambda: report.take_proposal(key, request.POST.get("clause", "")),
    }
    if act not in acts:
        return HttpResponse("没有这个操作", status=400, content_type="text/plain; charset=utf-8")
    try:
        acts[act]()
    except (ValueError, Conflict) as error:
        messages.error(request, str(error))
    return redirect(f"{report.get_absolute_url()}#s-{key}")


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what is asked where data have changed under an edited paragraph."""
    report = get_object_or_404(_readable(request, Right.REPORTS_BUILD), pk=pk)
    key = request.POST.get("key", "")
    try:
        report.settle(key, take_new=request.POST.get("choice") == "new")
    except (ValueError, Conflict) as error:
        messages.error(request, str(error))
    return redirect(f"{report.get_absolute_url()}#s-{key}")


@require_POST
def rebuild(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a draft anew from the data of this moment; edits stay."""
    report = get_object_or_404(_readable(request, Right.REPORTS_BUILD), pk=pk)
    length = request.POST.get("length", "")
    try:
        report.rebuild(length if length in LENGTHS else None)
    except (ValueError, Conflict) as error:
        messages.error(request, str(error))
        return redirect(report)
    if changes := report.composed.changes:
        asked = f"其中 {len(changes)} 处数据有变，请逐处选择。"
        messages.warning(request, f"已按最新数据重新生成。您改过的内容都还在，{asked}")
    else:
        messages.success(request, "已按最新数据重新生成，您改过的内容都还在。")
    return redirect(report)


@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign a draft off, provided that it still says what the person read."""
    report = get_object_or_404(_readable(request, Right.REPORTS_SIGN), pk=pk)
    try:
        if report.is_draft and request.POST.get("digest") != report.digest:
            raise ValueError("报告刚刚有改动，请看过最新内容后再签发")
        with atomic():
            number = assign(report.sign())
    except (ValueError, Conflict) as error:
        messages.error(request, str(error))
    else:
        told = f"下步打算里的措施已列入责任清单，共 {number} 项。" if number else ""
        messages.success(request, f"已签发。内容从现在起不再改变，可以导出 Word 或 PDF。{told}")
    return redirect(report)


@require_GET
def download(request: HttpRequest, pk: int, ending: str, apart: bool = False) -> HttpResponse:
    """Send the report as a file, or what its figures rest on as one of its own.

    A PDF takes seconds to print, so each version is printed once and kept.
    """
    report = get_object_or_404(_readable(request), pk=pk)
    suffix = f".{ending}"
    composed = report.composed.report
    paper = as_read_by(composed, request.user, report.organization)  # type: ignore[arg-type]
    key = f"report:{report.digest}{'' if paper == composed else ':closed'}{':apart' if apart else ''}{suffix}"
    writer = (official.EVIDENCE_WRITERS if apart else official.WRITERS)[suffix]
    content = cache.get(key) if suffix == ".pdf" else None
    if content is None:
        content = writer(paper)
        if suffix == ".pdf":
            with if_it_can_be_kept("a printed report"):
                cache.set(key, content, KEPT)
    titled = f"{report.content.title}（{report.when.label}）" + (EVIDENCE_TITLE if apart else "")
    trace_paper("export", titled, report.organization.path, report, 格式=ending)
    name = get_valid_filename(titled)[:120] + suffix
    response = HttpResponse(content, content_type=CONTENT_TYPES[suffix])
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


def _readable(request: HttpRequest, right: Right | None = None) -> Any:
    reports = InvestigationReport.objects.visible_to(request.user, right)
    return reports.select_related("organization", "signed_by", "updated_by").prefetch_related("edits")


def _may_edit(request: HttpRequest, report: InvestigationReport) -> bool:
    return report.is_draft and may(request.user, Right.REPORTS_BUILD, report.organization)  # type: ignore[arg-type]


def _page(
    request: HttpRequest, report: InvestigationReport, form: StatementForm | None, *, adding: bool = False
) -> HttpResponse:
    composed = report.composed
    edits = {edit.key: edit for edit in report.edits.all()} if report.is_draft else {}
    editing = form["key"].value() if form else ""
    built = statement_in(report.content, editing) if editing and not adding else None
    keys = siblings(composed.report, editing) if editing else []
    paper = as_read_by(composed.report, request.user, report.organization)  # type: ignore[arg-type]
    laid = layout.laid_annexes(paper)
    now = {one.key: one.text for one in report.content.statements()}
    return render(
        request,
        "reports/investigation_detail.html",
        {
            "report": report,
            "paper": paper,
            "title_lines": layout.title_lines(paper.title, 28),
            "period_line": layout.period_line(paper),
            "blocks": layout.lay_out(paper),
            "figures": list(dict(paper.figures()).items()),
            "signing_date": layout.signing_date(paper),
            "mentions": [one.mention for one in laid],
            "signature": layout.signature(paper),
            "annexes": [one for one in laid if not one.apart],
            "changes": composed.changes,
            "rewritten": [
                (key, before, now.get(key, "")) for key, before in (report.changed if report.is_draft else {}).items()
            ],
            "dropped": [
                (key, found[0].text)
                for key, one in edits.items()
                if one.dropped and (found := statement_in(report.content, key))
            ],
            "lengths": LENGTHS.items(),
            "adding": adding,
            "is_first": bool(keys) and keys[0] == editing,
            "is_last": bool(keys) and keys[-1] == editing,
            "edits": edits,
            "form": form,
            "editing": editing,
            "built_words": built[0].text if built and editing in edits and edits[editing].text else "",
            "newest": edits[editing].text if form and form.non_field_errors() and editing in edits else "",
            "may_edit": _may_edit(request, report),
            "may_sign": report.is_draft and may(request.user, Right.REPORTS_SIGN, report.organization),  # type: ignore[arg-type]
        },
        status=409 if form and form.non_field_errors() else 200,
    )
