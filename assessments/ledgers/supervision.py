"""The ledger of matters handed to somebody (督办台账)."""

from datetime import date

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION_NAME
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from ..models import Supervision
from ..models.supervision import supervised_overdue_on
from .measures import OWN, organization_column


class SupervisionImporter(CheckedImporter):
    """A matter is known by who sees to it, what it is, and its deadline."""

    identity = ("organization_id", "subject", "due_on")
    checked_by = Supervision


def _state(value: str, query: Query) -> Q:
    day = query.day
    open_ones = Q(sent_on__lte=day) & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))
    return {
        "draft": Q(sent_on__isnull=True),
        "unsigned": open_ones & Q(signed_on__isnull=True, answered_on__isnull=True),
        "open": open_ones,
        "overdue": supervised_overdue_on(day),
        "answered": open_ones & Q(answered_on__isnull=False),
        "closed": Q(closed_on__lte=day),
    }[value]


STATES = [
    ("open", "办理中"),
    ("unsigned", "待签收"),
    ("answered", "待审核"),
    ("overdue", "逾期未办结"),
    ("closed", "已办结"),
    ("draft", "拟办"),
]


@register
class SupervisionsLedger(Ledger):
    slug = "supervisions"
    title = "督办台账"
    group = "责任"
    about = "交办、签收、催办、反馈、审核到办结：谁交办的、什么要求、到哪天、办得怎样。领导的批示从这里落实到人。"
    unit = "件"
    model = Supervision
    order = ("-sent_on", "organization__path")
    right = Right.MEASURES_VIEW
    edit_right = Right.MEASURES_SET
    importer = SupervisionImporter
    page = ("assessments:supervision", "pk")
    create_page = "assessments:supervision-create"
    columns = (
        Column("立项编号", "number", "text", ("编号",), width=12, max_length=30),
        Column("事项", "subject", "text", ("督办事项",), True, width=36, max_length=300),
        Column("批示和要求", "words", "text", ("领导批示", "要求"), width=36, listed=False, sortable=False, max_length=1000),
        organization_column("承办单位", "责任单位"),
        ORGANIZATION_NAME,
        Column("承办人", "owner", "text", width=10, max_length=60),
        Column("协办单位", "partners", "text", width=18, listed=False, max_length=200),
        Column("紧急程度", "urgency", "choice", choices=Supervision.Urgency.choices, width=8),
        Column("交办日期", "sent_on", "date", width=12),
        Column("办结时限", "due_on", "date", ("时限", "完成时限"), True, width=12),
        Column("签收日期", "signed_on", "date", width=12, listed=False),
        Column("签收人", "signed_by", "text", width=10, listed=False, max_length=60),
        Column("督办程度", "rung", "choice", choices=Supervision.Rung.choices, width=8),
        Column("办理情况", "answer", "text", ("反馈情况",), width=36, listed=False, sortable=False, max_length=2000),
        Column("反馈日期", "answered_on", "date", width=12, listed=False),
        Column("审核意见", "opinion", "text", width=24, listed=False, max_length=300),
        Column("办结日期", "closed_on", "date", width=12),
        Column("交办单位", "set_by__name", width=20, listed=False, writable=False),
    )  # fmt: skip
    filters = (
        Filter("state", "状态", _state, STATES),
        field_filter("urgency", "紧急程度", "urgency", Supervision.Urgency.choices, more=True),
        OWN,
    )

    def standing(self, day: date) -> Q:
        return Q(sent_on__isnull=True) | Q(sent_on__lte=day)

    def search(self, text: str) -> Q:
        return Q(subject__icontains=text) | Q(words__icontains=text) | Q(number__iexact=text) | Q(owner=text)
