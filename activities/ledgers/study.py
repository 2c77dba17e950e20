"""Ledgers of study: themes of the year, series, certificates of training, and the hours of each member."""

from datetime import date
from typing import Any

from django.db.models import Q

from accounts.permissions import Right
from activities.models import Certificate, StudyLine, StudySeries, StudyTheme
from activities.models.study import MOST_HOURS
from ledgers.importing import RecordImporter, Row
from ledgers.ledger import Column, Ledger, field_filter, register
from members.ledgers.personal import BRANCH, ID_NUMBER, MEMBER, PersonalImporter, named
from members.models import mask_id
from members.querysets import matching

from .democratic import OWN, YEAR


class ThemeImporter(RecordImporter):
    """The key is whose theme, of which year, by its title."""

    identity = ("organization_id", "year", "title")

    def key_column(self, row: Row) -> str:
        return "学习主题"

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            if not 1990 <= row.values["year"] <= self.today.year + 1:
                self.wrong(row, "year", f"年度应在 1990 到 {self.today.year + 1} 之间")


class SeriesImporter(ThemeImporter):
    """The key is whose series, of which year, by its title. Its theme is one of that year, set there or above."""

    def key_column(self, row: Row) -> str:
        return "系列名称"

    @property
    def fields(self) -> list[str]:
        return ["theme_id" if key == "theme" else key for key in super().fields]

    def prepare(self, rows: list[Row]) -> None:
        named = [row for row in rows if not row.errors and "theme" in row.values]
        themes = StudyTheme.objects.readable_by(self.user).filter(title__in={row.values["theme"] for row in named})
        known = {(theme.year, theme.title): theme.pk for theme in themes}
        for row in named:
            key = (row.values["year"], row.values["theme"])
            if key in known:
                row.values["theme_id"] = known[key]
                row.values.pop("theme")
            else:
                self.wrong(row, "theme", f"{key[0]} 年没有这个学习主题，请先在学习主题台账里登记")


class CertificateImporter(PersonalImporter):
    """The key is whose certificate, of which day, for what."""

    identity = ("organization_id", "date", "title", "member_id")

    def key_column(self, row: Row) -> str:
        return "培训名称"

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            if not 0 < row.values["hours"] <= MOST_HOURS:
                self.wrong(row, "hours", f"学时应大于 0，最多 {MOST_HOURS}")
            elif row.values["hours"] != round(row.values["hours"], 1):
                self.wrong(row, "hours", "学时最多一位小数")


CONCENTRATED = field_filter("concentrated", "集中轮训", "concentrated", [("True", "集中轮训"), ("False", "其他")])
SETTER = Column(
    "组织编码",
    "organization__code",
    "organization",
    ("组织", "党组织", "组织名称"),
    True,
    field="organization_id",
    width=14,
    note="组织的编码或名称",
    listed=False,
)
SETTER_NAME = Column("组织名称", "organization__name", width=24, writable=False)  # fmt: skip


class SharedLedger(Ledger):
    """Base: what an organisation sets for all below it is seen from there as well, and holds for a year."""

    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT

    def standing(self, day: date) -> Q:
        return Q(year=day.year)

    def timeless(self, filters: Any) -> bool:
        """One who asks for a year by name asks for no other."""
        return "year" in filters


@register
class StudyThemesLedger(SharedLedger):
    slug = "study-themes"
    title = "学习主题台账"
    group = "活动"
    about = "每年学什么：街道定的年度学习主题和来源文件。"
    unit = "个"
    model = StudyTheme
    order = ("-year", "organization__path", "pk")
    importer = ThemeImporter
    page = ("activities:theme", "pk")
    create_page = "activities:theme-create"
    columns = (
        Column("年度", "year", "integer", ("年份",), True, width=8, summed=False),
        SETTER,
        SETTER_NAME,
        Column("学习主题", "title", "text", ("主题", "主题名称"), True, width=36, max_length=100),
        Column("来源文件", "document", "text", ("文件", "文号", "依据"), width=36, max_length=200),
        Column("学习要求", "note", "text", ("要求", "备注"), width=36, max_length=500, listed=False),
    )
    filters = (YEAR, OWN)


@register
class StudySeriesLedger(SharedLedger):
    slug = "study-series"
    title = "学习系列台账"
    group = "活动"
    about = "几次活动属于同一个学习系列，如一期集中轮训。登记活动时选它属于哪个系列。"
    unit = "个"
    model = StudySeries
    order = ("-year", "organization__path", "pk")
    importer = SeriesImporter
    page = ("activities:series", "pk")
    create_page = "activities:series-create"
    columns = (
        Column("年度", "year", "integer", ("年份",), True, width=8, summed=False),
        SETTER,
        SETTER_NAME,
        Column("系列名称", "title", "text", ("系列", "名称"), True, width=36, max_length=100),
        Column("学习主题", "theme__title", "text", ("主题",), field="theme", width=36, max_length=100),
        Column("集中轮训", "concentrated", "yes_no", ("是否集中轮训",), width=9),
        Column("说明", "note", "text", ("备注",), width=36, max_length=500, listed=False),
    )
    filters = (CONCENTRATED, YEAR, OWN)


@register
class CertificatesLedger(Ledger):
    slug = "certificates"
    title = "培训证书台账"
    group = "活动"
    about = "党员在外面参加培训的证书：学时计入当年学时。"
    unit = "份"
    model = Certificate
    date = "date"
    order = ("-date", "-pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = CertificateImporter
    page = ("activities:certificate", "pk")
    create_page = "activities:certificate-create"
    columns = (
        Column("结业日期", "date", "date", ("日期", "培训日期", "时间", "发证日期"), True, width=12),
        BRANCH,
        named("姓名", required=False),
        ID_NUMBER,
        Column("培训名称", "title", "text", ("名称", "培训班", "培训内容", "证书名称"), True, width=30, max_length=100),
        Column("举办单位", "issuer", "text", ("发证单位", "主办单位", "培训机构"), width=24, max_length=100),
        Column("学时", "hours", "decimal", ("培训学时",), True, width=8),
        Column("证书编号", "number", "text", ("编号", "文号", "证书号"), width=18, max_length=60),
        Column("集中轮训", "concentrated", "yes_no", ("是否集中轮训", "集中培训"), width=9),
    )  # fmt: skip
    filters = (CONCENTRATED, MEMBER, OWN)

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(title__contains=text) | Q(issuer__contains=text)


@register
class StudyHoursLedger(Ledger):
    slug = "study-hours"
    title = "党员学时台账"
    group = "活动"
    about = "每名党员的学时：到会活动的学时和培训证书的学时，自动合在一起。"
    unit = "人次"
    model = StudyLine
    date = "date"
    order = ("-date", "id")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    page = ("members:detail", "member_id")
    columns = (
        Column("姓名", "member__name", "name", width=10),
        Column("身份证号", "member__id_number", "id", width=20, mask=mask_id, sortable=False, listed=False),
        Column("所在党支部", "organization__name", width=24),
        Column("日期", "date", "date", width=12),
        Column("学时", "hours", "decimal", width=8),
        Column("内容", "content", width=36),
        Column("来源", "source", "choice", choices=StudyLine.Source.choices, width=10),
        Column("集中轮训", "concentrated", "yes_no", width=9),
    )
    filters = (field_filter("source", "来源", "source", StudyLine.Source.choices), CONCENTRATED, MEMBER, OWN)

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(content__contains=text)
