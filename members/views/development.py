"""Pages of 发展党员: the board, one person's procedure, its steps, the sheet for printing."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from branches.models import Organization
from ledgers import papers
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.recording import trace_paper
from ledgers.requests import PortalRequest, needs_organization
from ledgers.scope import may
from members.development.procedure import BY_CODE, RECORDED, Standing
from members.development.sheet import BOARD, cards_of, sheet_of
from members.forms.development import CaseForm, CloseForm, StepForm
from members.forms.register import editable_branches
from members.models import DevelopmentCase, DevelopmentPaper, DevelopmentStep, Member, standing_on
from members.models.papers import take_off

CARDS = 30
"""People shown in one column of the board; the ledger has all."""


@require_GET
@needs_organization
def board(request: PortalRequest) -> HttpResponse:
    """Show who stands where today, and who was regularised in the chosen period; what is due first stands on top."""
    today, period, organization = timezone.localdate(), request.chosen_period, request.chosen_organization
    ledger = get_ledger("development")
    cases = DevelopmentCase.objects.visible_to(request.user).under(organization)
    conditions = {s: standing_on(s.value, today) & Q(closed_on__isnull=True) for s in BOARD}
    conditions[Standing.REGULARISED] = Q(regularised_on__range=(period.start, period.end))
    totals = cases.order_by().aggregate(**{s.name: Count("pk", filter=q) for s, q in conditions.items()})
    columns = []
    for standing, condition in conditions.items():
        rows = cases.filter(condition).select_related("branch").prefetch_related("steps")
        done = standing == Standing.REGULARISED
        order = ("-regularised_on", "pk") if done else ("due_on", "applied_on", "pk")
        query = Query(organization, period, None, {"event": "regularised"}) if done else Query(
            organization, filters={"stage": standing.value}
        )  # fmt: skip
        columns.append(
            {
                "title": f"{period.label}转正" if done else standing.label,
                "count": totals[standing.name],
                "url": ledger.url(query),
                "cards": cards_of(rows.order_by(*order)[:CARDS], today),
            }
        )
    context = {
        "columns": columns,
        "any": any(totals.values()),
        "ledger": ledger.url(Query(organization)),
        "may_create": access_of(request.user).has(Right.MEMBERS_EDIT),
        "may_import": access_of(request.user).has(Right.IMPORT),
        "single": organization.is_branch,
    }
    return render(request, "members/development/board.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register somebody who has applied, in the branch asked for or the one chosen at the top."""
    case = DevelopmentCase()
    code = request.GET.get("branch") or getattr(request.chosen_organization, "code", "")
    branch = editable_branches(request.user).filter(code=code).first()
    form = CaseForm(
        request.POST or None, request.FILES or None, instance=case, initial={"branch": branch}, user=request.user
    )
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已登记{case.name}。")
        return redirect(there)
    return render(request, "members/development/form.html", {"form": form})


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct the person's record."""
    case = _editable(request, pk)
    name = case.name
    form = CaseForm(request.POST or None, request.FILES or None, instance=case, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(
        request,
        "members/development/form.html",
        {"form": form, "case": case, "name": name, "papers": case.papers.filter(step=None)},
    )


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the procedure of one person, stage by stage."""
    return render(request, "members/development/detail.html", _procedure(request, pk))


@require_GET
def printout(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the procedure sheet, for the browser's print."""
    context = _procedure(request, pk)
    case: DevelopmentCase = context["case"]
    trace_paper("print", f"{case}：发展党员程序表", case.audit_path(), case)
    return render(request, "members/development/print.html", context)


@require_http_methods(["GET", "POST"])
def step(request: PortalRequest, pk: int, code: str) -> HttpResponse:
    """Register a step of a case; where it is on record already, its own page is the place."""
    case = _editable(request, pk)
    if code not in {each.code for each in RECORDED}:
        raise Http404
    if case.closed_on:
        messages.info(request, "已经终止；要接着办，请先恢复。")
        return redirect(case)
    steps = list(case.steps.all())
    held = next((each for each in steps if each.code == code and not BY_CODE[code].repeats), None)
    if held is not None and request.method == "GET":
        return redirect("members:development-step-edit", held.pk)
    return _step_form(request, held or DevelopmentStep(case=case, code=code), steps)


@require_http_methods(["GET", "POST"])
def step_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a step on record."""
    held = _editable_step(request, pk)
    return _step_form(request, held, list(held.case.steps.all()))


@require_POST
def step_delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a step back that was entered by mistake."""
    held = _editable_step(request, pk)
    try:
        held.take_back()
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("members:development-step-edit", pk)
    messages.success(request, f"已删除“{held.get_code_display()}”的登记。")
    return redirect(held.case)


@require_GET
def paper(request: PortalRequest, pk: int) -> HttpResponse:
    """Hand out a paper to be saved, and note who took it."""
    found = _paper(request, pk)
    try:
        response = papers.download(found.digest, found.filename, found.content_type)
    except FileNotFoundError as error:
        raise Http404("the file is gone") from error
    with atomic():
        path = found.case.audit_path()
        audit.record("download", found.record, changes={"材料": (None, found.filename)}, organization_path=path)
    return response


@require_POST
def paper_delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a paper off that was hung on the wrong step."""
    found = _paper(request, pk)
    take_off(found)
    messages.success(request, f"已移除“{found.filename}”。")
    if found.step_id:
        return redirect("members:development-step-edit", found.step_id)
    return redirect("members:development-edit", found.case_id)


@require_http_methods(["GET", "POST"])
def close(request: PortalRequest, pk: int) -> HttpResponse:
    """End a case, with a reason."""
    case = _editable(request, pk)
    if case.closed_on:
        messages.info(request, f"{case.name}已于 {case.closed_on} 终止。")
        return redirect(case)
    form = CloseForm(request.POST or None, instance=case)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已终止{case.name}的发展，以前的记录都保留。")
        return redirect(there)
    return render(request, "members/development/close.html", {"form": form, "case": case})


@require_POST
def reopen(request: PortalRequest, pk: int) -> HttpResponse:
    """Go on with a case that was ended."""
    case = _editable(request, pk)
    if case.closed_on:
        case.reopen()
        messages.success(request, f"已恢复{case.name}的发展。")
    return redirect(case)


def _step_form(request: PortalRequest, held: DevelopmentStep, steps: list[DevelopmentStep]) -> HttpResponse:
    before: Member | None = held.case.member
    form = StepForm(request.POST or None, request.FILES or None, instance=held, user=request.user, steps=steps)
    if form.is_valid() and (there := form.save_record(request.user)):
        member = held.case.member
        if member is not None and before is None:
            messages.success(request, f"{member.name}已编入党员花名册，入党时间 {member.joined_on}。")
        else:
            messages.success(request, f"已登记“{form.step.title}”。")
        return redirect(there)
    context = {
        "form": form,
        "case": held.case,
        "step": form.step,
        "due": form.step.due(form.progress) if held.pk is None else None,
        "not_before": form.step.not_before(form.progress),
        "papers": held.papers.all() if held.pk else (),
        "gaps": [(gap, reverse("members:development-step", args=[held.case_id, gap.code])) for gap in form.gaps],
    }
    return render(request, "members/development/step.html", context)


def _procedure(request: PortalRequest, pk: int) -> dict[str, Any]:
    """Return what the page of a case and its sheet show; a fixed number of queries."""
    cases = DevelopmentCase.objects.visible_to(request.user).select_related("branch", "member")
    case = get_object_or_404(cases, pk=pk)
    steps = list(case.steps.select_related("first_member", "second_member").prefetch_related("votes", "papers"))
    return {
        "case": case,
        "community": Organization.objects.get_parent(case.branch),
        "sheet": sheet_of(case, steps, timezone.localdate()),
        "application": case.papers.filter(step=None),
        "may_edit": case.continued_by_id is None and may(request.user, Right.MEMBERS_EDIT, case.branch),
        "goes_on": _goes_on(request, case),
        "today": timezone.localdate(),
    }


def _goes_on(request: PortalRequest, case: DevelopmentCase) -> DevelopmentCase | None:
    """Return the case that goes on elsewhere, where the user may see it."""
    if case.continued_by_id is None:
        return None
    return DevelopmentCase.objects.visible_to(request.user).filter(pk=case.continued_by_id).first()


def _editable(request: PortalRequest, pk: int) -> DevelopmentCase:
    reach = DevelopmentCase.objects.visible_to(request.user, Right.MEMBERS_EDIT).whole()
    reach = reach.select_related("branch", "member")
    case: DevelopmentCase = get_object_or_404(reach, pk=pk)
    return case


def _editable_step(request: PortalRequest, pk: int) -> DevelopmentStep:
    reach = DevelopmentStep.objects.visible_to(request.user, Right.MEMBERS_EDIT).filter(case__continued_by=None)
    held: DevelopmentStep = get_object_or_404(reach.select_related("case__branch", "case__member"), pk=pk)
    return held


def _paper(request: PortalRequest, pk: int) -> DevelopmentPaper:
    reach = DevelopmentPaper.objects.visible_to(request.user).select_related("case__branch", "step__case__branch")
    found: DevelopmentPaper = get_object_or_404(reach, pk=pk)
    return found
