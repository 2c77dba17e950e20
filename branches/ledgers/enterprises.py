"""The ledger of enterprises and social organisations (两新组织台账): each as it was on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Max, OuterRef, Q, Subquery

from branches.credit_codes import credit_code
from branches.models import Enterprise, EnterpriseState, InstructorVisit
from branches.models.enterprises import ORGANISED_FROM, instructed_on, organised_on
from branches.spans import EVER_SINCE, lasting
from ledgers.importing import Report, Row, Undo, create, rewrite
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register
from ledgers.models import Touch
from ledgers.parsing import Unparsable

from .checked import CheckedImporter
from .venues import ORGANIZATION_NAME

HELD = {EnterpriseState._meta.get_field(name).attname for name in EnterpriseState.HELD}  # type: ignore[union-attr]
"""Columns of a state; `organization_id` is the enterprise's as well."""
OF_BOTH = "organization_id"
LAST = Q(end__isnull=True) | Q(end=F("enterprise__closed_on"))
"""The condition on an enterprise's last state."""


class EnterpriseImporter(CheckedImporter):
    """The credit code is the key. What changes of a state holds from today on, as on the form."""

    identity = ("credit_code",)
    checked_by = EnterpriseState

    def prepare(self, rows: list[Row]) -> None:
        """Check the credit codes: the check digit finds nearly every slip."""
        for row in rows:
            if code := row.values.get("credit_code"):
                try:
                    row.values["credit_code"] = credit_code(code)
                except Unparsable as error:
                    self.wrong(row, "credit_code", str(error))

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        columns = {c.key: c.path for c in self.ledger.columns if c.writable}
        columns["organization_id"], columns["party_organization_id"] = "organization_id", "party_organization_id"
        codes = {row.values["credit_code"] for row in rows}
        held = self.scope().filter(LAST)
        if len(codes) < self.reads_whole_scope:
            held = held.filter(enterprise__credit_code__in=codes)
        found: dict[Any, tuple[Any, Mapping[str, Any]]] = {}
        for pk, *values in held.values_list("enterprise_id", *columns.values()).iterator(chunk_size=5000):
            current = dict(zip(columns, values, strict=True))
            found[(current["credit_code"],)] = (pk, current)
        self.held = dict(found.values())
        return found

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        new = [row for row in rows if row.pk is None]
        codes = [row.values["credit_code"] for row in new]
        taken = set(Enterprise.objects.filter(credit_code__in=codes).values_list("credit_code", flat=True))
        for row in new:
            if row.values["credit_code"] in taken:  # in somebody else's scope
                self.wrong(row, "credit_code", "这个代码不能用，请与街道党建办核对")
        starts = dict(
            EnterpriseState.objects.filter(LAST, enterprise__in=[row.pk for row in rows if row.pk]).values_list(
                "enterprise_id", "start"
            )
        )
        for row in rows:
            closed, start = row.values.get("closed_on"), starts.get(row.pk)
            if closed and start and closed <= start:
                self.wrong(row, "closed_on", f"应晚于最近一次情况变动的日期 {start}")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        made = [Enterprise(**_of_the_enterprise(row.values)) for row in new]
        touches = {*create(made, undo, self.user, report)}
        states = [
            EnterpriseState(
                enterprise=enterprise,
                start=enterprise.founded or EVER_SINCE,
                end=enterprise.closed_on,
                **{key: value for key, value in row.values.items() if key in HELD},
            )
            for enterprise, row in zip(made, new, strict=True)
        ]
        touches |= {*create(states, undo, self.user)}
        news = {row.pk: {key: value for key, (_, value) in row.changes.items()} for row in changed}
        last = {s.enterprise_id: s for s in EnterpriseState.objects.filter(LAST, enterprise__in=list(news))}
        edits: dict[Any, dict[str, Any]] = {}
        fresh: list[EnterpriseState] = []
        for pk, values in news.items():
            state, held = last[pk], {key: value for key, value in values.items() if key in HELD}
            closed = values.get("closed_on", state.end)
            if held and closed is None and state.start < self.today:
                edits[state.pk] = {"end": self.today}
                before = {key: getattr(state, key) for key in HELD}
                fresh.append(EnterpriseState(enterprise_id=pk, start=self.today, **before | held))
            elif held or closed != state.end:
                edits[state.pk] = held | {"end": closed}
        touches |= {*rewrite(EnterpriseState, edits, undo, self.user), *create(fresh, undo, self.user)}
        touches |= {*rewrite(Enterprise, {pk: _of_the_enterprise(v) for pk, v in news.items()}, undo, self.user)}
        return touches


def _of_the_enterprise(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in HELD or key == OF_BOTH}


def _members(value: str, query: Query) -> Q:
    return {"1": Q(party_members__gt=0), "0": Q(party_members=0), "3": Q(full_members__gte=ORGANISED_FROM)}[value]


def _organised(value: str, query: Query) -> Q:
    return {"1": organised_on(query.day), "0": ~organised_on(query.day)}[value]


def _coverage(value: str, query: Query) -> Q:
    organised = organised_on(query.day)
    return Q(full_members__gte=ORGANISED_FROM) & {"covered": organised, "lacking": ~organised}[value]


def _instructor(value: str, query: Query) -> Q:
    return {"1": instructed_on(query.day), "0": ~instructed_on(query.day)}[value]


