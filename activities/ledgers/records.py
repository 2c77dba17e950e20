"""Ledgers of activities (组织生活台账) and of rolls (考勤台账)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.permissions import Right, access_of
from activities.ledgers.meetings import in_reach
from activities.models import Activity, Attendance
from branches.models import Organization
from ledgers.importing import RecordImporter, Report, Row, Undo, create, rewrite
from ledgers.ledger import Column, Filter, Ledger, Query, key_filter, register
from ledgers.models import Touch
from members.ledgers.references import MemberReferences, Stay
from members.models import mask_id
from members.querysets import matching

from ..planning import adopt
from ..querysets import of_year


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
        held = in_reach(self, numbers)
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


Kind = Activity.Kind
KIND_GROUPS = {
    "meetings": (Kind.meetings(), "三会一课与主题党日"),
    "studies": (Kind.studies(), "学习"),
    "trainings": (Kind.trainings(), "培训"),
    "learning": ((*Kind.studies(), *Kind.trainings()), "学习与培训"),
}
KIND_SYNONYMS = {
    "党员大会": "general", "支部大会": "general", "支部党员大会会议": "general",
    "支委会": "committee", "支部委员会会议": "committee", "支部委员会议": "committee", "支委会会议": "committee",
    "党小组会议": "group", "小组会": "group", "上党课": "lecture", "讲党课": "lecture", "专题党课": "lecture",
    "主题党日活动": "theme-day", "党日活动": "theme-day", "专题组织生活会": "life", "组织生活": "life",
    "民主评议党员": "review", "中心组学习": "theory-group", "理论学习中心组学习": "theory-group", "学习": "study", "读书": "reading",
    "培训": "training", "联席会议": "joint-meeting", "共建": "co-building", "志愿活动": "volunteering",
    "警示教育(以案促改)": "warning", "以案促改": "warning", "工作例会": "work-meeting", "例会": "work-meeting",
    "观摩": "observation", "述职评议": "work-review", "走访": "visit", "调研": "visit",
}  # fmt: skip
STATES_OF_ROLL = {"there": Attendance.State.there(), "asked": Attendance.State.asked()}
STATES = [("counted", "已提交、已确认"), *Activity.Status.choices]


def kind_condition(path: str):  # type: ignore[no-untyped-def]
    """Return a filter's condition on the kind of activity in `path`: a kind, several, or a group of kinds."""

    def condition(value: str, query: Query) -> Q:
        if value in KIND_GROUPS:
            return Q(**{f"{path}__in": KIND_GROUPS[value][0]})
        return Q(**{f"{path}__in": [Kind(v) for v in value.split(",")]})

    return condition


def status_condition(path: str):  # type: ignore[no-untyped-def]
    """Return a filter's condition on the state of the activity in `path`."""

    def condition(value: str, query: Query) -> Q:
        wanted = Activity.Status.counted() if value == "counted" else [Activity.Status(value)]
        return Q(**{f"{path}__in": wanted})

    return condition


KIND_CHOICES = [(slug, label) for slug, (_, label) in KIND_GROUPS.items()] + list(Kind.choices)


