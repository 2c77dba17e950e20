"""The ledger of examples (示范典型台账)."""

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from ..models import Demonstration
from ..models.demonstrations import named_on_day
from .measures import OWN


class DemonstrationImporter(CheckedImporter):
    """An example is known by its organisation, kind, title and level."""

    identity = ("organization_id", "kind", "title", "level")
    checked_by = Demonstration


def _state(value: str, query: Query) -> Q:
    return {
        "named": named_on_day(query.day),
        "coming": Q(named_on__isnull=True) | Q(named_on__gt=query.day),
        "withdrawn": Q(withdrawn_on__lte=query.day),
    }[value]


@register
class DemonstrationsLedger(Ledger):
    slug = "demonstrations"
    title = "示范典型台账"
    group = "考核"
    about = "示范社区、典型项目和先进党员：申报、培育、验收、命名、复核到撤销。"
    unit = "个"
    model = Demonstration
    order = ("-named_on", "-claimed_on", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_DECIDE
    importer = DemonstrationImporter
    page = ("assessments:demonstration", "pk")
    create_page = "assessments:demonstration-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("类别", "kind", "choice", (), True, Demonstration.Kind.choices, width=10),
        Column("名称", "title", "text", ("典型名称", "项目名称"), True, width=30, max_length=100),
        Column("级别", "level", "choice", (), True, Demonstration.Level.choices, width=8),
        Column("申报日期", "claimed_on", "date", (), True, width=12),
        Column("申报理由", "grounds", "text", ("主要事迹",), width=40, listed=False, sortable=False, max_length=2000),
        Column("培育计划", "plan", "text", width=40, listed=False, sortable=False, max_length=2000),
        Column("验收日期", "accepted_on", "date", width=12, listed=False),
        Column("命名日期", "named_on", "date", width=12),
        Column("命名文号", "document", "text", width=16, listed=False, max_length=60),
        Column("复核日期", "reviewed_on", "date", width=12, listed=False),
        Column("撤销日期", "withdrawn_on", "date", width=12, listed=False),
        Column("撤销原因", "reason", "text", width=24, listed=False, max_length=200),
    )
    filters = (
        Filter("state", "状态", _state, [("named", "已命名"), ("coming", "申报和培育"), ("withdrawn", "已撤销")]),
        field_filter("kind", "类别", "kind", Demonstration.Kind.choices),
        field_filter("level", "级别", "level", Demonstration.Level.choices, more=True),
        OWN,
    )

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(grounds__icontains=text)
