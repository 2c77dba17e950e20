"""The best and the weakest: who is named, and with which figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from reports.document import Figure

from .material import Material
from .wording import Loose, Parts, flat, listed, place

NAMED = 3
"""How many are named at each end."""

Place = tuple[Organization, Number | Decimal]


@dataclass(frozen=True)
class End:
    """One end of a ranking: who is named, the outermost first, and whether others are the equals of the last."""

    places: Sequence[Place]
    others: bool


def ends(places: Sequence[Place], middle: Number | Decimal | None = None, named: int = NAMED) -> tuple[End, End] | None:
    """Return the best and the weakest; None where there is nobody to compare or all are alike.

    `middle` is the value of the whole, the mean where there is none: the best lie above it and the weakest below, so
    that nobody is both. Of few a third is named at each end. Of equals the one earlier in the tree is named first. An
    end that more share than are named is left empty: to name three of fifty alike would be unjust.
    """
    values = [value for _, value in places]
    if len(set(values)) < 2:
        return None
    if middle is None:
        middle = sum(map(Decimal, values), Decimal(0)) / len(values)
    above = [one for one in places if one[1] > middle]
    below = [one for one in places if one[1] < middle]
    best = _end(sorted(above, key=lambda one: (-one[1], one[0].path)), len(places), named)
    weakest = _end(sorted(below, key=lambda one: (one[1], one[0].path)), len(places), named)
    return (best, weakest) if best.places or weakest.places else None


def _end(order: Sequence[Place], all_told: int, most: int) -> End:
    """Cut the head off an order."""
    if not order or sum(value == order[0][1] for _, value in order) > NAMED:
        return End((), False)
    named = order[: min(most, max(1, all_told // 3))]
    others = len(order) > len(named) and order[len(named)][1] == named[-1][1]
    return End(named, others)


def by_rate(m: Material, code: str, noun: str, organizations: Sequence[Organization], named: int = NAMED) -> Parts:
    """Return 到会率较高的有甲（98.2%）、乙（97.1%），较低的是丙（71.2%）; nothing where all are alike."""
    places = [(o, ratio) for o in organizations if (ratio := m.ratio(code, o)) is not None]
    return _worded(places, ("较高的", "较低的"), lambda o: m.rate(code, o), "", noun, m.ratio(code), named)


def by_fact(
    m: Material,
    code: str,
    noun: str,
    organizations: Sequence[Organization] | None = None,
    named: int = NAMED,
    *,
    zeroes: bool = False,
) -> Parts:
    """Return 学习次数较多的有甲（5次）、乙（4次），较少的有丙（1次）.

    Who has nothing is named with `zeroes` only, of what a rule asks everybody for.
    """
    places = [(o, m.value(code, o)) for o in (m.branches if organizations is None else organizations)]
    unit = facts.get(code).unit
    return _worded(places, ("较多的", "较少的"), lambda o: m.figure(code, o), unit, noun, None, named, zeroes)


def _worded(
    places: Sequence[Place],
    heads: tuple[str, str],
    figure: Callable[[Organization], Figure | None],
    unit: str,
    noun: str,
    middle: Number | Decimal | None,
    most: int,
    zeroes: bool = True,
) -> Parts:
    found = ends(places, middle, most)
    if found is None:
        return ()
    clauses: list[Loose] = []
    for head, end in zip(heads, found, strict=True):
        if end.places and (zeroes or all(value for _, value in end.places)):
            items: list[Loose] = [(place(o), "（", figure(o) or "", unit, "）") for o, _ in end.places]
            are = "有" if len(items) > 1 or end.others else "是"
            clauses.append(flat(["" if clauses else noun, head, are, listed(items), "等" if end.others else ""]))
    return listed(clauses, "，")
