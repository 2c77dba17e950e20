"""Import of activities and of their rolls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from accounts.encryption import blind_index
from accounts.permissions import access_of
from ledgers.importing import Importer, RecordImporter, Report, Row, Undo, create, rewrite
from ledgers.models import Touch
from members.models import Member

from .models import Activity, Attendance


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


class AttendanceImporter(Importer):
    """One row is one member at one activity, found by 活动编号 and by citizen ID or a name unique in the branch."""

    def key(self, row: Row) -> Any:
        values = row.values
        if "activity" not in values or "member" not in values:
            return None
        return values["activity"], values["member"]

    def key_column(self, row: Row) -> str:
        return "身份证号" if "id_number" in self.keys else "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Find the activity and the member of each row."""
        self._find_activities([r for r in rows if "number" in r.values])
        for row in rows:
            if "id_number" not in row.values and "name" not in row.values and not row.errors:
                row.errors.append(self.missing_person())
        self._find_members([r for r in rows if not r.errors])

    def missing_person(self) -> Any:
        """The error of a row that names nobody."""
        from ledgers.importing import CellError

        return CellError("姓名", "", "请填姓名或身份证号")

    def _find_activities(self, rows: list[Row]) -> None:
        numbers = {row.values["number"] for row in rows}
        held = Activity.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "organization__path"))
        if self.organization is not None:
            held = held.filter(self.organization.subtree("organization__path"))
        if len(numbers) < self.reads_whole_scope:
            held = held.filter(number__in=numbers)
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for pk, number, path in held.values_list("pk", "number", "organization__path").iterator(chunk_size=5000):
            found[number].append((pk, path))
        for row in rows:
            places = found.get(row.values["number"], [])
            if len(places) == 1:
                row.values["activity"], row.values["_path"] = places[0]
            elif places:
                self.wrong(row, "number", f"有 {len(places)} 次活动用这个编号，请在填报范围里选定社区后再导入")
            else:
                self.wrong(row, "number", "组织生活台账里没有这个编号的活动，请先导入活动")

    def _find_members(self, rows: list[Row]) -> None:
        held = Member.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "branch__path"))
        indexes = {}
        for row in rows:
            number = row.values.get("id_number")
            if number is not None and number not in indexes:
                indexes[number] = blind_index(number, "citizen-id")
        wanted = (
            held if len(indexes) >= self.reads_whole_scope else held.filter(id_number_index__in=list(indexes.values()))
        )
        by_index = dict(wanted.values_list("id_number_index", "pk")) if indexes else {}
        names = {row.values["name"] for row in rows if "id_number" not in row.values}
        by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
        if names:
            named = held if len(names) >= self.reads_whole_scope else held.filter(name__in=names)
            for pk, name, path in named.values_list("pk", "name", "branch__path"):
                by_name[name].append((pk, path))
        for row in rows:
            number = row.values.get("id_number")
            if number is not None:
                member = by_index.get(indexes[number])
                if member is None:
                    self.wrong(row, "id_number", "党员花名册里没有这个身份证号")
                else:
                    row.values["member"] = member
                continue
            here = [pk for pk, path in by_name[row.values["name"]] if path.startswith(row.values["_path"])]
            if len(here) == 1:
                row.values["member"] = here[0]
            elif here:
                self.wrong(row, "name", f"本支部有 {len(here)} 名党员叫这个名字，请改填身份证号")
            else:
                self.wrong(row, "name", "本支部的花名册里没有这个人")

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
                member_id=row.values["member"],
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
