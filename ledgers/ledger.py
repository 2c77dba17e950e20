"""The ledger (台账): one declaration that drives list, filters, export, template, import, print and drill-down."""

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlencode

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right, access_of

from . import parsing
from .period import Period
from .printing import PrintColumn

if TYPE_CHECKING:
    from branches.models import Organization

    from .importing import Importer

Show = Callable[[Any], Any]

PICKED = "pk"
"""Name, in a query string, of the rows ticked in a list."""


class BadQuery(ValueError):
    """A filter that the ledger cannot follow. The message is Chinese, for the person who asked."""


def _plain(value: Any) -> Any:
    """Return a number without idle zeros: 2 for 2.0."""
    return value if not isinstance(value, Decimal) or value != value.to_integral_value() else value.quantize(Decimal(1))


def _label_of(choices: Mapping[Any, str]) -> Show:
    return lambda value: choices.get(value, value or "")


@dataclass(frozen=True)
class Column:
    """One column of a ledger.

    `path` is the lookup from the ledger's model to the value, read by `values_list`; `kind` names how a cell is read
    and written. `mask` hides a sensitive value; `field` is the key of the parsed value on import (by default `path`).
    """

    header: str
    path: str = ""
    kind: str = "text"  # text name code date period id phone yes_no integer decimal money choice choices organization
    aliases: Sequence[str] = ()
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    mask: Show | None = None
    width: float = 12
    note: str = ""
    max_length: int = 0
    listed: bool = True  # shown in the list unless the reader chooses otherwise
    writable: bool = True  # read on import
    field: str = ""
    sortable: bool = True
    summed: bool = True  # a number whose total over all rows says something; a year's does not
    count_of: Callable[[Any], str] | None = None  # url of the rows that a count in this column counts
    expression: Callable[[], Any] | None = None  # makes what is read as `path` where no lookup leads to the value

    @property
    def key(self) -> str:
        """Name of the parsed value on import, and of the column in query strings."""
        return self.field or self.path

    @cached_property
    def labels(self) -> dict[str, str]:
        """Value → label of a column with choices."""
        return {str(value): label for value, label in self.choices}

    @cached_property
    def values(self) -> dict[str, str]:
        """Label → value of a column with choices."""
        return {label: str(value) for value, label in self.choices}

    @cached_property
    def show(self) -> Show:
        """How a value of the database is shown and exported, in clear."""
        match self.kind:
            case "choice":
                return _label_of(self.labels)
            case "choices":
                return lambda value: "、".join(self.labels.get(one, one) for one in parsing.parted(value or ""))
            case "yes_no":
                return lambda value: "" if value is None else "是" if value else "否"
            case "decimal":
                return lambda value: "" if value is None else _plain(value)
            case "period":
                return lambda value: Period.parse(value).label if value else ""
        return lambda value: "" if value is None else value

    @cached_property
    def parse(self) -> Callable[[Any], Any]:
        """How a cell is read: returns None for a blank, raises `parsing.Unparsable` with a Chinese message."""
        limit = self.max_length or None
        match self.kind:
            case "name":
                return lambda cell: parsing.person_name(cell, limit)
            case "date":
                return parsing.date
            case "id":
                return parsing.citizen_id
            case "phone":
                return parsing.phone
            case "code":
                return lambda cell: parsing.code(cell, limit)
            case "organization":
                return parsing.code
            case "yes_no":
                words = (self.header, *self.aliases)
                return lambda cell: parsing.yes_no(cell, true_words=words)
            case "integer":
                return parsing.integer
            case "decimal" | "money":
                return parsing.decimal
            case "choice":
                return lambda cell: parsing.choice(cell, self.values, self.synonyms)
            case "choices":
                return lambda cell: parsing.choices(cell, self.values, self.synonyms)
        return lambda cell: parsing.text(cell, limit)

    def printed(self) -> PrintColumn:
        """This column as the Excel writer wants it."""
        kinds = {"date": "date", "integer": "number", "decimal": "number", "money": "money", "yes_no": "yes_no"}
        choices = tuple(self.values) if self.kind == "choice" else ("是", "否") if self.kind == "yes_no" else ()
        return PrintColumn(
            header=self.header,
            width=self.width,
            kind=kinds.get(self.kind, "text"),  # type: ignore[arg-type]
            choices=choices,
            note=self.note,
            required=self.required,
            aliases=tuple(self.aliases),
        )


