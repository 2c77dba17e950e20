"""What is printed of an assessment: the sheet for signature, the public notice, the bulletin, the feedback to each."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from ledgers import facts
from ledgers.workdays import add_workdays

from ..models import Assessment, Scheme
from ..schemes.figures import best_first, figures, lost
from ..schemes.scores import Scores, address_of, scores_of
from ..schemes.scoring import Scorecard
from .scores import in_reach
from .sheets import asked_period, ranking_address, sheet_of


@require_GET
def sheet_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a sheet as it is signed: every line with its points, self-score and score, and why points were lost."""
    sheet, scores, card = _card(request, pk)
    said = {line.code: line for line in sheet.lines.all()}
    lines = {line.indicator.code: line for line in card.lines}
    context = {
        "sheet": sheet,
        "card": card,
        "document": scores.document,
        "today": timezone.localdate(),
        "groups": [
            (group.title, [(lines[one.code], said.get(one.code), lost(lines[one.code])) for one in group.indicators])
            for group in scores.document.groups
        ],
    }
    return render(request, "assessments/papers/sheet.html", context)


@require_GET
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an organisation is told of its result: points lost, why, and until when to put it right."""
    sheet, scores, card = _card(request, pk)
    if not sheet.is_frozen:
        messages.error(request, "会议审定以后才有反馈单。")
        return redirect(sheet)
    losing = [(line, lost(line), address_of(scores.scheme, card, line)) for line in card.lines if lost(line) > 0]
    context = {
        "sheet": sheet,
        "card": card,
        "document": scores.document,
        "losing": sorted(losing, key=lambda found: -found[1]),
        "until": sheet.when.following().end,
    }
    return render(request, "assessments/papers/feedback.html", context)


@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the public notice of a period: who got which total and grade, and how to object."""
    return _decided(request, pk, "assessments/papers/notice.html")


@require_GET
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the bulletin (考核通报) of a period: the result in figures, the ranking, what cost most."""
    return _decided(request, pk, "assessments/papers/bulletin.html")


def _decided(request: HttpRequest, pk: int, template: str) -> HttpResponse:
    """Show the decided results that the user sees; without any, lead back and say so."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).with_parts(), pk=pk)
    period = asked_period(request, scheme)
    decided = Assessment.objects.visible_to(request.user).filter(scheme=scheme, period=period.code)
    sheet = decided.filter(state__in=Assessment.State.frozen()).order_by("pk").first()
    if sheet is None or sheet.notice_until is None:
        messages.error(request, f"{period.label}的考核结果还没有经会议审定。")
        return redirect(ranking_address(scheme, period))
    with facts.read_once():
        scores = scores_of(scheme, period)
    cards = in_reach(request, scores.cards)
    return render(request, template, _results(scores, cards, sheet))


def _results(scores: Scores, cards: list[Scorecard], sheet: Assessment) -> dict[str, Any]:
    assert sheet.notice_until is not None
    ordered = best_first(cards)
    order = {one.title: place for place, one in enumerate(scores.document.classes)}
    by_class = sorted(ordered, key=lambda card: order.get(card.class_title or "", len(order)))
    days = scores.document.days
    return {
        "scheme": scores.scheme,
        "document": scores.document,
        "period": scores.period,
        "sheet": sheet,
        "classes": [(title or "", list(found)) for title, found in groupby(by_class, lambda card: card.class_title)],
        "figures": figures(scores.document, cards),
        "number": len(cards),
        "whole": len(scores.cards),
        "first": next((card for card in ordered if card.rank), None),
        "vetoed": [(card, veto) for card in cards for veto in card.vetoes],
        "notice_days": days["notice"],
        "objections_until": add_workdays(sheet.notice_until, days["appeal"]),
        "ranking_url": ranking_address(scores.scheme, scores.period),
    }


def _card(request: HttpRequest, pk: int) -> tuple[Assessment, Scores, Scorecard]:
    """Return a sheet that the user sees, with the scores of its street and its own card."""
    sheet = sheet_of(request, pk, Right.ASSESSMENTS_VIEW)
    with facts.read_once():
        scores = scores_of(sheet.scheme, sheet.when)
    card = next((one for one in scores.cards if one.organization.pk == sheet.organization_id), None)
    if card is None:
        raise Http404("no longer scored by this scheme")
    return sheet, scores, card
