"""Ledgers of projects: brand projects (品牌项目台账), who takes part in them, and the service they gave."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Concat

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.spans import lasting
from ledgers.importing import Report, Row, Undo, create, rewrite
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register
from ledgers.models import Touch
from ledgers.parsing import row_keys

from ..models import BrandProject, Milestone, Participant, ServiceEvent
from .cobuilding import COMMUNITY, COMMUNITY_NAME

BETWEEN = "/"
"""Stands between the code of the organisation and the name of the project in 复制自."""


class BrandImporter(CheckedImporter):
    """A project is known by its organisation and name. What it was replicated from may stand in the same file."""

    identity = ("organization_id", "name")
    checked_by = BrandProject

    def prepare(self, rows: list[Row]) -> None:
        """Bring 复制自 into the one form that the ledger writes: code/name."""
        wanted = {row.values["origin"] for row in rows if "origin" in row.values}
        if not wanted:
            return
        places = self.organizations()
        codes = {pk: code for found in places.values() for pk, code, _, _ in found}
        seen = BrandProject.objects.visible_to(self.user).select_related("organization")
        self.known: dict[str, BrandProject] = {}
        self.said: dict[str, str] = {}
        for one in seen:
            key = f"{one.organization.code}{BETWEEN}{one.name}"
            self.known[key] = one
            for place in (one.organization.code, one.organization.name, one.organization.short_name):
                self.said[f"{place}{BETWEEN}{one.name}"] = key
        for row in rows:
            here = codes.get(row.values.get("organization_id", 0))
            if here and "name" in row.values:
                for place, found in places.items():
                    if len(found) == 1 and found[0][0] == row.values["organization_id"]:
                        name = row.values["name"]
                        self.said[f"{place}{BETWEEN}{name}"] = f"{here}{BETWEEN}{name}"
        for row in rows:
            if (origin := row.values.get("origin")) is not None:
                row.values["origin"] = self.said.get(origin, origin)

    def check(self, rows: list[Row]) -> None:
        """Refuse a source that is nowhere, and one that goes round to the project itself."""
        super().check(rows)
        codes = {pk: code for found in self.organizations().values() for pk, code, _, _ in found}
        ours = {f"{codes[row.values['organization_id']]}{BETWEEN}{row.values['name']}": row for row in rows}
        known = getattr(self, "known", {})
        by_pk = {one.pk: key for key, one in known.items()}
        for own, row in ours.items():
            key: str | None = row.values.get("origin")
            if key is None:
                continue
            if key not in known and key not in ours:
                self.wrong(row, "origin", "没有找到这个项目，请填“组织编码/项目名称”，如 S1-1/爱心商户联盟")
                continue
            passed: set[str] = set()
            while key and key not in passed and key != own:
                passed.add(key)
                above = ours[key].values.get("origin") if key in ours else None
                source = known[key].source_id if key in known else None
                key = above or (by_pk.get(source) if source else None)
            if key == own:
                self.wrong(row, "origin", "绕了一圈又复制自己，请核对")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Write sources before what was replicated from them."""
        codes = {pk: code for found in self.organizations().values() for pk, code, _, _ in found}
        sources: dict[str, BrandProject] = dict(getattr(self, "known", {}))
        touches: list[Touch] = []
        waiting = new
        while waiting:
            unwritten = {f"{codes[row.values['organization_id']]}{BETWEEN}{row.values['name']}" for row in waiting}
            ready = [row for row in waiting if row.values.get("origin") not in unwritten]
            made = [
                BrandProject(
                    source=sources.get(row.values.get("origin", "")),
                    **{key: value for key, value in row.values.items() if key != "origin"},
                )
                for row in ready
            ]
            touches += create(made, undo, self.user, report)
            sources |= {f"{codes[one.organization_id]}{BETWEEN}{one.name}": one for one in made}
            done = {id(row) for row in ready}
            waiting = [row for row in waiting if id(row) not in done]
        news: dict[Any, dict[str, Any]] = {}
        for row in changed:
            values = {key: value for key, (_, value) in row.changes.items()}
            if "origin" in values:
                values["source_id"] = sources[values.pop("origin")].pk
            news[row.pk] = values
        return [*touches, *rewrite(BrandProject, news, undo, self.user)]


def _reached(value: str, query: Query) -> Q:
    done = Q(done_on__lte=query.day)
    return {"done": done, "open": ~done, "late": ~done & Q(due__lt=query.day)}[value]


