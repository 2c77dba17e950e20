"""发展党员台账: one row for each person on the way into the Party, one column for the day of each step."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register
from members.development.procedure import BY_CODE, RECORDED, Need, Standing, Step, VoteKind
from members.ledgers.development_importer import PAPERS_NOTED, PEOPLE_NOTED, STEP_COLUMNS, DevelopmentImporter
from members.models import (
    DevelopmentCase,
    DevelopmentStep,
    DevelopmentVote,
    Education,
    Gender,
    mask_id,
    mask_phone,
    standing_on,
    under_way,
)
from members.querysets import matching

from .register import EDUCATION_SYNONYMS

SOON = timedelta(days=30)
DAY_ALIASES = {
    "talk": ("谈话日期", "派人谈话时间", "谈话时间"),
    "activist": ("确定积极分子日期", "确定入党积极分子时间", "列为积极分子时间", "积极分子时间"),
    "candidate": ("确定为发展对象时间", "列为发展对象时间", "发展对象时间"),
    "vetting": ("政审时间", "政治审查时间"),
    "training": ("集中培训时间", "培训时间"),
    "admission": ("接收为预备党员时间", "接收预备党员时间", "支部大会接收时间", "入党时间"),
    "admission-approval": ("审批时间", "上级党委审批时间"),
    "regularisation": ("转正时间", "转正日期"),
    "regularisation-approval": ("转正审批时间",),
}


def _stage(value: str, query: Query) -> Q:
    return standing_on(Standing(value).value, query.day)


def _event(value: str, query: Query) -> Q:
    span = (query.period.start, query.period.end) if query.period else (date.min, query.day)
    field = {"applied": "applied_on", "admitted": "admitted_on", "regularised": "regularised_on", "closed": "closed_on"}
    in_branch = Q(since__isnull=True) | Q(**{f"{field[value]}__gte": F("since")})
    ended = Q(continued_by__isnull=True) if value == "closed" else Q()
    return Q(**{f"{field[value]}__range": span}) & in_branch & ended


def _due(value: str, query: Query) -> Q:
    today = timezone.localdate()
    return {"over": Q(due_on__lt=today), "soon": Q(due_on__range=(today, today + SOON))}[value]


def _exception(value: str, query: Query) -> Q:
    excepted = DevelopmentStep.objects.filter(case=OuterRef("pk")).exclude(exception_reason="")
    return {"1": Q(Exists(excepted)), "0": ~Q(Exists(excepted))}[value]


def _last(code: str, field: str) -> Subquery:
    """Return a field of the last step of this code that was taken, not passed over."""
    steps = DevelopmentStep.objects.filter(case=OuterRef("pk"), code=code, exception_reason="").order_by("-on", "-pk")
    return Subquery(steps.values(field)[:1])


def _votes(kind: str) -> Subquery:
    """Return the votes as 应到/实到/赞成/反对/弃权."""
    numbers = [Cast(F(name), CharField()) for name in ("expected", "present", "in_favour", "against", "abstained")]
    parts = [part for number in numbers for part in (Value("/"), number)][1:]
    votes = DevelopmentVote.objects.filter(step__case=OuterRef("pk"), kind=kind).annotate(words=Concat(*parts))
    return Subquery(votes.values("words")[:1])


def _day(step: Step) -> Column:
    return Column(
        f"{step.short}日期",
        step.column,
        "date",
        tuple(a for a in (f"{step.short}时间", *DAY_ALIASES.get(step.code, ())) if a != f"{step.short}日期"),
        width=12,
        listed=step.code in ("activist", "candidate", "admission"),
        note=f"第 {step.number} 步：{step.title}" if step.number else step.title,
    )


def _of(step: Step) -> list[Column]:
    """The columns of one step: its day, and what an office notes beside it."""
    columns = [_day(step)]
    prefix = step.column.removesuffix("_on")
    if step.code in PEOPLE_NOTED:
        columns.append(
            Column(
                step.people,
                f"{prefix}_people",
                "text",
                width=16,
                max_length=120,
                listed=False,
                note="多人用顿号隔开，如 张三、李四",
            )
        )
    if step.code in PAPERS_NOTED:
        columns.append(
            Column(f"{step.short}文号", f"{prefix}_document", "text", width=16, max_length=100, listed=False)
        )
    if step.has(Need.TRAINING):
        columns += [
            Column("培训天数", f"{prefix}_days", "decimal", width=8, listed=False, summed=False),
            Column("培训学时", f"{prefix}_hours", "decimal", width=8, listed=False, summed=False),
        ]
    if step.has(Need.UNTIL):
        columns.append(Column("预备期延长至", f"{prefix}_until", "date", width=12, listed=False))
    if step.has(Need.PUBLICITY):
        columns += [
            Column(f"{step.short}公示开始", f"{prefix}_public_from", "date", width=12, listed=False),
            Column(f"{step.short}公示结束", f"{prefix}_public_to", "date", width=12, listed=False),
        ]
    columns += [
        Column(
            f"{VoteKind(kind).label}票数",
            f"votes_{kind.value.replace('-', '_')}",
            "text",
            width=16,
            max_length=40,
            listed=False,
            sortable=False,
            note="应到/实到/赞成/反对/弃权，如 20/18/17/0/1",
        )
        for kind in step.votes
    ]
    return columns


@register
class DevelopmentLedger(Ledger):
    slug = "development"
    title = "发展党员台账"
    group = "党员"
    about = "从递交入党申请书到转正归档，一人一行、一步一列。可以导入现有的台账，也可以逐个新增入党申请人。"
    unit = "人"
    model = DevelopmentCase
    organization = "branch"
    order = ("branch__path", "applied_on", "pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = DevelopmentImporter
    page = ("members:development-detail", "pk")
    create_page = "members:development-create"
    views = (("看板", "members:development"),)
    columns = (
        Column("姓名", "name", "name", (), True, width=10, max_length=60),
        Column("阶段", "standing_now", "choice", choices=Standing.choices, width=12, writable=False),
        Column("性别", "gender", "choice", choices=Gender.choices, width=6, listed=False, note="不填则按身份证号"),
        Column("出生日期", "birth_date", "date", ("出生年月",), width=12, listed=False, note="不填则按身份证号"),
        Column("身份证号", "id_number", "id", ("公民身份号码", "身份证号码"), True, width=20, mask=mask_id, listed=False, sortable=False, note="18 位，按文本填写"),
        Column("联系电话", "phone", "phone", ("手机号码", "手机"), width=14, mask=mask_phone, listed=False, sortable=False),
        Column("学历", "education", "choice", ("文化程度",), False, Education.choices, EDUCATION_SYNONYMS, width=10, listed=False),
        Column("工作单位及职务", "workplace", "text", ("工作单位", "工作岗位"), width=24, listed=False, max_length=120),
        Column("所在党支部", "branch__name", "organization", ("党支部", "所属支部", "支部"), True, field="branch_id", width=24, note="党支部的名称或编码"),
        Column("申请入党日期", "applied_on", "date", ("申请入党时间", "递交申请书时间", "申请日期", "申请时间"), True, width=12),
        *(column for step in RECORDED for column in _of(step)),
        Column("例外原因", "exception_reason", "text", width=20, max_length=200, listed=False, sortable=False, note="有步骤没有办理又要往下办的，写明原因"),
        Column("应办事项", "due_step", "choice", choices=[(step.code, step.title) for step in BY_CODE.values()], width=18, writable=False),
        Column("应办日期", "due_on", "date", width=12, writable=False),
        Column("终止日期", "closed_on", "date", width=12, listed=False),
        Column("终止原因", "closed_reason", "text", width=18, max_length=200, listed=False),
        Column("备注", "remarks", "text", width=20, max_length=300, listed=False),
    )  # fmt: skip
    filters = (
        Filter("stage", "阶段", _stage, Standing.choices),
        Filter("due", "应办", _due, [("over", "已过期"), ("soon", "30 天内到期")]),
        field_filter("step", "应办事项", "due_step", [(step.code, step.title) for step in BY_CODE.values() if step.rule], more=True),
        Filter("exception", "例外", _exception, [("1", "有例外"), ("0", "没有例外")], more=True),
        Filter("event", "变动", _event, [("applied", "申请入党"), ("admitted", "接收为预备党员"), ("regularised", "转正"), ("closed", "终止")], more=True),
        Filter("all", "含已转正和终止", lambda value, query: Q(continued_by__isnull=True), [("1", "含已转正和终止的")], more=True),
    )  # fmt: skip

    def queryset(self) -> models.QuerySet[Any]:
        """Every case, with its steps as the columns want them; what a query does not ask for the database never reads."""
        found: dict[str, Any] = {path: _last(code, name) for path, (code, name) in STEP_COLUMNS.items()}
        for kind in VoteKind:
            found[f"votes_{kind.value.replace('-', '_')}"] = _votes(kind.value)
        reasons = DevelopmentStep.objects.filter(case=OuterRef("pk")).exclude(exception_reason="").order_by("pk")
        found["exception_reason"] = Subquery(reasons.values("exception_reason")[:1])
        found["standing_now"] = Case(
            When(regularised_on__isnull=False, then=Value("regularised")),
            When(admitted_on__isnull=False, then=Value("probationary")),
            When(candidate_on__isnull=False, then=Value("candidate")),
            When(activist_on__isnull=False, then=Value("activist")),
            default=Value("applicant"),
        )
        return DevelopmentCase.objects.annotate(**found)

    def standing(self, day: date) -> Q:
        return under_way(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """An event is a row of history; with `all`, so is every row."""
        return "event" in filters or "all" in filters

    def search(self, text: str) -> Q:
        return matching(text)
