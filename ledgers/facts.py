"""Facts (指标): additive numbers over records, counted set-based and kept per organisation and month.

A fact is a ledger, plus filters of that ledger, plus an aggregate: its address opens exactly the rows it counts.
"""

import hashlib
import operator
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from accounts.transactions import atomic

from . import ledger as ledgers
from .ledger import Ledger, Query
from .models import FactMonth, FactSheet, StaleMark, Touch
from .period import Period

if TYPE_CHECKING:
    from branches.models import Organization

Number = int | Decimal

CENT = Decimal("0.01")
"""What sums are exact to: SQLite adds decimals as floating point."""
LOCK = date(1900, 1, 1)
"""The month whose row is locked while sheets are rebuilt."""


@dataclass(frozen=True)
class Fact:
    """One fact. `sums` names the lookup that is added up, or nothing where rows are counted.

    A stock is as of a period's last day; a flow has its date inside the period, and is additive over months as well.
    """

    code: str
    title: str
    unit: str
    ledger: str
    filters: Mapping[str, str] = field(default_factory=dict)
    sums: str = ""
    decimal: bool = False

    @property
    def register(self) -> Ledger:
        """The ledger whose rows it counts."""
        return ledgers.get(self.ledger)

    @property
    def stock(self) -> bool:
        """Whether it is a state on a day rather than something that happened in a period."""
        return not self.register.date and not self.register.timeless(self.filters)

    def query(self, organization: "Organization", period: Period, *, own: bool = False) -> Query:
        """Return the query that opens the rows behind the fact; with `own`, without those of what lies below."""
        filters = dict(self.filters)
        if own and "own" in self.register.by_name:
            filters["own"] = "1"
        if self.stock:
            return Query(organization, None, period.as_of(), filters)
        return Query(organization, period, None, filters)

    def url(self, organization: "Organization", period: Period, *, own: bool = False) -> str:
        """Return the address of the rows behind the fact."""
        return self.register.url(self.query(organization, period, own=own))

    def aggregate(self, query: Query, when: Q) -> Any:
        """Return the expression that counts or sums the rows which the filters keep."""
        keep = self.register.condition(self.filters, query) & when
        if self.sums:
            return Sum(self.register.amount(self.sums, query), filter=keep)
        return Count("pk", filter=keep)


_facts: dict[str, Fact] = {}
_Key = tuple[frozenset[int], tuple[Period, ...], bool]
_held: ContextVar[dict[_Key, dict[tuple[int, Period], dict[str, Number]]] | None] = ContextVar("sheets", default=None)


def register(*facts: Fact) -> None:
    """Add facts; called by the owning app's `ready`."""
    for fact in facts:
        _facts[fact.code] = fact
    digest.cache_clear()


def every() -> Iterable[Fact]:
    """Return all facts, in the order of registration."""
    return _facts.values()


def get(code: str) -> Fact:
    """Return a fact by its code."""
    return _facts[code]


@cache
def digest() -> str:
    """Return what stands for the facts as they are declared now; sheets counted under another are stale."""
    text = repr(sorted((f.code, f.ledger, sorted(f.filters.items()), f.sums) for f in _facts.values()))
    return hashlib.sha256(text.encode()).hexdigest()


def mark_stale(touches: Iterable[Touch]) -> None:
    """Note, in the caller's transaction, which sheets no longer hold."""
    wanted = {(t.organization_id, t.day.replace(day=1), None if t.lasting else t.day.replace(day=1)) for t in touches}
    StaleMark.objects.bulk_create(
        StaleMark(organization_id=organization, since=since, until=until) for organization, since, until in wanted
    )
    if held := _held.get():
        held.clear()


# counting


