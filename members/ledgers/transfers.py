"""The ledger of transfers (组织关系转接台账): letters by the day of issue, kept by the branch that issued them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, When

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register
from members.ledgers.transfers_importer import TransferImporter
from members.models import TAKEN_IN_WITHIN, Transfer, mask_id


def _late(value: str, query: Query) -> Q:
    late = Q(state=Transfer.State.ISSUED, issued_on__lt=query.day - timedelta(days=TAKEN_IN_WITHIN))
    return {"1": late}[value]


@register
class TransfersLedger(Ledger):
    """Who issued a letter sees it here; who took somebody in by it does as well, once that is done."""

    slug = "transfers"
    title = "组织关系转接台账"
    group = "党员"
    about = "党员组织关系的转出、转入和内部转接。开了介绍信、对方还没有接收的，党员仍算在原支部。"
    unit = "人次"
    model = Transfer
    organization = "organization"
    date = "issued_on"
    order = ("-issued_on", "-pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = TransferImporter
    page = ("members:transfer", "pk")
    create_page = "members:transfer-create"
    views = (("待接收", "members:inbox"), ("从系统外转入", "members:transfer-in"))
    columns = (
        Column("类型", "kind", "choice", ("转接类型", "转接方式"), True, Transfer.Kind.choices, {"街道内": "inside", "街道内转接": "inside", "系统内": "inside", "内部": "inside", "转往外地": "out", "外地转入": "in", "接收": "in"}, width=10),
        Column("姓名", "name", "name", ("党员姓名",), True, width=10, max_length=60),
        Column("身份证号", "id_number", "id", ("公民身份号码", "身份证号码"), width=20, mask=mask_id, sortable=False, note="支部里没有重名的可以不填"),
        Column("转出党组织", "source_name", "text", ("原党组织", "转出单位", "转出支部", "转出党支部"), True, field="source_name", width=26, max_length=100, note="本街道的党支部填名称或编码"),
        Column("转入党组织", "target_name", "text", ("接收党组织", "转入单位", "转入支部", "转入党支部"), True, field="target_name", width=26, max_length=100, note="本街道的党支部填名称或编码"),
        Column("介绍信编号", "letter_number", "text", ("介绍信号", "介绍信", "编号"), True, width=18, max_length=60),
        Column("开具日期", "issued_on", "date", ("开具时间", "介绍信日期", "转出日期"), True, width=12),
        Column("有效期(天)", "valid_days", "integer", ("有效期", "有效天数"), width=10, listed=False, summed=False),
        Column("党费交至", "dues_paid_until", "date", ("党费缴至",), width=12, listed=False),
        Column("转接原因", "reason", "text", ("原因", "事由"), width=18, listed=False, max_length=100),
        Column("状态", "state", "choice", ("办理状态",), choices=Transfer.State.choices, synonyms={"在途": "issued", "未接收": "issued", "已转入": "received", "已回执": "received", "已收回执": "received", "退回": "refused", "撤销": "cancelled"}, width=9, note="不填时，有接收日期的算已接收"),
        Column("接收日期", "closed_on", "date", ("回执日期", "办结日期", "转入日期", "接收时间"), width=12),
        Column("说明", "note", "text", ("办结说明", "备注"), width=20, listed=False, max_length=200),
    )  # fmt: skip
    filters = (
        field_filter("kind", "类型", "kind", Transfer.Kind.choices),
        field_filter("state", "状态", "state", Transfer.State.choices),
        Filter("late", "时限", _late, [("1", f"超过 {TAKEN_IN_WITHIN} 天未接收")], more=True),
        key_filter("member", "党员", "member_id"),
    )

    def queryset(self) -> models.QuerySet[Any]:
        return Transfer.objects.annotate(
            source_name=Case(When(kind="in", then=F("elsewhere")), default=F("organization__name")),
            target_name=Case(
                When(kind="in", then=F("organization__name")),
                When(kind="out", then=F("elsewhere")),
                default=F("receiver__name"),
            ),
        )

    def within(self, condition: Callable[[str], Q]) -> Q:
        kept = condition(self.path)
        if not kept:  # everything
            return kept
        return kept | (Q(state=Transfer.State.RECEIVED) & condition("receiver__path"))

    def search(self, text: str) -> Q:
        return Q(name__contains=text) | Q(letter_number__icontains=text) | Q(elsewhere__icontains=text)
