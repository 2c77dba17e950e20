"""Facts (指标): additive numbers over records, counted set-based and kept per organisation and month.

A fact is a ledger, plus filters of that ledger, plus an aggregate: its address opens exactly the rows it counts.
"""

import hashlib
import operator
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from accounts.transactions import atomic, take_turns

from . import ledger as ledgers
from .ledger import Ledger, Query
from .models import FactMonth, FactSheet, StaleMark, Touch
from .period import Period
from .scope import subtree

if TYPE_CHECKING:
    from branches.models import Organization

Number = int | Decimal

CENT = Decimal("0.01")
"""What sums are exact to: SQLite adds decimals as floating point."""


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
V = TypeVar("V")
_Key = tuple[frozenset[int], tuple[Period, ...], bool]


@dataclass
class _Reading:
    """What one page has read so far."""

    sheets: dict[_Key, dict[tuple[int, Period], dict[str, Number]]] = field(default_factory=dict)
    current: set[tuple[int, Period]] = field(default_factory=set)
    """(Street, month) whose sheets were found to hold what the records hold."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What the tree has read, see `Tree.reach`, and what was asked `once`."""

    def forget(self) -> None:
        """Read everything anew from here on."""
        self.sheets.clear()
        self.current.clear()
        self.notes.clear()


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


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
    wanted = set()
    for touch in touches:
        since = touch.day.replace(day=1)
        is_of_all = touch.organization_id is None and touch.street_id is None
        streets = _tree[0].head_ids() if is_of_all else {touch.street_id}
        wanted |= {(touch.organization_id, street, since, None if touch.lasting else since) for street in streets}
    StaleMark.objects.bulk_create(
        StaleMark(organization_id=organization, street_id=street, since=since, until=until)
        for organization, street, since, until in wanted
    )
    if reading := _reading.get():
        reading.forget()


class Reach(NamedTuple):
    """Which streets' sheets some organisations' numbers stand in."""

    streets: dict[int, str]
    """Id → path today, of each street (see accounts.streets) in which one of them lies, or lay."""
    below: dict[int, list[int]]
    """Organisation above streets → the streets below it."""
    moved: list[str]
    """Paths of organisations elsewhere that have moved since: they may have lain in these streets once."""


class Tree(Protocol):
    """Who knows the organisation tree."""

    def lineages_on(self, days: Collection[date]) -> dict[date, dict[int, list[int]]]:
        """Return day → organisation id → itself and all above it."""

    def street_ids(self) -> set[int]:
        """Return the ids of all streets."""

    def head_ids(self) -> set[int]:
        """Return the ids of all streets, and of the roots, which stand for one where no street stands above."""

    def reach(self, organizations: Collection[int], since: date, notes: dict[str, Any]) -> Reach:
        """Return the streets in which organisations have lain since a day.

        In `notes` it may keep what it has read, for the next call of the same page.
        """


_tree: list[Tree] = []


def register_tree(tree: Tree) -> None:
    """Say who knows the tree; called by its owner."""
    _tree[:] = [tree]


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


def _refresh(reach: Reach, months: Sequence[Period]) -> None:
    """Make the sheets of these streets and months hold what the records hold.

    Costs two small queries when nothing changed. Otherwise one rebuild of a street at a time: a later one must not lose
    to an earlier.
    """
    if not _hold(reach, months):
        with atomic():
            take_turns("sheets", *map(str, reach.streets))
            Rebuild(reach, months).run()


def _hold(reach: Reach, months: Sequence[Period]) -> bool:
    """Say whether the sheets of these streets and months hold what the records hold."""
    if _uncounted(reach.streets, months):
        return False
    return not StaleMark.objects.filter(_reaching(months), _marks_of(reach)).exists()


def _marks_of(reach: Reach) -> Q:
    """Return the condition that a mark may be of these streets: of what lies there today, or lay there once."""
    paths = [*reach.streets.values(), *reach.moved]
    widest = [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]
    inside = reduce(operator.or_, (subtree("organization__path", path) for path in widest), Q(pk__in=[]))
    return inside | Q(street_id__in=reach.streets)


def _uncounted(streets: Iterable[int], months: Sequence[Period]) -> set[tuple[int, Period]]:
    """Return (street, month) for what was never counted, not with these facts, or of a day that is over by now."""
    streets = set(streets)
    rows = FactMonth.objects.filter(street_id__in=streets, month__in=[m.start for m in months])
    counted = {
        (street, start): (codes, day)
        for street, start, codes, day in rows.values_list("street_id", "month", "codes", "day")
    }
    return {(s, m) for s in streets for m in months if counted.get((s, m.start)) != (digest(), m.as_of())}


def _reaching(months: Sequence[Period]) -> Q:
    """Return the condition that a mark reaches one of these months (given in order, without gaps)."""
    return Q(since__lte=months[-1].start) & (Q(until__isnull=True) | Q(until__gte=months[0].start))


