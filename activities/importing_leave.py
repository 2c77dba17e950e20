"""Import of leave requests: who asked, for which activity or days, what was answered."""

from collections import defaultdict

from django.db import models

from branches.ledgers.checked import CheckedImporter
from ledgers.importing import Row
from members.ledgers.references import MemberReferences

from .models import Activity, LeaveRequest


class LeaveImporter(MemberReferences, CheckedImporter):
    """The key is whose, and from which day."""

    identity = ("organization_id", "member_id", "start")
    checked_by = LeaveRequest

    @property
    def fields(self) -> list[str]:
        """All columns, for a check needs the whole record; an activity is known by the number in its column."""
        return [*(key for key in super().fields if key != "number"), "activity_id"]

    def key_column(self, row: Row) -> str:
        return "请假人"

    def prepare(self, rows: list[Row]) -> None:
        """Find the member as of the first day, and the activity."""
        for row in rows:
            if "start" in row.values:
                row.values["date"] = row.values["start"]
        super().prepare(rows)
        for row in rows:
            row.values.pop("date", None)
        self._find_activities([row for row in rows if not row.errors and "number" in row.values])

    def _find_activities(self, rows: list[Row]) -> None:
        """Replace numbers by the activities of the row's branch, its groups, or those above it."""
        if not rows:
            return
        paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        held = Activity.objects.filter(number__in={row.values["number"] for row in rows})
        for pk, number, path in held.values_list("pk", "number", "organization__path"):
            found[number].append((pk, path))
        for row in rows:
            here = paths[row.values["organization_id"]]
            fit = [pk for pk, path in found[row.values["number"]] if path.startswith(here) or here.startswith(path)]
            if len(fit) == 1:
                row.values["activity_id"] = fit[0]
            elif fit:
                self.wrong(row, "number", f"有 {len(fit)} 次活动用这个编号，请不填编号，只填日期")
            else:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请核对，或不填编号，只填日期")
            row.values.pop("number")

    def build(self, row: Row) -> models.Model:
        """A leave without a last day is of one day; one whose day of asking nobody wrote down was asked for in time."""
        start, decided = row.values["start"], row.values.get("decided_on", self.today)
        days = {"end": start, "asked_on": min(start, self.today, decided)}
        return LeaveRequest(**days | row.values, asked_by=self.user)
