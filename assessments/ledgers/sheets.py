"""Ledger of assessment sheets: 考核台账, export only."""

from django.db.models import Q

from accounts.permissions import Right
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from ..models import Assessment

State = Assessment.State
EXCELLENT = "优秀"


def _state(value: str, query: Query) -> Q:
    if value == "decided":
        return Q(state__in=State.frozen())
    if value == "confirmed":
        return Q(state__in=[State.DECISION, *State.frozen()])
    return Q(state=State(value)) if value in State else Q(pk__in=[])


@register
class AssessmentsLedger(Ledger):
    """One row a sheet, in the period that it is about; totals, grades and ranks from the decision on."""

    slug = "assessments"
    title = "考核台账"
    group = "考核"
    about = "各党组织每一期的考核表：走到哪一步，审定的总分、等次和名次。这个台账由系统生成，只能导出。"
    unit = "份"
    model = Assessment
    date = "ends_on"
    order = ("-ends_on", "scheme__code", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_DECIDE
    page = ("assessments:held", "pk")
    columns = (
        Column("组织编码", "organization__code", "code", width=12),
        Column("组织名称", "organization__name", width=26),
        Column("考核方案", "scheme__title", width=22),
        Column("时期", "period", "period", width=14),
        Column("状态", "state", "choice", choices=State.choices, width=16),
        Column("考核类别", "class_title", width=14),
        Column("总分", "total", "decimal", width=9, summed=False),
        Column("等次", "grade", width=9),
        Column("名次", "rank", "integer", width=7, summed=False),
        Column("社区内名次", "rank_in_community", "integer", width=10, summed=False),
        Column("审定日期", "decided_on", "date", width=12),
        Column("会议纪要文号", "decided_in", width=18),
        Column("办理期限", "due", "date", width=12, listed=False),
    )
    filters = (
        Filter("state", "状态", _state, [("decided", "已审定"), ("confirmed", "复核通过"), *State.choices]),
        Filter("scheme", "考核方案", lambda value, query: Q(scheme__code=value), more=True),
        field_filter("grade", "等次", "grade", [(EXCELLENT, EXCELLENT)], more=True),
    )
