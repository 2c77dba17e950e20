"""Ledger of leave requests (请假台账)."""

from collections import defaultdict

from django.db import models
from django.db.models import Q

from accounts.permissions import Right
from activities.models import Activity, LeaveRequest
from branches.ledgers.checked import CheckedImporter
from ledgers.importing import Row
from ledgers.ledger import Column, Ledger, field_filter, key_filter, register
from members.ledgers.personal import BRANCH, ID_NUMBER, MEMBER, named
from members.ledgers.references import MemberReferences
from members.querysets import matching


class LeaveImporter(MemberReferences, CheckedImporter):
    """The key is whose, and from which day."""

    identity = ("organization_id", "member_id", "start")
    checked_by = LeaveRequest

    @property
    def fields(self) -> list[str]:
        """All columns, for a check needs the whole record; an activity is known by the number in its column."""
        return [*(key for key in super().fields if key != "number"), "activity_id"]

    def key_column(self, row: Row) -> str:
        return "请假人"

    def prepare(self, rows: list[Row]) -> None:
        """Find the member as of the first day, and the activity."""
        for row in rows:
            if "start" in row.values:
                row.values["date"] = row.values["start"]
        super().prepare(rows)
        for row in rows:
            row.values.pop("date", None)
        self._find_activities([row for row in rows if not row.errors and "number" in row.values])

    def _find_activities(self, rows: list[Row]) -> None:
        """Replace numbers by the activities of the row's branch, its groups, or those above it."""
        if not rows:
            return
        paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        held = Activity.objects.filter(number__in={row.values["number"] for row in rows})
        for pk, number, path in held.values_list("pk", "number", "organization__path"):
            found[number].append((pk, path))
        for row in rows:
            here = paths[row.values["organization_id"]]
            fit = [pk for pk, path in found[row.values["number"]] if path.startswith(here) or here.startswith(path)]
            if len(fit) == 1:
                row.values["activity_id"] = fit[0]
            elif fit:
                self.wrong(row, "number", f"有 {len(fit)} 次活动用这个编号，请不填编号，只填日期")
            else:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请核对，或不填编号，只填日期")
            row.values.pop("number")

    def build(self, row: Row) -> models.Model:
        """A leave without a last day is of one day; one whose day of asking nobody wrote down was asked for in time."""
        start, decided = row.values["start"], row.values.get("decided_on", self.today)
        days = {"end": start, "asked_on": min(start, self.today, decided)}
        return LeaveRequest(**days | row.values, asked_by=self.user)


@register
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