@dataclass(frozen=True)
class Filter:
    """One filter of a ledger: a name in the query string, and the condition that a value stands for.

    `condition(value, query)` returns the Q; it raises KeyError or ValueError, such as BadQuery, for a value it
    does not know. Facts use the same conditions, so a number and the list behind it cannot differ.
    """

    name: str
    label: str
    condition: Callable[[str, "Query"], Q]
    choices: Sequence[tuple[str, str]] = ()
    more: bool = False  # behind 更多筛选
    words: Callable[[str], str] | None = None  # how a value is said, where neither label nor choice says it

    def describe(self, value: str) -> str:
        """The filter in words, for the evidence of a figure."""
        if self.words:
            return self.words(value)
        return dict(self.choices).get(value, value) if self.choices else f"{self.label}：{value}"


def field_filter(name: str, label: str, path: str, choices: Sequence[tuple[str, str]], *, more: bool = False) -> Filter:
    """Return the filter for one field with a closed list of values; several may be joined by a comma."""
    known = {str(value) for value, _ in choices}

    def condition(value: str, query: "Query") -> Q:
        wanted = value.split(",")
        if unknown := [v for v in wanted if v not in known]:
            raise BadQuery(f"{label}没有“{unknown[0]}”这一项")
        return Q(**{f"{path}__in": wanted}) if len(wanted) > 1 else Q(**{path: value})

    return Filter(name, label, condition, [(str(v), text) for v, text in choices], more)


def choices_filter(
    name: str, label: str, path: str, choices: Sequence[tuple[str, str]], *, more: bool = False
) -> Filter:
    """Return the filter for a field that holds several of a closed list; of several asked for, one is enough."""
    known = {str(value) for value, _ in choices}

    def condition(value: str, query: "Query") -> Q:
        wanted = value.split(",")
        if unknown := [v for v in wanted if v not in known]:
            raise BadQuery(f"{label}没有“{unknown[0]}”这一项")
        return reduce(or_, (Q(**{f"{path}__contains": parsing.joined([v])}) for v in wanted))

    return Filter(name, label, condition, [(str(v), text) for v, text in choices], more)


def key_filter(name: str, label: str, path: str, words: Callable[[str], str] | None = None) -> Filter:
    """Return the filter for the rows of another record, which is named by its key."""
    return Filter(name, label, lambda value, query: Q(**{path: parsing.row_key(value)}), more=True, words=words)


def date_filter(name: str, label: str, path: str) -> Filter:
    """Return the filter that keeps rows whose date in `path` lies in a period such as 2026Q3."""

    def condition(value: str, query: "Query") -> Q:
        period = period_of(value)
        return Q(**{f"{path}__range": (period.start, period.end)})

    return Filter(name, label, condition, more=True)


def rows_filter(path: str) -> Filter:
    """Return the filter for rows ticked in the list, as `pk=1,2,3`; `path` is the lookup of a row's page argument."""

    def condition(value: str, query: "Query") -> Q:
        ticked = [parsing.row_key(pk) for pk in value.split(",")]
        if not all(ticked):
            raise BadQuery("看不懂选中的是哪些行，请在列表里重新勾选")
        return Q(**{f"{path}__in": ticked})

    return Filter(PICKED, "选中的行", condition, words=lambda value: f"选中的 {len(value.split(','))} 行")


