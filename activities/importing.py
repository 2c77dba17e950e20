"""Import of activities and of their rolls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.permissions import access_of
from branches.models import Organization
from ledgers.importing import RecordImporter, Report, Row, Undo, create, rewrite
from ledgers.models import Touch
from members.ledgers.references import MemberReferences, Stay
from members.models import mask_id

from .models import Activity, Attendance
from .planning import adopt


class ActivityImporter(RecordImporter):
    """The key is 活动编号, else organisation + kind + date + topic. What the office imports is confirmed on arrival."""

    def key(self, row: Row) -> Any:
        values = row.values
        if values.get("number"):
            return (values["number"],)
        key = tuple(values.get(k) for k in ("organization_id", "kind", "date", "topic"))
        return None if None in key else key

    def key_column(self, row: Row) -> str:
        return "活动编号" if row.values.get("number") else "主题"

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        names = list(dict.fromkeys(["number", "organization_id", "kind", "date", "topic", *self.fields]))
        days = [row.values["date"] for row in rows]
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        held = self.scope()
        by_number: dict[Any, tuple[Any, Mapping[str, Any]]] = {}
        doubled: set[str] = set()
        if numbers:
            numbered = (
                held.exclude(number="") if len(numbers) >= self.reads_whole_scope else held.filter(number__in=numbers)
            )
            for pk, *values in numbered.values_list("pk", *names).iterator(chunk_size=5000):
                current = dict(zip(names, values, strict=True))
                number = current["number"]
                if (number,) in by_number:
                    doubled.add(number)
                by_number[(number,)] = (pk, current)
        found = by_number
        if days and len(numbers) < len(rows):
            for pk, *values in (
                held.filter(date__range=(min(days), max(days))).values_list("pk", *names).iterator(chunk_size=5000)
            ):
                current = dict(zip(names, values, strict=True))
                found.setdefault(tuple(current[k] for k in ("organization_id", "kind", "date", "topic")), (pk, current))
        for row in rows:
            if row.values.get("number") in doubled:
                self.wrong(row, "number", "登记册里有两次活动用这个编号，请在填报范围里选定社区后再导入")
        return found

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            if row.values["date"] > self.today:
                self.wrong(row, "date", f"活动日期在今天（{self.today}）之后")
            hours = row.values.get("hours")
            if hours is not None and not 0 <= hours <= 100:
                self.wrong(row, "hours", "学时应在 0 到 100 之间")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Write, and tie what was planned to what is on record now."""
        touches = super().write(new, changed, undo, report)
        days = [row.values["date"] for row in new]
        if days:
            adopt({row.values["organization_id"] for row in new}, min(days), max(days))
        return touches

    def build(self, row: Row) -> Activity:
        now = timezone.now()
        return Activity(
            **row.values,
            status=Activity.Status.CONFIRMED,
            submitted_at=now,
            submitted_by=self.user,
            confirmed_at=now,
            confirmed_by=self.user,
        )


class AttendanceImporter(MemberReferences):
    """One row is one member at one activity, found by 活动编号 and by citizen ID or a name.

    The name is that of somebody who is on the roll already, or was in the branch on that day.
    """

    def key(self, row: Row) -> Any:
        values = row.values
        if "activity" not in values or "member_id" not in values:
            return None
        return values["activity"], values["member_id"]

    def key_column(self, row: Row) -> str:
        return "身份证号" if "id_number" in self.keys else "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Find the activity and the member of each row."""
        self._find_activities([r for r in rows if "number" in r.values])
        named = [r for r in rows if not r.errors and "name" in r.values and "id_number" not in r.values]
        self.on_roll = self._on_roll(named)
        super().prepare(rows)

    def _find_activities(self, rows: list[Row]) -> None:
        numbers = {row.values["number"] for row in rows}
        held = Activity.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "organization__path"))
        if self.organization is not None:
            held = held.filter(self.organization.subtree("organization__path"))
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(number__in=numbers)
        found: dict[str, list[tuple[int, str, date]]] = defaultdict(list)
        for pk, number, path, kind, day in held.values_list(
            "pk", "number", "organization__path", "organization__kind", "date"
        ).iterator(chunk_size=5000):
            # A group's members stand in its branch.
            place = path[: -Organization.steplen] if kind == Organization.Kind.GROUP else path
            found[number].append((pk, place, day))
        for row in rows:
            places = found.get(row.values["number"], [])
            if len(places) == 1:
                row.values["activity"], row.values["_path"], row.values["_day"] = places[0]
            elif places:
                self.wrong(row, "number", f"有 {len(places)} 次活动用这个编号，请在填报范围里选定社区后再导入")
            else:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请先导入活动")

    def _on_roll(self, rows: list[Row]) -> Mapping[tuple[int, str], list[Stay]]:
        """Return activity and name → who of that name is on its roll already. One query."""
        names, activities = {row.values["name"] for row in rows}, {row.values["activity"] for row in rows}
        found: dict[tuple[int, str], list[Stay]] = defaultdict(list)
        if not rows:
            return found
        lines = Attendance.objects.filter(access_of(self.user).scope(self.ledger.edit_right, self.ledger.path))
        if len(names) < self.reads_whole_scope:
            lines = lines.filter(member__name__in=names)
        if len(activities) < self.reads_whole_scope:
            lines = lines.filter(activity__in=activities)
        with_masks = any("id_number" in row.masked for row in rows)
        number = "member__id_number" if with_masks else "member__name"
        for activity, name, pk, shown in lines.values_list("activity_id", "member__name", "member_id", number):
            found[activity, name].append(Stay(pk, mask_id(shown) if with_masks else "", "", date.min, None))
        return found

    def meant(self, row: Row, called: list[Stay]) -> list[Stay]:
        here = [stay for stay in called if stay.path.startswith(row.values["_path"])]
        return [*here, *self.on_roll.get((row.values["activity"], row.values["name"]), ())]

    def was_there(self, row: Row, stay: Stay) -> bool:
        return stay.covers(row.values["_day"])

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        wanted = {row.values["activity"] for row in rows}
        held = (
            Attendance.objects.filter(activity__in=wanted)
            if len(wanted) < self.reads_whole_scope
            else (Attendance.objects.filter(access_of(self.user).scope(self.ledger.edit_right, self.ledger.path)))
        )
        return {
            (activity, member): (pk, {"state": state, "reason": reason})
            for pk, activity, member, state, reason in held.values_list(
                "pk", "activity_id", "member_id", "state", "reason"
            ).iterator(chunk_size=5000)
        }

    def check(self, rows: list[Row]) -> None:
        """A reason belongs to a leave only; elsewhere it is passed over."""
        for row in rows:
            if row.values.get("state") != Attendance.State.LEAVE:
                row.values.pop("reason", None)
                row.changes.pop("reason", None)

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        lines = [
            Attendance(
                activity_id=row.values["activity"],
                member_id=row.values["member_id"],
                state=row.values["state"],
                reason=row.values.get("reason", ""),
            )
            for row in new
        ]
        create(lines, undo, self.user, report)
        rewrite(Attendance, {row.pk: {k: v for k, (_, v) in row.changes.items()} for row in changed}, undo, self.user)
        activities = {row.values["activity"] for row in [*new, *changed]}
        return {
            Touch(organization, day, False)
            for organization, day in Activity.objects.filter(pk__in=activities).values_list("organization_id", "date")
        }
