"""Pages of the schemes: the list, one version, taking one from a file, putting it in force, retiring, copying."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, access_of
from branches.management.arguments import plain
from branches.models import Organization
from ledgers.models.record import Conflict
from ledgers.period import Period

from ..forms.schemes import RetireForm, SchemeFile, StartForm
from ..models import Scheme
from ..schemes.document import DAYS, Document
from ..schemes.formulas import rule_title
from ..schemes.score_table import told
from ..schemes.scoring import Scorecard
from ..schemes.trial import trial, without_people
from ..schemes.versions import document_of, draft

PAGE_SIZE = 50


@require_GET
def schemes(request: HttpRequest) -> HttpResponse:
    """List the schemes that the user is scored by or makes, each code with its versions."""
    rows = Scheme.objects.visible_to(request.user).select_related("organization").annotate(lines=Count("indicators"))
    context = {"schemes": rows, "may_change": access_of(request.user).has(Right.SCHEMES_MANAGE)}
    return render(request, "assessments/schemes.html", context)


@require_GET
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version: whom it scores, its lines with their formulas as sentences, grades, vetoes, deadlines."""
    found = _found(request, pk)
    document = document_of(found)
    kinds = dict(Organization.Kind.choices)
    context: dict[str, Any] = {
        "scheme": found,
        "document": document,
        "groups": [
            (group, sum(one.points for one in group.indicators if not one.formula.outside)) for group in document.groups
        ],
        "whom": [kinds[kind] for kind in document.applies_to],
        "days": [(label, document.days[step]) for step, (label, _) in DAYS.items()],
        "vetoes": [(veto, [rule_title(code) for code in veto.rules]) for veto in document.vetoes],
        "warnings": list(document.warnings()),
        "worded": any(one.standard or one.method or one.scorer for one in document.indicators),
        "may_change": access_of(request.user).has_on(Right.SCHEMES_MANAGE, found.organization.path),
    }
    return render(request, "assessments/scheme.html", context)


@require_GET
def scheme_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a version would have made of the last periods, and who would move most against the present one."""
    found = _found(request, pk, Right.SCHEMES_MANAGE)
    last = Period.containing(timezone.localdate(), found.period).previous()
    tried = trial(found, last)
    page = Paginator(tried.movers, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "scheme": found,
        "page": page,
        "periods": [
            (one, one.average(one.draft), one.average(one.present), _by_grade(one.draft), _by_grade(one.present))
            for one in reversed(tried.periods)
        ],
        "by_people": without_people(document_of(found)),
        "has_present": any(one.present for one in tried.periods),
    }
    return render(request, "assessments/scheme_trial.html", context)


def _by_grade(cards: Mapping[int, Scorecard]) -> str:
    """Return how many have each grade, in words."""
    counted = Counter(card.grade for card in cards.values() if card.grade)
    return "、".join(f"{title} {number} 个" for title, number in counted.most_common())


@require_http_methods(["GET", "POST"])
def scheme_import(request: HttpRequest) -> HttpResponse:
    """Take a scheme from a file: it becomes the next version of its code, a draft."""
    streets = Organization.objects.visible_to(request.user, Right.SCHEMES_MANAGE).filter(
        kind=Organization.Kind.WORKING_COMMITTEE
    )
    initial = {"organization": streets.first()}
    form = SchemeFile(request.POST or None, request.FILES or None, organizations=streets, initial=initial)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["file"]:
            messages.info(request, f"{told(form.document)}。")
        return _drafted(request, form.cleaned_data["organization"], form.document)
    return render(request, "assessments/scheme_import.html", {"form": form})


def _drafted(request: HttpRequest, street: Organization, document: Document) -> HttpResponse:
    made = draft(street, document)
    messages.success(request, f"已存成“{made.title}”第 {made.edition} 版草稿，核对后再开始执行。")
    for warning in document.warnings():
        messages.warning(request, f"{warning}。")
    return redirect(made)


@require_http_methods(["GET", "POST"])
def scheme_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask from which period on a draft holds, and put it in force."""
    found = _found(request, pk, Right.SCHEMES_MANAGE)
    form = StartForm(request.POST or None, scheme=found)
    if request.method == "POST" and form.is_valid():
        since = Period.parse(form.cleaned_data["since"])
        try:
            found.put_in_force(since)
        except (ValueError, Conflict) as refusal:
            form.add_error("since", str(refusal))
        else:
            messages.success(request, f"“{found.title}”第 {found.edition} 版从{since.label}起执行。")
            return redirect(found)
    context = {"form": form, "scheme": found, "back": found.get_absolute_url()}
    return render(request, "assessments/scheme_start.html", context)


@require_http_methods(["GET", "POST"])
def scheme_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to which period a scheme in force holds, and let it end there."""
    found = _found(request, pk, Right.SCHEMES_MANAGE)
    if found.state != Scheme.State.IN_FORCE:
        messages.warning(request, "只有执行中的方案可以停用。")
        return redirect(found)
    form = RetireForm(request.POST or None, scheme=found)
    if request.method == "POST" and form.is_valid():
        last = Period.parse(form.cleaned_data["last"])
        try:
            found.retire(last.end)
        except Conflict as conflict:
            form.add_error("last", str(conflict))
        else:
            messages.success(request, f"“{found.title}”第 {found.edition} 版执行到{last.label}为止。")
            return redirect(found)
    context = {"form": form, "scheme": found, "back": found.get_absolute_url()}
    return render(request, "assessments/scheme_retire.html", context)


@require_POST
def scheme_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a version to a new draft of the same code, in one act: for the next year, or for a change."""
    found = _found(request, pk, Right.SCHEMES_MANAGE)
    return _drafted(request, found.organization, document_of(found))


@require_GET
def scheme_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a version in its written form."""
    found = _found(request, pk)
    text = json.dumps(found.as_written(), ensure_ascii=False, indent=1, default=plain)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"{found.title}-第{found.edition}版.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _found(request: HttpRequest, pk: int, right: Right | None = None) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user, right).with_parts(), pk=pk)
