"""The computed scores of a scheme over its whole street: what command, pages and exports show."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from assessments.models import Assessment, Scheme, SheetEntry, SheetLine
from branches.models import Organization
from ledgers import facts, ledger
from ledgers.period import Period

from .document import Document
from .formulas import ONE, ZERO, Average, Deductions, Held, Outside
from .readings import read
from .rounds import held_shares
from .scoring import Line, Scorecard, score
from .seen import Given
from .versions import document_of


@dataclass(frozen=True)
class Scores:
    """The scores of one scheme in one period, over the whole street."""

    scheme: Scheme
    document: Document
    period: Period
    cards: list[Scorecard]

    def under(self, organization: Organization) -> list[Scorecard]:
        """Return those of an organisation's subtree, in the order of the tree."""
        return [card for card in self.cards if card.organization.path.startswith(organization.path)]


def scores_of(scheme: Scheme, period: Period, *, adjusted: bool = True, as_decided: bool = True) -> Scores:
    """Return the scores of a period: nothing is written, and the number of queries does not grow with the street.

    What people have given to the lines that they score counts; what they have put in place of a computed score as well,
    unless `adjusted` is false. From the decision on lines are what they were then; so are ranks and grades, unless
    `as_decided` is false and they are reckoned anew from those lines.
    """
    document = document_of(scheme)
    found = read(scheme.organization, period, document.applies_to, document.rules())
    said = _said(scheme, period, adjusted=adjusted)
    for pk, entered in _entered(scheme, document, period).items():
        given = said[pk]["given"]
        for code, one in entered.given.items():
            given[code] = one
        said[pk]["vetoed"] = frozenset(entered.vetoed)
    for pk, code, share in _averages(scheme, document, period, [one.organization for one in found.seen]):
        said[pk]["given"].setdefault(code, Given(share=share))
    for pk, code, share in held_shares(document, period, [one.organization for one in found.seen]):
        said[pk]["given"].setdefault(code, Given(share=share))
    seen = [replace(one, **said.get(one.organization.pk, {})) for one in found.seen]
    scores = Scores(scheme, document, period, score(document, seen, found.communities))
    if adjusted and as_decided:
        _as_decided(scores)
    return scores


def _averages(
    scheme: Scheme, document: Document, period: Period, places: Sequence[Organization]
) -> Iterator[tuple[int, str, Decimal]]:
    """Yield (organisation id, code, share) of the lines that take the mean of decided totals under another scheme.

    One query, none where no line does.
    """
    lines = [(one.code, one.formula) for one in document.indicators if isinstance(one.formula, Average)]
    if not lines:
        return
    decided = Assessment.objects.filter(
        scheme__organization=scheme.organization_id,
        scheme__code__in={formula.scheme for _, formula in lines},
        state__in=Assessment.State.frozen(),
        ends_on__range=(period.start, period.end),
        total__isnull=False,
    )
    columns = ("scheme__code", "period", "organization__path", "total", "scheme__base")
    at = {place.path: place.pk for place in places}
    shares: dict[tuple[int, str], list[Decimal]] = defaultdict(list)
    for of, when, path, total, base in decided.values_list(*columns):
        for code, formula in lines:
            if of != formula.scheme or (formula.of == "branches" and when != period.code):
                continue
            for taker in [path] if formula.of == "self" else Organization.paths_to(path)[:-1]:
                if taker in at:
                    shares[at[taker], code].append(total / base)
    for (pk, code), found in shares.items():
        yield pk, code, min(ONE, sum(found, start=ZERO) / len(found))


def _as_decided(scores: Scores) -> None:
    """Give the cards whose sheets are decided the ranks and grades that were decided then."""
    rows = Assessment.objects.filter(
        scheme=scores.scheme, period=scores.period.code, state__in=Assessment.State.frozen()
    )
    held = {one.organization_id: one for one in rows}
    for card in scores.cards:
        if one := held.get(card.organization.pk):
            card.grade, card.rank, card.rank_in_community = one.grade or None, one.rank, one.rank_in_community


def _said(scheme: Scheme, period: Period, *, adjusted: bool) -> dict[int, dict[str, Any]]:
    """Return organisation id → what people and the decision have said of its lines, as `Seen` holds it."""
    rows = SheetLine.objects.filter(assessment__scheme=scheme, assessment__period=period.code)
    columns = ("assessment__organization_id", "assessment__state", "code", "share", "left_out", "adjusted")
    frozen = ("adjusted_for", "computed", "applies", "value", "why")
    said: dict[int, dict[str, Any]] = defaultdict(lambda: {"given": {}, "adjusted": {}, "kept": {}})
    for pk, state, code, share, left_out, other, reason, computed, applies, value, why in rows.values_list(
        *columns, *frozen
    ):
        here = said[pk]
        if share is not None or left_out:
            here["given"][code] = Given(share=share, applies=not left_out)
        if other is not None and adjusted:
            here["adjusted"][code] = (other, reason)
        if state in Assessment.State.frozen():
            here["kept"][code] = (computed, applies, value, why)
    return said


@dataclass
class Entered:
    """What was entered for one organisation and counts: by indicator, and the vetoes."""

    given: dict[str, Given] = field(default_factory=dict)
    vetoed: set[str] = field(default_factory=set)


def _entered(scheme: Scheme, document: Document, period: Period) -> dict[int, Entered]:
    """Return organisation id → the matters that were accepted. One matter counts once, at its highest."""
    accepted = SheetEntry.objects.filter(
        assessment__scheme=scheme, assessment__period=period.code, state=SheetEntry.State.ACCEPTED
    )
    formulas = {one.code: one.formula for one in document.indicators}
    vetoes = {veto.code for veto in document.vetoes}
    matters: dict[int, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    counts: dict[int, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    found: dict[int, Entered] = defaultdict(Entered)
    for pk, code, item, matter, times in accepted.values_list(
        "assessment__organization_id", "code", "item", "matter", "times"
    ):
        formula = formulas.get(code)
        if code in vetoes:
            found[pk].vetoed.add(code)
        elif isinstance(formula, Outside):
            held = matters[pk][code]
            held[matter] = max(held.get(matter, ZERO), formula.worth(item, times))
        elif isinstance(formula, Deductions):
            counts[pk][code][item] += times
    for pk, by_code in matters.items():
        for code, held in by_code.items():
            found[pk].given[code] = Given(claims=list(held.items()))
    for pk, counted in counts.items():
        for code, items in counted.items():
            formula = formulas[code]
            assert isinstance(formula, Deductions)
            found[pk].given[code] = Given(counts=[items.get(item.title, ZERO) for item in formula.items])
    return found


def address_of(scheme: Scheme, card: Scorecard, line: Line) -> str:
    """Return the address of what a line rests on: the rows of its fact, or the page that opens its breaches one by one.

    Empty where people alone score it.
    """
    formula, period = line.indicator.formula, card.seen.period
    if any(formula.rules()):
        address = reverse("assessments:line", args=[scheme.pk, card.organization.code])
        return f"{address}?{urlencode({'period': period.code, 'indicator': line.indicator.code})}"
    if isinstance(formula, Held) and formula.ledger:
        return ledger.get(formula.ledger).url(formula.query(card.organization, period))
    codes = [*formula.facts()]
    return facts.get(codes[0]).url(card.organization, period) if codes else ""
