"""Pages of a list that cost the same however long it is: the count from the fact sheets, the last page from behind."""

from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.paginator import Page, Paginator

from accounts.permissions import access_of

from . import facts
from .ledger import Ledger, Query
from .period import Period

if TYPE_CHECKING:
    from branches.models import Organization


MOST, FIRST = 100_000, 5_000
"""How many rows of all times are counted, and how many can be paged through where there are more."""


class Total(NamedTuple):
    """How many rows a list has; or, where there are `more_than` so many, how many of them can be paged through."""

    number: int
    more_than: int = 0


class Pages(Paginator[Any]):
    """The pages of ordered rows whose number is known. A page of the second half is read from the other end."""

    def __init__(self, rows: Any, size: int, total: Total) -> None:
        super().__init__(rows, size)
        self.rows = rows
        self.count, self.more_than = total

    def page(self, number: Any) -> "Page[Any]":
        """Return a page; where `backwards` is set on it, its rows stand in reverse."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        after = min(first + self.per_page, self.count)
        backwards = first > self.count // 2 and not self.more_than
        span = slice(self.count - after, self.count - first) if backwards else slice(first, after)
        rows = (self.rows.reverse() if backwards else self.rows)[span]
        page: Page[Any] = Page(rows, number, self)
        page.backwards = backwards  # type: ignore[attr-defined]
        return page


def count(ledger: Ledger, query: Query, user: Any, rows: Any) -> Total:
    """Return how many rows a query has: from the sheets where these are fresh and say it, else by counting `rows`.

    What happened at any time is counted up to MOST: past that nobody reads a list but by period.
    """
    known = _from_sheets(ledger, query, user)
    if known is not None:
        return Total(known)
    if not ledger.date or query.period:
        return Total(rows.count())
    counted = rows.order_by()[: MOST + 1].count()
    return Total(counted) if counted <= MOST else Total(FIRST, MOST)


def _from_sheets(ledger: Ledger, query: Query, user: Any) -> int | None:
    """Return the number of rows as the fact has it that counts them, or None where there is none or it is stale."""
    place = query.organization
    whole = type(ledger).rows is Ledger.rows and type(ledger).within is Ledger.within
    if place is None or not whole or query.text or ledger.timeless(query.filters):
        return None
    if not access_of(user).has_on(ledger.right, place.path):
        return None
    fact = next(
        (f for f in facts.every() if f.ledger == ledger.slug and f.filters == query.filters and not f.sums), None
    )
    if fact is None:
        return None
    return _of_a_day(ledger, query, place, fact) if fact.stock else _of_months(query, place, fact)


def _of_months(query: Query, place: "Organization", fact: facts.Fact) -> int | None:
    """Return a flow's number over the months of the query's period."""
    months = query.period.months() if query.period else []
    sheets = facts.fresh(place, months) if months else None
    return None if sheets is None else sum(int(numbers.get(fact.code, 0)) for numbers in sheets)


def _of_a_day(ledger: Ledger, query: Query, place: "Organization", fact: facts.Fact) -> int | None:
    """Return a stock's number on the query's day.

    A fact is as of a month's last day, of the running month as of today. For another day what comes and goes in
    between is counted, where the ledger can say so; that is a handful of rows.
    """
    month = Period.containing(query.day)
    counted = month.as_of()
    days = sorted((query.day, counted))
    between = None if query.day == counted or query.filters else ledger.between(*days)
    if query.day != counted and between is None:
        return None
    sheets = facts.fresh(place, [month])
    if sheets is None:
        return None
    number = sum(int(numbers.get(fact.code, 0)) for numbers in sheets)
    if between is not None:
        here = ledger.queryset().filter(ledger.within(place.subtree))
        gone, come = between
        more = here.filter(come).count() - here.filter(gone).count()
        number += more if query.day > counted else -more
    return number
