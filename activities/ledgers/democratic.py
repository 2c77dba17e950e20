"""Ledger of the yearly democratic review of members (民主评议台账)."""

from datetime import date

from django.db import models
from django.db.models import Q

from accounts.permissions import Right
from activities.models import DemocraticReview
from ledgers.importing import Row
from ledgers.ledger import BadQuery, Column, Filter, Ledger, Query, field_filter, register
from members.ledgers.personal import BRANCH, ID_NUMBER, MEMBER, named
from members.ledgers.references import MemberReferences
from members.querysets import matching


class DemocraticImporter(MemberReferences):
    """The key is branch, year and member. Without a day of the grade, a new row gets the year's last, or today."""

    identity = ("organization_id", "year", "member_id")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in DemocraticReview.faults(row.values):
                self.wrong(row, key, message)

    def build(self, row: Row) -> models.Model:
        day = min(date(row.values["year"], 12, 31), self.today)
        return DemocraticReview(**{"date": day, **row.values})


Grade = DemocraticReview.Grade


def year_condition(value: str, query: Query) -> Q:
    """Return the condition that a row belongs to a year."""
    if not value.isdecimal() or len(value) != 4:
        raise BadQuery(f"看不懂的年度“{value}”：应写成 2026")
    return Q(year=int(value))


YEAR = Filter("year", "年度", year_condition, more=True, words=lambda value: f"{value} 年度")
OWN = Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True)


def _grade(value: str, query: Query) -> Q:
    if value == "given":
        return ~Q(grade="")
    return Q(grade="") if value == "none" else Q(grade=Grade(value))


@register
class DemocraticReviewsLedger(Ledger):
    slug = "democratic-reviews"
    title = "民主评议台账"
    group = "活动"
    about = "每年民主评议党员的结果：谁做了自评、各等次得了多少票、评为什么等次、不合格的怎样处置。"
    unit = "人次"
    model = DemocraticReview
    date = "date"
    order = ("-year", "organization__path", "member_id")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = DemocraticImporter
    page = ("activities:democratic-review", "pk")
    create_page = "activities:democratic"
    columns = (
        Column("评议年度", "year", "integer", ("年度", "年份"), True, width=9, summed=False),
        BRANCH,
        named("姓名", required=False),
        ID_NUMBER,
        Column("个人自评", "self_reviewed", "yes_no", ("自评", "是否自评"), width=9),
        Column("优秀票", "votes_excellent", "integer", ("优秀票数",), width=8),
        Column("合格票", "votes_qualified", "integer", ("合格票数",), width=8),
        Column("基本合格票", "votes_basic", "integer", ("基本合格票数",), width=10),
        Column("不合格票", "votes_unqualified", "integer", ("不合格票数",), width=9),
        Column("评定等次", "grade", "choice", ("等次", "评议结果", "评议等次"), False, Grade.choices, {"优秀党员": "excellent", "合格党员": "qualified", "基本合格党员": "basic", "不合格党员": "unqualified"}, width=10),
        Column("评定日期", "date", "date", ("日期", "评议日期", "评议时间"), width=12),
        Column("处置意见", "decision", "text", ("处置", "处置情况", "组织意见"), width=26, max_length=200),
    )  # fmt: skip
    filters = (
        Filter("grade", "评定等次", _grade, [("given", "已评定"), ("none", "没有评定"), *Grade.choices]),
        field_filter("self", "个人自评", "self_reviewed", [("True", "已自评"), ("False", "没有自评")]),
        YEAR,
        MEMBER,
        OWN,
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return matching(text, "member__")
