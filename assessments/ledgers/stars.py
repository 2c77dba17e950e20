"""Ledgers of stars: 夺旗台账 of branches, 争星台账 of members."""

from django.db import models
from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, choices_filter, field_filter, period_of, register
from members.models import Member

from ..models import BranchStars, MemberStar
from ..models.stars import STAR_CHOICES, standing_grant
from .rounds import read_periods

PERIOD = Column("时期", "period", "period", ("轮次", "季度"), True, width=14, max_length=12, note="写成 2026年第三季度")
OF = Filter("of", "所属时期", lambda value, query: Q(period=period_of(value).code), more=True)
GRANTED = Filter(
    "granted",
    "结果",
    lambda value, query: {"yes": standing_grant(query.day), "no": Q(granted_on__isnull=True)}[value],
    [("yes", "已授予"), ("no", "待审定")],
)


class BranchStarsImporter(CheckedImporter):
    """A claim is known by its branch and period; the flag follows from the stars."""

    identity = ("organization_id", "period")
    checked_by = BranchStars

    def prepare(self, rows: list[Row]) -> None:
        read_periods(rows, "period")
        for row in rows:
            for key in ("claimed", "granted"):
                row.values[key] = row.values.get(key) or ""

    def build(self, row: Row) -> models.Model:
        stars = BranchStars(**row.values)
        stars.derive()
        return stars


@register
class BranchStarsLedger(Ledger):
    slug = "branch-stars"
    title = "支部夺旗台账"
    group = "考核"
    about = "“夺旗争星”：支部每期申报哪些星、授予哪些星、得什么旗。五颗星红旗、四颗蓝旗、三颗黄旗。"
    unit = "个次"
    model = BranchStars
    date = "granted_on"
    order = ("-period", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_DECIDE
    importer = BranchStarsImporter
    page = ("assessments:branch-stars", "pk")
    create_page = "assessments:branch-stars-create"
    beside = ("member-stars",)
    views = (("夺旗争星墙", "assessments:wall"),)
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        PERIOD,
        Column("申报的星", "claimed", "choices", ("申报",), choices=STAR_CHOICES, width=30),
        Column("申报理由", "grounds", "text", width=36, listed=False, sortable=False, max_length=1000),
        Column("申报日期", "claimed_on", "date", (), True, width=12),
        Column("授予的星", "granted", "choices", ("授予",), choices=STAR_CHOICES, width=30),
        Column("授予日期", "granted_on", "date", width=12),
        Column("旗", "flag", "choice", choices=BranchStars.Flag.choices, width=8, writable=False),
        Column("收回日期", "withdrawn_on", "date", width=12, listed=False),
        Column("未授予或收回的原因", "reason", "text", width=24, listed=False, max_length=300),
    )
    filters = (
        GRANTED,
        field_filter("flag", "旗", "flag", BranchStars.Flag.choices),
        choices_filter("star", "星", "granted", STAR_CHOICES, more=True),
        OF,
    )

    def search(self, text: str) -> Q:
        return Q(organization__name__icontains=text) | Q(grounds__icontains=text)


class MemberStarImporter(CheckedImporter):
    """A star is known by its branch, the member's name, period and title."""

    identity = ("member_id", "period", "title")
    checked_by = MemberStar

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "name"]

    def prepare(self, rows: list[Row]) -> None:
        """Find the members by name in their branch: one query."""
        read_periods(rows, "period")
        places = {row.values.get("organization_id") for row in rows if not row.errors}
        found: dict[tuple[int, str], list[int]] = {}
        for pk, place, name in Member.objects.filter(branch__in=places).values_list("pk", "branch_id", "name"):
            found.setdefault((place, name), []).append(pk)
        for row in rows:
            if row.errors:
                continue
            hits = found.get((row.values["organization_id"], row.values.get("name", "")), [])
            if len(hits) != 1:
                self.wrong(row, "name", "这个支部有重名的党员，请在页面上登记" if hits else "这个支部没有这名党员")
                continue
            row.values["member_id"] = hits[0]
            row.values.pop("name")


@register
class MemberStarsLedger(Ledger):
    slug = "member-stars"
    title = "党员争星台账"
    group = "考核"
    about = "党员每期申报和获得的星。"
    unit = "颗"
    model = MemberStar
    date = "granted_on"
    order = ("-period", "organization__path", "title")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_REVIEW
    importer = MemberStarImporter
    page = ("assessments:member-star", "pk")
    create_page = "assessments:member-star-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("姓名", "member__name", "name", ("党员",), True, width=10, field="name"),
        PERIOD,
        Column("星", "title", "text", ("星级", "称号"), True, width=14, max_length=40),
        Column("事迹", "grounds", "text", width=40, listed=False, sortable=False, max_length=500),
        Column("申报日期", "claimed_on", "date", (), True, width=12),
        Column("授予日期", "granted_on", "date", width=12),
        Column("收回日期", "withdrawn_on", "date", width=12, listed=False),
        Column("未授予或收回的原因", "reason", "text", width=24, listed=False, max_length=300),
    )
    filters = (GRANTED, OF)

    def search(self, text: str) -> Q:
        return Q(member__name__icontains=text) | Q(title__icontains=text)
