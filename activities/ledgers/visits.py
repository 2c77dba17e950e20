"""The ledger of visits (走访调研台账): reports heard, papers read, residents called on."""

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, field_filter, register

from ..models import Visit


class VisitImporter(CheckedImporter):
    """A visit is known by organisation, day, kind and whom or what it was paid to."""

    identity = ("organization_id", "date", "kind", "target")
    checked_by = Visit

    def key_column(self, row: Row) -> str:
        return "走访对象"


@register
class VisitsLedger(Ledger):
    slug = "visits"
    title = "走访调研台账"
    group = "活动"
    about = "听取汇报、查阅资料、走访群众的记录：谁去的、见了谁、看到什么。调研报告的依据从这里来。"
    unit = "次"
    model = Visit
    date = "date"
    order = ("-date", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = VisitImporter
    page = ("activities:visit", "pk")
    create_page = "activities:visit-create"
    columns = (
        Column("日期", "date", "date", ("走访日期", "调研日期", "时间", "走访时间"), True, width=12),
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("方式", "kind", "choice", ("走访方式", "调研方式", "类型"), True, Visit.Kind.choices, {"汇报": "report", "听汇报": "report", "座谈": "report", "资料": "papers", "查资料": "papers", "查看资料": "papers", "走访": "residents", "入户走访": "residents", "入户": "residents"}, width=10),
        Column("走访人", "visitors", "text", ("调研人", "参加人员"), True, width=16, max_length=100),
        Column("走访对象", "target", "text", ("对象", "调研对象", "走访地点", "地点"), True, width=26, max_length=200, note="见了谁、去了哪里或看了哪些资料"),
        Column("访谈人数", "people", "integer", ("人数",), width=9),
        Column("了解到的情况", "content", "text", ("情况", "内容", "走访内容", "主要情况"), width=40, listed=False, sortable=False, max_length=2000),
        Column("发现的问题", "problem", "text", ("问题", "存在问题"), width=28, max_length=300),
        Column("意见建议", "advice", "text", ("建议",), width=28, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        field_filter("kind", "方式", "kind", Visit.Kind.choices),
        Filter("problem", "发现问题", lambda value, query: {"1": ~Q(problem=""), "0": Q(problem="")}[value], [("1", "发现问题的"), ("0", "没有发现问题的")]),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        words = ("visitors", "target", "content", "problem", "advice")
        condition = Q()
        for name in words:
            condition |= Q(**{f"{name}__icontains": text})
        return condition
