"""Pages of the scores: the ranking with its heat map, one organisation's sheet, the rows behind one line."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers import facts
from ledgers.models import LateEntry
from ledgers.papers import XLSX
from ledgers.period import Period
from ledgers.printing import PrintColumn, write_ledger
from ledgers.recording import trace_paper

from .. import engine
from ..assessing import may_review
from ..models import Assessment, Scheme, SheetLine
from ..schemes.document import Indicator
from ..schemes.figures import best_first, figures, lost
from ..schemes.reading import plain
from ..schemes.scores import Scores, address_of, scores_of
from ..schemes.scoring import Line, Scorecard
from .choice import chosen_organization, chosen_period

PAGE_SIZE = 50
LATE = 20
"""How many late entries a sheet names."""
EARLIER = 12
"""How many decided periods a sheet looks back on."""
HEAT = ((Decimal(1), "s5"), (Decimal("0.8"), "s4"), (Decimal("0.6"), "s3"), (Decimal("0.3"), "s2"))
"""Share of a line's points from which a cell has a colour; below them s1."""


RANKING_COLUMNS = (
    PrintColumn("名次", width=6, kind="number"),
    PrintColumn("党组织", width=28),
    PrintColumn("考核类别", width=12),
    PrintColumn("总分", width=12),
    PrintColumn("等次", width=8),
    PrintColumn("社区内名次", width=8, kind="number"),
)


@dataclass(frozen=True)
class HeatCell:
    """One line of one organisation as the heat map shows it."""

    line: Line
    url: str

    @property
    def tone(self) -> str:
        """Its colour: by the share of the points, grey where there is no score."""
        score, points = self.line.outcome.score, self.line.indicator.points
        if score is None:
            return "na"
        if self.line.indicator.formula.outside:
            return "s5" if score > 0 else "s1" if score < 0 else "na"
        return next((tone for share, tone in HEAT if score / points >= share), "s1")

    @property
    def text(self) -> str:
        """Its number, or the word for there being none."""
        score = self.line.outcome.score
        if score is None:
            return "待评" if self.line.outcome.is_open else "–"
        return f"+{plain(score)}" if self.line.indicator.formula.outside and score > 0 else plain(score)


@dataclass(frozen=True)
class RankedRow:
    """One organisation in the ranking. `climbed` is how many places it rose since the period before."""

    card: Scorecard
    cells: list[HeatCell]
    url: str
    climbed: int | None


@require_GET
def ranking(request: HttpRequest) -> HttpResponse:
    """Rank the organisations that a scheme scores, the best first, with every line as a cell that opens."""
    organization = chosen_organization(request)
    if organization is None:
        return render(request, "assessments/empty.html", {"title": "考核排名"})
    offered = _offered(request, organization)
    chosen = _chosen_scheme(request, organization, offered)
    if chosen is None:
        return render(request, "assessments/no_scheme.html", {"organization": organization})
    code, period, scheme = chosen
    context = {
        "organization": organization,
        "offered": [(each, one.title, each == code) for each, one in offered.items()],
        "scheme": scheme,
        "period": period,
        "earlier": period.previous(),
        "later": period.following() if period.following().has_begun() else None,
    }
    if scheme is None:
        return render(request, "assessments/ranking.html", context)
    with facts.read_once():
        scores = scores_of(scheme, period)
        before = _ranks_before(scores)
    cards = _ranked(request, scores, organization)
    page = Paginator(cards, PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "indicators": scores.document.indicators,
        "page": page,
        "rows": [_row(scores, card, before) for card in page.object_list],
        "is_over": period.is_over(),
        "today": timezone.localdate(),
        "states": (states := _states(request, scheme, period)),
        "is_decided": any(state in Assessment.State.frozen() for state, _, _ in states),
        "may_decide": access_of(request.user).has_on(Right.ASSESSMENTS_DECIDE, scheme.organization.path),
        "figures": figures(scores.document, cards),
        "base": scores.document.base,
    }
    return render(request, "assessments/ranking.html", context)


