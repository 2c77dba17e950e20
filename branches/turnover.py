"""How many Party workers an organisation has, and how many it lost in a year."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count

from ledgers import facts

from .models import Organization, PartyWorker
from .models.workers import lost_by, reserve_on
from .spans import lasting


@dataclass
class Turnover:
    """The Party workers of one organisation and all below it as of a day."""

    employed: int = 0
    reserve: int = 0
    lost: int = 0
    """Who left in the 12 months that end on the day."""

    def percent(self, limit: int | None = None) -> Decimal | None:
        """Return those lost as a share of all who were employed in the 12 months, None where nobody was."""
        everybody = self.employed + self.lost
        return facts.percent(Decimal(self.lost) / everybody, limit) if everybody else None

    def exceeds(self, percent: int) -> bool:
        """Say whether more than so many percent were lost."""
        return self.lost * 100 > percent * (self.employed + self.lost)


def turnover(organization: Organization, day: date) -> defaultdict[int, Turnover]:
    """Return organisation id → its turnover, for the whole subtree as it stood on a day, with a few queries."""
    employed = lasting(day, "start", "left_on")
    rows = (
        PartyWorker.objects.under(organization, day)
        .order_by()
        .values_list("organization_id")
        .annotate(
            employed=Count("pk", filter=employed),
            reserve=Count("pk", filter=employed & reserve_on(day)),
            lost=Count("pk", filter=lost_by(day)),
        )
    )
    lineages = Organization.lineages(day)
    found: defaultdict[int, Turnover] = defaultdict(Turnover)
    for pk, here, reserve, lost in rows:
        for above in lineages[pk]:
            one = found[above]
            one.employed, one.reserve, one.lost = one.employed + here, one.reserve + reserve, one.lost + lost
    return found
