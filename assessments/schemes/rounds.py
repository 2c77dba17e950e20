"""What the rounds of a period have come to, for the lines that take it over: observation, work review, self-check."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from assessments.models import CommunityObservation, SelfCheck, WorkReview
from assessments.models.ballots import satisfaction
from branches.models import Organization
from ledgers.period import Period

from .document import Document
from .formulas import ZERO, Held, Observation, Satisfaction, SelfCheckRate, WorkReviewed

Shares = Mapping[int, Decimal]
"""Organisation id → the part of the full points that it reached, exact."""


def held_shares(
    document: Document, period: Period, places: Sequence[Organization]
) -> Iterator[tuple[int, str, Decimal]]:
    """Yield (organisation id, code, share) of the lines that take over what was held; a query for each kind of it."""
    for kind, read in READERS.items():
        codes = [one.code for one in document.indicators if isinstance(one.formula, kind)]
        for pk, share in read(period, places).items() if codes else ():
            yield from ((pk, code, share) for code in codes)


def observed(period: Period, places: Sequence[Organization]) -> Shares:
    """Return the mean of the shares that communities reached in the rounds inside the period."""
    rows = CommunityObservation.objects.filter(
        organization__in=[place.pk for place in places],
        points__isnull=False,
        period__in=[quarter.code for quarter in _quarters(period)],
    )
    found: dict[int, list[Decimal]] = defaultdict(list)
    for pk, points, full in rows.values_list("organization_id", "points", "full"):
        found[pk].append((points or ZERO) / full)
    return {pk: sum(shares, start=ZERO) / len(shares) for pk, shares in found.items()}


def _quarters(period: Period) -> Sequence[Period]:
    if period.kind < Period.QUARTER:
        return [Period.containing(period.start, Period.QUARTER)]
    return period.split(Period.QUARTER)


def reviewed(period: Period, places: Sequence[Organization]) -> Shares:
    """Return the votes of the latest review for the period's year, or held in it where it is shorter than a year."""
    rows = WorkReview.objects.filter(organization__in=[place.pk for place in places], held_on__isnull=False)
    if period.kind == Period.YEAR:
        rows = rows.filter(year=period.year)
    else:
        rows = rows.filter(held_on__range=(period.start, period.end))
    latest = {one.organization_id: one for one in rows.order_by("held_on", "pk").prefetch_related("ballots")}
    return {pk: share for pk, one in latest.items() if (share := one.share) is not None}


def checked(period: Period, places: Sequence[Organization]) -> Shares:
    """Return the rate of items met in the latest self-checks that were done by the period's end, of the subtree.

    Of each organisation the latest round counts that the period overlaps.
    """
    rows = SelfCheck.objects.filter(done_on__lte=period.end, asked__gt=0, period__startswith=str(period.year))
    latest: dict[str, tuple[int, int]] = {}
    for path, code, met, asked in rows.order_by("done_on", "pk").values_list(
        "organization__path", "period", "met", "asked"
    ):
        if Period.parse(code).start <= period.end and Period.parse(code).end >= period.start:
            latest[path] = met, asked
    at = {place.path: place.pk for place in places}
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for path, (met, asked) in latest.items():
        for above in Organization.paths_to(path):
            if above in at:
                sums[at[above]][0] += met
                sums[at[above]][1] += asked
    return {pk: Decimal(met) / asked for pk, (met, asked) in sums.items()}


def satisfied(period: Period, places: Sequence[Organization]) -> Shares:
    """Return what residents said when they were asked in the period."""
    return satisfaction(period, [place.pk for place in places])


READERS: Mapping[type[Held], Callable[[Period, Sequence[Organization]], Shares]] = {
    Observation: observed,
    WorkReviewed: reviewed,
    SelfCheckRate: checked,
    Satisfaction: satisfied,
}
