"""The ledger of practices worth telling (经验做法台账)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.permissions import Right, access_of
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, register

from ..models import Practice
from ..models.practices import JUDGE, State

EVENTS = {"written": "written_on", "offered": "offered_on", "accepted": "accepted_on"}
JUDGED = ("accepted_on", "wording")
"""Columns that the street decides on."""


class PracticeImporter(CheckedImporter):
    """A practice is known by its organisation and title. What the street decides, only the street can import."""

    identity = ("organization_id", "title")
    checked_by = Practice

    def key_column(self, row: Row) -> str:
        return "经验名称"

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        access = access_of(self.user)
        paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        for row in rows:
            touched = row.changes if row.pk else row.values
            if any(key in touched for key in JUDGED) and not access.has_on(JUDGE, paths[row.values["organization_id"]]):
                self.wrong(row, "accepted_on", "采用由街道党建办办理，请留空")
            if row.values.get("offered_on") and self.whole(row).get("return_reason"):
                row.values["return_reason"] = ""  # sent in again
                row.changes["return_reason"] = (self.held[row.pk]["return_reason"], "")

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        found = super().existing(rows)
        reasons = dict(Practice.objects.filter(pk__in=list(self.held)).values_list("pk", "return_reason"))
        self.held = {pk: {**values, "return_reason": reasons[pk]} for pk, values in self.held.items()}
        return found


def _event(value: str, query: Query) -> Q:
    span = (query.period.start, query.period.end) if query.period else (date.min, query.day)
    return Q(**{f"{EVENTS[value]}__range": span})


@register
class PracticesLedger(Ledger):
    slug = "practices"
    title = "经验做法台账"
    group = "活动"
    about = "支部和社区的好做法：怎么做的、效果怎样、有什么依据。报送街道，采用的写进调研报告。"
    unit = "条"
    model = Practice
    order = ("-written_on", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = PracticeImporter
    page = ("activities:practice", "pk")
    create_page = "activities:practice-create"
    columns = (
        Column("经验名称", "title", "text", ("名称", "题目", "标题", "经验做法"), True, width=28, max_length=100),
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("总结日期", "written_on", "date", ("日期", "时间", "撰写日期"), True, width=12),
        Column("做法", "method", "text", ("主要做法", "具体做法", "内容"), True, width=44, listed=False, sortable=False, max_length=3000),
        Column("成效", "result", "text", ("取得成效", "主要成效", "效果"), width=36, sortable=False, max_length=1000),
        Column("报送日期", "offered_on", "date", ("报送时间",), width=12),
        Column("采用日期", "accepted_on", "date", ("采用时间",), width=12),
        Column("采用文字", "wording", "text", width=36, listed=False, sortable=False, max_length=1000, note="调研报告原样引用"),
        Column("退回原因", "return_reason", width=20, listed=False, writable=False),
    )  # fmt: skip
    filters = (
        Filter("state", "状态", lambda value, query: State(value).condition(), State.choices),
        Filter("event", "本期", _event, [("written", "本期总结"), ("offered", "本期报送"), ("accepted", "本期采用")], more=True),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip

    def standing(self, day: date) -> Q:
        return Q(written_on__lte=day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """Asked of a period, the ledger tells what happened in it."""
        return "event" in filters or "period" in filters

    def rows(self, query: Query, user: Any = None) -> models.QuerySet[Any]:
        if query.period and not self.timeless(query.filters):
            query = replace(query, filters={**query.filters, "event": "written"})
        return super().rows(query, user)

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(method__icontains=text) | Q(result__icontains=text)
