"""Pages of ledgers: catalogue, list, export, blank template, print. Every list of the portal is one of these."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.middleware import url_table
from accounts.models import User
from accounts.permissions import Access, Right, access_of

from . import branch_filter, exporting, paging, saved_views
from . import ledger as ledgers
from .branch_filter import BRANCH, BranchFilter, Grouped
from .ledger import PICKED, BadQuery, Column, Ledger, Query
from .models import SavedView
from .papers import XLSX
from .parsing import row_key
from .period import Period
from .saved_views import EVER, VIEW

PAGE_SIZES = (20, 50, 100)
PRINTED = 2000
"""Rows on a print page; more than that belongs in Excel."""


def ledger_for(user: Any, slug: str, *rights: Right) -> Ledger:
    """Return a ledger that the user may see, and on which they hold these rights somewhere. Raises Http404."""
    try:
        ledger = ledgers.get(slug)
    except BadQuery as error:
        raise Http404 from error
    access = access_of(user)
    if not all(access.has(right) for right in (ledger.right, *rights)):
        raise Http404
    return ledger


def asked(request: HttpRequest, ledger: Ledger) -> Query:
    """Read what a list page is asked for. What is not said follows the choice at the top of every page.

    Raises BadQuery with a Chinese message.
    """
    params = {key: str(value) for key, value in request.GET.items()}
    place = request.chosen_organization or None  # type: ignore[attr-defined]
    organization = branch_filter.narrowed(ledger, request.user, place, params.get(BRANCH, ""))
    chosen: Period = request.chosen_period  # type: ignore[attr-defined]
    if len(picked := request.GET.getlist(PICKED)) > 1:  # one for each box ticked
        params[PICKED] = ",".join(picked)
    happens = bool(ledger.date) or ledger.timeless(params)
    if params.get("period") == EVER:
        del params["period"]
    elif happens:
        params.setdefault("period", chosen.code)
    elif "on" not in params and ("period" in params or chosen.end < timezone.localdate()):
        params["on"] = ledgers.period_of(params.pop("period", chosen.code)).end.isoformat()
    return ledger.query(params, organization=organization)


@dataclass(frozen=True)
class Line:
    """One row of a list page: its key, where it leads, and its cells as (column, value shown, address of the value)."""

    key: Any
    url: str
    cells: Sequence[tuple[Column, Any, str]]


def lines(ledger: Ledger, rows: Any, columns: Sequence[Column], query: Query, user: Any) -> list[Line]:
    """Return the rows of one page, masked, each with the address that it leads this user to."""
    paths = [ledger.page[1], ledger.path, *(c.path for c in columns)]
    shows = [c.mask or c.show for c in columns]
    access = access_of(user)
    found = []
    for target, place, *values in rows.values_list(*paths):
        url = ledger.row_url(target, query, access.has_on(ledger.edit_right, place or ""))
        cells = [
            (c, show(value), c.count_of(target) if c.count_of else "")
            for c, show, value in zip(columns, shows, values, strict=True)
        ]
        found.append(Line(target, url, cells))
    return found


def chosen_columns(request: HttpRequest, ledger: Ledger, view: SavedView | None = None) -> list[Column]:
    """Return the columns to show: those picked now, the open view's, picked earlier in this session, or the ledger's.

    What is picked while a view is open is of that view, and is kept nowhere else.
    """
    kept: dict[str, list[str]] = request.session.get("columns", {})
    picked = request.GET.getlist("columns")
    if picked and view is None:
        request.session["columns"] = kept | {ledger.slug: picked}
    elif not picked:
        picked = view.columns if view and view.columns else kept.get(ledger.slug, [])
    chosen = [c for c in ledger.columns if c.path and c.key in picked]
    return chosen or [c for c in ledger.columns if c.path and c.listed]


def open_view(request: HttpRequest, views: Sequence[SavedView]) -> SavedView | None:
    """Return which of the person's views the list is opened by, if any."""
    return next((view for view in views if str(view.pk) == request.GET.get(VIEW)), None)


def sums(ledger: Ledger, rows: Any, columns: Sequence[Column]) -> Mapping[str, Any]:
    """Return column key → sum over all rows of the number columns shown, so that a summed fact can be checked."""
    from django.db.models import Sum

    numeric = [c for c in columns if c.summed and c.kind in ("integer", "decimal", "money")]
    if not numeric:
        return {}
    found = rows.order_by().aggregate(**{f"s{i}": Sum(c.path) for i, c in enumerate(numeric)})
    return {c.key: _to_the_cent(found[f"s{i}"]) for i, c in enumerate(numeric)}


