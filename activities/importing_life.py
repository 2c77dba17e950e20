"""Import of what comes out of a life meeting: the meeting by its number, the people by name or ID."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import models

from branches.models import Organization
from ledgers.importing import CellError, Row
from members.ledgers.references import MemberReferences

from .models import Activity, Criticism, Promise


class OfMeetingImporter(MemberReferences):
    """Base: the column `number` becomes the field `activity_id`; people are those of its organisation on its day."""

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in ("number", "speaker_name", "speaker_id_number")]

    def prepare(self, rows: list[Row]) -> None:
        self._find_meetings([row for row in rows if not row.errors])
        super().prepare(rows)
        for row in rows:
            for key in ("number", "organization_id", "date"):
                row.values.pop(key, None)

    def organizations(self) -> Mapping[str, list[tuple[int, str, str, str]]]:
        """Return the places of the meetings: those of a group stand in its branch."""
        return {"": [(pk, "", path, "") for pk, path in self._paths.items()]}

    def _find_meetings(self, rows: list[Row]) -> None:
        held = Activity.objects.visible_to(self.user, self.ledger.edit_right)
        held = held.filter(kind=Activity.Kind.LIFE, number__in={row.values["number"] for row in rows})
        if self.organization is not None:
            held = held.under(self.organization)
        self._paths: dict[int, str] = {}
        found: dict[str, list[Activity]] = defaultdict(list)
        for activity in held.select_related("organization"):
            found[activity.number].append(activity)
            path, place = activity.organization.path, activity.organization
            is_group = place.kind == Organization.Kind.GROUP
            self._paths[place.pk] = path[: -Organization.steplen] if is_group else path
        self.meetings = {activity.pk: activity for meetings in found.values() for activity in meetings}
        for row in rows:
            meetings = found[row.values["number"]]
            if len(meetings) == 1:
                meeting = meetings[0]
                row.values |= {
                    "activity_id": meeting.pk,
                    "organization_id": meeting.organization_id,
                    "date": meeting.date,
                }
            elif meetings:
                self.wrong(row, "number", f"有 {len(meetings)} 次组织生活会用这个编号，请选定社区后再导入")
            else:
                self.wrong(row, "number", "组织生活台账里没有这个编号的组织生活会，请先登记活动")

    def build(self, row: Row) -> models.Model:
        values = dict(row.values)
        made: models.Model = self.ledger.model(activity=self.meetings[values.pop("activity_id")], **values)
        return made

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        return self.scope().filter(activity__in=list(self.meetings))


class CriticismImporter(OfMeetingImporter):
    """The key is the meeting, who spoke and of whom."""

    identity = ("activity_id", "kind", "speaker_id", "member_id")

    def key(self, row: Row) -> Any:
        return tuple(row.values.get(key) for key in self.identity)

    def key_column(self, row: Row) -> str:
        return "批评对象"

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        for row in rows:
            if row.errors:
                continue
            named = "speaker_name" in row.values or "speaker_id_number" in row.values
            if row.values["kind"] == Criticism.Kind.SELF:
                for key in ("speaker_name", "speaker_id_number"):
                    row.values.pop(key, None)
            elif not named:
                self.wrong(row, "speaker_name", "相互批评要写明批评人")
        self._find_speakers([row for row in rows if not row.errors and row.values["kind"] == Criticism.Kind.MUTUAL])

    def _find_speakers(self, rows: list[Row]) -> None:
        """Find who spoke the same way as of whom: through rows that name nobody else."""
        shadows = []
        for row in rows:
            meeting = self.meetings[row.values["activity_id"]]
            shadow = Row(
                row.number, row.cells, row.sheet, {"organization_id": meeting.organization_id, "date": meeting.date}
            )
            for key, own in (("speaker_name", "name"), ("speaker_id_number", "id_number")):
                if key in row.values:
                    shadow.values[own] = row.values.pop(key)
                if key in row.masked:
                    shadow.masked[own] = row.masked[key]
            shadows.append(shadow)
        MemberReferences.prepare(self, shadows)
        headers = {"批评对象": "批评人", "批评对象身份证号": "批评人身份证号"}
        for row, shadow in zip(rows, shadows, strict=True):
            row.errors += [CellError(headers.get(e.column, e.column), e.value, e.message) for e in shadow.errors]
            row.values["speaker_id"] = shadow.values.get("member_id")
            if not row.errors and row.values["speaker_id"] == row.values["member_id"]:
                self.wrong(row, "speaker_name", "批评人和批评对象是同一个人，请改填自我批评")


class PromiseImporter(OfMeetingImporter):
    """The key is the meeting, whose promise, and of what. Without a name it is the committee's."""

    identity = ("activity_id", "owner_id", "item")
    member_is_required = False

    def key(self, row: Row) -> Any:
        return tuple(row.values.get(key) for key in self.identity)

    def key_column(self, row: Row) -> str:
        return "整改事项"

    def prepare(self, rows: list[Row]) -> None:
        super().prepare(rows)
        for row in rows:
            if "member_id" in row.values:
                row.values["owner_id"] = row.values.pop("member_id")

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in Promise.faults(row.values, self.meetings[row.values["activity_id"]].date, self.today):
                self.wrong(row, key, message)


__all__ = ["CriticismImporter", "PromiseImporter"]
