"""Import of themes of the year, series and certificates of training."""

from ledgers.importing import RecordImporter, Row
from members.ledgers.personal import PersonalImporter

from .models import StudyTheme
from .models.study import MOST_HOURS


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