@register
class EnterprisesLedger(Ledger):
    slug = "enterprises"
    title = "两新组织台账"
    group = "党组织"
    about = "辖区的非公企业和社会组织：有多少党员，建没建党组织、没建的是什么原因，党建指导员是谁。"
    unit = "家"
    model = EnterpriseState
    order = ("organization__path", "enterprise__name", "enterprise_id", "start")
    importer = EnterpriseImporter
    page = ("branches:enterprise", "enterprise_id")
    create_page = "branches:enterprise-create"
    columns = (
        Column(
            "统一社会信用代码",
            "enterprise__credit_code",
            "code",
            ("信用代码", "社会信用代码"),
            True,
            field="credit_code",
            width=22,
        ),
        Column(
            "名称",
            "enterprise__name",
            "text",
            ("企业名称", "单位名称", "组织名称全称", "两新组织名称"),
            True,
            field="name",
            width=28,
            max_length=100,
        ),
        Column(
            "类别",
            "enterprise__kind",
            "choice",
            ("组织类型", "单位类别", "类型"),
            True,
            Enterprise.Kind.choices,
            {
                "非公有制企业": "private",
                "非公有制经济组织": "private",
                "非公": "private",
                "民营企业": "private",
                "企业": "private",
                "新社会组织": "social",
                "社会团体": "social",
                "民办非企业单位": "social",
                "社会服务机构": "social",
            },
            field="kind",
            width=10,
        ),
        Column(
            "属地组织编码",
            "organization__code",
            "organization",
            ("所属社区", "社区", "属地社区", "属地党组织", "组织编码"),
            True,
            field="organization_id",
            width=14,
            note="社区的编码，也可以填名称",
        ),
        ORGANIZATION_NAME,
        Column(
            "成立日期", "enterprise__founded", "date", ("注册日期", "注册时间"), field="founded", width=12, listed=False
        ),
        Column(
            "地址",
            "enterprise__address",
            "text",
            ("经营地址", "注册地址"),
            field="address",
            width=26,
            listed=False,
            max_length=200,
        ),
        Column(
            "负责人",
            "enterprise__head",
            "name",
            ("法定代表人", "法人", "主要负责人"),
            field="head",
            width=10,
            listed=False,
            max_length=60,
        ),
        Column("从业人数", "employees", "integer", ("职工人数", "员工人数"), width=8, listed=False),
        Column("党员人数", "party_members", "integer", ("党员数",), width=8),
        Column(
            "正式党员人数", "full_members", "integer", ("正式党员数", "正式党员"), width=8, note="满 3 名应当建立党组织"
        ),
        Column(
            "党组织组建",
            "organised",
            "choice",
            ("组建方式", "建立党组织情况", "党组织组建方式"),
            choices=EnterpriseState.Organised.choices,
            synonyms={
                "未建": "none",
                "单独": "alone",
                "单独组建": "alone",
                "单建": "alone",
                "联合": "joint",
                "联合组建": "joint",
                "联建": "joint",
            },
            width=10,
        ),
        Column("党组织成立日期", "organised_since", "date", ("党组织成立时间", "建立时间"), width=12, listed=False),
        Column(
            "所在党组织编码",
            "party_organization__code",
            "organization",
            ("所在党组织", "党组织名称"),
            field="party_organization_id",
            width=14,
            listed=False,
            note="单独或联合建立的党组织，编码或名称",
        ),
        Column("未建原因", "reason", "text", ("未建立原因", "未组建原因"), width=22, listed=False, max_length=200),
        Column("党建指导员", "instructor", "name", ("指导员", "指导员姓名"), width=10, max_length=60),
        Column("指导员单位及职务", "instructor_unit", "text", ("指导员单位",), width=20, listed=False, max_length=100),
        Column("选派日期", "instructor_since", "date", ("选派时间",), width=12, listed=False),
        Column("最近走访", "last_visit", "date", width=12, writable=False),
        Column(
            "注销或迁出日期",
            "enterprise__closed_on",
            "date",
            ("注销日期", "迁出日期"),
            field="closed_on",
            width=12,
            listed=False,
        ),
        Column("备注", "enterprise__note", "text", field="note", width=20, listed=False, max_length=300),
    )
    filters = (
        field_filter("kind", "类别", "enterprise__kind", Enterprise.Kind.choices),
        Filter("members", "党员", _members, [("1", "有党员"), ("3", "正式党员满 3 名"), ("0", "没有党员")]),
        Filter("organised", "党组织", _organised, [("1", "已建立"), ("0", "未建立")]),
        Filter("coverage", "应建尽建", _coverage, [("covered", "应建已建"), ("lacking", "应建未建")], more=True),
        Filter("instructor", "指导员", _instructor, [("1", "有指导员"), ("0", "没有指导员")]),
        Filter(
            "closed",
            "已注销或迁出",
            lambda value, query: Q(end=F("enterprise__closed_on")),
            [("1", "已注销或迁出")],
            more=True,
        ),
    )
    views = (("覆盖情况", "branches:coverage"),)

    def queryset(self) -> models.QuerySet[Any]:
        visits = InstructorVisit.objects.filter(enterprise=OuterRef("enterprise")).order_by().values("enterprise")
        return EnterpriseState.objects.annotate(last_visit=Subquery(visits.annotate(n=Max("on")).values("n")))

    def standing(self, day: date) -> Q:
        return lasting(day, "start", "end")

    def search(self, text: str) -> Q:
        """By name, credit code, person in charge or instructor."""
        return (
            Q(enterprise__name__icontains=text)
            | Q(enterprise__credit_code__istartswith=text)
            | Q(enterprise__head__icontains=text)
            | Q(instructor__icontains=text)
        )

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "closed" in filters
