"""Import of what is kept of one member: who is meant, and days that cannot be."""

from typing import Any

from ledgers.importing import Row

from .models import Honor
from .references import MemberReferences


class PersonalImporter(MemberReferences):
    """Refuses days to come, beside finding the member."""

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        for row in rows:
            day = row.values.get("date")
            if day and day > self.today:
                self.wrong(row, "date", f"日期在今天（{self.today}）之后")

    def later(self, rows: list[Row], key: str, *, same_day: bool = True) -> None:
        """Refuse a day in the column `key` that lies before the record's own."""
        for row in rows:
            day = row.values.get(key)
            if day and (day < row.values["date"] or (day == row.values["date"] and not same_day)):
                self.wrong(
                    row, key, f"不能早于 {row.values['date']}" if same_day else f"应在 {row.values['date']} 之后"
                )


class TalkImporter(PersonalImporter):
    """The key is who talked with whom, when of which kind. A talker of the branch is linked to the register."""

    identity = ("organization_id", "date", "kind", "talker_name", "member_id")

    def key_column(self, row: Row) -> str:
        return "谈话对象"

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        sound = [row for row in rows if not row.errors]
        paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        stays = self.stays({row.values["talker_name"] for row in sound})
        for row in sound:
            path, day = paths[row.values["organization_id"]], row.values["date"]
            called = stays[row.values["talker_name"]]
            here = {stay.member_id for stay in called if stay.path.startswith(path) and stay.covers(day)}
            if here == {row.values["member_id"]}:
                self.wrong(row, "talker_name", "谈话人和谈话对象是同一个人")
            elif len(here) == 1:
                row.values["talker_id"] = next(iter(here))

    def check(self, rows: list[Row]) -> None:
        self.later(rows, "followed_up_on")


class MatterImporter(PersonalImporter):
    """The key is who reported which kind of matter on which day."""

    identity = ("organization_id", "date", "kind", "member_id")

    def key_column(self, row: Row) -> str:
        return "报告人"

    def check(self, rows: list[Row]) -> None:
        self.later(rows, "answered_on")


class HonorImporter(PersonalImporter):
    """The key is whose, when, of which nature, and its name. A row without a person is the branch's own honour."""

    identity = ("organization_id", "date", "nature", "title", "member_id")
    member_is_required = False

    def key(self, row: Row) -> Any:
        values = tuple(row.values.get(k) for k in self.identity)
        return None if None in values[:4] else values

    def key_column(self, row: Row) -> str:
        return "名称"

    def check(self, rows: list[Row]) -> None:
        self.later(rows, "ends_on", same_day=False)
        for row in rows:
            if row.values["nature"] == Honor.Nature.SANCTION and "member_id" not in row.values:
                self.wrong(row, "name", "惩处要写明是哪名党员")


class AchievementImporter(PersonalImporter):
    """The key is whose, when, and what it is called."""

    identity = ("organization_id", "date", "title", "member_id")

    def key_column(self, row: Row) -> str:
        return "实绩"