@register
class ActivitiesLedger(Ledger):
    slug = "activities"
    title = "组织生活台账"
    group = "活动"
    leads = True
    about = "三会一课、主题党日、学习培训等活动的记录。上传会议记录、填表或导入 Excel 都行。"
    unit = "次"
    model = Activity
    organization = "organization"
    date = "date"
    order = ("-date", "-pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = ActivityImporter
    page = ("activities:detail", "pk")
    create_page = "activities:create"
    columns = (
        Column("活动编号", "number", "code", ("编号",), width=14, max_length=40, listed=False),
        Column("组织编码", "organization__code", "organization", ("组织", "支部", "党支部", "组织名称", "所在党支部", "所在党组织", "党组织", "所在组织编号"), True, field="organization_id", width=14, note="组织的编码或名称", listed=False),
        Column("组织名称", "organization__name", width=26, writable=False),
        Column("活动类型", "kind", "choice", ("类型", "会议类型"), True, Kind.choices, KIND_SYNONYMS, width=14),
        Column("日期", "date", "date", ("时间", "活动日期", "活动时间", "会议时间", "会议日期", "召开时间", "开展时间", "开始时间"), True, width=12),
        Column("年度", "year", "integer", ("所属年度",), width=8, listed=False, summed=False, note="组织生活会是哪一年度的"),
        Column("主题", "topic", "text", ("议题", "活动主题", "会议主题", "会议议题", "活动名称"), True, width=30, max_length=200),
        Column("地点", "place", width=18, max_length=100, aliases=("会议地点", "活动地点", "场地", "会场", "活动场地")),
        Column("主持人", "chair", "name", width=10, max_length=60),
        Column("记录人", "recorder", "name", width=10, listed=False, max_length=60),
        Column("主讲人", "lecturer", "name", width=10, listed=False, max_length=60),
        Column("学时", "hours", "decimal", width=7, summed=False),
        Column("应到人数", "expected_stated", "integer", ("应到",), width=8, listed=False, summed=False),
        Column("实到人数", "present_stated", "integer", ("实到",), width=8, listed=False, summed=False),
        Column("内容", "content", "text", ("会议内容", "记录", "活动内容", "会议记录", "描述", "主要内容"), width=40, listed=False, sortable=False),
        Column("决议", "resolution", "text", ("会议决议",), width=24, listed=False, sortable=False),
        Column("状态", "status", "choice", choices=Activity.Status.choices, width=9, writable=False),
        Column("学习系列", "series__title", width=20, writable=False, listed=False),
    )  # fmt: skip
    filters = (
        Filter("kind", "活动类型", kind_condition("kind"), KIND_CHOICES),
        Filter("status", "状态", status_condition("status"), STATES),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
        Filter("year", "年度", lambda value, query: of_year(int(value)), more=True),
        key_filter("series", "学习系列", "series_id"),
        key_filter("theme", "学习主题", "series__theme_id"),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return Q(topic__icontains=text) | Q(number__iexact=text) | Q(place__icontains=text) | Q(chair=text)


@register
class AttendanceLedger(Ledger):
    slug = "attendance"
    title = "考勤台账"
    group = "活动"
    about = "每次活动的到会情况。通常在活动页面点名；也可以按活动编号导入。"
    unit = "人次"
    model = Attendance
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "activity_id", "pk")
    right = Right.ACTIVITIES_VIEW
    edit_right = Right.ACTIVITIES_EDIT
    importer = AttendanceImporter
    page = ("activities:detail", "activity_id")
    views = (("到会率", "activities:rates"),)
    columns = (
        Column("活动编号", "activity__number", "code", ("编号",), True, field="number", width=14),
        Column("组织名称", "activity__organization__name", width=26, writable=False),
        Column("活动类型", "activity__kind", "choice", choices=Kind.choices, width=14, writable=False),
        Column("日期", "activity__date", "date", width=12, writable=False),
        Column("姓名", "member__name", "name", ("党员姓名",), field="name", width=10, note="与身份证号填其一；支部里有重名的填身份证号"),
        Column("身份证号", "member__id_number", "id", ("公民身份号码", "身份证号码"), field="id_number", width=20, mask=mask_id, sortable=False),
        Column("考勤", "state", "choice", ("出勤情况", "到会情况"), True, Attendance.State.choices, {"到": "present", "到会": "present", "出勤": "present", "√": "present", "事假": "leave", "病假": "leave", "公假": "leave", "缺勤": "absent", "未到": "absent", "旷会": "absent", "×": "absent"}, width=8),
        Column("请假事由", "reason", "text", ("事由",), width=18, max_length=100),
    )  # fmt: skip
    filters = (
        Filter("kind", "活动类型", kind_condition("activity__kind"), KIND_CHOICES),
        Filter(
            "state",
            "考勤",
            lambda value, query: Q(state__in=STATES_OF_ROLL[value] if value in STATES_OF_ROLL else [Attendance.State(value)]),
            [("asked", "应到"), ("there", "到会（出席、迟到）"), *Attendance.State.choices],
        ),
        Filter("status", "活动状态", status_condition("activity__status"), STATES, more=True),
        key_filter("member", "党员", "member_id"),
        key_filter("activity", "活动", "activity_id"),
        Filter("own", "只看本级", lambda value, query: Q(activity__organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(activity__topic__icontains=text)
