"""One practice worth telling: written, backed by evidence, offered, accepted or returned."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.views.records import fill_in, ledger_crumb, organization_asked
from ledgers import facts
from ledgers.period import Period
from ledgers.requests import PortalRequest
from ledgers.scope import may

from ..forms.practices import AcceptForm, EvidenceForm, PracticeForm, told
from ..models import Practice, PracticeEvidence
from ..models.practices import JUDGE, may_judge


class Ground(NamedTuple):
    """One line of what a practice rests on: the record, what it is, what to read, where it leads."""

    evidence: PracticeEvidence
    what: str
    words: str
    url: str


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Write a practice down."""
    initial = {"organization": organization_asked(request, Right.ACTIVITIES_EDIT)}
    form = PracticeForm(request.POST or None, instance=Practice(), user=request.user, initial=initial)
    return fill_in(
        request, form, "总结经验做法", [ledger_crumb("practices")], "已保存为草稿。添加依据以后，按“报送街道”。"
    )


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change the text: its writers until they have offered it, the street at any time."""
    held = _changeable(request, pk)
    crumbs = [ledger_crumb("practices"), (held.title, held.get_absolute_url())]
    form = PracticeForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑经验做法", crumbs, "已保存。")


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a practice with what it rests on."""
    return render(request, "activities/practice.html", _shown(request, _visible(request, pk)))


@require_POST
def evidence(request: PortalRequest, pk: int) -> HttpResponse:
    """Add one thing that the practice rests on."""
    practice = _changeable(request, pk)
    form = _evidence_form(request, practice, request.POST)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已添加依据。")
        return redirect(there)
    return render(request, "activities/practice.html", _shown(request, practice) | {"form": form})


@require_POST
def drop(request: PortalRequest, pk: int) -> HttpResponse:
    """Take one thing off what the practice rests on."""
    held = PracticeEvidence.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    found = get_object_or_404(held.select_related("practice__organization"), pk=pk)
    practice = _changeable(request, found.practice_id)
    found.erase()
    messages.success(request, "已移除这项依据。")
    return redirect(practice)


@require_POST
def offer(request: PortalRequest, pk: int) -> HttpResponse:
    """Send a practice to the street."""
    practice = _visible(request, pk, Right.ACTIVITIES_EDIT)
    try:
        practice.offer(timezone.localdate())
        messages.success(request, "已报送街道党建办。")
    except ValueError as refusal:
        messages.error(request, str(refusal))
    return redirect(practice)


@require_http_methods(["GET", "POST"])
def accept(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a practice up for the street, or change the words in which it was."""
    practice = _judged(request, pk)
    if practice.is_open:
        messages.info(request, "这一条还没有报送。")
        return redirect(practice)
    crumbs = [ledger_crumb("practices"), (practice.title, practice.get_absolute_url())]
    title = "修改采用文字" if practice.accepted_on else "采用"
    return fill_in(request, AcceptForm(request.POST or None, instance=practice), title, crumbs, "已采用。")


@require_POST
def send_back(request: PortalRequest, pk: int) -> HttpResponse:
    """Return a practice to its writers."""
    practice = _judged(request, pk)
    try:
        practice.send_back(request.POST.get("reason", ""))
        messages.success(request, "已退回。")
    except ValueError as refusal:
        messages.error(request, str(refusal))
    return redirect(practice)


@require_POST
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete what was written by mistake."""
    practice = _changeable(request, pk)
    practice.erase()
    messages.success(request, f"已删除“{practice}”，审计记录里留有痕迹。")
    return redirect(ledger_crumb("practices")[1])


def _visible(request: PortalRequest, pk: int, right: Right | None = None) -> Practice:
    seen = Practice.objects.visible_to(request.user, right).select_related("organization")
    practice: Practice = get_object_or_404(seen, pk=pk)
    return practice


def _judged(request: PortalRequest, pk: int) -> Practice:
    """Return a practice on which the user decides for the street, or 404."""
    return _visible(request, pk, JUDGE)


def _changeable(request: PortalRequest, pk: int) -> Practice:
    """Return a practice that the user may change now, or 404."""
    practice = _visible(request, pk, Right.ACTIVITIES_EDIT)
    if not practice.is_open and not may_judge(request.user, practice.organization):
        raise Http404
    return practice


def _evidence_form(request: PortalRequest, practice: Practice, data: Any = None) -> EvidenceForm:
    fresh = PracticeEvidence(practice=practice)
    return EvidenceForm(data, instance=fresh, user=request.user, period=request.chosen_period)


def _shown(request: PortalRequest, practice: Practice) -> dict[str, Any]:
    """Return what the page shows; a fixed number of queries."""
    judges = may_judge(request.user, practice.organization)
    edits = may(request.user, Right.ACTIVITIES_EDIT, practice.organization)
    changes = edits and (practice.is_open or judges)
    held = practice.evidence.select_related("activity", "finding__organization")
    return {
        "practice": practice,
        "grounds": list(_grounds(practice, list(held))),
        "trail": [ledger_crumb("practices"), (practice.title, "")],
        "form": _evidence_form(request, practice) if changes else None,
        "may_change": changes,
        "may_offer": edits and practice.is_open,
        "may_judge": judges and not practice.is_open,
    }


def _grounds(practice: Practice, held: Sequence[PracticeEvidence]) -> Iterator[Ground]:
    """Yield the lines; the numbers of all facts are read at once."""
    known = {fact.code: fact for fact in facts.every()}
    asked = [Period.parse(one.period) for one in held if one.fact in known]
    place = practice.organization
    counted = facts.of_each_period([place.pk], [*_months_over(asked), *asked]) if asked else {}
    for one in held:
        if one.activity:
            yield Ground(one, "活动", str(one.activity), one.activity.get_absolute_url())
        elif one.finding:
            yield Ground(one, "已销号", told(one.finding), one.finding.get_absolute_url())
        elif fact := known.get(one.fact):
            period = Period.parse(one.period)
            number = counted[period][place.pk][fact.code]
            yield Ground(one, period.label, f"{fact.title} {number} {fact.unit}", fact.url(place, period))


def _months_over(periods: Sequence[Period]) -> list[Period]:
    """Return every month from the first to the last of some periods, without gaps."""
    month, last = min(p.start for p in periods), max(p.end for p in periods)
    months = [Period.containing(month)]
    while months[-1].end < last:
        months.append(months[-1].following())
    return months
