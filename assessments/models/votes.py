"""Votes in four answers: what each is worth, counted by groups of voters that weigh differently."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import models

WORTH = {"good": Decimal(1), "fair": Decimal("0.8"), "average": Decimal("0.6"), "poor": Decimal(0)}
"""What part of the points a vote is worth; custom of the offices, no statute sets it."""
ANSWERS = tuple(WORTH)


class VoteCount(models.Model):
    """Base of what holds the votes of one group of voters."""

    weight = models.DecimalField("权重", max_digits=6, decimal_places=2, default=100)
    good = models.PositiveIntegerField("好", default=0)
    fair = models.PositiveIntegerField("较好", default=0)
    average = models.PositiveIntegerField("一般", default=0)
    poor = models.PositiveIntegerField("差", default=0)

    class Meta:
        abstract = True

    @property
    def counts(self) -> list[int]:
        """The votes in the order of the answers, the best first."""
        return [getattr(self, name) for name in ANSWERS]

    @property
    def votes(self) -> int:
        """How many votes were cast."""
        return sum(self.counts)

    @property
    def share(self) -> Decimal | None:
        """The part of the points that this group gives, exact; None without a vote."""
        worth = sum((WORTH[name] * getattr(self, name) for name in ANSWERS), start=Decimal(0))
        return worth / self.votes if self.votes else None


def weighted_share(groups: Iterable[VoteCount]) -> Decimal | None:
    """Return the part of the points that groups give together, by their weights; a group without votes drops out."""
    found = [(one.weight, share) for one in groups if (share := one.share) is not None]
    weights = sum((weight for weight, _ in found), start=Decimal(0))
    return sum((weight * share for weight, share in found), start=Decimal(0)) / weights if weights else None