def _to_the_cent(number: Any) -> Any:
    """Return a sum of decimals without what SQLite's floating point leaves behind."""
    return number.quantize(Decimal("0.01")) if isinstance(number, Decimal) else number


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every ledger that the user may see, by group."""
    access = access_of(request.user)
    seen = [ledger for ledger in ledgers.catalogue() if access.has(ledger.right)]
    if not seen:
        raise Http404
    order = {group: place for place, group in reversed(list(enumerate(ledger.group for ledger in seen)))}
    seen.sort(key=lambda ledger: order[ledger.group])
    groups = [(group, list(members)) for group, members in groupby(seen, key=lambda ledger: ledger.group)]
    return render(
        request,
        "ledgers/catalogue.html",
        {"groups": groups, "may_import": access.has(Right.IMPORT), "may_export": access.has(Right.EXPORT)},
    )


@require_GET
def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a ledger's rows: filtered, searched, sorted, page by page."""
    ledger = ledger_for(request.user, slug)
    access = access_of(request.user)
    complaint = ""
    try:
        query = asked(request, ledger)
        rows = ledger.rows(query, request.user)
    except BadQuery as error:
        complaint, query = str(error), Query(organization=request.chosen_organization or None)  # type: ignore[attr-defined]
        rows = ledger.queryset().none()
    offered = branch_filter.offered(ledger, request.user, request.chosen_organization or None, query)  # type: ignore[attr-defined]
    mine = saved_views.of(request.user, ledger)
    view = open_view(request, mine)
    columns = chosen_columns(request, ledger, view)
    sort = request.GET.get("sort", "")
    size = size if (size := row_key(request.GET.get("per", ""))) in PAGE_SIZES else PAGE_SIZES[0]
    total = paging.Total(0) if complaint else paging.count(ledger, query, request.user, rows)
    page = paging.Pages(ledger.ordered(rows, sort), size, total).get_page(request.GET.get("page"))
    shown = lines(ledger, page.object_list, columns, query, request.user)
    context = {
        "ledger": ledger,
        "query": query,
        "complaint": complaint,
        "page": page,
        "lines": shown[::-1] if page.backwards else shown,  # type: ignore[attr-defined]
        "columns": columns,
        "bulk": [action for action in ledger.actions if access.has(action.right)],
        "all_columns": [c for c in ledger.columns if c.path],
        "sums": sums(ledger, rows, columns) if page.paginator.count else {},
        "sort": sort,
        "sizes": PAGE_SIZES,
        "filters": controls(ledger, query, request.GET.get("period") == EVER, offered),
        "saved": mine,
        "view": view,
        "shown": request.GET.urlencode(),
        "narrowed": bool(query.filters or query.text or offered.chosen),
        "words": ledger.describe(query),
        "views": [
            *((label, reverse(name)) for label, name in ledger.views if _opens(access, name)),
            *(
                (other.title, other.url())
                for other in ledgers.catalogue()
                if other.is_beside(ledger) and access.has(other.right)
            ),
        ],
        "may_create": bool(ledger.create_page) and access.has(ledger.edit_right),
        "may_import": ledger.importer is not None and access.has(Right.IMPORT) and access.has(ledger.edit_right),
        "may_export": access.has(Right.EXPORT),
        "may_export_clear": access.has(Right.SENSITIVE_EXPORT) and any(c.mask for c in ledger.columns),
    }
    return render(request, "ledgers/list.html", context, status=400 if complaint else 200)


@dataclass(frozen=True)
class Control:
    """One control above the list, as components/filters.html draws it."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    type: str = "text"
    more: bool = False
    groups: Grouped = ()  # choices under headings, in place of plain ones


def controls(ledger: Ledger, query: Query, ever: bool, branches: BranchFilter) -> list[Control]:
    """Return the filters of a list, each with its value; what is only reached by a link is left out."""
    found = []
    if branches.branches:
        found.append(Control(BRANCH, "党支部", branches.chosen, groups=branches.branches))
    if ledger.date:
        periods = [query.period, query.period.previous()] if query.period else []
        choices = [(p.code, p.label) for p in periods] + [(EVER, "全部时间")]
        found.append(Control("period", "时间", EVER if ever else query.period.code if query.period else "", choices))
    elif query.on:
        found.append(Control("on", "截至", query.on.isoformat(), type="date"))
    for each in ledger.filters:
        if each.choices:
            value = query.filters.get(each.name, "")
            several = [(value, "已选多项")] if "," in value else []
            found.append(Control(each.name, each.label, value, [*each.choices, *several], more=each.more))
    return found


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, slug: str) -> FileResponse:
    """Download what the list shows, in the printed form; posted with `clear`, which needs the right, in clear.

    No address alone hands out personal numbers: a link elsewhere would put the file on the disk of who follows it.
    """
    ledger = ledger_for(request.user, slug, Right.EXPORT)
    clear = request.POST.get("clear") == "1"
    if clear and not access_of(request.user).has(Right.SENSITIVE_EXPORT):
        raise Http404
    try:
        query = asked(request, ledger)
        target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        exporting.export(ledger, query, _user(request), target, clear=clear, sort=request.GET.get("sort", ""))
    except BadQuery as error:
        raise Http404(str(error)) from error
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=exporting.filename(ledger, query), content_type=XLSX)


@require_GET
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """Download the blank template."""
    ledger = ledger_for(request.user, slug, Right.IMPORT)
    if ledger.importer is None:
        raise Http404
    response = HttpResponse(content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(ledger.title)}-{quote('模板')}.xlsx"
    exporting.template(ledger, response)  # type: ignore[arg-type]
    return response


@require_GET
def printout(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the rows in the printed form, for the browser's print."""
    ledger = ledger_for(request.user, slug)
    try:
        query = asked(request, ledger)
        rows = ledger.ordered(ledger.rows(query, request.user), request.GET.get("sort", ""))
    except BadQuery as error:
        raise Http404(str(error)) from error
    columns = chosen_columns(request, ledger, open_view(request, saved_views.of(request.user, ledger)))
    page: Page[Any] = Paginator(rows, PRINTED).get_page(1)
    exporting.trace_query("print", ledger, query)
    return render(
        request,
        "ledgers/print.html",
        {
            "ledger": ledger,
            "query": query,
            "columns": columns,
            "lines": lines(ledger, page.object_list, columns, query, request.user),
            "count": page.paginator.count,
            "limit": PRINTED,
        },
    )


def _opens(access: Access, view: str) -> bool:
    """Say whether the URL table lets the user open a page."""
    rule = url_table(settings.URL_TABLE).get(view)
    return not isinstance(rule, Right) or access.has(rule)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
