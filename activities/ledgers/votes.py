"""Ledgers of what meetings decided: 表决台账 and 决议事项台账."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.permissions import Right
from activities.ledgers.meetings import in_reach
from activities.models import Activity, Resolution, Vote
from branches.ledgers.checked import CheckedImporter
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register

from .records import KIND_CHOICES, STATES, kind_condition, status_condition


class DecisionImporter(CheckedImporter):
    """Base: a decision is known by its meeting and its matter; the column `number` becomes the field `activity_id`."""

    identity = ("activity_id", "matter")
    kinds: tuple[str, ...] = ()
    """Kinds of meeting that such a decision belongs to; any, if empty."""

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "number"]

    def prepare(self, rows: list[Row]) -> None:
        """Find the meetings."""
        sound = [row for row in rows if "number" in row.values]
        numbers = {row.values["number"] for row in sound}
        held = in_reach(self, numbers)
        found: dict[str, list[tuple[int, str, date]]] = defaultdict(list)
        for pk, number, kind, day in held.values_list("pk", "number", "kind", "date").iterator(chunk_size=5000):
            found[number].append((pk, kind, day))
        self.days: dict[int, date] = {}
        for row in sound:
            places = found.get(row.values["number"], [])
            if not places:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请先导入活动")
            elif len(places) > 1:
                self.wrong(row, "number", f"有 {len(places)} 次活动用这个编号，请在填报范围里选定社区后再导入")
            elif self.kinds and places[0][1] not in self.kinds:
                self.wrong(row, "number", "只有支部党员大会登记表决，请核对活动编号")
            else:
                pk, _, self.days[pk] = places[0]
                row.values["activity_id"] = pk
                row.values.pop("number")

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        return self.scope().filter(activity__in={row.values["activity_id"] for row in rows})

    def build(self, row: Row) -> Any:
        record = super().build(row)
        record.activity = self.activities[row.values["activity_id"]]  # type: ignore[attr-defined]
        return record

    def write(self, new: list[Row], *args: Any) -> Any:
        wanted = {row.values["activity_id"] for row in new}
        self.activities = Activity.objects.select_related("organization").in_bulk(wanted)
        return super().write(new, *args)


class VoteImporter(DecisionImporter):
    checked_by = Vote
    kinds = (Activity.Kind.GENERAL.value,)


class ResolutionImporter(DecisionImporter):
    checked_by = Resolution

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in Resolution.faults(self.whole(row), self.days[row.values["activity_id"]]):
                self.wrong(row, key, message)


NUMBER = Column("活动编号", "activity__number", "code", ("编号",), True, field="number", width=14, listed=False)
MEETING = (
    NUMBER,
    Column("组织名称", "activity__organization__name", width=26, writable=False),
    Column("会议类型", "activity__kind", "choice", choices=Activity.Kind.choices, width=14, writable=False),
    Column("日期", "activity__date", "date", width=12, writable=False),
)
OF_MEETING = (
    Filter("status", "会议状态", status_condition("activity__status"), STATES, more=True),
    key_filter("activity", "会议", "activity_id"),
    Filter("own", "只看本级", lambda value, query: Q(activity__organization=query.organization), [("1", "只看本级")], more=True),
)  # fmt: skip


class DecisionLedger(Ledger):
    """Base of both: rows of a meeting, on its day."""

    group = "活动"
    organization = "activity__organization"
    date = "activity__date"
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    page = ("activities:detail", "activity_id")


@register
class VotesLedger(DecisionLedger):
    slug = "votes"
    title = "表决台账"
    about = "支部党员大会每次表决的事项和票数。在会议页面登记，也可以按活动编号导入。有考勤的会议，应到和到会人数按花名册和考勤核对。"
    unit = "次"
    model = Vote
    importer = VoteImporter
    order = ("-activity__date", "activity_id", "pk")
    columns = (
        *MEETING,
        Column("表决事项", "matter", "text", ("事项", "议题", "表决内容"), True, width=30, max_length=200),
        Column("表决类型", "kind", "choice", ("类型",), False, Vote.Kind.choices, {"决议": "decision"}, width=9),
        Column("表决方式", "method", "choice", ("方式",), False, Vote.Method.choices, {"举手表决": "hands", "票决": "ballot", "投票": "ballot", "无记名": "ballot"}, width=11),
        Column("有表决权人数", "entitled_stated", "integer", ("应到有表决权人数", "应到人数", "应到"), width=10, listed=False, note="正式党员数，预备党员不算；会议有考勤的不用填"),
        Column("到会有表决权人数", "present_stated", "integer", ("实到有表决权人数", "实到人数", "实到"), width=10, listed=False),
        Column("赞成", "in_favour", "integer", ("赞成票", "同意"), True, width=7),
        Column("反对", "against", "integer", ("反对票", "不同意"), width=7),
        Column("弃权", "abstained", "integer", ("弃权票",), width=7),
        Column("是否通过", "passed", "yes_no", ("通过", "结果"), width=9),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        field_filter("kind", "表决类型", "kind", Vote.Kind.choices),
        Filter("passed", "结果", lambda value, query: Q(passed={"1": True, "0": False}[value]), [("1", "通过"), ("0", "未通过")]),
        *OF_MEETING,
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return Q(matter__icontains=text) | Q(activity__topic__icontains=text)


def _state(value: str, query: Query) -> Q:
    """Done or not is what the record says; overdue is as of today."""
    late = Q(done_on__isnull=True, due_on__lt=timezone.localdate())
    return {"done": Q(done_on__isnull=False), "open": Q(done_on__isnull=True), "overdue": late}[value]


@register
class ResolutionsLedger(DecisionLedger):
    slug = "resolutions"
    title = "决议事项台账"
    about = "会议议定的事项由谁负责、什么时候完成、落实得怎样。在会议页面登记，也可以按活动编号导入；过了时限的在工作台提醒。"
    unit = "件"
    model = Resolution
    importer = ResolutionImporter
    order = ("-activity__date", "activity_id", "pk")
    columns = (
        *MEETING,
        Column("决议事项", "matter", "text", ("事项", "议定事项", "决议"), True, width=34, max_length=200),
        Column("责任人", "responsible", "name", ("负责人",), width=10, max_length=60),
        Column("完成时限", "due_on", "date", ("时限", "要求完成时间"), width=12),
        Column("完成日期", "done_on", "date", ("完成时间", "落实日期"), width=12),
        Column("落实情况", "note", "text", ("备注", "进展"), width=30, max_length=300),
    )  # fmt: skip
    filters = (
        Filter("state", "进度", _state, [("open", "没有落实"), ("overdue", "过了时限"), ("done", "已落实")]),
        Filter("kind", "会议类型", kind_condition("activity__kind"), KIND_CHOICES),
        *OF_MEETING,
    )

    def search(self, text: str) -> Q:
        return Q(matter__icontains=text) | Q(responsible=text) | Q(activity__topic__icontains=text)
