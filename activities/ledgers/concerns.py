"""The ledger of residents' concerns (群众诉求台账)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.permissions import Right
from activities.models import Concern, HandOver
from activities.models.concerns import (
    PHONE,
    SOON,
    answer_days,
    late_between,
    mask_name,
    open_on,
    overdue_on,
    unresolved_on,
)
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import RecordImporter, Report, Row, Undo, rewrite
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register
from ledgers.models import Touch
from ledgers.workdays import add_workdays
from members.models import mask_address, mask_phone

NATURAL = ("organization_id", "received_on", "title")


class ConcernImporter(CheckedImporter):
    """The key is 诉求编号, else organisation, day and what it is about."""

    checked_by = Concern

    def key(self, row: Row) -> Any:
        if number := row.values.get("number"):
            return row.values.get("organization_id"), number
        key = tuple(row.values.get(name) for name in NATURAL)
        return None if None in key else key

    def key_column(self, row: Row) -> str:
        return "诉求编号" if row.values.get("number") else "诉求事项"

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        days = [row.values["received_on"] for row in rows]
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        names = list(dict.fromkeys([*NATURAL, *self.fields]))
        scope, found = self.scope(), {}
        dated = scope.filter(received_on__range=(min(days), max(days))) if days else scope.none()
        numbered = (
            scope.exclude(number="") if len(numbers) >= self.reads_whole_scope else scope.filter(number__in=numbers)
        )
        for pk, *values in dated.values_list("pk", *names):
            current = dict(zip(names, values, strict=True))
            found[tuple(current[name] for name in NATURAL)] = (pk, current)
        for pk, *values in numbered.values_list("pk", *names):
            current = dict(zip(names, values, strict=True))
            found[current["organization_id"], current["number"]] = (pk, current)
        self.held = dict(found.values())
        return found

    def check(self, rows: list[Row]) -> None:
        """An office that notes only when a concern was settled answered it on that day."""
        for row in rows:
            whole = self.whole(row)
            if (resolved := whole.get("resolved_on")) and not whole.get("answered_on"):
                row.values["answered_on"] = resolved
                if row.pk:
                    row.changes["answered_on"] = (None, resolved)
        super().check(rows)

    def build(self, row: Row) -> Concern:
        if not hasattr(self, "limit"):
            self.limit = answer_days()
            self.paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        days = self.limit(self.paths[row.values["organization_id"]])
        concern = Concern(**row.values, answer_days=days)
        concern.derive()
        return concern


class ConcernStepImporter(RecordImporter):
    """A step is known by its concern, found by organisation and 诉求编号, by its day and by who took over."""

    identity = ("concern_id", "on", "taker")

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in ("number", "organization_id")]

    def prepare(self, rows: list[Row]) -> None:
        """Find the concerns; no step comes before the receipt."""
        sound = [row for row in rows if not row.errors]
        held = Concern.objects.visible_to(self.user, self.ledger.edit_right).filter(
            organization__in={row.values["organization_id"] for row in sound},
            number__in={row.values["number"] for row in sound},
        )
        found = {(one.organization_id, one.number): one for one in held}
        self.concerns = {one.pk: one for one in found.values()}
        for row in sound:
            concern = found.get((row.values.pop("organization_id"), row.values.pop("number")))
            if concern is None:
                self.wrong(row, "number", "群众诉求台账里没有这个编号的诉求，请先登记诉求，或核对组织和编号")
                continue
            row.values["concern_id"] = concern.pk
            if row.values["on"] < concern.received_on:
                self.wrong(row, "on", f"转办日期早于受理日期 {concern.received_on}")

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        return self.scope().filter(concern__in=list(self.concerns))

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Who took a concern over last handles it."""
        touches = [*super().write(new, changed, undo, report)]
        concerns = {row.values["concern_id"] for row in new}
        last: dict[int, str] = {}
        for pk, taker in (
            HandOver.objects.filter(concern__in=concerns).order_by("on", "pk").values_list("concern_id", "taker")
        ):
            last[pk] = taker
        handlers = {pk: {"handler": taker} for pk, taker in last.items() if self.concerns[pk].handler != taker}
        return [*touches, *rewrite(Concern, handlers, undo, self.user)]


