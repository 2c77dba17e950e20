"""组织生活计划台账: what is planned for which day, and whether it is on record."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from accounts.permissions import Right
from ledgers.importing import RecordImporter, Report, Row, Undo
from ledgers.ledger import Column, Filter, Ledger, Query, register
from ledgers.models import Touch

from ..models import Activity, PlannedActivity
from ..models.plans import state_condition
from ..planning import adopt
from .records import KIND_CHOICES, KIND_SYNONYMS, kind_condition


class PlanImporter(RecordImporter):
    """A plan is known by its organisation, kind and day."""

    identity = ("organization_id", "kind", "date")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Write, and tie what is on record already."""
        touches = super().write(new, changed, undo, report)
        days = [row.values["date"] for row in new]
        if days:
            adopt({row.values["organization_id"] for row in new}, min(days), max(days))
        return touches


def _state(value: str, query: Query) -> Q:
    return state_condition(value, timezone.localdate())


@register
class PlansLedger(Ledger):
    slug = "plans"
    title = "组织生活计划台账"
    group = "活动"
    about = "全年的组织生活打算哪天开展。在“年度计划”里一次生成，也可以导入；登记了同月同类的活动就自动对上。"
    unit = "次"
    model = PlannedActivity
    date = "date"
    order = ("date", "organization__path", "kind")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = PlanImporter
    page = ("activities:planned", "pk")
    create_page = "activities:planned-create"
    columns = (
        Column("组织编码", "organization__code", "organization", ("组织", "支部", "党支部", "所在党支部"), True, field="organization_id", width=14, note="组织的编码或名称", listed=False),
        Column("组织名称", "organization__name", width=26, writable=False),
        Column("活动类型", "kind", "choice", ("类型", "会议类型"), True, Activity.Kind.choices, KIND_SYNONYMS, width=14),
        Column("计划日期", "date", "date", ("日期", "时间", "计划时间"), True, width=12),
        Column("主题", "topic", "text", ("议题", "内容"), width=30, max_length=200),
        Column("备注", "note", width=24, max_length=300),
        Column("登记的活动", "activity__number", "code", width=14, writable=False),
        Column("开展日期", "activity__date", "date", width=12, writable=False),
    )  # fmt: skip
    filters = (
        Filter("kind", "活动类型", kind_condition("kind"), KIND_CHOICES),
        Filter("state", "进度", _state, [("open", "还没有登记"), ("missed", "过期未登记"), ("held", "已登记")]),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip
    views = (("按年度看", "activities:plan"),)

    def search(self, text: str) -> Q:
        return Q(topic__icontains=text) | Q(note__icontains=text)
