"""The ledger of requests and reports (请示报告台账)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from ..models import RequestReport
from ..models.requests import unsent_on
from .measures import OWN


class RequestImporter(CheckedImporter):
    """A request is known by its organisation, kind, matter, due day, and which report of it it is."""

    identity = ("organization_id", "kind", "subject", "due_on", "part")
    checked_by = RequestReport

    def key(self, row: Row) -> Any:
        values = tuple(row.values.get(name) for name in self.identity)
        return None if None in values[:3] else values

    def prepare(self, rows: list[Row]) -> None:
        for row in rows:
            row.values.setdefault("due_on", None)
            row.values["part"] = row.values.get("part") or ""


def _event(value: str, query: Query) -> Q:
    span = (query.period.start, query.period.end) if query.period else (date.min, query.day)
    return Q(**{f"{'sent_on' if value == 'sent' else 'answered_on'}__range": span})


def _state(value: str, query: Query) -> Q:
    return {
        "overdue": unsent_on(query.day),
        "unsent": Q(sent_on__isnull=True),
        "waiting": Q(kind=RequestReport.Kind.REQUEST, sent_on__lte=query.day, answered_on__isnull=True),
        "answered": Q(answered_on__lte=query.day),
    }[value]


STATES = [("unsent", "待报送"), ("overdue", "逾期未报"), ("waiting", "待批复"), ("answered", "已批复")]


@register
class RequestsLedger(Ledger):
    slug = "requests"
    title = "请示报告台账"
    group = "责任"
    about = "要请示、要报告的事项：哪天该报、报给谁、谁签发、怎么批复、落实得怎样。一文一事，只写一个主送单位。"
    unit = "件"
    model = RequestReport
    order = ("-sent_on", "-due_on", "organization__path")
    right = Right.MEASURES_VIEW
    edit_right = Right.MEASURES_REPORT
    importer = RequestImporter
    page = ("assessments:request", "pk")
    create_page = "assessments:request-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("类型", "kind", "choice", ("文种",), True, RequestReport.Kind.choices, width=8),
        Column("事项", "subject", "text", ("标题",), True, width=36, max_length=200),
        Column("内容", "content", "text", width=40, listed=False, sortable=False, max_length=4000),
        Column("时机", "timing", "choice", choices=RequestReport.Timing.choices, width=8, listed=False),
        Column("报告次序", "part", "choice", choices=RequestReport.Part.choices, width=8, listed=False),
        Column("方式", "channel", "choice", choices=RequestReport.Channel.choices, width=8, listed=False),
        Column("决定层级", "level", "choice", choices=RequestReport.Level.choices, width=12, listed=False),
        Column("主送", "addressee", "text", ("主送单位",), True, width=18, max_length=60),
        Column("签发人", "signer", "text", width=10, listed=False, max_length=60),
        Column("集体研究日期", "discussed_on", "date", width=12, listed=False),
        Column("文号", "number", "text", width=16, max_length=60),
        Column("应报日期", "due_on", "date", ("时限",), width=12),
        Column("报送日期", "sent_on", "date", ("上报日期",), width=12),
        Column("批复文号", "answer_number", "text", width=16, listed=False, max_length=60),
        Column("批复日期", "answered_on", "date", width=12),
        Column("批复意见", "answer", "text", ("批复内容",), width=36, listed=False, sortable=False, max_length=2000),
        Column("落实情况", "outcome", "text", width=30, listed=False, max_length=300),
    )
    filters = (
        Filter("state", "状态", _state, STATES),
        field_filter("kind", "类型", "kind", RequestReport.Kind.choices),
        Filter("event", "本期", _event, [("sent", "本期报送"), ("answered", "本期批复")], more=True),
        OWN,
    )

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "event" in filters

    def search(self, text: str) -> Q:
        return Q(subject__icontains=text) | Q(content__icontains=text) | Q(number__iexact=text)
