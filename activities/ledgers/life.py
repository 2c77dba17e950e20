"""Ledgers of what comes out of a life meeting: criticism (批评意见台账), promises (整改承诺台账)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.permissions import Right
from activities.models import Activity, Criticism, Promise
from branches.models import Organization
from ledgers.importing import CellError, Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register
from members.ledgers.personal import hidden
from members.ledgers.references import MemberReferences
from members.models import mask_id
from members.querysets import matching


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


NUMBER = Column(
    "活动编号",
    "activity__number",
    "code",
    ("编号",),
    True,
    field="number",
    width=14,
    max_length=40,
    note="组织生活台账里这次组织生活会的编号",
)
PLACE = Column("组织名称", "activity__organization__name", width=24, writable=False)
HELD_ON = Column("会议日期", "activity__date", "date", width=12, writable=False)  # fmt: skip


def _id_of(header: str, path: str, key: str) -> Column:
    return Column(header, f"{path}__id_number", "id", field=key, width=20, mask=mask_id, sortable=False, listed=False, note="支部里有重名的才要填")  # fmt: skip


ACTIVITY = key_filter("activity", "组织生活会", "activity_id")
OWN = Filter("own", "只看本级", lambda value, query: Q(activity__organization=query.organization), [("1", "只看本级")], more=True)  # fmt: skip


@register
class CriticismsLedger(Ledger):
    slug = "criticisms"
    title = "批评意见台账"
    group = "活动"
    about = "组织生活会上的自我批评和相互批评。内容加密保存，只有支部书记、社区书记和党建办能看。"
    unit = "条"
    model = Criticism
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "activity_id", "pk")
    right = Right.TALKS_READ
    edit_right = Right.ACTIVITIES_EDIT
    importer = CriticismImporter
    page = ("activities:criticism", "pk")
    create_page = "activities:criticism-create"
    columns = (
        NUMBER,
        PLACE,
        HELD_ON,
        Column("批评类型", "kind", "choice", ("类型", "类别"), True, Criticism.Kind.choices, {"自评": "self", "自我剖析": "self", "互相批评": "mutual", "互评": "mutual"}, width=10),
        Column("批评人", "speaker__name", "name", ("提出人", "批评人姓名"), field="speaker_name", width=10, max_length=60, note="自我批评不填"),
        _id_of("批评人身份证号", "speaker", "speaker_id_number"),
        Column("批评对象", "member__name", "name", ("被批评人", "姓名"), True, field="name", width=10, max_length=60),
        _id_of("批评对象身份证号", "member", "id_number"),
        Column("批评意见", "content", "text", ("意见", "内容", "批评内容"), True, width=50, listed=False, sortable=False, mask=hidden),
    )  # fmt: skip
    filters = (
        field_filter("kind", "批评类型", "kind", Criticism.Kind.choices),
        ACTIVITY,
        key_filter("member", "党员", "member_id"),
        OWN,
    )

    def search(self, text: str) -> Q:
        return matching(text, "member__") | matching(text, "speaker__")


def _state(value: str, query: Query) -> Q:
    late = Q(done_on__isnull=True, deadline__lt=query.day)
    return {"done": Q(done_on__isnull=False), "open": Q(done_on__isnull=True), "late": late}[value]


@register
class PromisesLedger(Ledger):
    slug = "promises"
    title = "整改承诺台账"
    group = "活动"
    about = "组织生活会上承诺整改的事项：谁承诺、什么时候改完、改得怎样。只有支部书记、社区书记和党建办能看。"
    unit = "项"
    model = Promise
    organization = "activity__organization"
    date = "activity__date"
    order = ("-activity__date", "activity_id", "pk")
    right = Right.TALKS_READ
    edit_right = Right.ACTIVITIES_EDIT
    importer = PromiseImporter
    page = ("activities:promise", "pk")
    create_page = "activities:promise-create"
    columns = (
        NUMBER,
        PLACE,
        HELD_ON,
        Column("承诺人", "owner__name", "name", ("责任人", "整改人", "姓名"), field="name", width=10, max_length=60, note="支部班子的承诺不填"),
        _id_of("承诺人身份证号", "owner", "id_number"),
        Column("整改事项", "item", "text", ("问题", "承诺事项", "存在问题"), True, width=30, max_length=100),
        Column("整改措施", "measure", "text", ("措施", "承诺内容"), width=36, listed=False, sortable=False, mask=hidden),
        Column("整改时限", "deadline", "date", ("期限", "完成时限", "整改期限"), True, width=12),
        Column("完成日期", "done_on", "date", ("完成时间", "整改完成日期"), width=12),
        Column("完成情况", "result", "text", ("整改情况", "整改结果"), width=30, listed=False, sortable=False, mask=hidden),
    )  # fmt: skip
    filters = (
        Filter("state", "进展", _state, [("open", "没有完成"), ("late", "已超期"), ("done", "已完成")]),
        ACTIVITY,
        key_filter("member", "承诺人", "owner_id"),
        OWN,
    )

    def search(self, text: str) -> Q:
        return matching(text, "owner__") | Q(item__contains=text)