def _count(months: Sequence[Period], only: Collection[int] | None) -> dict[tuple[int, date], dict[str, Number]]:
    """Count every fact for these months: (organisation, first day of month) → code → number, zeros left out.

    One query per ledger for all flows of all months, one per ledger and month-end for stocks; never one per branch.
    """
    found: dict[tuple[int, date], dict[str, Number]] = defaultdict(dict)
    by_ledger: dict[str, list[Fact]] = defaultdict(list)
    for fact in _facts.values():
        by_ledger[fact.ledger].append(fact)
    for slug, facts in by_ledger.items():
        ledger = ledgers.get(slug)
        organization = f"{ledger.organization}_id" if ledger.organization else "pk"
        rows = ledger.queryset().order_by()
        if only is not None:
            rows = rows.filter(**{f"{organization}__in": only})
        stocks = [f for f in facts if f.stock]
        if stocks:
            for month in (m for m in months if m.has_begun()):
                day = month.as_of()
                standing = rows.filter(ledger.standing(day))
                _collect(found, standing, organization, stocks, Query(on=day), month.start)
        if ledger.date and (flows := [f for f in facts if not f.stock]):
            span = (months[0].start, months[-1].end)
            dated = rows.filter(**{f"{ledger.date}__range": span}).annotate(_month=TruncMonth(ledger.date))
            _collect(found, dated, organization, flows, Query(), None)
        elif events := [f for f in facts if not f.stock]:
            for month in months:
                _collect(found, rows, organization, events, Query(period=month), month.start)
    return found


def _collect(
    found: dict[tuple[int, date], dict[str, Number]],
    rows: models.QuerySet[Any],
    organization: str,
    facts: Sequence[Fact],
    query: Query,
    month: date | None,
) -> None:
    """Run one grouped query and put its numbers in `found`."""
    group = [organization] if month else [organization, "_month"]
    aggregates = {f"n{i}": fact.aggregate(query, Q()) for i, fact in enumerate(facts)}
    if month:  # events: let the database drop the rows that no fact keeps
        kept = [fact.register.condition(fact.filters, query) for fact in facts]
        if all(kept):  # a fact without filters keeps every row
            rows = rows.filter(reduce(operator.or_, kept))
    for row in rows.values(*group).annotate(**aggregates).values_list(*group, *aggregates):
        key = (row[0], month or row[1])
        for fact, number in zip(facts, row[len(group) :], strict=True):
            if number:
                found[key][fact.code] = number.quantize(CENT) if isinstance(number, Decimal) else number


def _stored(numbers: Mapping[str, Number]) -> dict[str, int | str]:
    return {code: str(n) if isinstance(n, Decimal) else n for code, n in numbers.items() if n}


def _read(stored: Mapping[str, int | str]) -> dict[str, Number]:
    return {code: Decimal(n) if isinstance(n, str) else n for code, n in stored.items()}


def _refresh(months: Sequence[Period]) -> None:
    """Make the sheets of these months hold what the records hold. Costs three small queries when nothing changed."""
    starts = [m.start for m in months]
    missing = uncounted(months)
    stale = StaleMark.objects.filter(reaching(months))
    if not missing and not stale.exists():
        return
    with atomic():
        FactMonth.objects.bulk_create(
            [FactMonth(month=LOCK), *(FactMonth(month=s) for s in starts)], ignore_conflicts=True
        )
        FactMonth.objects.select_for_update(no_key=True).get(
            month=LOCK
        )  # one rebuild at a time: a later one must not lose to an earlier
        missing = uncounted(months)
        marks = list(StaleMark.objects.filter(reaching(months)))
        if any(mark.organization_id is None for mark in marks):
            first = min(mark.since for mark in marks if mark.organization_id is None)
            missing = sorted({*missing, *(m for m in months if m.start >= first)})
        if missing:
            _rebuild(missing)
        kept = [m for m in months if m not in missing]
        if kept and marks:
            _recount(kept, marks)
        FactMonth.objects.bulk_update(_counted_now(missing), ["codes", "day"])
        _discharge(marks, months)


def uncounted(months: Sequence[Period]) -> list[Period]:
    """Return the months that were never counted, not with these facts, or of a day that is over by now."""
    rows = FactMonth.objects.filter(month__in=[m.start for m in months]).values_list("month", "codes", "day")
    counted = {month: (codes, day) for month, codes, day in rows}
    return [m for m in months if counted.get(m.start) != (digest(), m.as_of())]


