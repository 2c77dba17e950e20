"""From raw values to a score: lines, totals, ranks, grades. Pure arithmetic over `Seen`."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from branches.models import Organization

from .document import FULL, Document, Grade, Indicator, Veto
from .formulas import NOTHING_GIVEN, ZERO, Outcome, cents, clamped
from .reading import plain
from .seen import RuleSeen, Seen


@dataclass(frozen=True)
class Line:
    """One indicator of one organisation: the outcome that counts, and the computed one, the same unless adjusted."""

    indicator: Indicator
    outcome: Outcome
    computed: Outcome


@dataclass
class Scorecard:
    """All that a scheme says of one organisation in one period. Points are Decimal to 0.01.

    `total` is None while lines are open or none of the base applies; then it lies between `least` and `most`, or
    nowhere. `rank`, `rank_in_community` and `grade` are None of a running period, and of who lived for too little.
    """

    seen: Seen
    lines: Sequence[Line]
    class_title: str | None
    community: Organization | None
    least: Decimal | None
    most: Decimal | None
    vetoes: Sequence[Veto]
    rank: int | None = None
    rank_in_community: int | None = None
    grade: str | None = None

    @property
    def organization(self) -> Organization:
        """Whose it is."""
        return self.seen.organization

    @property
    def total(self) -> Decimal | None:
        """The total, where it is known."""
        return None if any(line.outcome.is_open for line in self.lines) else self.least

    @property
    def is_ranked(self) -> bool:
        """Whether it has a rank: the period is over, the total known, and it lived for at least half of the period."""
        return self.seen.is_over and self.total is not None and lived_half(self.seen)

    def line(self, code: str) -> Line:
        """Return the line of an indicator."""
        return next(line for line in self.lines if line.indicator.code == code)


def lived_half(seen: Seen) -> bool:
    """Say whether an organisation was there for at least half of the period's days."""
    period = seen.period
    since = max(seen.organization.established or period.start, period.start)
    days = (period.end - period.start + timedelta(days=1)).days
    return (period.end - since + timedelta(days=1)).days * 2 >= days


def lines_of(document: Document, seen: Seen) -> list[Line]:
    """Return the outcome of every indicator."""
    return [_line(one, seen) for one in document.indicators]


def _line(one: Indicator, seen: Seen) -> Line:
    if one.code in seen.kept:
        score, applies, value, why = seen.kept[one.code]
        kept = ZERO if score is None else score
        computed = Outcome(score, why, value if value is None else Decimal(str(value)), applies, kept, kept)
    else:
        computed = one.formula.outcome(one.points, seen, seen.given.get(one.code, NOTHING_GIVEN))
    if one.code not in seen.adjusted:
        return Line(one, computed, computed)
    other, reason = seen.adjusted[one.code]
    was = "待评" if computed.score is None else f"{plain(computed.score)} 分"
    why = f"{computed.why}。由 {was}调整为 {plain(other)} 分：{reason}"
    return Line(one, Outcome.of(other, why, computed.value, computed.earn), computed)


def _taken_in_full(line: Line) -> Line:
    outcome = Outcome.of(line.outcome.most, "等待评分，试算按满分计")
    return Line(line.indicator, outcome, outcome)