@require_GET
def sheet(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show one organisation's sheet: each line with its score, why, the rows behind it, and how to earn the rest."""
    scores, card = _card(request, pk, code)
    lines = [(one, address_of(scores.scheme, card, one)) for one in card.lines]
    losing = [(line, url) for line, url in lines if lost(line) > 0]
    losing.sort(key=lambda pair: -lost(pair[0]))
    steps = _steps(request, scores, card)
    said: dict[str, SheetLine] = steps.get("said", {})
    context = steps | {
        "scheme": scores.scheme,
        "document": scores.document,
        "card": card,
        "period": scores.period,
        "is_over": card.seen.is_over,
        "today": card.seen.today,
        "lost": [(one, url, said.get(one.indicator.code), lost(one)) for one, url in losing],
        "open": [(one, url, said.get(one.indicator.code)) for one, url in lines if one.outcome.is_open],
        "kept": [
            (one, url, said.get(one.indicator.code))
            for one, url in lines
            if one.outcome.score is not None and lost(one) <= 0
        ],
        "not_asked": [line for line, _ in lines if not line.outcome.applies],
    }
    return render(request, "assessments/sheet.html", context)


def _steps(request: HttpRequest, scores: Scores, card: Scorecard) -> dict[str, Any]:
    """Return how far the sheet has come, and what this user may do about it now."""
    of_place = Assessment.objects.filter(organization=card.organization)
    rows = of_place.filter(scheme=scores.scheme, period=scores.period.code)
    held = rows.select_related("organization", "community", "scheme__organization").first()
    if held is None:
        return {}
    access, path = access_of(request.user), card.organization.path
    own = access.has_on(Right.ASSESSMENTS_SELF, path)
    return {
        "held": held,
        "late": _late(request, held),
        "earlier": of_place.decided_under(scores.scheme).exclude(pk=held.pk)[:EARLIER],
        "is_late": held.is_late(timezone.localdate()),
        "steps": held.steps.select_related("by"),
        "appeals": held.appeals.all(),
        "entries": held.entries.all(),
        "said": {line.code: line for line in held.lines.all()},
        "may_self": own and held.state == Assessment.State.SELF,
        "may_appeal": own and held.state == Assessment.State.NOTICE,
        "may_review": may_review(held, access),
        "may_claim": own and held.state in (Assessment.State.SELF, Assessment.State.COMMUNITY),
        "may_settle": access.has_on(Right.ASSESSMENTS_DECIDE, path) and not held.is_frozen,
        "may_answer": access.has_on(Right.ASSESSMENTS_DECIDE, path) and held.state == Assessment.State.NOTICE,
    }


def _late(request: HttpRequest, held: Assessment) -> QuerySet[LateEntry] | None:
    """Return what was entered into the sheet's months after it was decided; nothing before the decision."""
    if not held.is_frozen or held.decided_on is None:
        return None
    rows = LateEntry.objects.visible_to(request.user).under(held.organization)
    return rows.filter(month__range=(held.when.start, held.when.end)).select_related("organization", "by")[:LATE]


@require_GET
def line(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Show what the line of one `indicator` rests on: its facts, and every breach with its own evidence."""
    scores, card = _card(request, pk, code)
    indicator = request.GET.get("indicator", "")
    found = next((one for one in card.lines if one.indicator.code == indicator), None)
    if found is None:
        return redirect(_sheet_url(scores, card))
    period, formula = scores.period, found.indicator.formula
    context = {
        "scheme": scores.scheme,
        "card": card,
        "line": found,
        "period": period,
        "sentence": formula.sentence(),
        "facts": [
            (facts.get(one), card.seen.number(one), facts.get(one).url(card.organization, period))
            for one in dict.fromkeys(formula.facts())
        ],
        "breaches": [
            (engine.get(one.rule), one, engine.get(one.rule).evidence(one.organization, period, one.member_id))
            for rule in formula.rules()
            if rule in card.seen.rules
            for one in card.seen.rules[rule].violations
        ],
        "sheet_url": _sheet_url(scores, card),
    }
    return render(request, "assessments/line.html", context)


@require_GET
def ranking_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Send the ranking as it is shown, all pages of it, in the printed form."""
    organization = chosen_organization(request)
    chosen = _chosen_scheme(request, organization, _offered(request, organization)) if organization else None
    _, period, scheme = chosen or ("", None, None)
    if organization is None or period is None or scheme is None:
        # the page says why there is nothing to take away
        return redirect(f"{reverse('assessments:ranking')}?{request.GET.urlencode()}")
    scores = scores_of(scheme, period)
    cards = _ranked(request, scores, organization)
    title = f"{period.label}{scheme.title}得分和名次"
    trace_paper("export", title, organization.path, None, 条数=len(cards))
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_ledger(
        target,
        title=title,
        organization=organization.name,
        as_of=period.as_of(),
        filled_by=getattr(request.user, "name", "") or "",
        columns=[*RANKING_COLUMNS, *(PrintColumn(_heading(one), width=9) for one in scores.document.indicators)],
        rows=(_printed(card) for card in cards),
    )
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"{title}.xlsx", content_type=XLSX)


def _heading(one: Indicator) -> str:
    return f"{one.code} {one.title}（{plain(one.points)}）"


def _printed(card: Scorecard) -> list[object]:
    """Return one organisation's row: what is open or does not apply in words."""
    total = card.total if card.total is not None else ""
    if card.total is None and card.least is not None and card.most is not None:
        total = f"{plain(card.least)} 至 {plain(card.most)}"
    head = [card.rank or "", card.organization.name, card.class_title or "", str(total), card.grade or ""]
    return [*head, card.rank_in_community or "", *(HeatCell(one, "").text for one in card.lines)]


def _ranked(request: HttpRequest, scores: Scores, organization: Organization) -> list[Scorecard]:
    """Return the cards that a user sees of an organisation's subtree, the best first."""
    return best_first(in_reach(request, scores.under(organization)))


def _states(request: HttpRequest, scheme: Scheme, period: Period) -> list[tuple[str, str, int]]:
    """Return (state, its word, how many sheets) of those that the user sees, in the order of the steps."""
    rows = Assessment.objects.visible_to(request.user).filter(scheme=scheme, period=period.code)
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return [(state.value, state.label, counted[state]) for state in Assessment.State if state in counted]


# which scheme, which period, whose


def _offered(request: HttpRequest, organization: Organization) -> dict[str, Scheme]:
    """Return code → a version, of the schemes by which something below or at an organisation is scored.

    In force before drafts, then those whose period is that chosen at the top.
    """
    rows = Scheme.objects.visible_to(request.user).above(organization).order_by("-edition")
    kind = chosen_period(request).kind
    ordered = sorted(rows, key=lambda one: (one.is_draft, one.period != kind, one.code))
    found: dict[str, Scheme] = {}
    for one in ordered:
        found.setdefault(one.code, one)
    return found


def _chosen_scheme(
    request: HttpRequest, organization: Organization, offered: Mapping[str, Scheme]
) -> tuple[str, Period, Scheme | None] | None:
    """Return the code that is asked for, or the first offered, its period, and its version there; None without any."""
    code = request.GET.get("scheme") or next(iter(offered), "")
    if code not in offered:
        return None
    period = _period_of(offered[code], chosen_period(request))
    return code, period, Scheme.objects.visible_to(request.user).above(organization).for_period(code, period)


def _period_of(scheme: Scheme, chosen: Period) -> Period:
    """Return the period that a scheme scores where another is chosen: around its last day, or today."""
    if chosen.kind == scheme.period:
        return chosen
    return Period.containing(chosen.as_of() if chosen.has_begun() else chosen.start, scheme.period)


def _card(request: HttpRequest, pk: int, code: str) -> tuple[Scores, Scorecard]:
    """Return the scores of the street and the card of one organisation that the user may see."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).with_parts(), pk=pk)
    place = get_object_or_404(Organization.objects.visible_to(request.user, Right.ASSESSMENTS_VIEW), code=code)
    with facts.read_once():
        scores = scores_of(scheme, _period_of(scheme, chosen_period(request)))
    card = next((one for one in scores.cards if one.organization.pk == place.pk), None)
    if card is None:
        raise Http404("not scored by this scheme in this period")
    return scores, card


def in_reach(request: HttpRequest, cards: Iterable[Scorecard]) -> list[Scorecard]:
    """Return the cards that the user may see."""
    access = access_of(request.user)
    return [card for card in cards if access.has_on(Right.ASSESSMENTS_VIEW, card.organization.path)]


# what is shown


def _sheet_url(scores: Scores, card: Scorecard) -> str:
    address = reverse("assessments:sheet", args=[scores.scheme.pk, card.organization.code])
    return f"{address}?period={scores.period.code}"


def _row(scores: Scores, card: Scorecard, before: dict[int, int]) -> RankedRow:
    url = _sheet_url(scores, card)
    cells = [HeatCell(one, f"{url}#{one.indicator.code}") for one in card.lines]
    old = before.get(card.organization.pk)
    return RankedRow(card, cells, url, old - card.rank if old and card.rank else None)


def _ranks_before(scores: Scores) -> dict[int, int]:
    """Return organisation id → rank in the period before, by the version that held then, or by the same draft.

    Those that were decided are read; without a decision they are reckoned.
    """
    period = scores.period.previous()
    scheme = Scheme.objects.above(scores.scheme.organization).for_period(scores.scheme.code, period)
    if scheme is None or (scheme.is_draft and not scores.scheme.is_draft) or scheme.period != period.kind:
        return {}
    if decided := scheme.decided_ranks(period):
        return decided
    return {card.organization.pk: card.rank for card in scores_of(scheme, period).cards if card.rank}