def _counted_now(months: Sequence[Period]) -> list[FactMonth]:
    """Return the rows of these months, changed to say that they were counted now."""
    by_start = {m.start: m for m in months}
    rows = list(FactMonth.objects.filter(month__in=list(by_start)))
    for row in rows:
        row.codes, row.day = digest(), by_start[row.month].as_of()
    return rows


def reaching(months: Sequence[Period]) -> Q:
    """Return the condition that a mark reaches one of these months (given in order, without gaps)."""
    return Q(since__lte=months[-1].start) & (Q(until__isnull=True) | Q(until__gte=months[0].start))


def _discharge(marks: Sequence[StaleMark], months: Sequence[Period]) -> None:
    """Take back the marks that the rebuilt months have answered, and shorten or split those that reach further.

    Counted months outside this run stay marked; months never counted need no mark.
    """
    counted = set(FactMonth.objects.exclude(codes="").values_list("month", flat=True))
    done = {m.start for m in months}
    fresh = []
    for mark in marks:
        left = sorted(m for m in counted - done if mark.since <= m and (mark.until is None or m <= mark.until))
        fresh += [StaleMark(organization_id=mark.organization_id, since=m, until=m) for m in left]
    StaleMark.objects.filter(pk__in=[m.pk for m in marks]).delete()
    unique = {(m.organization_id, m.since): m for m in fresh}
    StaleMark.objects.bulk_create(unique.values())


Lineages = Callable[[date], dict[int, list[int]]]
_lineages: list[Lineages] = []


def register_tree(lineages: Lineages) -> None:
    """Say how to learn, for a day, organisation id → itself and all above it; called by the tree's owner."""
    _lineages[:] = [lineages]


def _rebuild(months: Sequence[Period]) -> None:
    """Count these months anew for the whole tree."""
    found = _count(months, None)
    sheets = []
    for month in months:
        lineages = _lineages[0](month.end)
        own = {pk: numbers for (pk, start), numbers in found.items() if start == month.start}
        totals: dict[int, dict[str, Number]] = defaultdict(lambda: defaultdict(int))
        for pk, numbers in own.items():
            for above in lineages.get(pk, ()):
                for code, number in numbers.items():
                    totals[above][code] += number
        sheets += [
            FactSheet(organization_id=pk, month=month.start, own=_stored(own.get(pk, {})), total=_stored(total))
            for pk, total in totals.items()
        ]
    FactSheet.objects.filter(month__in=[m.start for m in months]).delete()
    FactSheet.objects.bulk_create(sheets, batch_size=2000)


def _recount(months: Sequence[Period], marks: Sequence[StaleMark]) -> None:
    """Count the marked organisations anew and carry the difference up to their ancestors."""
    touched = {mark.organization_id for mark in marks if mark.organization_id}
    found = _count(months, touched)
    starts = [m.start for m in months]
    lineages = {m.start: _lineages[0](m.end) for m in months}
    concerned = {above for start in starts for pk in touched for above in lineages[start].get(pk, ())}
    sheets = {
        (s.organization_id, s.month): s
        for s in FactSheet.objects.filter(organization_id__in=concerned, month__in=starts)
    }
    changed = set()
    for start in starts:
        for pk in touched:
            old = _read(sheets[pk, start].own) if (pk, start) in sheets else {}
            new = found.get((pk, start), {})
            delta = {c: new.get(c, 0) - old.get(c, 0) for c in {*old, *new} if new.get(c, 0) != old.get(c, 0)}
            if not delta:
                continue
            for above in lineages[start].get(pk, ()):
                sheet = sheets.setdefault((above, start), FactSheet(organization_id=above, month=start))
                total = _read(sheet.total)
                for code, difference in delta.items():
                    total[code] = total.get(code, 0) + difference
                sheet.total = _stored(total)
                changed.add((above, start))
            if (pk, start) in sheets:
                sheets[pk, start].own = _stored(new)
    FactSheet.objects.bulk_create(
        [sheets[key] for key in changed if sheets[key].pk is None],
        update_conflicts=True,
        unique_fields=["organization", "month"],
        update_fields=["own", "total"],
    )
    FactSheet.objects.bulk_update(
        [sheets[key] for key in changed if sheets[key].pk is not None], ["own", "total"], batch_size=500
    )


