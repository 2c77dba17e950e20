"""Ledger of findings: 预警台账, export only."""

from datetime import date

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, period_of, register

from .. import engine
from ..models import Finding, Severity
from ..querysets import standing_on, unclosed_on


def _state(value: str, query: Query) -> Q:
    if value == "unclosed":
        return unclosed_on(query.day)
    return Q(state=Finding.State(value)) if value in Finding.State else Q(pk__in=[])


@register
class FindingsLedger(Ledger):
    """What was on the book on a day, closed or not; of states only those of that day's quarter."""

    slug = "findings"
    title = "预警台账"
    group = "考核"
    leads = True
    about = "系统按规则核对组织和党员数据后发现的问题，数据补齐后自动销号。这个台账由系统生成，只能导出。"
    model = Finding
    order = ("rule", "organization__path", "pk")
    right = Right.FINDINGS_VIEW
    edit_right = Right.FINDINGS_HANDLE
    page = ("assessments:finding", "pk")
    columns = (
        Column("规则", "rule", "choice", choices=engine.choices("title"), width=34),
        Column("时期", "period", "period", width=14),
        Column("组织编码", "organization__code", "code", width=12),
        Column("组织名称", "organization__name", width=26),
        Column("党员", "member__name", "name", width=10),
        Column("情况", "detail", width=34),
        Column("现值", "value", "decimal", width=8),
        Column("要求", "required", "decimal", width=8),
        Column("程度", "severity", "choice", choices=Severity.choices, width=8),
        Column("状态", "state", "choice", choices=Finding.State.choices, width=10),
        Column("首次发现", "first_seen", "date", width=12),
        Column("销号日期", "closed_on", "date", width=12),
        Column("依据", "rule", "choice", choices=engine.choices("source"), field="source", width=34),
    )
    filters = (
        Filter("state", "状态", _state, [("unclosed", "未销号"), *Finding.State.choices]),
        field_filter("severity", "程度", "severity", Severity.choices),
        field_filter("rule", "规则", "rule", [(rule.code, rule.title) for rule in engine.every_rule()]),
        Filter(
            "of",
            "所属时期",
            lambda value, query: Q(period=period_of(value).code),
            more=True,
            words=lambda value: period_of(value).label,
        ),
    )

    def standing(self, day: date) -> Q:
        """Keep what was on the book on that day."""
        return standing_on(day)
