"""Import of votes and resolutions: each names its meeting by 活动编号."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import models

from accounts.permissions import access_of
from branches.ledgers.checked import CheckedImporter
from ledgers.importing import Row

from .models import Activity, Resolution, Vote


class DecisionImporter(CheckedImporter):
    """Base: a decision is known by its meeting and its matter; the column `number` becomes the field `activity_id`."""

    identity = ("activity_id", "matter")
    kinds: tuple[str, ...] = ()
    """Kinds of meeting that such a decision belongs to; any, if empty."""

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "number"]

    def prepare(self, rows: list[Row]) -> None:
        """Find the meetings."""
        sound = [row for row in rows if "number" in row.values]
        numbers = {row.values["number"] for row in sound}
        held = Activity.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "organization__path"))
        if self.organization is not None:
            held = held.filter(self.organization.subtree("organization__path"))
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(number__in=numbers)
        found: dict[str, list[tuple[int, str, date]]] = defaultdict(list)
        for pk, number, kind, day in held.values_list("pk", "number", "kind", "date").iterator(chunk_size=5000):
            found[number].append((pk, kind, day))
        self.days: dict[int, date] = {}
        for row in sound:
            places = found.get(row.values["number"], [])
            if not places:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请先导入活动")
            elif len(places) > 1:
                self.wrong(row, "number", f"有 {len(places)} 次活动用这个编号，请在填报范围里选定社区后再导入")
            elif self.kinds and places[0][1] not in self.kinds:
                self.wrong(row, "number", "只有支部党员大会登记表决，请核对活动编号")
            else:
                pk, _, self.days[pk] = places[0]
                row.values["activity_id"] = pk
                row.values.pop("number")

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        return self.scope().filter(activity__in={row.values["activity_id"] for row in rows})

    def build(self, row: Row) -> Any:
        record = super().build(row)
        record.activity = self.activities[row.values["activity_id"]]  # type: ignore[attr-defined]
        return record

    def write(self, new: list[Row], *args: Any) -> Any:
        wanted = {row.values["activity_id"] for row in new}
        self.activities = Activity.objects.select_related("organization").in_bulk(wanted)
        return super().write(new, *args)


class VoteImporter(DecisionImporter):
    checked_by = Vote
    kinds = (Activity.Kind.GENERAL.value,)


class ResolutionImporter(DecisionImporter):
    checked_by = Resolution

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in Resolution.faults(self.whole(row), self.days[row.values["activity_id"]]):
                self.wrong(row, key, message)
