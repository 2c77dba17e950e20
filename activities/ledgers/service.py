"""The ledger of hours that people who checked in to a community have served there."""

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, key_filter, register
from members.querysets import matching

from ..models.service import ServiceLine


@register
class ServiceLedger(Ledger):
    slug = "service-hours"
    title = "在职党员服务时数台账"
    group = "党员"
    about = "报到的在职党员在社区服务的时数：社区志愿服务的考勤自动算进来，别的在报到页面登记。"
    unit = "人次"
    model = ServiceLine
    date = "date"
    order = ("-date", "id")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    page = ("members:checkin", "checkin_id")
    beside = ("checkins",)
    columns = (
        Column("姓名", "checkin__name", "name", width=10),
        Column("工作单位", "checkin__workplace", width=26),
        Column("报到社区", "checkin__community__name", width=20),
        Column("日期", "date", "date", width=12),
        Column("时数", "hours", "decimal", width=8),
        Column("服务内容", "content", width=30),
        Column("来源", "source", "choice", choices=ServiceLine.Source.choices, width=10),
    )
    filters = (
        Filter("source", "来源", lambda value, query: Q(source=ServiceLine.Source(value)), ServiceLine.Source.choices),
        key_filter("checkin", "报到人", "checkin_id"),
    )

    def search(self, text: str) -> Q:
        return Q(checkin__name__contains=text) | Q(content__contains=text) | matching(text, "checkin__member__")
