"""What a set of scorecards says together: average, grades, what costs most, how communities stand."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from branches.models import Organization

from .document import Document, Indicator
from .formulas import ZERO, mean
from .scoring import Line, Scorecard

NAMED = 5
"""How many indicators are named as those that cost most."""


@dataclass(frozen=True)
class Lost:
    """What all organisations together lost by one indicator."""

    indicator: Indicator
    points: Decimal
    percent: int


@dataclass(frozen=True)
class Figures:
    """The leading figures of some scorecards. `communities`: place, mean of its totals, how many have one."""

    average: Decimal | None
    without_total: int
    grades: Sequence[tuple[str, int]]
    costly: Sequence[Lost]
    communities: Sequence[tuple[Organization, Decimal, int]]


def lost(line: Line) -> Decimal:
    """Return how many points a line lacks, of a penalty what it takes off; nothing of a bonus."""
    score = line.outcome.score
    if score is None or line.indicator.formula.kind == "bonus":
        return ZERO
    return -score if line.indicator.formula.outside else line.indicator.points - score


def best_first(cards: Iterable[Scorecard]) -> list[Scorecard]:
    """Return cards by rank, those without one behind them by their points."""
    return sorted(cards, key=lambda card: (card.rank is None, card.rank or 0, -(card.total or card.least or ZERO)))


def figures(document: Document, cards: Sequence[Scorecard]) -> Figures:
    """Return the leading figures of some cards of one scheme."""
    totals = [card.total for card in cards if card.total is not None]
    grades = Counter(card.grade for card in cards if card.grade)
    of_community: dict[Organization, list[Decimal]] = defaultdict(list)
    for card in cards:
        if card.total is not None and card.community is not None:
            of_community[card.community].append(card.total)
    averages = [(place, mean(found) or ZERO, len(found)) for place, found in of_community.items()]
    return Figures(
        average=mean(totals),
        without_total=len(cards) - len(totals),
        grades=[(grade.title, grades[grade.title]) for grade in document.grades],
        costly=_costly(document, cards),
        communities=sorted(averages, key=lambda found: -found[1]),
    )


def _costly(document: Document, cards: Iterable[Scorecard]) -> list[Lost]:
    points: dict[str, Decimal] = defaultdict(Decimal)
    for card in cards:
        for line in card.lines:
            points[line.indicator.code] += lost(line)
    whole = sum(points.values(), start=ZERO)
    found = [
        Lost(one, points[one.code], int(points[one.code] * 100 / whole))
        for one in document.indicators
        if points[one.code] > 0
    ]
    return sorted(found, key=lambda one: -one.points)[:NAMED]