EVENTS = {"received": "received_on", "answered": "answered_on", "resolved": "resolved_on", "escalated": "escalated_on"}


def _event(value: str, query: Query) -> Q:
    """What happened in the period; `late` is what was answered too late in it, or is overdue at its end."""
    period = query.period
    start, end = (period.start, period.end) if period else (date.min, query.day)
    if value == "late":
        return late_between(start, min(end, timezone.localdate()))
    return Q(**{f"{EVENTS[value]}__range": (start, end)})


def _state(value: str, query: Query) -> Q:
    day = query.day
    return {
        "open": open_on(day),
        "answered": Q(answered_on__lte=day) & unresolved_on(day),
        "unresolved": unresolved_on(day),
        "resolved": Q(resolved_on__lte=day),
    }[value]


def _limit(value: str, query: Query) -> Q:
    day = query.day
    soon = Q(due_on__range=(day, add_workdays(day, SOON)))
    return {"overdue": overdue_on(day), "soon": open_on(day) & soon}[value]


@register
class ConcernsLedger(Ledger):
    slug = "concerns"
    title = "群众诉求台账"
    group = "活动"
    about = "居民反映的事：谁在哪天反映了什么、转给谁办、答复和办结在哪天、满意不满意。走访、接电话时随手登记。"
    unit = "件"
    model = Concern
    order = ("-received_on", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ConcernImporter
    page = ("activities:concern", "pk")
    create_page = "activities:concern-create"
    columns = (
        Column("诉求编号", "number", "code", ("编号",), width=12, max_length=40, listed=False, note="没有编号的不填"),
        Column("诉求事项", "title", "text", ("诉求", "反映事项", "反映问题", "诉求内容", "主要诉求", "事项"), True, width=32, max_length=200),
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("受理日期", "received_on", "date", ("日期", "登记日期", "受理时间", "反映日期", "反映时间"), True, width=12),
        Column("来源", "source", "choice", ("诉求来源", "反映渠道", "渠道"), False, Concern.Source.choices, {"入户走访": "visit", "走访群众": "visit", "来电": "phone", "接访": "counter", "上门": "counter", "12345": "hotline", "热线": "hotline", "微信": "online", "微信群": "online", "网络": "online", "议事会": "meeting"}, width=12),
        Column("类别", "kind", "choice", ("诉求类别", "诉求类型", "类型"), False, Concern.Kind.choices, {"物业": "property", "环境": "environment", "卫生": "environment", "设施": "facilities", "维修": "facilities", "停车": "parking", "交通": "parking", "养老": "care", "救助": "relief", "就业": "relief", "纠纷": "dispute", "邻里纠纷": "dispute", "安全": "safety", "政策": "policy", "咨询": "policy"}, width=12),
        Column("具体情况", "content", "text", ("详细情况", "内容"), width=36, listed=False, sortable=False, max_length=2000),
        Column("居民姓名", "resident", "name", ("反映人", "诉求人", "居民", "姓名"), width=10, mask=mask_name, sortable=False, max_length=60, listed=False),
        Column("联系电话", "phone", "phone", ("电话", "手机号码", "联系方式"), width=14, mask=mask_phone, sortable=False, listed=False),
        Column("住址", "address", "text", ("居住地址", "地址"), width=20, mask=mask_address, sortable=False, max_length=200, listed=False),
        Column("承办单位", "handler", "text", ("承办人", "责任单位", "责任人", "办理单位"), width=16, max_length=100),
        Column("最迟答复日期", "due_on", "date", width=12, writable=False),
        Column("答复日期", "answered_on", "date", ("答复时间", "回复日期", "回复时间"), width=12),
        Column("答复内容", "answer", "text", ("办理结果", "办理情况", "处理结果", "处理情况", "答复情况"), width=36, listed=False, sortable=False, max_length=2000),
        Column("办结日期", "resolved_on", "date", ("办结时间", "解决日期", "完成日期"), width=12),
        Column("满意度", "satisfaction", "choice", ("群众满意度", "评价", "满意情况"), False, Concern.Satisfaction.choices, {"很满意": "satisfied", "非常满意": "satisfied", "较满意": "fair", "一般": "fair"}, width=9),
        Column("上报街道日期", "escalated_on", "date", ("上报日期",), width=12, listed=False),
        Column("上报原因", "escalation", "text", width=24, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        Filter("state", "办理", _state, [("open", "待答复"), ("answered", "已答复，未办结"), ("unresolved", "未办结"), ("resolved", "已办结")]),
        Filter("limit", "期限", _limit, [("overdue", "超期未答复"), ("soon", f"{SOON} 个工作日内到期")]),
        Filter("street", "上报街道", lambda value, query: {"1": Q(escalated_on__lte=query.day), "open": Q(escalated_on__lte=query.day) & unresolved_on(query.day)}[value], [("open", "上报未办结"), ("1", "上报过街道")]),
        Filter("event", "本期", _event, [("received", "本期受理"), ("answered", "本期答复"), ("resolved", "本期办结"), ("escalated", "本期上报街道"), ("late", "本期答复超过期限")], more=True),
        field_filter("source", "来源", "source", Concern.Source.choices, more=True),
        field_filter("kind", "类别", "kind", Concern.Kind.choices, more=True),
        field_filter("satisfaction", "满意度", "satisfaction", Concern.Satisfaction.choices, more=True),
        key_filter("visit", "走访记录", "visit_id"),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip

    def standing(self, day: date) -> Q:
        return Q(received_on__lte=day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """A concern once received stays; asked of a period, the ledger tells what happened in it."""
        return "event" in filters or "period" in filters

    def rows(self, query: Query, user: Any = None) -> models.QuerySet[Any]:
        if query.period and not self.timeless(query.filters):
            query = replace(query, filters={**query.filters, "event": "received"})
        return super().rows(query, user)

    def search(self, text: str) -> Q:
        number = "".join(text.split()).replace("-", "")
        if number.isdecimal() and len(number) >= 7:
            return Q(phone_index=PHONE.of(number))
        return (
            Q(title__icontains=text) | Q(content__icontains=text) | Q(handler__icontains=text) | Q(number__iexact=text)
        )


@register
class ConcernStepsLedger(Ledger):
    slug = "concern-steps"
    title = "诉求转办台账"
    group = "活动"
    about = "每件诉求在哪天由谁转给谁办、怎么交办。"
    unit = "次"
    model = HandOver
    organization = "concern__organization"
    date = "on"
    order = ("-on", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ConcernStepImporter
    page = ("activities:concern", "concern_id")
    beside = ("concerns",)
    columns = (
        Column("诉求编号", "concern__number", "code", ("编号",), True, field="number", width=12, max_length=40),
        replace(ORGANIZATION, path="concern__organization__code", listed=False),
        replace(ORGANIZATION_NAME, path="concern__organization__name"),
        Column("诉求事项", "concern__title", width=32, writable=False, sortable=False),
        Column("转办日期", "on", "date", ("日期", "转办时间", "交办日期"), True, width=12),
        Column("转出人", "giver", "text", ("交办人", "经办人"), width=14, max_length=60),
        Column("转给", "taker", "text", ("承办单位", "转给（单位或人）", "接办单位", "接办人"), True, width=24, max_length=100),
        Column("交办要求", "note", "text", ("要求", "备注"), width=36, max_length=300),
        Column("上报街道", "is_escalation", "yes_no", ("是否上报街道",), width=10),
    )  # fmt: skip
    filters = (
        Filter("level", "去向", lambda value, query: Q(is_escalation={"street": True, "other": False}[value]), [("street", "上报街道"), ("other", "转办")]),
    )  # fmt: skip
