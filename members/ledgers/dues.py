"""The ledger of Party dues (党费收缴台账): one row for each member and month; its import."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from accounts.permissions import Right
from ledgers.importing import Row
from ledgers.ledger import BadQuery, Column, Filter, Ledger, Query, field_filter, key_filter, period_of, register
from ledgers.period import Period
from members.dues.arrears import unpaid_on
from members.ledgers.references import MemberReferences, Stay
from members.models import UNPAID, ClosedDues, DuesBase, DuesCharge, Membership, mask_id
from members.querysets import matching

from ..dues.sheet import MOST


@dataclass
class _Stays:
    """One member's intervals in one branch, the earliest first, with the employment in each."""

    spans: list[tuple[date, date | None, str]] = field(default_factory=list)

    def employment_in(self, month: date) -> str | None:
        """Return the employment in a month; None where the member was not in the branch then."""
        return next((e for start, end, e in reversed(self.spans) if _overlaps(start, end, month)), None)


def _overlaps(start: date, end: date | None, month: date) -> bool:
    """Say whether an interval holds on any day of the month that begins on a day."""
    return start <= Period.containing(month).end and (end is None or end > month)


class DuesImporter(MemberReferences):
    """The key is member and month. The member is one of the branch named in the row, now or once."""

    identity = ("member_id", "month")
    place_key = "branch_id"

    def key_column(self, row: Row) -> str:
        return "月份"

    def prepare(self, rows: list[Row]) -> None:
        """Bring months to their first day and find the members."""
        for row in rows:
            if month := row.values.get("month"):
                row.values["month"] = month.replace(day=1)
                if row.values["month"] > self.today:
                    self.wrong(row, "month", "这个月还没有到")
        super().prepare(rows)
        sound = [row for row in rows if not row.errors]
        self.people = self._people(sound)
        for row in sound:
            if (row.values["branch_id"], row.values["member_id"]) not in self.people:
                self.wrong(row, "id_number", "这个支部的花名册里没有这个身份证号")

    def was_there(self, row: Row, stay: Stay) -> bool:
        return _overlaps(stay.start, stay.end, row.values["month"])

    def _people(self, rows: list[Row]) -> Mapping[tuple[int, int], _Stays]:
        """Return branch and member → the intervals there, of everybody in these branches. One query."""
        held: Any = Membership.objects.filter(branch__in={row.values["branch_id"] for row in rows}).order_by("start")
        found: dict[tuple[int, int], _Stays] = defaultdict(_Stays)
        columns = held.values_list("branch_id", "member_id", "start", "end", "employment")
        for branch, member, *span in columns.iterator(chunk_size=5000):
            found[branch, member].spans.append(tuple(span))
        return dict(found)

    def check(self, rows: list[Row]) -> None:
        """Refuse impossible amounts and days, changes of closed months, and months charged in another branch."""
        closed = ClosedDues.objects.months_of({row.values["branch_id"] for row in rows})
        fresh = [row for row in rows if row.pk is None]
        taken = set(
            DuesCharge.objects.filter(
                member__in={row.values["member_id"] for row in fresh}, month__in={row.values["month"] for row in fresh}
            ).values_list("member_id", "month")
        )
        stored = dict(
            DuesCharge.objects.filter(pk__in=[row.pk for row in rows if row.changes]).values_list("pk", "paid")
        )
        for row in rows:
            for name in ("base", "due", "paid"):
                if not 0 <= row.values.get(name, Decimal(0)) < (MOST if name != "base" else 100 * MOST):
                    self.wrong(row, name, "金额不能是负数，也不会这么大，请核对")
            if row.pk is None and (row.values["member_id"], row.values["month"]) in taken:
                self.wrong(row, "month", "这名党员这个月的党费已经登记在别的支部")
            if row.values.get("paid_on") and row.values["paid_on"] > self.today:
                self.wrong(row, "paid_on", f"缴纳日期在今天（{self.today}）之后")
            if row.values.get("paid_on") and not row.values.get("paid", stored.get(row.pk)):
                self.wrong(row, "paid_on", "填了缴纳日期，却没有实缴金额")
            if (row.pk is None or row.changes) and (row.values["branch_id"], row.values["month"]) in closed:
                self.wrong(row, "month", "这个月已经封账；要改请打开这名党员的这个月，写明原因")
        self._complete([row for row in fresh if not row.errors])

    def _complete(self, rows: list[Row]) -> None:
        """Fill in the base where the file has none: the one that the register held in that month."""
        lines: dict[int, list[tuple[date, date | None, Decimal | None]]] = defaultdict(list)
        wanted = {row.values["member_id"] for row in rows if "base" not in row.values}
        held: Any = DuesBase.objects.filter(member__in=wanted).order_by("since")
        for member, *state in held.values_list("member_id", "since", "until", "base"):
            lines[member].append((state[0], state[1], state[2]))
        for row in rows:
            end = Period.containing(row.values["month"]).end
            for since, until, base in lines[row.values["member_id"]]:
                if "base" not in row.values and since <= end and (until is None or until > end) and base is not None:
                    row.values["base"] = base

    def build(self, row: Row) -> DuesCharge:
        values = row.values
        employment = self.people[values["branch_id"], values["member_id"]].employment_in(values["month"])
        return DuesCharge(**values, employment=employment or "")


METHOD_SYNONYMS = {
    "微信": "mobile", "支付宝": "mobile", "手机": "mobile", "线上": "mobile", "网上": "mobile", "扫码": "mobile",
    "转账": "transfer", "银行": "transfer", "汇款": "transfer", "代扣": "withheld", "工资扣缴": "withheld", "现金缴纳": "cash",
}  # fmt: skip
STATES = [("paid", "已缴清"), ("unpaid", "未缴清")]


