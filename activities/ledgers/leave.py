"""Ledger of leave requests (请假台账)."""

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Ledger, field_filter, key_filter
from members.ledgers.personal import BRANCH, ID_NUMBER, MEMBER, named
from members.querysets import matching

from ..importing_leave import LeaveImporter
from ..models import LeaveRequest


class LeaveLedger(Ledger):
    slug = "leave-requests"
    title = "请假台账"
    group = "活动"
    about = "谁向支部请了哪天或哪次活动的假，什么事由，谁批准的。批准以后点名时自动记为请假。"
    unit = "人次"
    model = LeaveRequest
    date = "start"
    order = ("-start", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = LeaveImporter
    page = ("activities:leave", "pk")
    create_page = "activities:leave-create"
    columns = (
        Column("请假日期", "start", "date", ("日期", "开始日期", "请假时间"), True, width=12),
        Column("截止日期", "end", "date", ("结束日期", "到"), width=12, note="只请一天的不填"),
        BRANCH,
        named("请假人", "请假人姓名"),
        ID_NUMBER,
        Column("请假事由", "reason", "text", ("事由", "原因"), True, width=22, max_length=100),
        Column("活动编号", "activity__number", "code", ("编号",), field="number", width=14, note="只请一次活动的填写", listed=False),
        Column("活动", "activity__topic", width=24, writable=False),
        Column("申请日期", "asked_on", "date", ("请假申请日期",), width=12, listed=False),
        Column("状态", "state", "choice", ("批准情况", "审批结果"), False, LeaveRequest.State.choices, {"批准": "granted", "同意": "granted", "准假": "granted", "不批准": "refused", "不同意": "refused", "待批": "asked"}, width=9),
        Column("批准人", "decided_by", "name", ("审批人",), width=10, max_length=60),
        Column("批准日期", "decided_on", "date", ("审批日期",), width=12),
        Column("批示", "note", "text", ("审批意见", "备注"), width=20, max_length=200, listed=False),
    )  # fmt: skip
    filters = (
        field_filter("state", "状态", "state", LeaveRequest.State.choices),
        MEMBER,
        key_filter("activity", "活动", "activity_id"),
    )

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(reason__contains=text)
