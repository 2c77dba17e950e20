"""Pages of a list that cost the same however long it is: the count from the fact sheets, the last page from behind."""

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from accounts.permissions import access_of

from . import facts
from .ledger import Ledger, Query
from .models import FactMonth, FactSheet, StaleMark
from .period import Period
from .scope import subtree

if TYPE_CHECKING:
    from branches.models import Organization


class Pages(Paginator[Any]):
    """The pages of ordered rows whose number is known. A page of the second half is read from the other end."""

    def __init__(self, rows: Any, size: int, count: int) -> None:
        super().__init__(rows, size)
        self.rows = rows
        self.count = count

    def page(self, number: Any) -> "Page[Any]":
        """Return a page; where `backwards` is set on it, its rows stand in reverse."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        after = min(first + self.per_page, self.count)
        backwards = first > self.count // 2
        span = slice(self.count - after, self.count - first) if backwards else slice(first, after)
        rows = (self.rows.reverse() if backwards else self.rows)[span]
        page: Page[Any] = Page(rows, number, self)
        page.backwards = backwards  # type: ignore[attr-defined]
        return page


def count(ledger: Ledger, query: Query, user: Any, rows: Any) -> int:
    """Return how many rows a query has: from the sheets where these are fresh and say it, else by counting `rows`."""
    known = _from_sheets(ledger, query, user)
    return rows.count() if known is None else known


def _from_sheets(ledger: Ledger, query: Query, user: Any) -> int | None:
    """Return the number of a stock's rows as its fact has it, or None.

    A fact is as of a month's last day. For a day before, what comes and goes in between is counted, where the ledger
    can say so; that is a handful of rows.
    """
    place = query.organization
    whole = type(ledger).rows is Ledger.rows and type(ledger).within is Ledger.within
    if place is None or not whole or ledger.date or query.text or ledger.timeless(query.filters):
        return None
    if not access_of(user).has_on(ledger.right, place.path):
        return None
    fact = next(
        (f for f in facts.every() if f.ledger == ledger.slug and f.filters == query.filters and not f.sums), None
    )
    month = Period.containing(query.day)
    between = None if query.day == month.end or query.filters else ledger.between(query.day, month.end)
    if fact is None or (query.day != month.end and between is None):
        return None
    if not _is_fresh(place, month):
        return None
    sheet = FactSheet.objects.filter(organization=place, month=month.start).values_list("total", flat=True).first()
    number = int((sheet or {}).get(fact.code, 0))
    if between is not None:
        here = ledger.queryset().filter(ledger.within(place.subtree))
        gone, come = between
        number += here.filter(gone).count() - here.filter(come).count()
    return number


def _is_fresh(place: "Organization", month: Period) -> bool:
    """Say whether the sheet of an organisation and month holds what the records hold, without rebuilding it."""
    if not FactMonth.objects.filter(month=month.start, codes=facts.digest()).exists():
        return False
    here = Q(organization__isnull=True) | subtree("organization__path", place.path)
    return not StaleMark.objects.filter(here, facts.reaching([month])).exists()
