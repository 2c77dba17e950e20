"""Ledgers of premises: 阵地台账, and which communities are short of them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db.models import Q

from branches.models import Organization, Shortage, Venue
from branches.models.venues import LEASE_WARNED_BEFORE
from branches.spans import lasting
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from .checked import CheckedImporter

ORGANIZATION = Column(
    "组织编码",
    "organization__code",
    "organization",
    ("组织", "社区", "所属社区", "所属组织", "支部"),
    True,
    width=14,
    field="organization_id",
    note="社区或支部的编码，也可以填名称",
)
ORGANIZATION_NAME = Column("组织名称", "organization__name", width=24, writable=False)


class VenueImporter(CheckedImporter):
    """A venue is known by its organisation and name."""

    identity = ("organization_id", "name")
    checked_by = Venue


def _lease(value: str, query: Query) -> Q:
    soon = Q(lease_end__lte=query.day + LEASE_WARNED_BEFORE)
    over = Q(lease_end__lt=query.day)
    return {"due": soon, "over": over}[value]


@register
class VenuesLedger(Ledger):
    slug = "venues"
    title = "阵地台账"
    group = "党组织"
    about = "社区和支部的活动阵地：自有、租赁、借用还是共用，面积多大，租期到哪天。租期还有 90 天时会提醒。"
    unit = "处"
    model = Venue
    order = ("organization__path", "name")
    importer = VenueImporter
    page = ("branches:venue", "pk")
    create_page = "branches:venue-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("阵地名称", "name", "text", ("名称", "场所名称", "场地名称"), True, width=24, max_length=100),
        Column(
            "性质",
            "tenure",
            "choice",
            ("产权性质", "使用性质", "来源"),
            True,
            Venue.Tenure.choices,
            {
                "自建": "own",
                "自有产权": "own",
                "产权自有": "own",
                "租用": "rented",
                "出租": "rented",
                "租借": "rented",
                "共享": "shared",
                "共建共享": "shared",
                "合用": "shared",
            },
            width=8,
        ),
        Column("面积（平方米）", "area", "decimal", ("面积", "面积(㎡)", "建筑面积", "使用面积"), width=12),
        Column("地址", "address", "text", ("地点", "位置"), width=26, listed=False, max_length=200),
        Column("功能", "functions", "text", ("功能室", "用途"), width=20, listed=False, max_length=200),
        Column(
            "产权单位",
            "owner",
            "text",
            ("出租方", "出借单位", "房东"),
            width=18,
            listed=False,
            max_length=100,
            note="租来、借来的填向谁租借",
        ),
        Column("租借开始", "lease_start", "date", ("租期开始", "租赁开始"), width=12, listed=False),
        Column("租借到期", "lease_end", "date", ("租期截止", "租期结束", "租赁到期"), width=12),
        Column("启用日期", "opened_on", "date", width=12, listed=False),
        Column("停用日期", "closed_on", "date", width=12, listed=False),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )
    filters = (
        field_filter("tenure", "性质", "tenure", Venue.Tenure.choices),
        Filter("lease", "租期", _lease, [("due", "90 天内到期或已到期"), ("over", "已到期")]),
        Filter("all", "含已停用", lambda value, query: Q(), [("1", "含已停用")], more=True),
    )
    views = (("按社区看", "branches:venue-board"),)

    def standing(self, day: date) -> Q:
        return lasting(day, "opened_on", "closed_on")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters


class ShortageImporter(CheckedImporter):
    """A shortage is known by its organisation and the day it was found; two of one organisation never overlap."""

    identity = ("organization_id", "since")
    checked_by = Shortage

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        spans: dict[int, list[tuple[date, date | None, int | None]]] = defaultdict(list)
        places = {row.values["organization_id"] for row in rows}
        for place, since, solved, pk in Shortage.objects.filter(organization__in=places).values_list(
            "organization_id", "since", "solved_on", "pk"
        ):
            spans[place].append((since, solved, pk))
        ours = {row.pk for row in rows if row.pk}
        for row in rows:
            whole, place = self.whole(row), row.values["organization_id"]
            since, solved = whole["since"], whole.get("solved_on")
            taken = [span for span in spans[place] if span[2] not in ours]
            if any(overlap(since, solved, begun, ended) for begun, ended, _ in taken):
                self.wrong(row, "since", "与这个组织另一条阵地不足的时间重叠，请先填那一条的解决日期")
            else:
                spans[place].append((since, solved, None))


def overlap(since: date, until: date | None, begun: date, ended: date | None) -> bool:
    """Say whether two spans, each without its last day, have a day in common."""
    return (ended is None or since < ended) and (until is None or begun < until)


@register
class ShortagesLedger(Ledger):
    slug = "shortages"
    title = "阵地不足台账"
    group = "党组织"
    about = "哪个社区阵地不够用，缺多少，怎样解决。填了解决日期就不再提醒。"
    model = Shortage
    order = ("organization__path", "-since")
    importer = ShortageImporter
    page = ("branches:shortage", "pk")
    create_page = "branches:shortage-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("认定日期", "since", "date", ("日期", "登记日期"), True, width=12),
        Column("不足情况", "situation", "text", ("情况", "存在问题"), True, width=28, max_length=200),
        Column("缺口面积（平方米）", "missing_area", "decimal", ("缺口面积",), width=12),
        Column("解决办法", "plan", "text", ("解决措施", "解决方式", "措施"), width=28, max_length=200),
        Column("解决日期", "solved_on", "date", ("解决时间", "完成日期"), width=12),
    )
    filters = (
        field_filter(
            "kind",
            "组织类别",
            "organization__kind",
            [
                (Organization.Kind.COMMUNITY_COMMITTEE.value, "社区"),
                *((k.value, k.label) for k in Organization.Kind.branches()),
            ],
        ),
        Filter("all", "含已解决", lambda value, query: Q(), [("1", "含已解决")]),
    )
    views = (("按社区看", "branches:venue-board"),)

    def standing(self, day: date) -> Q:
        return lasting(day, "since", "solved_on")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters
