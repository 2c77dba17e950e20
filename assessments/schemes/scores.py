"""The computed scores of a scheme over its whole street: what command, pages and exports show."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from assessments.models import Assessment, Scheme, SheetEntry, SheetLine
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period

from .document import Document
from .formulas import ZERO, Deductions, Outside
from .readings import read
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


def scores_of(scheme: Scheme, period: Period, *, adjusted: bool = True) -> Scores:
    """Return the scores of a period: nothing is written, and the number of queries does not grow with the street.

    What people have given to the lines that they score counts; what they have put in place of a computed score as well,
    unless `adjusted` is false. From the decision on lines are what they were then, and so are totals, ranks and grades.
    """
    document = document_of(scheme)
    found = read(scheme.organization, period, document.applies_to, document.rules())
    said = _said(scheme, period, adjusted=adjusted)
    for pk, entered in _entered(scheme, document, period).items():
        given = said[pk]["given"]
        for code, one in entered.given.items():
            given[code] = one
        said[pk]["vetoed"] = frozenset(entered.vetoed)
    seen = [replace(one, **said.get(one.organization.pk, {})) for one in found.seen]
    return Scores(scheme, document, period, score(document, seen, found.communities))


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
    codes = [*formula.facts()]
    return facts.get(codes[0]).url(card.organization, period) if codes else ""