Lines = dict[int, list[int]]
"""Organisation id → itself and what lies above it, up to the street; as the tree stood on a month's last day."""


class Rebuild:
    """One rebuild of the sheets of some streets, all locked by the caller, over some months."""

    def __init__(self, reach: Reach, months: Sequence[Period]) -> None:
        self.months = months
        self.streets = set(reach.streets)
        self.missing = _uncounted(reach.streets, months)
        self.marks = list(StaleMark.objects.filter(_reaching(months), _marks_of(reach)))
        for mark in self.marks:
            if mark.organization_id is None:
                self.missing |= {
                    (s, m) for s in self.streets & {mark.street_id} for m in months if mark.reaches(m.start)
                }

    def run(self) -> None:
        """Count anew what was never counted, carry up what has changed since, take back the marks."""
        street_ids, days = _tree[0].street_ids(), {m: m.end for m in self.months}
        whole = _tree[0].lineages_on(set(days.values()))
        self.everybody = {pk for lines in whole.values() for pk in lines}
        self.lines: dict[Period, Lines] = {
            month: {
                pk: line
                for pk, line in ((pk, _up_to_street(line, street_ids)) for pk, line in whole[day].items())
                if line[-1] in self.streets
            }
            for month, day in days.items()
        }
        if self.missing:
            self._count_whole_streets()
        if self.marks and len(self.missing) < len(self.streets) * len(self.months):
            self._count_marked()
        self._note_counted()
        self._discharge()

    def _count_whole_streets(self) -> None:
        """Count the missing streets and months anew."""
        months = sorted({month for _, month in self.missing})
        lines = {
            month: {pk: line for pk, line in self.lines[month].items() if (line[-1], month) in self.missing}
            for month in months
        }
        inside = {pk for of_month in lines.values() for pk in of_month}
        found = _count(months, None if inside == self.everybody else inside)
        sheets = []
        for month in months:
            own = {pk: found[pk, month.start] for pk in lines[month] if (pk, month.start) in found}
            totals: dict[int, dict[str, Number]] = defaultdict(lambda: defaultdict(int))
            for pk, numbers in own.items():
                for above in lines[month][pk]:
                    for code, number in numbers.items():
                        totals[above][code] += number
            sheets += [
                FactSheet(organization_id=pk, month=month.start, own=_stored(own.get(pk, {})), total=_stored(total))
                for pk, total in totals.items()
            ]
        gone = (Q(month=month.start, organization__in=list(lines[month])) for month in months)
        FactSheet.objects.filter(reduce(operator.or_, gone)).delete()
        FactSheet.objects.bulk_create(
            sheets,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["organization", "month"],
            update_fields=["own", "total"],
        )

    def _count_marked(self) -> None:
        """Count the marked organisations anew and carry the difference up to their streets."""
        touched = {mark.organization_id for mark in self.marks if mark.organization_id}
        found = _count(self.months, touched)
        lines = {
            month: {
                pk: line
                for pk in touched
                if (line := self.lines[month].get(pk)) and (line[-1], month) not in self.missing
            }
            for month in self.months
        }
        concerned = {above for of_month in lines.values() for line in of_month.values() for above in line}
        sheets = {
            (s.organization_id, s.month): s
            for s in FactSheet.objects.filter(organization__in=concerned, month__in=[m.start for m in self.months])
        }
        changed = set()
        for month, of_month in lines.items():
            start = month.start
            for pk, line in of_month.items():
                old = _read(sheets[pk, start].own) if (pk, start) in sheets else {}
                new = found.get((pk, start), {})
                delta = {c: new.get(c, 0) - old.get(c, 0) for c in {*old, *new} if new.get(c, 0) != old.get(c, 0)}
                if not delta:
                    continue
                for above in line:
                    sheet = sheets.setdefault((above, start), FactSheet(organization_id=above, month=start))
                    total = _read(sheet.total)
                    for code, difference in delta.items():
                        total[code] = total.get(code, 0) + difference
                    sheet.total = _stored(total)
                    changed.add((above, start))
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

    def _note_counted(self) -> None:
        """Say that the missing months were counted now."""
        FactMonth.objects.bulk_create(
            [FactMonth(street_id=s, month=m.start, codes=digest(), day=m.as_of()) for s, m in self.missing],
            update_conflicts=True,
            unique_fields=["street_id", "month"],
            update_fields=["codes", "day", "counted_at"],
        )

    def _discharge(self) -> None:
        """Take back the marks that the rebuilt months have answered, and shorten or split those that reach further.

        Other counted months, and those in which the organisation stood in another street, stay marked; months never
        counted need no mark.
        """
        if not self.marks:
            return
        counted = set(FactMonth.objects.values_list("month", flat=True))
        done = {m.start: self.lines[m] for m in self.months}
        fresh = {}
        for mark in self.marks:
            answered = {
                start
                for start, lines in done.items()
                if (mark.organization_id in lines if mark.organization_id else mark.street_id in self.streets)
            }
            for start in sorted(counted - answered):
                if mark.reaches(start):
                    fresh[mark.organization_id, mark.street_id, start] = StaleMark(
                        organization_id=mark.organization_id, street_id=mark.street_id, since=start, until=start
                    )
        StaleMark.objects.filter(pk__in=[m.pk for m in self.marks]).delete()
        StaleMark.objects.bulk_create(fresh.values())