def _milestones(value: str, query: Query) -> Q:
    of_it = Milestone.objects.filter(project=OuterRef("pk"))
    return Q(Exists({"late": of_it.late, "soon": of_it.soon}[value](query.day)))


@register
class BrandsLedger(Ledger):
    slug = "brands"
    title = "品牌项目台账"
    group = "活动"
    about = "社区的党建品牌和特色服务：做到哪一步，预算多少，从哪里复制来的。一个社区至少有一个自己的品牌。"
    unit = "个"
    model = BrandProject
    order = ("organization__path", "kind", "name")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = BrandImporter
    page = ("activities:brand", "pk")
    create_page = "activities:brand-create"
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        Column("项目名称", "name", "text", ("品牌名称", "名称", "品牌项目"), True, width=24, max_length=100),
        Column(
            "类别",
            "kind",
            "choice",
            ("项目类别", "类型"),
            choices=BrandProject.Kind.choices,
            synonyms={"品牌": "brand", "品牌项目": "brand", "服务": "service", "服务项目": "service"},
            width=10,
        ),
        Column("阶段", "stage", "choice", ("进展", "项目阶段"), choices=BrandProject.Stage.choices, width=8),
        Column("负责人", "lead", "name", ("联系人",), width=10, max_length=60),
        Column("预算（元）", "budget", "money", ("预算", "项目预算", "经费"), width=12),
        Column("启动日期", "start", "date", ("开始日期", "启动时间", "创建日期"), True, width=12),
        Column("结束日期", "end", "date", ("结束时间",), width=12, listed=False),
        Column(
            "复制自",
            "origin",
            "text",
            ("推广自", "复制来源", "来源项目"),
            width=24,
            note="从哪个项目复制来的，填“组织编码/项目名称”",
            sortable=False,
        ),
        Column(
            "主要内容", "summary", "text", ("内容", "简介"), width=36, listed=False, max_length=2000, sortable=False
        ),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )
    filters = (
        field_filter("kind", "类别", "kind", BrandProject.Kind.choices),
        field_filter("stage", "阶段", "stage", BrandProject.Stage.choices),
        Filter(
            "origin",
            "来源",
            lambda value, query: Q(source__isnull={"own": True, "copied": False}[value]),
            [("own", "自己的"), ("copied", "复制来的")],
        ),
        Filter("milestones", "节点", _milestones, [("late", "有逾期的节点"), ("soon", "30 天内有节点")], more=True),
        Filter("all", "范围", lambda value, query: Q(), [("1", "含未启动和已结束")]),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip
    views = (("复制推广", "activities:spread"),)

    def queryset(self) -> models.QuerySet[Any]:
        origin = Concat("source__organization__code", Value(BETWEEN), "source__name")
        return BrandProject.objects.annotate(
            origin=Case(When(source__isnull=True, then=Value("")), default=origin, output_field=models.CharField())
        )

    def standing(self, day: date) -> Q:
        return lasting(day, "start", "end")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters

    def search(self, text: str) -> Q:
        """By name, person in charge, content or organisation."""
        paths = ("name", "lead", "summary", "organization__name")
        condition = Q()
        for path in paths:
            condition |= Q(**{f"{path}__icontains": text})
        return condition


PROJECT = Column(
    "项目名称", "project__name", "text", ("项目", "品牌名称", "服务项目"), True, field="project", width=22, max_length=100
)  # fmt: skip


class OfProjectImporter(CheckedImporter):
    """Base of imports of rows that belong to a project, which they name within its organisation."""

    lookups = {"project": "project__name"}

    def prepare(self, rows: list[Row]) -> None:
        """Look the projects up: their names are unique in an organisation."""
        communities = {row.values.get("organization_id") for row in rows}
        places = [pk for pk in communities if isinstance(pk, int)]
        found = BrandProject.objects.filter(organization__in=places)
        self.projects = {(one.organization_id, one.name): one for one in found}
        for row in rows:
            if row.errors or not {"organization_id", "project"} <= set(row.values):
                continue
            if (row.values["organization_id"], row.values["project"]) not in self.projects:
                self.wrong(row, "project", "这个社区没有登记这个项目，请先在品牌项目台账里登记，或核对名称")

    def build(self, row: Row) -> Any:
        values = {key: value for key, value in row.values.items() if key not in self.lookups}
        return self.ledger.model(project=self.projects[row.values["organization_id"], row.values["project"]], **values)


class ParticipantImporter(OfProjectImporter):
    """A participant is known by its project and name."""

    identity = ("organization_id", "project", "name")
    checked_by = Participant


@register
class ParticipantsLedger(Ledger):
    slug = "brand-participants"
    title = "项目参与台账"
    group = "活动"
    about = "参加品牌和特色服务项目的单位、商户和志愿者队伍，各提供什么。项目结束了就不再计入。"
    unit = "个"
    model = Participant
    order = ("organization__path", "project__name", "kind", "name")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ParticipantImporter
    page = ("activities:brand", "project_id")
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        PROJECT,
        Column("名称", "name", "text", ("参与单位", "商户名称", "单位名称"), True, width=24, max_length=100),
        Column(
            "类别",
            "kind",
            "choice",
            ("类型",),
            True,
            Participant.Kind.choices,
            {"参与单位": "unit", "爱心商户": "merchant", "志愿队伍": "volunteers", "志愿服务队": "volunteers"},
            width=10,
        ),
        Column("提供什么", "offer", "text", ("服务内容", "优惠内容"), width=30, max_length=200),
        Column("加入日期", "since", "date", ("加入时间",), width=12),
        Column("退出日期", "until", "date", ("退出时间",), width=12, listed=False),
    )
    filters = (
        field_filter("kind", "类别", "kind", Participant.Kind.choices),
        Filter("all", "范围", lambda value, query: Q(), [("1", "含已退出")]),
    )

    def standing(self, day: date) -> Q:
        return lasting(day, "since", "until") & lasting(day, "start", "end", "project__")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters


