"""The ledger of Party workers (党务工作者台账)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum

from branches.ledgers.tree_importer import mask_id, members_by_name, members_by_number
from branches.models import Organization, PartyWorker, WorkerTraining
from branches.models.workers import lost_by, reserve_on
from branches.spans import lasting
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register

from .checked import CheckedImporter
from .venues import ORGANIZATION, ORGANIZATION_NAME, overlap


class WorkerImporter(CheckedImporter):
    """A Party worker is known by organisation, name and first day.

    Who is a member of the register is found by citizen ID, and a new worker also by a name that one member of the
    organisation has.
    """

    identity = ("organization_id", "name", "start")
    checked_by = PartyWorker

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "id_number"]

    def prepare(self, rows: list[Row]) -> None:
        """Set the citizen IDs aside: they are no field of the record."""
        self.numbers = {row.number: row.values.pop("id_number") for row in rows if "id_number" in row.values}

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        found = super().existing(rows)
        self.linked = dict(PartyWorker.objects.filter(pk__in=list(self.held)).values_list("pk", "member_id"))
        return found

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        self._refuse_doubles(rows)
        self._link([row for row in rows if not row.errors])

    def _refuse_doubles(self, rows: list[Row]) -> None:
        """One person is not employed twice at a time: another first day would make a second record of the same."""
        spans: dict[tuple[int, str], list[tuple[date, date | None]]] = defaultdict(list)
        ours = {row.pk for row in rows if row.pk}
        names = {row.values["name"] for row in rows}
        for place, name, start, left, pk in (
            self.scope().filter(name__in=names).values_list("organization_id", "name", "start", "left_on", "pk")
        ):
            if pk not in ours:
                spans[place, name].append((start, left))
        for row in rows:
            whole = self.whole(row)
            key, start, left = (whole["organization_id"], whole["name"]), whole["start"], whole.get("left_on")
            twin = next((span for span in spans[key] if overlap(start, left, *span)), None)
            if twin:
                message = f"这个人已登记为 {twin[0]} 到岗；到岗日期有误的请在页面上更正，同名的在姓名后加以区分"
                self.wrong(row, "start", message)
            else:
                spans[key].append((start, left))

    def _link(self, rows: list[Row]) -> None:
        by_number = members_by_number(self, {self.numbers[row.number] for row in rows if row.number in self.numbers})
        unnumbered = [row for row in rows if row.pk is None and row.number not in self.numbers]
        by_name = members_by_name(self, {row.values["name"] for row in unnumbered})
        paths = dict(Organization.objects.values_list("pk", "path")) if by_name else {}
        for row in rows:
            number = self.numbers.get(row.number)
            if number is not None:
                pk, name = by_number.get(number, (None, ""))
                if pk is None:
                    self.wrong(row, "id_number", "党员花名册里没有这个身份证号；不是党员的，这一格留空")
                elif name != row.values["name"]:
                    self.wrong(row, "name", "姓名和身份证号不是同一名党员，请核对")
                elif self.linked.get(row.pk) != pk:
                    row.values["member_id"] = pk
                    if row.pk:
                        row.changes["member_id"] = (self.linked.get(row.pk), pk)
            elif row.pk is None:
                path = paths.get(row.values["organization_id"], "")
                here = [pk for pk, below in by_name.get(row.values["name"], ()) if below.startswith(path)]
                if len(here) == 1:
                    row.values["member_id"] = here[0]


def _event(value: str, query: Query) -> Q:
    """Who came or left in the period, or left in the 12 months before the day."""
    span = (query.period.start, query.period.end) if query.period else (date.min, query.day)
    events = {
        "joined": Q(start__range=span),
        "left": Q(left_on__range=span),
        "lost": lost_by(query.day),
    }
    return events[value]


def _reserve(value: str, query: Query) -> Q:
    return {"1": reserve_on(query.day), "0": ~reserve_on(query.day)}[value]


@register
class WorkersLedger(Ledger):
    slug = "workers"
    title = "党务工作者台账"
    group = "党组织"
    about = "社区的党务工作者：岗位、薪酬、培训，什么时候来、什么时候走、为什么走，谁是后备干部。"
    unit = "人"
    model = PartyWorker
    order = ("organization__path", "start", "pk")
    importer = WorkerImporter
    page = ("branches:worker", "pk")
    create_page = "branches:worker-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("姓名", "name", "name", (), True, width=10, max_length=60),
        Column(
            "岗位",
            "post",
            "choice",
            ("职务", "岗位名称"),
            True,
            PartyWorker.Post.choices,
            {
                "书记": "secretary",
                "社区书记": "secretary",
                "社区党组织书记": "secretary",
                "副书记": "deputy",
                "专干": "officer",
                "党建专员": "officer",
                "党务专干": "officer",
                "组织员": "clerk",
                "党建干事": "clerk",
                "干事": "clerk",
            },
            width=12,
        ),
        Column(
            "薪酬档次",
            "pay_band",
            "choice",
            ("薪酬待遇", "月薪", "工资"),
            choices=PartyWorker.PayBand.choices,
            synonyms={
                "3000以下": "below-3000",
                "3000元以下": "below-3000",
                "3000-4000": "to-4000",
                "3001-4000": "to-4000",
                "3001-4000元": "to-4000",
                "4000-5000": "to-5000",
                "4001-5000": "to-5000",
                "4001-5000元": "to-5000",
                "5000-6000": "to-6000",
                "5001-6000": "to-6000",
                "5001-6000元": "to-6000",
                "6000以上": "above-6000",
            },
            width=14,
            listed=False,
            sortable=False,
            mask=lambda value: "***" if value else "",
        ),
        Column("到岗日期", "start", "date", ("入职日期", "入职时间", "到岗时间"), True, width=12),
        Column("离岗日期", "left_on", "date", ("离职日期", "离职时间", "离岗时间"), width=12, listed=False),
        Column(
            "离岗原因",
            "left_reason",
            "choice",
            ("离职原因",),
            choices=PartyWorker.Reason.choices,
            synonyms={
                "考走": "recruited",
                "考录": "recruited",
                "考上公务员": "recruited",
                "主动辞职": "resigned",
                "个人原因": "resigned",
                "调走": "transferred",
                "工作调动": "transferred",
                "合同到期": "expired",
            },
            width=14,
            listed=False,
        ),
        Column("列为后备干部日期", "reserve_since", "date", ("后备干部日期", "后备时间"), width=14),
        Column("不再列为后备日期", "reserve_until", "date", width=14, listed=False),
        Column("累计培训学时", "trained_hours", "decimal", width=10, writable=False),
        Column(
            "身份证号",
            "member__id_number",
            "id",
            ("公民身份号码",),
            width=20,
            field="id_number",
            listed=False,
            sortable=False,
            note="是党员的可以填，用来对应花名册",
            mask=mask_id,
        ),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )
    filters = (
        field_filter("post", "岗位", "post", PartyWorker.Post.choices),
        Filter("reserve", "后备干部", _reserve, [("1", "后备干部"), ("0", "不是后备")]),
        Filter("event", "变动", _event, [("joined", "到岗"), ("left", "离岗"), ("lost", "近 12 个月离岗")], more=True),
        field_filter("reason", "离岗原因", "left_reason", PartyWorker.Reason.choices, more=True),
        Filter("all", "含已离岗", lambda value, query: Q(), [("1", "含已离岗")], more=True),
    )
    views = (("按社区看", "branches:worker-board"),)

    def queryset(self) -> models.QuerySet[Any]:
        hours = WorkerTraining.objects.filter(worker=OuterRef("pk")).order_by().values("worker")
        return PartyWorker.objects.annotate(trained_hours=Subquery(hours.annotate(n=Sum("hours")).values("n")))

    def standing(self, day: date) -> Q:
        return lasting(day, "start", "left_on")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        """Coming and leaving are asked for whether or not somebody is still employed."""
        return "event" in filters or "all" in filters
