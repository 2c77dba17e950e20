"""What a scheme would have made of past periods, beside the version that holds now. Read once a period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from assessments.models import Scheme
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period

from .document import Document
from .formulas import mean
from .readings import read
from .scoring import Scorecard, score
from .versions import document_of

PERIODS = 4


@dataclass(frozen=True)
class PeriodTried:
    """One period under both: organisation id → card. `present` is empty where no version holds now."""

    period: Period
    draft: Mapping[int, Scorecard]
    present: Mapping[int, Scorecard]

    def average(self, of: Mapping[int, Scorecard]) -> Decimal | None:
        """Return the mean of what is known for certain: of totals, and where lines are open of the least."""
        return mean([card.least for card in of.values() if card.least is not None])


@dataclass(frozen=True)
class Mover:
    """One organisation under both in the last period; `moved` is how many places it would climb."""

    organization: Organization
    cards: list[Scorecard | None]
    before: Scorecard | None
    moved: int | None


@dataclass(frozen=True)
class Trial:
    """What a draft would have made of the last periods."""

    periods: list[PeriodTried]
    movers: list[Mover]


def without_people(document: Document) -> list[str]:
    """Return the titles of the lines that people score: no past period says what they would have given."""
    return [one.title for one in document.indicators if one.formula.kind in ("graded", "manual")]


def trial(scheme: Scheme, last: Period) -> Trial:
    """Try a scheme on the last periods that are over, up to `last`.

    A line that people score counts as full under both, so that it moves nobody.
    """
    new = document_of(scheme)
    held = Scheme.objects.above(scheme.organization).filter(code=scheme.code).exclude(state=Scheme.State.DRAFT)
    present = held.with_parts().order_by("-since").first()
    old = document_of(present) if present else None
    kinds = {*new.applies_to, *(old.applies_to if old else ())}
    rules = new.rules() | (old.rules() if old else set())
    with facts.read_once():
        periods = [_tried(scheme, new, old, period, kinds, rules) for period in last.last(PERIODS)]
    return Trial(periods, sorted(_movers(periods), key=lambda one: (-abs(one.moved or 0), one.organization.path)))


def _tried(
    scheme: Scheme, new: Document, old: Document | None, period: Period, kinds: set[str], rules: set[str]
) -> PeriodTried:
    found = read(scheme.organization, period, kinds, rules)

    def under(document: Document | None) -> dict[int, Scorecard]:
        if document is None:
            return {}
        seen = [one for one in found.seen if one.organization.kind in document.applies_to]
        return {card.organization.pk: card for card in score(document, seen, found.communities, full=True)}

    return PeriodTried(period, under(new), under(old))


def _movers(periods: list[PeriodTried]) -> Iterator[Mover]:
    last = periods[-1]
    for pk, card in last.draft.items():
        before = last.present.get(pk)
        moved = before.rank - card.rank if before and before.rank and card.rank else None
        yield Mover(card.organization, [one.draft.get(pk) for one in reversed(periods)], before, moved)