@dataclass(frozen=True)
class Action:
    """What can be done with several rows of a ledger at once: a button under the list, which opens `view`.

    The page gets what the list was asked for in its query string, and each ticked row as `pk`.
    """

    slug: str
    label: str
    right: Right
    view: str  # url name
    args: Sequence[str] = ()

    def url(self) -> str:
        """Return the address that the ticked rows are sent to."""
        return reverse(self.view, args=self.args)


@dataclass(frozen=True)
class Query:
    """What is asked of a ledger: whose rows, of when, with which filters."""

    organization: "Organization | None" = None
    period: Period | None = None
    on: date | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def day(self) -> date:
        """The day as of which a stock is counted: the one named, the period's last (today, if it runs), or today."""
        return self.on or (self.period.as_of() if self.period else timezone.localdate())

    def params(self) -> dict[str, str]:
        """Return the query string's parameters."""
        params = {}
        if self.organization:
            params["organization"] = self.organization.code
        if self.period:
            params["period"] = self.period.code
        if self.on:
            params["on"] = self.on.isoformat()
        return params | dict(self.filters) | ({"q": self.text} if self.text else {})


def period_of(value: str) -> Period:
    """Return the period so written. Raises BadQuery."""
    try:
        return Period.parse(value)
    except ValueError as error:
        raise BadQuery(str(error)) from error


