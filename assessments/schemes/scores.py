"""The computed scores of a scheme over its whole street: what command, pages and exports show."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from assessments.models import Scheme
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period

from .document import Document
from .readings import read
from .scoring import Line, Scorecard, score
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


def scores_of(scheme: Scheme, period: Period) -> Scores:
    """Return the computed scores: nothing is written, and the number of queries does not grow with the street."""
    document = document_of(scheme)
    found = read(scheme.organization, period, document.applies_to, document.rules())
    return Scores(scheme, document, period, score(document, found.seen, found.communities))


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