# reading


def sheets(
    organizations: Collection[int], months: Sequence[Period], *, own: bool = False
) -> dict[tuple[int, Period], dict[str, Number]]:
    """Return (organisation id, month) → code → number, rebuilt first where stale. Months in order, without gaps.

    With `own`, only each organisation's own records; otherwise its whole subtree. Codes with zero are left out.
    """
    held, key = _held.get(), (frozenset(organizations), tuple(months), own)
    if held is not None and key in held:
        return held[key]
    _refresh(months)
    by_start = {m.start: m for m in months}
    field = "own" if own else "total"
    rows = FactSheet.objects.filter(month__in=list(by_start), organization_id__in=organizations)
    found = {
        (pk, by_start[start]): _read(numbers)
        for pk, start, numbers in rows.values_list("organization_id", "month", field)
    }
    if held is not None:
        held[key] = found
    return found


@contextmanager
def read_once() -> Iterator[None]:
    """Read each sheet once while a page is put together from parts that know nothing of each other.

    A write in between is seen: it forgets what was read.
    """
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def over(monthly: Mapping[Period, Mapping[str, Number]], period: Period) -> dict[str, Number]:
    """Put monthly numbers together: flows added up, stocks as of the last month begun. Every code is present."""
    months = period.months()
    last = monthly.get(period.latest_month(), {})
    return {
        fact.code: last.get(fact.code, 0)
        if fact.stock
        else sum((monthly.get(m, {}).get(fact.code, 0) for m in months), start=Decimal(0) if fact.decimal else 0)
        for fact in _facts.values()
    }


def of_each(organizations: Collection[int], period: Period, *, own: bool = False) -> dict[int, dict[str, Number]]:
    """Return organisation id → code → number over the period."""
    return of_each_period(organizations, [period], own=own)[period]


def of_each_period(
    organizations: Collection[int], periods: Sequence[Period], *, own: bool = False
) -> dict[Period, dict[int, dict[str, Number]]]:
    """Return period → organisation id → code → number, with one reading for all periods (in order, without gaps)."""
    months = sorted({m for period in periods for m in period.months()})
    monthly: dict[int, dict[Period, dict[str, Number]]] = {pk: {} for pk in organizations}
    for (pk, month), numbers in sheets(organizations, months, own=own).items():
        monthly[pk][month] = numbers
    return {period: {pk: over(monthly[pk], period) for pk in organizations} for period in periods}


def of(organization: "Organization", period: Period) -> dict[str, Number]:
    """Return code → number of one organisation's subtree over the period."""
    return of_each([organization.pk], period)[organization.pk]


@dataclass(frozen=True)
class Rate:
    """A ratio of two facts, computed on read and never stored."""

    code: str
    title: str
    numerator: str
    denominator: str
    rest: str = ""
    """A second fact of the denominator: what is still to be done beside what was done."""

    def of(self, numbers: Mapping[str, Number]) -> Decimal | None:
        """Return the ratio, or None where there is nothing to divide by."""
        below = numbers.get(self.denominator, 0) + numbers.get(self.rest, 0)
        return Decimal(numbers.get(self.numerator, 0)) / Decimal(below) if below else None


_rates: dict[str, Rate] = {}


def register_rates(*rates: Rate) -> None:
    """Add rates; called by the owning app's `ready`."""
    for rate in rates:
        _rates[rate.code] = rate


def rate(code: str) -> Rate:
    """Return a rate by its code."""
    return _rates[code]
