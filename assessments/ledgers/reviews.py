"""Ledgers of work reviews: 述职评议台账, and how the votes fell."""

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.ledger import Column, Filter, Ledger, field_filter, register

from ..models import ReviewBallots, WorkReview
from .rounds import PartImporter

YEAR = Filter("year", "年度", lambda value, query: Q(year=int(value)), more=True, words=lambda value: f"{value} 年度")


class WorkReviewImporter(CheckedImporter):
    """A review is known by its organisation, year and secretary."""

    identity = ("organization_id", "year", "secretary")
    checked_by = WorkReview


@register
class WorkReviewsLedger(Ledger):
    slug = "reviews"
    title = "述职评议台账"
    group = "考核"
    about = "每年度党组织书记抓党建工作述职评议：现场还是书面、哪天评议、点评了什么、评为什么等次。票数在测评票数台账。"
    unit = "份"
    model = WorkReview
    date = "held_on"
    order = ("-year", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_REVIEW
    importer = WorkReviewImporter
    page = ("assessments:review-record", "pk")
    create_page = "assessments:review-record-create"
    beside = ("review-ballots",)
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("年度", "year", "integer", ("述职年度",), True, width=8, summed=False),
        Column("书记姓名", "secretary", "name", ("书记", "姓名"), True, width=10, max_length=60),
        Column("述职方式", "form", "choice", ("方式",), True, WorkReview.Form.choices, {"现场": "on-site", "书面": "written"}, width=10),
        Column("评议日期", "held_on", "date", ("日期", "述职日期"), width=12),
        Column("综合评价", "grade", "choice", ("等次", "评价"), choices=WorkReview.Grade.choices, width=9),
        Column("上级点评", "comment", "text", ("点评",), width=36, listed=False, sortable=False, max_length=2000),
        Column("反馈意见", "feedback", "text", width=36, listed=False, sortable=False, max_length=2000),
        Column("述职报告", "statement", "text", width=40, listed=False, sortable=False, max_length=20000),
    )  # fmt: skip
    filters = (
        YEAR,
        field_filter("grade", "综合评价", "grade", WorkReview.Grade.choices),
        field_filter("form", "述职方式", "form", WorkReview.Form.choices),
    )

    def search(self, text: str) -> Q:
        return Q(secretary__icontains=text) | Q(statement__icontains=text)


class BallotsImporter(PartImporter):
    """A count is known by its review and group of voters."""

    identity = ("review_id", "group")
    whole, model = "review", WorkReview
    by = {"organization_id": "organization_id", "year": "year", "secretary": "secretary"}
    unfound = "述职评议台账里没有这名书记这一年度的述职评议，请先登记"


def _count(header: str, path: str) -> Column:
    return Column(header, path, "integer", (f"{header}票",), width=8)


@register
class ReviewBallotsLedger(Ledger):
    slug = "review-ballots"
    title = "述职测评票数台账"
    group = "考核"
    about = "述职评议的测评票：哪类人投的、权重多少、好、较好、一般、差各几票。没有投票的一类不计。"
    model = ReviewBallots
    organization = "review__organization"
    order = ("-review__year", "review__organization__path", "-weight")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_REVIEW
    importer = BallotsImporter
    page = ("assessments:review-record", "review_id")
    columns = (
        Column("组织编码", "review__organization__code", "organization", ("组织", "社区", "支部"), True, width=14, field="organization_id"),
        Column("组织名称", "review__organization__name", width=24, writable=False),
        Column("年度", "review__year", "integer", (), True, width=8, field="year", summed=False),
        Column("书记姓名", "review__secretary", "name", ("书记",), True, width=10, field="secretary"),
        Column("投票人", "group", "text", ("投票人类别", "类别"), True, width=14, max_length=40),
        Column("权重", "weight", "decimal", ("权重（%）",), width=8, summed=False),
        _count("好", "good"),
        _count("较好", "fair"),
        _count("一般", "average"),
        _count("差", "poor"),
    )  # fmt: skip
    filters = (Filter("year", "年度", lambda value, query: Q(review__year=int(value)), more=True),)

    def search(self, text: str) -> Q:
        return Q(review__secretary__icontains=text) | Q(group__icontains=text)
