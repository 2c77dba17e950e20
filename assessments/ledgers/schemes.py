"""Ledgers of schemes and their indicators: 考核方案台账, 考核指标台账. A changed row drafts the next version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers.importing import RecordImporter, Report, Row, Undo
from ledgers.ledger import Column, Filter, Ledger, field_filter, register
from ledgers.models import Touch

from ..models import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto
from ..schemes.document import Document, read
from ..schemes.reading import SchemeRefused
from ..schemes.score_table import proposed
from ..schemes.versions import draft, draft_empty

PARTS = (RankingClass, Grade, Veto, IndicatorGroup, Indicator)


def latest(prefix: str = "") -> Q:
    """Return the condition that a scheme, or what hangs on it by `prefix`, is the newest version of its code."""
    same = Scheme.objects.filter(
        organization=OuterRef(f"{prefix}organization"), code=OuterRef(f"{prefix}code")
    ).order_by("-edition")
    return Q(**{f"{prefix}pk" if prefix else "pk": Subquery(same.values("pk")[:1])})


class VersionImporter(RecordImporter):
    """Base: what rows change is written as the next version, a draft; the versions that are there stay as they are."""

    def changed_document(self, scheme: Scheme, rows: Iterable[Row]) -> Document:
        """Return the version that the rows make of a scheme. Raises SchemeRefused."""
        raise NotImplementedError

    def scheme_of(self, row: Row) -> int:
        """Return the key of the scheme that a row belongs to."""
        raise NotImplementedError

    def _by_scheme(self, rows: Iterable[Row]) -> Mapping[Scheme, list[Row]]:
        wanted: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            wanted[self.scheme_of(row)].append(row)
        held = Scheme.objects.filter(pk__in=list(wanted)).with_parts()
        return {scheme: wanted[scheme.pk] for scheme in held}

    def check(self, rows: list[Row]) -> None:
        """Refuse rows that make no scheme: the first of a scheme says why."""
        for scheme, here in self._by_scheme(row for row in rows if self._counts(row)).items():
            try:
                self.changed_document(scheme, here)
            except SchemeRefused as refusal:
                self.wrong(here[0], self.identity[-1], f"{refusal}")

    def _counts(self, row: Row) -> bool:
        return not row.errors and row.state in ("new", "changed")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        for scheme, rows in self._by_scheme([*new, *changed]).items():
            note(draft(scheme.organization, self.changed_document(scheme, rows)), undo)
        return ()


def note(scheme: Scheme, undo: Undo) -> None:
    """Note a version that was made, with all that hangs on it, for undo."""
    undo.created[Scheme._meta.label].append(scheme.pk)
    for model in PARTS:
        keys = model._default_manager.filter(scheme=scheme).values_list("pk", flat=True)
        undo.created[model._meta.label] += list(keys)


class SchemeImporter(VersionImporter):
    """A scheme is known by who made it and its code. A new one is a draft without indicators."""

    identity = ("organization_id", "code")

    def scheme_of(self, row: Row) -> int:
        return int(row.pk)

    def _counts(self, row: Row) -> bool:
        return not row.errors and row.state == "changed"

    def changed_document(self, scheme: Scheme, rows: Iterable[Row]) -> Document:
        written = scheme.as_written()
        for row in rows:
            for key, (_, value) in row.changes.items():
                written[{"period_kind": "period"}.get(key, key)] = value
        return read(written, least=0)

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        places = Organization.objects.in_bulk([row.values["organization_id"] for row in new])
        for row in new:
            values = {key: value for key, value in row.values.items() if value not in (None, "")}
            place = places[values.pop("organization_id")]
            note(draft_empty(place, **values), undo)
        return super().write([], changed, undo, report)


@register
class SchemesLedger(Ledger):
    slug = "schemes"
    title = "考核方案台账"
    group = "考核"
    about = "各个考核方案最新的一版：考核谁、多久一次、基础分多少、执行到哪里。改了的行存成下一版草稿。"
    unit = "个"
    model = Scheme
    order = ("organization__path", "code")
    right = Right.SCHEMES_MANAGE
    edit_right = Right.SCHEMES_MANAGE
    importer = SchemeImporter
    page = ("assessments:scheme", "pk")
    beside = ("indicators",)
    columns = (
        Column("组织编码", "organization__code", "organization", ("制定单位", "组织"), True, width=14, field="organization_id"),
        Column("组织名称", "organization__name", width=24, writable=False),
        Column("方案编号", "code", "code", ("编号",), True, width=12, max_length=20),
        Column("方案名称", "title", "text", ("名称",), True, width=28, max_length=100),
        Column("考核周期", "period_kind", "choice", ("周期",), True, Scheme.Kind.choices, width=10),
        Column("基础分", "base", "decimal", width=10, summed=False),
        Column("版次", "edition", "integer", width=8, writable=False, summed=False),
        Column("状态", "state", "choice", choices=Scheme.State.choices, width=10, writable=False),
        Column("执行起始", "since", "date", width=12, writable=False),
        Column("执行截止", "until", "date", width=12, writable=False),
    )  # fmt: skip
    filters = (field_filter("state", "状态", "state", Scheme.State.choices),)

    def queryset(self) -> models.QuerySet[Any]:
        return super().queryset().filter(latest())

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(code__iexact=text)


class IndicatorImporter(VersionImporter):
    """An indicator is known by its scheme's newest version and its code.

    What is changed keeps its formula; a new one gets the formula that its wording says, or is scored by people.
    """

    identity = ("scheme_id", "code")
    lookups = {"group": "group__title"}

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in ("organization_id", "scheme_code")]

    def prepare(self, rows: list[Row]) -> None:
        """Find the schemes: one query."""
        scope = access_of(self.user).scope(Right.SCHEMES_MANAGE, "organization__path")
        held = Scheme.objects.filter(latest()).filter(scope).values_list("organization_id", "code", "pk")
        found = {(place, code): pk for place, code, pk in held}
        for row in rows:
            if row.errors:
                continue
            pk = found.get((row.values.pop("organization_id"), str(row.values.get("scheme_code"))))
            if pk is None:
                self.wrong(row, "scheme_code", "考核方案台账里没有这个方案，请先导入方案")
            else:
                row.values["scheme_id"] = pk
            row.values.pop("scheme_code")

    def scheme_of(self, row: Row) -> int:
        return int(row.values["scheme_id"])

    def changed_document(self, scheme: Scheme, rows: Iterable[Row]) -> Document:
        written = scheme.as_written()
        groups: dict[str, dict[str, Any]] = {group["title"]: group for group in written["groups"]}
        held = {one["code"]: (one, group) for group in written["groups"] for one in group["indicators"]}
        for row in rows:
            given = {
                key: row.values[key] for key in ("title", "points", "standard", "method", "scorer") if key in row.values
            }
            given = {key: "" if value is None else value for key, value in given.items()}
            heading = row.values["group"]
            group = groups.setdefault(heading, {"title": heading, "indicators": []})
            line, before = held.get(row.values["code"], ({"code": row.values["code"]}, None))
            line.update(given)
            if "formula" not in line:
                line["formula"] = proposed(
                    heading, line["title"], line.get("standard", ""), line["points"], written["period"]
                )
            if before is not group:
                if before is not None:
                    before["indicators"].remove(line)
                group["indicators"].append(line)
        written["groups"] = [group for group in groups.values() if group["indicators"]]
        return read(written)


@register
class IndicatorsLedger(Ledger):
    slug = "indicators"
    title = "考核指标台账"
    group = "考核"
    about = "各个考核方案最新一版的指标：分值、评分标准、怎样计分。改了的行存成方案的下一版草稿，核对后再开始执行。"
    unit = "项"
    model = Indicator
    organization = "scheme__organization"
    order = ("scheme__organization__path", "scheme__code", "group__position", "position")
    right = Right.SCHEMES_MANAGE
    edit_right = Right.SCHEMES_MANAGE
    importer = IndicatorImporter
    page = ("assessments:scheme", "scheme_id")
    columns = (
        Column("组织编码", "scheme__organization__code", "organization", ("制定单位", "组织"), True, width=14, field="organization_id"),
        Column("方案编号", "scheme__code", "code", (), True, width=12, field="scheme_code", max_length=20),
        Column("方案名称", "scheme__title", width=24, writable=False),
        Column("一级指标", "group__title", "text", ("考核项目",), True, width=18, field="group", max_length=40),
        Column("指标编号", "code", "code", ("编号",), True, width=10, max_length=20),
        Column("二级指标", "title", "text", ("考核内容", "指标"), True, width=32, max_length=200),
        Column("分值", "points", "decimal", ("标准分",), True, width=8),
        Column("评分标准", "standard", "text", ("考核标准",), width=40, listed=False, sortable=False, max_length=1000),
        Column("考核方式", "method", "text", width=14, max_length=40),
        Column("评分科室", "scorer", "text", width=14, max_length=60),
    )  # fmt: skip
    filters = (Filter("scheme", "考核方案", lambda value, query: Q(scheme__code=value), more=True),)

    def queryset(self) -> models.QuerySet[Any]:
        return super().queryset().filter(latest("scheme__"))

    def search(self, text: str) -> Q:
        return Q(title__icontains=text) | Q(code=text) | Q(standard__icontains=text)
