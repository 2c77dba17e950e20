"""Ledgers of co-building: agreements (共驻共建协议台账), partner units, and what they did."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.permissions import Right
from branches.ledgers.checked import CheckedImporter
from branches.models import Organization
from branches.spans import lasting
from ledgers.importing import Report, Row, Undo, create
from ledgers.ledger import BadQuery, Column, Filter, Ledger, Query, field_filter, key_filter, register
from ledgers.models import Touch
from members.models import mask_phone

from ..models import Activity, Agreement, Contribution, PartnerUnit
from ..models.cobuilding import ending_soon, in_force

COMMUNITY = Column(
    "组织编码",
    "organization__code",
    "organization",
    ("社区", "所属社区", "组织", "社区名称", "所属组织"),
    True,
    width=14,
    field="organization_id",
    listed=False,
    note="社区的编码，也可以填名称",
)
COMMUNITY_NAME = Column("组织名称", "organization__name", width=22, writable=False)
PARTNER = Column(
    "共建单位",
    "partner__name",
    "text",
    ("单位名称", "共建单位名称", "驻区单位", "签约单位"),
    True,
    field="partner",
    width=26,
    max_length=100,
)
ALL = Filter("all", "范围", lambda value, query: Q(), [("1", "含已退出")], more=True)


class PartnerImporter(CheckedImporter):
    """A unit is known by its community and name."""

    identity = ("organization_id", "name")
    checked_by = PartnerUnit


@register
class PartnersLedger(Ledger):
    slug = "partners"
    title = "共建单位台账"
    group = "活动"
    about = "和社区共驻共建的机关、学校、企业和社会组织：能提供什么，找谁联系。"
    unit = "家"
    model = PartnerUnit
    order = ("organization__path", "name")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = PartnerImporter
    page = ("activities:partner", "pk")
    create_page = "activities:partner-create"
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        Column("单位名称", "name", "text", ("共建单位", "共建单位名称", "驻区单位"), True, width=28, max_length=100),
        Column("单位类别", "kind", "choice", ("类别", "单位性质", "类型"), choices=Organization.UnitKind.choices, width=12),
        Column("资源特长", "strengths", "text", ("资源", "特长", "可提供的资源"), width=26, max_length=200),
        Column("联系人", "contact", "name", ("负责人", "联络员"), width=10, max_length=60),
        Column("联系电话", "phone", "phone", ("电话", "手机号码", "联系方式"), width=14, mask=mask_phone, sortable=False),
        Column("登记日期", "registered_on", "date", ("报到日期", "登记时间"), width=12),
        Column("退出日期", "left_on", "date", ("退出时间",), width=12, listed=False),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        field_filter("kind", "单位类别", "kind", Organization.UnitKind.choices),
        Filter(
            "agreement",
            "协议",
            lambda value, query: _agreed(value, query.day),
            [("in-force", "协议有效"), ("none", "没有有效协议")],
        ),
        ALL,
    )
    views = (("共驻共建情况", "activities:cobuilding"),)

    def standing(self, day: date) -> Q:
        return lasting(day, "registered_on", "left_on")

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters


def _agreed(value: str, day: date) -> Q:
    agreed = Exists(Agreement.objects.filter(in_force(day), partner=OuterRef("pk")))
    return {"in-force": Q(agreed), "none": ~Q(agreed)}[value]


class OfPartnerImporter(CheckedImporter):
    """Base of imports of rows that belong to a partner unit, which they name within its community."""

    lookups = {"partner": "partner__name"}

    def check(self, rows: list[Row]) -> None:
        """Look the units up: their names are unique in a community."""
        communities = {row.values["organization_id"] for row in rows}
        units = PartnerUnit.objects.filter(organization__in=communities)
        self.partners = {(unit.organization_id, unit.name): unit for unit in units}
        super().check(rows)

    def partner_of(self, row: Row) -> PartnerUnit | None:
        """Return the registered unit that a row names."""
        return self.partners.get((row.values["organization_id"], row.values["partner"]))

    def build(self, row: Row) -> Any:
        partner = self.partner_of(row)
        assert partner is not None
        values = {key: value for key, value in row.values.items() if key != "partner"}
        return self.ledger.model(partner=partner, **values)


class AgreementImporter(OfPartnerImporter):
    """The key is community, unit and year. A unit that is not registered yet is registered with its first agreement.

    A year left out is that of the beginning, or of the signing; an agreement without dates holds for its year.
    """

    identity = ("organization_id", "partner", "year")

    def prepare(self, rows: list[Row]) -> None:
        """Settle the year: it is part of the key."""
        for row in rows:
            first = row.values.get("start") or row.values.get("signed_on")
            if "year" not in row.values and first and not any(e.column == "年度" for e in row.errors):
                row.values["year"] = first.year

    checked_by = Agreement

    def whole(self, row: Row) -> Mapping[str, Any]:
        """Return the agreement as it will be; where the file gives a new one no dates, those of its year."""
        year = row.values["year"]
        if row.pk is None and date.min.year <= year <= date.max.year:
            row.values.setdefault("start", date(year, 1, 1))
            row.values.setdefault("end", date(max(year, row.values["start"].year), 12, 31))
        return super().whole(row)

    def check(self, rows: list[Row]) -> None:
        """Refuse an agreement signed before its unit was registered: it would stand without it."""
        super().check(rows)
        for row in rows:
            unit, signed = self.partner_of(row), row.values.get("signed_on")
            if unit and unit.registered_on and signed and signed < unit.registered_on:
                self.wrong(row, "signed_on", f"早于这个单位的登记日期 {unit.registered_on}")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        unknown = dict.fromkeys(
            (row.values["organization_id"], row.values["partner"]) for row in new if self.partner_of(row) is None
        )
        units = [PartnerUnit(organization_id=community, name=name) for community, name in unknown]
        touches = [*create(units, undo, self.user)]
        self.partners |= {(unit.organization_id, unit.name): unit for unit in units}
        return [*touches, *super().write(new, changed, undo, report)]


def _year(value: str, query: Query) -> Q:
    if not (value.isascii() and value.isdecimal() and len(value) == 4):
        raise BadQuery("年度应写成四位数，如 2026")
    return Q(year=int(value))


@register
class AgreementsLedger(Ledger):
    slug = "agreements"
    title = "共驻共建协议台账"
    group = "活动"
    about = "社区和共建单位每年签的协议：需要什么、能提供什么、做哪些项目。到期前 60 天提醒续签。"
    unit = "份"
    model = Agreement
    order = ("organization__path", "partner__name", "-year")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = AgreementImporter
    page = ("activities:agreement", "pk")
    create_page = "activities:agreement-create"
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        PARTNER,
        Column("年度", "year", "integer", ("协议年度", "年份"), width=8, note="不填就按开始日期或签订日期"),
        Column("协议编号", "number", "code", ("编号", "文号"), width=16, max_length=60, listed=False),
        Column("签订日期", "signed_on", "date", ("签约日期", "签订时间", "签约时间"), True, width=12),
        Column("开始日期", "start", "date", ("生效日期", "协议开始"), width=12, note="不填就从当年 1 月 1 日起"),
        Column("到期日期", "end", "date", ("截止日期", "结束日期", "有效期至"), width=12, note="不填就到当年 12 月 31 日"),
        Column("需求清单", "needs", "text", ("需求",), width=30, max_length=2000, listed=False, sortable=False),
        Column("资源清单", "resources", "text", ("资源",), width=30, max_length=2000, listed=False, sortable=False),
        Column("项目清单", "projects", "text", ("项目", "共建项目"), width=30, max_length=2000, listed=False, sortable=False),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        Filter("ends", "到期", lambda value, query: {"soon": ending_soon(query.day)}[value], [("soon", "60 天内到期")]),
        Filter("year", "年度", _year),
        Filter("all", "范围", lambda value, query: Q(), [("1", "含未生效和已到期")]),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip
    views = (("共驻共建情况", "activities:cobuilding"),)

    def standing(self, day: date) -> Q:
        return in_force(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters or "year" in filters


class ContributionImporter(OfPartnerImporter):
    """The key is community, unit, day and content. The unit is registered, and so is an activity that is named."""

    identity = ("organization_id", "partner", "date", "content")
    checked_by = Contribution

    def prepare(self, rows: list[Row]) -> None:
        """Find the activities that are named by their number, of the community or anything below it."""
        wanted = {row.values["activity_id"] for row in rows if "activity_id" in row.values}
        if not wanted:
            return
        known = Activity.objects.visible_to(self.user).filter(number__in=wanted)
        paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        found: dict[str, list[tuple[int, str]]] = {}
        for pk, number, path in known.values_list("pk", "number", "organization__path"):
            found.setdefault(number, []).append((pk, path))
        for row in rows:
            named, community = row.values.get("activity_id"), row.values.get("organization_id")
            if named is None or not isinstance(community, int):
                continue
            fit = [pk for pk, path in found.get(named, ()) if path.startswith(paths[community])]
            if len(fit) == 1:
                row.values["activity_id"] = fit[0]
            else:
                self.wrong(row, "activity_id", "这个社区没有编号如此的活动，请核对组织生活台账里的活动编号")

    def shown(self, column: Column, value: Any) -> Any:
        """Return a stored value as the preview shows it: an activity by its number."""
        return self._numbers.get(value, "") if column.key == "activity_id" else super().shown(column, value)

    @cached_property
    def _numbers(self) -> Mapping[int, str]:
        held = {values["activity_id"] for values in self.held.values()}
        return dict(Activity.objects.filter(pk__in=held - {None}).values_list("pk", "number"))

    def check(self, rows: list[Row]) -> None:
        super().check(rows)
        for row in rows:
            if self.partner_of(row) is None:
                self.wrong(row, "partner", "这个社区没有登记这个共建单位，请先登记，或核对名称")


@register
class ContributionsLedger(Ledger):
    slug = "contributions"
    title = "共建实事台账"
    group = "活动"
    about = "共建单位做了什么：哪天、什么事、投入多少、多少人受益。"
    unit = "件"
    model = Contribution
    date = "date"
    order = ("-date", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ContributionImporter
    page = ("activities:partner", "partner_id")
    create_page = "activities:contribution-create"
    columns = (
        COMMUNITY,
        COMMUNITY_NAME,
        PARTNER,
        Column("日期", "date", "date", ("时间",), True, width=12),
        Column("类别", "kind", "choice", ("类型",), choices=Contribution.Kind.choices, width=10),
        Column("内容", "content", "text", ("事项", "实事", "项目"), True, width=34, max_length=200),
        Column("投入资金（元）", "money", "money", ("投入资金", "资金"), width=12),
        Column("受益人数", "people", "integer", ("服务人数",), width=10),
        Column("活动编号", "activity__number", "code", field="activity_id", width=14, listed=False),
    )
    filters = (
        field_filter("kind", "类别", "kind", Contribution.Kind.choices),
        key_filter("partner", "共建单位", "partner_id", lambda value: "一家共建单位"),
    )
    views = (("共驻共建情况", "activities:cobuilding"),)