class MilestoneImporter(OfProjectImporter):
    """A milestone is known by its project and title."""

    identity = ("organization_id", "project", "title")
    checked_by = Milestone
    lookups = {**OfProjectImporter.lookups, "organization_id": "project__organization_id"}


@register
class MilestonesLedger(Ledger):
    slug = "milestones"
    title = "项目节点台账"
    group = "活动"
    about = "品牌和特色服务项目计划哪天做到哪一步、实际哪天做到。"
    unit = "个"
    model = Milestone
    organization = "project__organization"
    date = "due"
    order = ("due", "pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = MilestoneImporter
    page = ("activities:brand", "project_id")
    beside = ("brands",)
    columns = (
        replace(COMMUNITY, path="project__organization__code"),
        replace(COMMUNITY_NAME, path="project__organization__name"),
        PROJECT,
        Column("节点", "title", "text", ("节点名称", "工作节点", "里程碑"), True, width=30, max_length=100),
        Column("计划完成日期", "due", "date", ("计划日期", "计划完成时间", "完成时限"), True, width=14),
        Column("实际完成日期", "done_on", "date", ("完成日期", "实际完成时间"), width=14),
    )
    filters = (
        Filter("state", "进度", _reached, [("done", "已完成"), ("open", "未完成"), ("late", "逾期")]),
        field_filter("kind", "项目类别", "project__kind", BrandProject.Kind.choices),
    )


class ServiceImporter(OfProjectImporter):
    """A service is known by its project, day and content."""

    identity = ("organization_id", "project", "date", "content")
    checked_by = ServiceEvent


@register
class ServicesLedger(Ledger):
    slug = "services"
    title = "服务活动台账"
    group = "活动"
    about = "特色服务项目哪天做了什么、服务了多少人。"
    unit = "场"
    model = ServiceEvent
    date = "date"
    order = ("-date", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ServiceImporter
    page = ("activities:brand", "project_id")
    create_page = "activities:service-create"
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        PROJECT,
        Column("日期", "date", "date", ("时间", "服务日期"), True, width=12),
        Column("服务内容", "content", "text", ("内容", "活动内容"), True, width=34, max_length=200),
        Column("地点", "place", "text", ("服务地点",), width=18, max_length=100, listed=False),
        Column("服务人次", "served", "integer", ("服务人数", "服务群众"), True, width=10),
        Column("参与志愿者", "volunteers", "integer", ("志愿者人数",), width=10),
    )
    filters = (
        field_filter("kind", "项目类别", "project__kind", BrandProject.Kind.choices),
        Filter(
            "project",
            "项目",
            lambda value, query: Q(project__in=row_keys(value.split(","))),
            more=True,
            words=lambda value: f"{value.count(',') + 1} 个项目",
        ),
    )