def _up_to_street(line: list[int], street_ids: Container[int]) -> list[int]:
    """Return a lineage as far as its street; the whole of it where no street stands above."""
    for place, pk in enumerate(line):
        if pk in street_ids:
            return line[: place + 1]
    return line


# reading


def sheets(
    organizations: Collection[int], months: Sequence[Period], *, own: bool = False
) -> dict[tuple[int, Period], dict[str, Number]]:
    """Return (organisation id, month) → code → number, rebuilt first where stale. Months in order, without gaps.

    With `own`, only each organisation's own records; otherwise its whole subtree. Codes with zero are left out.
    """
    reading, key = _reading.get() or _Reading(), (frozenset(organizations), tuple(months), own)
    if key not in reading.sheets:
        reach = _tree[0].reach(organizations, months[0].end, reading.notes)
        wanted = {(street, month) for street in reach.streets for month in months}
        if not wanted <= reading.current:
            _refresh(reach, months)
            reading.current |= wanted
        reading.sheets[key] = _stored_sheets(reach, organizations, months, own=own)
    return reading.sheets[key]


def fresh(organization: "Organization", months: Sequence[Period]) -> list[dict[str, Number]] | None:
    """Return code → number of a subtree for each of these months that has any, None where that would take a rebuild."""
    reach = _tree[0].reach([organization.pk], months[0].end, {})
    if not _hold(reach, months):
        return None
    return list(_stored_sheets(reach, [organization.pk], months).values())


def _stored_sheets(
    reach: Reach, organizations: Collection[int], months: Sequence[Period], *, own: bool = False
) -> dict[tuple[int, Period], dict[str, Number]]:
    """Read the sheets as they are; what stands above streets has their numbers added."""
    by_start = {m.start: m for m in months}
    below = {} if own else reach.below
    wanted = {*organizations, *(street for streets in below.values() for street in streets)}
    rows = FactSheet.objects.filter(month__in=list(by_start), organization_id__in=wanted)
    stored = {
        (pk, by_start[start]): _read(numbers)
        for pk, start, numbers in rows.values_list("organization_id", "month", "own" if own else "total")
    }
    if not below:
        return stored
    found = {(pk, month): numbers for (pk, month), numbers in stored.items() if pk in set(organizations)}
    for above, streets in below.items():
        for month in months:
            parts = [stored[pk, month] for pk in (above, *streets) if (pk, month) in stored]
            if parts:
                found[above, month] = _sum(parts)
    return found


def _sum(parts: Iterable[Mapping[str, Number]]) -> dict[str, Number]:
    total: dict[str, Number] = defaultdict(int)
    for numbers in parts:
        for code, number in numbers.items():
            total[code] += number
    return dict(total)


@contextmanager
def read_once() -> Iterator[None]:
    """Read each sheet once while a page is put together from parts that know nothing of each other.

    A write in between is seen: it forgets what was read.
    """
    if _reading.get() is not None:
        yield
        return
    token = _reading.set(_Reading())
    try:
        yield
    finally:
        _reading.reset(token)


def once(key: str, ask: Callable[[], V]) -> V:
    """Return what `ask` returns; within `read_once` it is asked a single time, until a write forgets it."""
    reading = _reading.get()
    if reading is None:
        return ask()
    if key not in reading.notes:
        reading.notes[key] = ask()
    value: V = reading.notes[key]
    return value


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

    def percent(self, numbers: Mapping[str, Number]) -> Decimal | None:
        """Return the ratio in percent as people are shown it, or None where there is nothing to divide by."""
        ratio = self.of(numbers)
        return None if ratio is None else percent(ratio)


def percent(ratio: Decimal, limit: Number | None = None) -> Decimal:
    """Return a ratio in percent as people are shown it: half up to one decimal.

    Where that would contradict how the exact ratio stands to the `limit` that it is judged by (79.96 % shown as 80.0 %
    and found too low), with as many more decimals as it takes. Ratios are judged exactly, never as they are shown.
    """
    exact, places = ratio * 100, 1
    while True:
        shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if limit is None or exact == shown or (exact < limit, exact > limit) == (shown < limit, shown > limit):
            return shown
        places += 1


_rates: dict[str, Rate] = {}


def register_rates(*rates: Rate) -> None:
    """Add rates; called by the owning app's `ready`."""
    for rate in rates:
        _rates[rate.code] = rate


def rate_codes() -> Collection[str]:
    """Return the codes of all rates, in the order of registration."""
    return _rates.keys()


def rate(code: str) -> Rate:
    """Return a rate by its code."""
    return _rates[code]