class Ledger:
    """Base of every ledger. Subclasses declare; an instance is made once, by `register`.

    A ledger whose rows last (a register) overrides `standing` to say which stand on a day; one whose rows happen (a
    log) names the lookup of their date in `date`.
    """

    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""
    group: ClassVar[str] = ""  # heading in the catalogue and the navigation
    leads: ClassVar[bool] = False  # stands first in its group of the catalogue
    about: ClassVar[str] = ""  # what an empty page says the ledger is for
    unit: ClassVar[str] = "条"
    model: ClassVar[type[models.Model]]
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    order: ClassVar[Sequence[str]] = ("pk",)
    organization: ClassVar[str] = "organization"  # lookup to the organisation that a row belongs to
    date: ClassVar[str] = ""  # lookup to the day on which a row happened
    right: ClassVar[Right] = Right.ORGANIZATIONS_VIEW
    edit_right: ClassVar[Right] = Right.ORGANIZATIONS_EDIT
    kept_to: ClassVar[str] = "明细只有有权限的人可以查看"  # said where a number stands that others may not open
    importer: ClassVar["type[Importer] | None"] = None
    page: ClassVar[tuple[str, str]] = ("", "pk")  # url name of a row's page, lookup of its argument
    create_page: ClassVar[str] = ""  # url name of the form for a new row
    views: ClassVar[Sequence[tuple[str, str]]] = ()  # other pages over the same rows: label, url name
    beside: ClassVar[Sequence[str]] = ()  # slugs of ledgers under the same line of the menu: both link
    actions: ClassVar[Sequence[Action]] = ()  # what can be done with ticked rows

    def queryset(self) -> models.QuerySet[Any]:
        """Return all rows, unscoped."""
        return self.model._default_manager.all()

    def standing(self, day: dt.date) -> Q:
        """Return the condition that a row stands on that day; every row does, unless the ledger says otherwise."""
        return Q()

    def between(self, day: dt.date, later: dt.date) -> tuple[Q, Q] | None:
        """Return the conditions of what stands on a day but not on a later one, and of what stands only on the later.

        None where the ledger cannot tell them quickly; a ledger that can gives the count of a long list for nothing.
        """
        return None

    def amount(self, path: str, query: Query) -> Any:
        """Return the expression that a fact adds up, given the lookup that it names."""
        return models.F(path)

    def within(self, condition: Callable[[str], Q]) -> Q:
        """Return the condition that a row lies in a part of the tree, given what it is for a lookup to a tree path.

        A ledger whose rows concern two organisations asks for both.
        """
        return condition(self.path)

    def is_beside(self, other: "Ledger") -> bool:
        """Say whether this and another ledger stand under the same line of the menu."""
        return other.slug in self.beside or self.slug in other.beside

    def right_for(self, filters: Mapping[str, str]) -> Right:
        """Return the right that it takes to read the rows which these filters keep."""
        return self.right

    def search(self, text: str) -> Q:
        """Return the condition of the search box; by default on every text column of the ledger's own model."""
        paths = [c.path for c in self.columns if c.kind in ("text", "name", "code") and c.path and not c.mask]
        condition = Q()
        for path in paths:
            condition |= Q(**{f"{path}__icontains": text})
        return condition

    # asking

    @cached_property
    def by_name(self) -> dict[str, Filter]:
        """The filters by their name in the query string; a ledger with actions has one for ticked rows."""
        picked = [rows_filter(self.page[1])] if self.actions else []
        return {f.name: f for f in [*self.filters, *picked]}

    @property
    def path(self) -> str:
        """Lookup from a row to its organisation's tree path."""
        return f"{self.organization}__path" if self.organization else "path"

    def query(
        self, params: Mapping[str, str], *, organization: "Organization | None" = None, strict: bool = False
    ) -> Query:
        """Read a query string. Unknown parameters are passed over, or refused with BadQuery when `strict`."""
        period = period_of(params["period"]) if params.get("period") else None
        on = None
        if params.get("on"):
            try:
                on = date.fromisoformat(params["on"])
                parsing.check_year(on.year)
            except (ValueError, parsing.Unparsable) as error:
                raise BadQuery(f"看不懂的日期“{params['on']}”：应写成 2026-09-30") from error
        filters = {name: params[name] for name in self.by_name if params.get(name)}
        if strict and (unknown := set(params) - set(self.by_name) - {"organization", "period", "on", "q"}):
            known = "、".join(["period", "on", "q", *self.by_name])
            raise BadQuery(f"{self.title}没有筛选条件“{sorted(unknown)[0]}”；可用：{known}")
        return Query(organization, period, on, filters, params.get("q", "").strip())

    def condition(self, filters: Mapping[str, str], query: Query) -> Q:
        """Return the condition of these filters. Raises BadQuery for a value that a filter does not know."""
        condition = Q()
        for name, value in filters.items():
            each = self.by_name.get(name)
            if each is None:
                raise BadQuery(f"{self.title}没有筛选条件“{name}”")
            try:
                condition &= each.condition(value, query)
            except BadQuery:
                raise
            except (KeyError, ValueError) as error:
                raise BadQuery(f"{self.title}的筛选“{each.label}”没有“{value}”这一项") from error
        return condition

    def rows(self, query: Query, user: Any = None) -> models.QuerySet[Any]:
        """Return the rows that a query asks for; with a user, only what that user may see."""
        rows = self.queryset()
        if user is not None:
            rows = rows.filter(self.within(lambda path: access_of(user).scope(self.right, path)))
        if query.organization is not None:
            rows = rows.filter(self._lying_in(query.organization, query))
        if self.date:
            if query.period:
                rows = rows.filter(**{f"{self.date}__range": (query.period.start, query.period.end)})
        elif not self.timeless(query.filters):
            rows = rows.filter(self.standing(query.day))
        rows = rows.filter(self.condition(query.filters, query))
        return rows.filter(self.search(query.text)) if query.text else rows

    def _lying_in(self, place: "Organization", query: Query) -> Q:
        """Return the condition that a row lies in a subtree: what happened, where it stood in the month of that."""
        if query.period is None or not (self.date or self.timeless(query.filters)):
            then = query.day if query.on or query.period else None
            return self.within(lambda path: place.subtree(path, then))
        lasts = place.spans(query.period)
        if not lasts:
            return self.within(place.subtree)
        condition, months = Q(pk__in=[]), query.period.months()
        for last in lasts:
            span, months = months[: months.index(last) + 1], months[months.index(last) + 1 :]
            inside = self.within(partial(place.subtree, on=last.end))
            if self.date:
                condition |= inside & Q(**{f"{self.date}__range": (span[0].start, last.end)})
            else:
                condition |= inside & reduce(
                    or_, (self.condition(query.filters, Query(period=month)) for month in span)
                )
        return condition

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """Say whether these filters ask for something other than what stands on a day, such as an event."""
        return False

    def ordered(self, rows: models.QuerySet[Any], sort: str = "") -> models.QuerySet[Any]:
        """Sort by a column's key, with a leading minus for descending, or by the ledger's own order; never a tie."""
        column = next((c for c in self.columns if c.sortable and c.path and c.key == sort.lstrip("-")), None)
        if column is None:
            return rows.order_by(*self.order, "pk")
        return rows.order_by(f"{'-' if sort.startswith('-') else ''}{column.path}", *self.order, "pk")

    def table(
        self, rows: models.QuerySet[Any], columns: Sequence[Column], *, clear: bool = False
    ) -> Iterator[list[Any]]:
        """Yield each row's values for the columns, as shown: labels for codes, sensitive ones masked unless `clear`.

        Streams; one query however many rows.
        """
        shows = [c.show if clear or c.mask is None else c.mask for c in columns]
        paths = [c.path for c in columns]
        rows = rows.annotate(**{c.path: c.expression() for c in columns if c.expression})
        for values in rows.values_list(*paths).iterator(chunk_size=5000):
            yield [show(value) for show, value in zip(shows, values, strict=True)]

    def row_url(self, argument: Any, query: Query, may_edit: bool) -> str:
        """Return the address that a row of the list leads to; `argument` is what `page` names of it."""
        name, _ = self.page
        return reverse(name, args=[argument]) if name else ""

    def url(self, query: Query | None = None) -> str:
        """Return the address of the list, with a query."""
        address = reverse("ledgers:list", args=[self.slug])
        params = query.params() if query else {}
        return f"{address}?{urlencode(params)}" if params else address

    def describe(self, query: Query) -> str:
        """Return a query in words: 和平街道 · 2026-07-01 至 2026-09-30 · 已提交、已确认."""
        parts = [query.organization.name if query.organization else "全部组织"]
        if query.period:
            parts.append(_span(query.period))
        if query.on:
            parts.append(f"截至 {query.on}")
        parts += [self.by_name[name].describe(value) for name, value in query.filters.items()]
        return " · ".join(parts)

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """Header → the header and its aliases, of the columns that are read on import."""
        return {c.header: [c.header, *c.aliases] for c in self.columns if c.writable}

    @cached_property
    def by_header(self) -> dict[str, Column]:
        """The columns by header."""
        return {c.header: c for c in self.columns}


def _span(period: Period) -> str:
    """Return the days of a period in words; a running one is told as far as today."""
    if period.is_over() or not period.has_begun():
        return f"{period.start} 至 {period.end}"
    return f"{period.start} 至 {period.as_of()}（截至当日）"


_registry: dict[str, Ledger] = {}
L = TypeVar("L", bound=Ledger)


def register(ledger: type[L]) -> type[L]:
    """Put a ledger in the catalogue: a decorator of its class."""
    _registry[ledger.slug] = ledger()
    return ledger


def get(slug: str) -> Ledger:
    """Return a ledger. Raises BadQuery naming the nearest slug."""
    try:
        return _registry[slug]
    except KeyError:
        near = difflib.get_close_matches(slug, _registry, 1)
        hint = f"；是 {near[0]} 吗？" if near else ""
        raise BadQuery(f"没有台账“{slug}”{hint}可用：{'、'.join(_registry)}") from None


def catalogue() -> Iterable[Ledger]:
    """Return every ledger, app by app from the lowest up; first what leads its group."""
    place = {config.name: -number for number, config in enumerate(apps.get_app_configs())}
    return sorted(_registry.values(), key=lambda one: (place[type(one).__module__.partition(".")[0]], not one.leads))
