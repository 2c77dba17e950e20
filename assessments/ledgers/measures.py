"""Ledgers of measures: 责任清单台账, 整改台账, and both together."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.permissions import Right, access_of
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION_NAME
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register

from ..models import Measure
from ..querysets import measure_overdue_on, measure_unfinished_on

Kind = Measure.Kind
EVENTS = {"due": "due_on", "done": "done_on", "accepted": "accepted_on", "found": "starts_on"}


def _event(value: str, query: Query) -> Q:
    span = (query.period.start if query.period else date.min, query.day)
    return Q(**{f"{EVENTS[value]}__range": span})


def _state(value: str, query: Query) -> Q:
    day = query.day
    return {
        "open": measure_unfinished_on(day),
        "overdue": measure_overdue_on(day),
        "waiting": Q(done_on__lte=day) & (Q(accepted_on__isnull=True) | Q(accepted_on__gt=day)),
        "unsettled": Q(accepted_on__isnull=True) | Q(accepted_on__gt=day),
        "accepted": Q(accepted_on__lte=day),
        "done": Q(done_on__lte=day),
        "late": measure_overdue_on(day) | Q(done_on__gt=F("due_on")) | Q(extended_on__gt=F("due_on")),
        "asked": Q(asked_on__isnull=False, extended_on__isnull=True, done_on__isnull=True),
    }[value]


STATES = [
    ("open", "未完成"),
    ("overdue", "逾期未完成"),
    ("waiting", "待验收"),
    ("done", "已完成"),
    ("accepted", "已验收"),
    ("unsettled", "未销号"),
    ("late", "曾经逾期"),
    ("asked", "申请延期"),
]
STATE = Filter("state", "状态", _state, STATES)
OWN = Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True)
FINDING = key_filter("finding", "预警", "finding_id", lambda value: "同一条预警的")
EVENT = Filter(
    "event", "本期", _event, [("due", "本期到期"), ("done", "本期完成"), ("accepted", "本期验收"), ("found", "本期新增")],
    more=True,
)  # fmt: skip


class MeasureImporter(CheckedImporter):
    """A measure is known by its organisation, what it is about, and its deadline.

    What an organisation sets for what lies below it, it accepts itself; an import leaves that where it was.
    """

    identity = ("organization_id", "title", "due_on")
    checked_by = Measure

    def key(self, row: Row) -> Any:
        """Return the key; one without a deadline has a key as well."""
        values = tuple(row.values.get(name) for name in self.identity)
        return None if None in values[:2] else values

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        for row in rows:
            row.values.setdefault("due_on", None)
        return super().existing(rows)

    def build(self, row: Row) -> models.Model:
        home = access_of(self.user).home_organization_id
        return self.ledger.model(**{"set_by_id": home, **{k: v for k, v in row.values.items() if v is not None}})

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        setters = dict(
            Measure.objects.filter(pk__in=[row.pk for row in rows if row.pk]).values_list("pk", "set_by__path")
        )
        access = access_of(self.user)
        for row in rows:
            path = setters.get(row.pk)
            if row.changes and path and not access.has_on(Right.MEASURES_SET, path):
                self.wrong(row, "title", "这项任务由上级交办，修改、延期和验收由上级办理")


def organization_column(header: str, *aliases: str) -> Column:
    """Return the column of the organisation under the name that an office gives it in this ledger."""
    return Column(
        "组织编码",
        "organization__code",
        "organization",
        (header, "组织", "社区", "支部", *aliases),
        True,
        width=14,
        field="organization_id",
        note=f"{header}的编码，也可以填名称",
    )


def _dates(*named: tuple[str, str, Sequence[str], bool]) -> list[Column]:
    return [Column(header, path, "date", aliases, required, width=12) for header, path, aliases, required in named]


EXTENDED = (
    Column("延期至", "extended_to", "date", width=12, listed=False),
    Column("延期批准日期", "extended_on", "date", width=12, listed=False),
)
PROGRESS = Column("进度（%）", "percent", "integer", ("进度", "完成进度"), width=9, summed=False)
UNFINISHED = Column("未完成原因", "unfinished", "text", ("未完成的原因",), width=24, listed=False, max_length=300)
ACCEPTED = (
    Column("验收人", "inspector", "text", width=10, listed=False, max_length=60),
    Column("验收日期", "accepted_on", "date", ("销号日期",), width=12),
    Column("验收意见", "opinion", "text", width=24, listed=False, max_length=300),
)


class EveryMeasure(Ledger):
    """What the ledgers of measures share. `kinds` are those that one holds."""

    model = Measure
    unit = "项"
    group = "责任"
    order = ("due_on", "organization__path")
    right = Right.MEASURES_VIEW
    edit_right = Right.MEASURES_SET
    kinds: Sequence[Kind] = tuple(Kind)

    def queryset(self) -> models.QuerySet[Any]:
        return super().queryset().filter(kind__in=self.kinds)

    def standing(self, day: date) -> Q:
        return Q(starts_on__isnull=True) | Q(starts_on__lte=day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """Asked of an event or of one finding, the ledger tells it whatever the day."""
        return "event" in filters or "finding" in filters

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(measure__icontains=text) | Q(owner=text) | Q(number__iexact=text)


@register
class MeasuresLedger(EveryMeasure):
    """Both together, for whoever asks what is overdue; each is entered in its own ledger."""

    slug = "measures"
    title = "任务和整改总台账"
    about = "责任清单任务和整改事项放在一起看：谁的、到哪天、走到哪一步。录入和导入在各自的台账里。"
    page = ("assessments:measure", "pk")
    columns = (
        Column("类别", "kind", "choice", choices=Kind.choices, width=12),
        Column("事项", "title", width=40),
        Column("组织编码", "organization__code", "code", width=12),
        ORGANIZATION_NAME,
        Column("责任领导", "leader", width=10),
        Column("责任人", "owner", width=10),
        Column("完成时限", "due_on", "date", width=12),
        *EXTENDED,
        PROGRESS,
        Column("完成日期", "done_on", "date", width=12),
        Column("验收日期", "accepted_on", "date", width=12),
    )
    filters = (STATE, field_filter("kind", "类别", "kind", Kind.choices), EVENT, FINDING, OWN)


@register
class ResponsibilitiesLedger(EveryMeasure):
    slug = "responsibilities"
    title = "责任清单台账"
    about = "年度要点、一岗双责、书记项目和重点任务分解到单位和人：做什么、做到什么程度、谁负责、哪天完成、进展怎样。"
    kinds = Kind.responsibilities()
    importer = MeasureImporter
    page = ("assessments:responsibility", "pk")
    create_page = "assessments:responsibility-create"
    columns = (
        Column("编号", "number", "text", ("任务编号",), width=10, max_length=30),
        Column("类别", "kind", "choice", ("任务类别",), True, [(k.value, k.label) for k in Kind.responsibilities()], width=12),
        Column("重点任务", "title", "text", ("任务", "事项", "工作任务", "任务名称"), True, width=36, max_length=300),
        Column("目标要求", "goal", "text", ("工作目标", "目标"), width=24, listed=False, max_length=500),
        Column("具体措施", "measure", "text", ("措施", "工作措施"), width=40, listed=False, sortable=False, max_length=2000),
        Column("完成标志", "criterion", "text", ("完成标准",), width=24, listed=False, max_length=300),
        Column("责任领导", "leader", "text", ("分管领导",), width=10, max_length=60),
        organization_column("牵头单位", "责任单位"),
        ORGANIZATION_NAME,
        Column("配合单位", "partners", "text", width=18, listed=False, max_length=200),
        Column("责任人", "owner", "text", width=10, max_length=60),
        Column("业务领域", "area", "text", ("领域",), width=12, listed=False, max_length=60),
        Column("来源文件或会议", "source", "text", ("来源",), width=18, listed=False, max_length=200),
        Column("推进频次", "rhythm", "choice", ("报送频次",), choices=Measure.Rhythm.choices, width=8, listed=False),
        *_dates(
            ("开始日期", "starts_on", ("起始日期", "下达日期"), False), ("完成时限", "due_on", ("时限", "截止日期"), True),
        ),
        *EXTENDED,
        PROGRESS,
        Column("进展", "progress", "text", ("进展情况", "完成情况"), width=36, listed=False, sortable=False, max_length=1000),
        UNFINISHED,
        Column("完成日期", "done_on", "date", width=12),
        *ACCEPTED,
        Column("交办单位", "set_by__name", width=20, listed=False, writable=False),
    )  # fmt: skip
    filters = (
        STATE,
        field_filter("kind", "类别", "kind", [(k.value, k.label) for k in Kind.responsibilities()]),
        Filter("leader", "责任领导", lambda value, query: Q(leader=value), more=True),
        Filter("source", "来源", lambda value, query: Q(source=value), more=True),
        Filter("area", "业务领域", lambda value, query: Q(area=value), more=True),
        EVENT,
        FINDING,
        OWN,
    )
    views = (("责任领导 × 领域", "assessments:duties"), ("书记工作台账", "assessments:secretary-work"))


@register
class RectificationsLedger(EveryMeasure):
    slug = "rectifications"
    title = "整改台账"
    about = "查出来的问题怎么改：原因、措施、谁负责、哪天改完、谁验收。来自预警、自查、观摩、述职评议、巡察和审计。"
    kinds = Kind.rectifications()
    importer = MeasureImporter
    page = ("assessments:rectification", "pk")
    create_page = "assessments:rectification-create"
    columns = (
        Column("编号", "number", "text", width=10, max_length=30, listed=False),
        organization_column("整改单位", "责任单位"),
        ORGANIZATION_NAME,
        Column("问题来源", "kind", "choice", ("来源",), True, [(k.value, k.label) for k in Kind.rectifications()], width=12),
        Column("存在问题", "title", "text", ("问题", "具体问题"), True, width=36, max_length=300),
        Column("原因分析", "cause", "text", ("原因", "产生原因"), width=30, listed=False, sortable=False, max_length=1000),
        Column("整改目标", "goal", "text", ("目标",), width=24, listed=False, max_length=500),
        Column("整改措施", "measure", "text", ("措施",), width=36, listed=False, sortable=False, max_length=2000),
        Column("整改类型", "pace", "choice", ("类型",), choices=Measure.Pace.choices, width=10),
        Column("责任领导", "leader", "text", width=10, max_length=60),
        Column("责任人", "owner", "text", width=10, max_length=60),
        *_dates(
            ("发现日期", "starts_on", ("查摆日期",), True), ("整改时限", "due_on", ("整改期限", "完成时限", "时限"), False),
        ),
        *EXTENDED,
        PROGRESS,
        Column("整改成效", "progress", "text", ("整改情况", "成效", "整改进展"), width=36, listed=False, sortable=False, max_length=1000),
        UNFINISHED,
        Column("完成日期", "done_on", "date", ("整改完成日期",), width=12),
        *ACCEPTED,
        Column("可以公开", "is_public", "yes_no", ("是否公开",), width=9, listed=False),
        Column("交办单位", "set_by__name", width=20, listed=False, writable=False),
    )  # fmt: skip
    filters = (
        STATE,
        field_filter("kind", "问题来源", "kind", [(k.value, k.label) for k in Kind.rectifications()]),
        field_filter("pace", "整改类型", "pace", Measure.Pace.choices, more=True),
        EVENT,
        FINDING,
        OWN,
    )
