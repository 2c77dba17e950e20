"""The computed scores of a scheme over its whole street: what command, pages and exports show."""

from dataclasses import dataclass

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


def address_of(card: Scorecard, line: Line) -> str:
    """Return the address of the rows behind a line, empty where people alone score it."""
    codes = [*line.indicator.formula.facts()]
    if codes:
        return facts.get(codes[0]).url(card.organization, card.seen.period)
    return ""
