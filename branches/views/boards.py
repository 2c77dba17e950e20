"""Boards: the numbers of one register for everything directly below the chosen organisation, each number a link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from branches.models import Organization
from branches.turnover import turnover
from ledgers import facts
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.period import Period
from ledgers.requests import PortalRequest

Numbers = Mapping[str, facts.Number]


@dataclass(frozen=True)
class Cell:
    """One number of a board, with the address of the rows that it counts."""

    heading: str
    value: Any
    url: str = ""


Further = Callable[[Organization, Numbers], Sequence[Cell]]


@require_GET
def venues(request: PortalRequest) -> HttpResponse:
    """Premises by community: how many, of which tenure, how large, who is short."""
    columns = {
        "venues.total": "阵地",
        "venues.own": "自有",
        "venues.rented": "租赁",
        "venues.borrowed": "借用",
        "venues.shared": "共用",
        "venues.area": "面积（平方米）",
        "venues.short": "阵地不足",
    }
    return _board(request, "阵地情况", ("venues", "shortages"), columns)


@require_GET
def coverage(request: PortalRequest) -> HttpResponse:
    """Two-new organisations by community: members, Party organisations, instructors, coverage."""
    columns = {
        "enterprises.total": "两新组织",
        "enterprises.with_members": "有党员",
        "enterprises.eligible": "正式党员满 3 名",
        "enterprises.organised": "已建党组织",
        "enterprises.with_instructor": "有指导员",
    }
    month = request.chosen_period.latest_month()
    rate = facts.rate("enterprises.coverage")

    def further(organization: Organization, numbers: Numbers) -> Sequence[Cell]:
        query = Query(organization, on=month.as_of(), filters={"coverage": "lacking"})
        lacking = int(numbers[rate.denominator]) - int(numbers[rate.numerator])
        url_of_all = facts.get(rate.denominator).url(organization, month)
        percent = rate.percent(numbers)
        return (
            Cell("应建未建", lacking, get_ledger("enterprises").url(query)),
            Cell("覆盖率", "—" if percent is None else f"{percent}%", url_of_all if percent is not None else ""),
        )

    about = "覆盖率 = 正式党员满 3 名的两新组织中，已经建立党组织的占多少。"
    return _board(request, "两新组织覆盖情况", ("enterprises",), columns, further, about)


@require_GET
def workers(request: PortalRequest) -> HttpResponse:
    """Party workers by community: how many, reserve cadres, who left, turnover."""
    columns = {"workers.total": "在岗", "workers.reserve": "后备干部", "workers.left": "本期离岗"}
    organization, day = request.chosen_organization, request.chosen_period.end
    found = turnover(organization, day) if organization else {}

    def further(organization: Organization, numbers: Numbers) -> Sequence[Cell]:
        here = found[organization.pk]
        url = get_ledger("workers").url(Query(organization, on=day, filters={"event": "lost"}))
        percent = here.percent()
        rate = Cell("流失率", "—" if percent is None else f"{percent}%", url if here.lost else "")
        return Cell("近 12 个月离岗", here.lost, url), rate

    about = "流失率 = 近 12 个月离岗人数 ÷（在岗人数 + 近 12 个月离岗人数）。"
    return _board(request, "党务工作者流动情况", ("workers",), columns, further, about)


def _board(
    request: PortalRequest,
    title: str,
    slugs: Sequence[str],
    columns: Mapping[str, str],
    further: Further = lambda organization, numbers: (),
    about: str = "",
) -> HttpResponse:
    organization, period = request.chosen_organization, request.chosen_period
    rows: list[tuple[Organization, list[Cell]]] = []
    if organization:
        below = Organization.objects.get_children(organization).live_on(period.end)
        shown = [organization, *below.exclude(kind=Organization.Kind.GROUP)]
        counted = facts.of_each([one.pk for one in shown], period)
        rows = [(one, _cells(one, counted[one.pk], period, columns, further)) for one in shown]
        rows = [
            (one, cells)
            for one, cells in rows
            if not one.is_branch or one is organization or any(counted[one.pk][code] for code in columns)
        ]
    context = {
        "title": title,
        "about": about,
        "ledgers": [get_ledger(slug) for slug in slugs],
        "period": period,
        "total": rows[0] if rows else None,
        "rows": rows[1:],
        "trail": [(get_ledger(slugs[0]).title, get_ledger(slugs[0]).url()), (title, "")],
    }
    return render(request, "branches/board.html", context)


def _cells(
    organization: Organization, numbers: Numbers, period: Period, columns: Mapping[str, str], further: Further
) -> list[Cell]:
    own = [Cell(words, numbers[code], facts.get(code).url(organization, period)) for code, words in columns.items()]
    return [*own, *further(organization, numbers)]