def _state(value: str, query: Query) -> Q:
    return {"paid": ~UNPAID, "unpaid": UNPAID}[value]


def _unpaid_on(value: str, query: Query) -> Q:
    try:
        return unpaid_on(date.fromisoformat(value))
    except ValueError as error:
        raise BadQuery(f"看不懂的日期“{value}”：应写成 2026-09-30") from error


def _late(value: str, query: Query) -> Q:
    return {"1": ~Q(late_reason=""), "0": Q(late_reason="")}[value]


def _timely(value: str, query: Query) -> Q:
    timely = ~UNPAID & ~Q(paid_on__gte=next_month("month"))
    return {"1": timely, "0": ~timely}[value]


class DuesRows(Ledger):
    """Base: rows of one member and month, whichever day they are counted by."""

    group = "党员"
    unit = "人月"
    model = DuesCharge
    organization = "branch"
    order = ("-month", "branch__path", "member_id")
    right = Right.MEMBERS_VIEW
    page = ("members:dues-charge", "pk")

    def search(self, text: str) -> Q:
        return matching(text, "member__")


@register
class DuesLedger(DuesRows):
    slug = "dues"
    title = "党费收缴台账"
    about = "每名党员每个月应缴、实缴的党费。在“收缴党费”里按支部逐月生成和登记，也可以导入现有的 Excel 台账。"
    date = "month"
    edit_right = Right.MEMBERS_EDIT
    importer = DuesImporter
    create_page = "members:dues"
    columns = (
        Column("姓名", "member__name", "name", ("党员姓名",), field="name", width=10, max_length=60, note="与身份证号至少填一项；支部里有重名的填身份证号"),
        Column("身份证号", "member__id_number", "id", ("公民身份号码", "身份证号码", "公民身份证号码", "身份证"), field="id_number", width=20, mask=mask_id, sortable=False, listed=False),
        Column("所在党支部", "branch__name", "organization", ("党支部", "所属支部", "支部", "所在组织编号", "所在党组织"), True, field="branch_id", width=24, note="当月所在党支部的名称或编码"),
        Column("月份", "month", "date", ("年月", "所属月份", "缴费月份", "应缴纳时间", "应缴时间", "缴纳月份"), True, width=12, note="如 2026年9月"),
        Column("党费基数", "base", "money", ("月收入", "缴纳基数", "计算基数"), width=10, summed=False),
        Column("应缴", "due", "money", ("应缴金额", "应缴党费", "应交", "月应缴", "应缴纳金额", "党费标准", "月应缴党费"), True, width=10),
        Column("实缴", "paid", "money", ("实缴金额", "实缴党费", "实交", "已缴", "实缴纳金额", "实际缴纳金额"), width=10),
        Column("缴纳日期", "paid_on", "date", ("缴费日期", "交纳日期", "收缴日期"), width=12),
        Column("缴纳方式", "method", "choice", ("缴费方式", "交纳方式"), False, DuesCharge.Method.choices, METHOD_SYNONYMS, width=10),
        Column("备注", "note", width=20, max_length=100),
        Column("补录原因", "late_reason", width=20, listed=False, writable=False),
    )  # fmt: skip
    filters = (
        Filter("state", "缴纳情况", _state, STATES),
        field_filter("method", "缴纳方式", "method", DuesCharge.Method.choices, more=True),
        Filter("until", "截至月份", lambda value, query: Q(month__lte=period_of(value).end), more=True),
        Filter("unpaid_on", "当天没有缴清", _unpaid_on, more=True),
        Filter("timely", "当月缴清", _timely, [("1", "当月缴清"), ("0", "没有当月缴清")], more=True),
        Filter("late", "补录", _late, [("1", "封账后补录"), ("0", "没有补录")], more=True),
        key_filter("member", "党员", "member_id"),
    )  # fmt: skip


@register
class PaymentsLedger(DuesRows):
    """The same rows by the day on which the money came in: what was received in a period does not change later."""

    slug = "dues-payments"
    title = "党费收款明细"
    about = "按收到钱的日期看党费：哪天收到谁交的哪个月的党费。登记和导入都在党费收缴台账里。"
    date = "received_on"
    order = ("-received_on", "branch__path", "member_id")
    columns = DuesLedger.columns[:-1]
    filters = (
        Filter("late", "所属月份", lambda value, query: Q(paid_on__gte=next_month("month")) if value == "1" else ~Q(paid_on__gte=next_month("month")), [("1", "以前月份"), ("0", "当月或预交")]),
        key_filter("member", "党员", "member_id"),
    )  # fmt: skip

    def queryset(self) -> models.QuerySet[Any]:
        return DuesCharge.objects.filter(paid__gt=0).annotate(received_on=Coalesce("paid_on", "month"))


@register
class ArrearsLedger(DuesRows):
    """What was charged up to a day and not paid by it."""

    slug = "dues-arrears"
    title = "党费欠缴名单"
    about = "截至某一天还没有缴清的党费：谁、哪个月、应缴多少。补缴后自动从名单里去掉。"
    columns = DuesLedger.columns[:-1]
    filters = (key_filter("member", "党员", "member_id"),)

    def standing(self, day: dt.date) -> Q:
        return Q(month__lte=day) & unpaid_on(day)

    def amount(self, path: str, query: Query) -> Any:
        """What is owed: what came in later had not come in on the day."""
        received = Case(When(paid_on__gt=query.day, then=Value(Decimal(0))), default=F("paid"))
        return F("due") - received


def next_month(path: str) -> Any:
    """Return the expression of the first day of the month after."""
    return TruncMonth(ExpressionWrapper(F(path) + dt.timedelta(days=31), output_field=models.DateField()))