def total_of(document: Document, lines: Iterable[Line]) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the most that the total can be, the same where no line is open.

    Of the base: scores of the lines that apply over their points, times the base; a line that does not apply counts in
    full instead where the scheme says so. Bonus and penalty are added to it. Both are None where no base line applies.
    """
    base = [line for line in lines if not line.indicator.formula.outside]
    outside = [line for line in lines if line.indicator.formula.outside]
    applying = [line for line in base if line.outcome.applies]
    if not applying:
        return None, None
    full = (
        [line.indicator.points for line in base if not line.outcome.applies] if document.not_applicable == FULL else []
    )
    points = sum((line.indicator.points for line in applying), start=ZERO) + sum(full, start=ZERO)
    caps = (line.indicator.points for line in outside if line.indicator.formula.kind == "bonus")
    most = document.base + sum(caps, start=ZERO)

    def total(of: Callable[[Outcome], Decimal]) -> Decimal:
        reached = sum((of(line.outcome) for line in applying), start=ZERO) + sum(full, start=ZERO)
        beside = sum((of(line.outcome) for line in outside), start=ZERO)
        return clamped(cents(reached / points * document.base) + beside, ZERO, most)

    return total(lambda outcome: outcome.least), total(lambda outcome: outcome.most)


def score(
    document: Document,
    seen: Iterable[Seen],
    communities: Mapping[int, Organization | None],
    *,
    full: bool = False,
) -> list[Scorecard]:
    """Score organisations, and rank and grade them among each other. `communities`: organisation id → its community.

    With `full`, a line that waits for people counts in full: for trying a scheme where nobody has scored.
    """
    cards = [_card(document, one, communities.get(one.organization.pk), full=full) for one in seen]
    ranked = [card for card in cards if card.is_ranked]
    for card, place in _places(document, ranked, lambda card: card.class_title):
        card.rank = place
    within = [card for card in ranked if card.community is not None]
    for card, place in _places(document, within, lambda card: card.community and card.community.pk):
        card.rank_in_community = place
    for of_class in _grouped(ranked, lambda card: card.class_title).values():
        grade(document.grades, of_class)
    return cards


def _card(document: Document, seen: Seen, community: Organization | None, *, full: bool = False) -> Scorecard:
    lines = lines_of(document, seen)
    if full:
        lines = [_taken_in_full(line) if line.outcome.is_open else line for line in lines]
    least, most = total_of(document, lines)
    one = document.class_of(seen.organization)
    broken = [
        veto
        for veto in document.vetoes
        if veto.code in seen.vetoed or any(seen.rules.get(code, RuleSeen()).breaches for code in veto.rules)
    ]
    return Scorecard(seen, lines, one.title if one else None, community, least, most, broken)


def _grouped(cards: Iterable[Scorecard], key: Callable[[Scorecard], Hashable]) -> dict[Hashable, list[Scorecard]]:
    found: dict[Hashable, list[Scorecard]] = defaultdict(list)
    for card in cards:
        found[key(card)].append(card)
    return found


def _order(document: Document, card: Scorecard) -> tuple[Decimal, ...]:
    """Return what a card is ranked by, the best first: its total, then the lines that part equal totals.

    A line that does not apply stands behind every score.
    """
    parting = [card.line(code).outcome.score for code in document.tie_break]
    return (-(card.total or ZERO), *(Decimal("Infinity") if score is None else -score for score in parting))


def _places(
    document: Document, cards: Iterable[Scorecard], key: Callable[[Scorecard], Hashable]
) -> Iterable[tuple[Scorecard, int]]:
    """Yield each card with its place among those of the same key; equals share a place: 1, 1, 3."""
    for group in _grouped(cards, key).values():
        place = 1
        ordered = sorted(group, key=lambda card: _order(document, card))
        for _, equals in groupby(ordered, key=lambda card: _order(document, card)):
            tied = list(equals)
            yield from ((card, place) for card in tied)
            place += len(tied)


def grade(grades: Sequence[Grade], cards: Sequence[Scorecard]) -> None:
    """Give each ranked card of one class its grade.

    By its total, no better than its vetoes allow; where more reach a grade than its quota, those behind by rank get the
    next one and count in that one's quota. Who shares a place at the edge stays out together.
    """
    if not grades:
        return
    titles = [one.title for one in grades]
    reached: dict[int, list[Scorecard]] = defaultdict(list)
    for card in cards:
        total = card.total or ZERO
        by_total = next((place for place, one in enumerate(grades) if total >= one.least), len(grades) - 1)
        reached[max([by_total, *(titles.index(veto.not_above) for veto in card.vetoes)])].append(card)
    for place, one in enumerate(grades):
        here = sorted(reached[place], key=lambda card: card.rank or 0)
        if one.at_most_percent is not None and place + 1 < len(grades):
            quota = max(1, int(len(cards) * one.at_most_percent / 100))
            staying = 0
            for _, equals in groupby(here, key=lambda card: card.rank):
                tied = len(list(equals))
                if staying + tied > quota:
                    break
                staying += tied
            reached[place + 1] += here[staying:]
            here = here[:staying]
        for card in here:
            card.grade = one.title
