"""The best and the weakest: who is named, and with which figures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from branches.models import Organization
from ledgers import facts
from ledgers.facts import Number
from reports.document import Figure

from .material import Material
from .wording import Part, Parts, flat, listed

NAMED = 3
"""How many are named at each end."""

Place = tuple[Organization, Number | Decimal]
N = TypeVar("N", bound=Place)


def ends(places: Sequence[Place]) -> tuple[list[Place], list[Place], bool, bool] | None:
    """Return the best (best first), the weakest (weakest first), and whether others share the last place of each.

    None where there is nobody to compare or all are alike. Of equals the one earlier in the tree is named first.
    """
    values = {value for _, value in places}
    if len(places) < 2 or len(values) < 2:
        return None
    count = min(NAMED, len(places) // 2)
    middle = sorted(places, key=lambda place: (-place[1], place[0].path))
    best = [p for p in middle[:count] if p[1] > min(values)]
    upward = sorted(places, key=lambda place: (place[1], place[0].path))
    weakest = [p for p in upward[:count] if p[1] < best[-1][1]]
    return best, weakest, _shared(middle, best), _shared(upward, weakest)


def _shared(order: Sequence[Place], named: Sequence[Place]) -> bool:
    return bool(named) and len(order) > len(named) and order[len(named)][1] == named[-1][1]


def by_rate(m: Material, code: str, noun: str, organizations: Sequence[Organization]) -> Parts:
    """Return 到会率较高的有甲（98.2%）、乙（97.1%），较低的有丙（71.2%）。 Nothing where there is nothing to compare."""
    places = [(o, ratio) for o in organizations if (ratio := m.ratio(code, o)) is not None]
    return _worded(ends(places), noun, "较高", "较低", lambda o: m.rate(code, o), "")


def by_fact(m: Material, code: str, noun: str, organizations: Sequence[Organization] | None = None) -> Parts:
    """Return 学习次数较多的有甲（5次）、乙（4次），较少的有丙（0次）。"""
    places = [(o, m.value(code, o)) for o in (m.branches if organizations is None else organizations)]
    return _worded(ends(places), noun, "较多", "较少", lambda o: m.figure(code, o), facts.get(code).unit)


def _worded(found, noun: str, high: str, low: str, figure, unit: str) -> Parts:  # type: ignore[no-untyped-def]
    if found is None:
        return ()
    best, weakest, more_best, more_weakest = found

    def named(places: list[Place], others: bool) -> Parts:
        items: list[Part | Parts] = [(o.name, "（", _shown(figure(o)), unit, "）") for o, _ in places]
        return flat([listed(items), "等" if others else ""])

    clauses: list[Part | Parts] = [(f"{noun}{high}的有", named(best, more_best))]
    if weakest:
        clauses.append((f"{low}的有", named(weakest, more_weakest)))
    return flat([listed([flat([clause]) for clause in clauses], "，"), "。"])


def _shown(figure: Figure | None) -> Part:
    return figure if figure is not None else ""
