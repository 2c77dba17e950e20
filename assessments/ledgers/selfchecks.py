"""Ledgers of self-checks: 规范化建设自查台账, item by item, and the standards."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.ledgers.venues import ORGANIZATION, ORGANIZATION_NAME
from ledgers.importing import Report, Row, Undo
from ledgers.ledger import Column, Filter, Ledger, field_filter, register
from ledgers.models import Touch

from ..models import Level, SelfCheck, SelfCheckAnswer, Standard, StandardItem
from .rounds import ROUND, PartImporter, read_periods


class SelfCheckImporter(CheckedImporter):
    """A self-check is known by its organisation, standard and round; its items stay as they are."""

    identity = ("organization_id", "standard_id", "period")
    lookups = {"standard": "standard__title"}
    checked_by = SelfCheck

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "standard"]

    def prepare(self, rows: list[Row]) -> None:
        """Find the standards by their titles: the latest edition counts."""
        read_periods(rows, "period")
        held = Standard.objects.order_by("pk").values_list("title", "pk", "organization__path")
        known: dict[str, list[tuple[int, str]]] = {}
        for title, pk, path in held:
            known.setdefault(title, []).append((pk, path))
        paths = {pk: path for some in self.organizations().values() for pk, _, path, _ in some}
        for row in rows:
            if row.errors:
                continue
            place = paths.get(row.values["organization_id"], "")
            fitting = [pk for pk, path in known.get(row.values["standard"], ()) if place.startswith(path)]
            if not fitting:
                self.wrong(row, "standard", "没有这个自查标准，请先在“自查标准”里建立")
                continue
            row.values["standard_id"] = fitting[-1]
            row.values.pop("standard")


@register
class SelfChecksLedger(Ledger):
    slug = "selfchecks"
    title = "规范化建设自查台账"
    group = "考核"
    about = "党支部规范化建设三年行动：每一轮对照标准自查、核查的结果。不达标的项一键转成整改。"
    unit = "份"
    model = SelfCheck
    date = "done_on"
    order = ("-period", "organization__path")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_SELF
    importer = SelfCheckImporter
    page = ("assessments:selfcheck", "pk")
    create_page = "assessments:selfcheck-create"
    views = (("各社区达标率", "assessments:selfcheck-rates"),)
    beside = ("selfcheck-items", "standards")
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("自查标准", "standard__title", "text", ("标准", "标准名称"), True, width=28, field="standard"),
        ROUND,
        Column("自查日期", "done_on", "date", ("日期",), width=12),
        Column("核查日期", "checked_on", "date", width=12),
        Column("达标项", "met", "integer", width=8, writable=False),
        Column("适用项", "asked", "integer", width=8, writable=False),
        Column("总体结论", "overall", "choice", ("结论", "等次"), choices=SelfCheck.Overall.choices, width=10),
        Column("说明", "note", "text", width=30, listed=False, max_length=300),
    )
    filters = (
        field_filter("overall", "总体结论", "overall", SelfCheck.Overall.choices),
        Filter("round", "轮次", lambda value, query: Q(period__in=value.split(",")), more=True),
        Filter(
            "checked", "核查", lambda value, query: Q(checked_on__isnull=value == "no"), [("yes", "已核查"), ("no", "未核查")],
        ),
    )  # fmt: skip


class AnswerImporter(PartImporter):
    """An answer is known by its self-check and the code of the item."""

    identity = ("selfcheck_id", "item_id")
    whole, model = "selfcheck", SelfCheck
    by = {"organization_id": "organization_id", "period": "period"}
    unfound = "规范化建设自查台账里没有这个组织这一轮的自查，请先登记"

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "code"]

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        wanted = {row.values["selfcheck_id"] for row in rows if not row.errors}
        standards = dict(SelfCheck.objects.filter(pk__in=wanted).values_list("pk", "standard_id"))
        items = {
            (standard, code): pk
            for pk, standard, code in StandardItem.objects.filter(standard__in=set(standards.values())).values_list(
                "pk", "standard_id", "code"
            )
        }
        for row in rows:
            if row.errors:
                continue
            found = items.get((standards[row.values["selfcheck_id"]], str(row.values.pop("code"))))
            if found is None:
                self.wrong(row, "code", "这个标准里没有这个编号的条款")
            else:
                row.values["item_id"] = found

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Write the answers, and count anew what they come to."""
        touches = [*super().write(new, changed, undo, report)]
        pks = {row.values["selfcheck_id"] for row in [*new, *changed]}
        held = list(SelfCheck.objects.filter(pk__in=pks).prefetch_related("answers"))
        for selfcheck in held:
            selfcheck.recount()
        SelfCheck.objects.bulk_update(held, ["met", "asked"])
        return touches


@register
class SelfCheckItemsLedger(Ledger):
    slug = "selfcheck-items"
    title = "规范化建设自查明细台账"
    group = "考核"
    about = "自查的每一条：支部自评什么、核查认定什么、差在哪里。"
    model = SelfCheckAnswer
    organization = "selfcheck__organization"
    order = ("-selfcheck__period", "selfcheck__organization__path", "item__position")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.ASSESSMENTS_SELF
    importer = AnswerImporter
    page = ("assessments:selfcheck", "selfcheck_id")
    columns = (
        Column("组织编码", "selfcheck__organization__code", "organization", ("组织", "支部"), True, width=14, field="organization_id"),
        Column("组织名称", "selfcheck__organization__name", width=24, writable=False),
        Column("轮次", "selfcheck__period", "period", ("时期", "年度"), True, width=10, field="period", max_length=12),
        Column("条款编号", "item__code", "code", ("编号",), True, width=10, field="code", max_length=20),
        Column("条款", "item__text", width=44, writable=False, sortable=False),
        Column("自评", "own", "choice", choices=Level.choices, width=10),
        Column("自评说明", "own_note", "text", width=28, listed=False, max_length=300),
        Column("核查", "checked", "choice", choices=Level.choices, width=10),
        Column("核查说明", "check_note", "text", width=28, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        field_filter("own", "自评", "own", Level.choices),
        field_filter("checked", "核查", "checked", Level.choices),
        Filter("round", "轮次", lambda value, query: Q(selfcheck__period=value), more=True),
    )

    def search(self, text: str) -> Q:
        return Q(item__text__icontains=text) | Q(item__code=text) | Q(selfcheck__organization__name__icontains=text)


@register
class StandardsLedger(Ledger):
    slug = "standards"
    title = "自查标准"
    group = "考核"
    about = "规范化建设的标准：分几部分、每条查什么、看什么材料、对应哪些规则。"
    unit = "条"
    model = StandardItem
    organization = "standard__organization"
    order = ("standard__organization__path", "standard", "position")
    right = Right.ASSESSMENTS_VIEW
    edit_right = Right.SCHEMES_MANAGE
    page = ("assessments:standard", "standard_id")
    create_page = "assessments:standard-create"
    columns = (
        Column("标准名称", "standard__title", width=26),
        Column("版本", "standard__edition", width=14),
        Column("部分", "section", width=20),
        Column("条款编号", "code", "code", width=10),
        Column("条款", "text", width=50, sortable=False),
        Column("佐证材料", "proof", width=26, listed=False),
        Column("核心项", "is_core", "yes_no", width=8),
    )

    def search(self, text: str) -> Q:
        return Q(text__icontains=text) | Q(code=text) | Q(standard__title__icontains=text)
