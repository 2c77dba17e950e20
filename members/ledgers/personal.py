"""Ledgers of what is kept of one member: talks, major matters, honours and sanctions, achievements; their import."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.permissions import Right
from ledgers.importing import Row
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, key_filter, register
from members.models import Honor, MatterReport, PerformanceRecord, Talk, in_sight, mask_id
from members.querysets import matching

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


def hidden(text: Any) -> str:
    """Return a fixed mask for any text."""
    return "******" if text else ""


BRANCH = Column(
    "所在党支部",
    "organization__name",
    "organization",
    ("党支部", "所属支部", "支部", "党组织"),
    True,
    field="organization_id",
    width=24,
    note="当时所在党支部的名称或编码",
)
MEMBER = key_filter("member", "党员", "member_id")


def named(header: str, *aliases: str, required: bool = True) -> Column:
    """Return the column with the member's name."""
    return Column(
        header, "member__name", "name", ("姓名", "党员姓名", *aliases), required, field="name", width=10, max_length=60
    )


ID_NUMBER = Column(
    "身份证号",
    "member__id_number",
    "id",
    ("公民身份号码", "身份证号码"),
    field="id_number",
    width=20,
    mask=mask_id,
    sortable=False,
    listed=False,
    note="支部里有重名的才要填",
)


class PersonalLedger(Ledger):
    """Base of these ledgers: what happened to members of an organisation, the latest first."""

    group = "党员"
    date = "date"
    order = ("-date", "-pk")
    edit_right = Right.MEMBERS_EDIT


@register
class TalksLedger(PersonalLedger):
    slug = "talks"
    title = "谈心谈话台账"
    about = "谁在哪天同谁谈过话、谈了什么、后来怎么办。内容加密保存，只有支部书记、社区书记和党建办能看。"
    unit = "人次"
    model = Talk
    right = Right.TALKS_READ
    kept_to = "谈话内容只有支部书记、社区书记和党建办可以查看"
    importer = TalkImporter
    page = ("members:talk", "pk")
    create_page = "members:talk-create"
    columns = (
        Column("谈话日期", "date", "date", ("日期", "时间", "谈话时间"), True, width=12),
        BRANCH,
        Column("谈话类型", "kind", "choice", ("类型", "谈话类别"), True, Talk.Kind.choices, {"谈心": "heart", "谈心交心": "heart", "提醒": "reminder", "任职谈话": "appointment", "廉洁谈话": "integrity", "诫勉": "admonition", "其他": "other"}, width=12),
        Column("谈话人", "talker_name", "name", ("谈话人姓名",), True, width=10, max_length=60),
        named("谈话对象", "被谈话人", "谈话对象姓名"),
        ID_NUMBER,
        Column("谈话内容", "content", "text", ("内容", "谈话记录"), width=40, listed=False, sortable=False, mask=hidden),
        Column("后续要做的事", "follow_up", "text", ("后续事项", "整改措施", "后续措施"), width=30, listed=False, sortable=False, mask=hidden),
        Column("办理期限", "follow_up_by", "date", ("期限",), width=12),
        Column("办结日期", "followed_up_on", "date", ("办结时间",), width=12),
    )  # fmt: skip
    filters = (
        field_filter("kind", "谈话类型", "kind", Talk.Kind.choices),
        Filter("follow-up", "后续", lambda value, query: {"open": Q(followed_up_on__isnull=True, follow_up_by__isnull=False), "done": Q(followed_up_on__isnull=False)}[value], [("open", "有事项没办结"), ("done", "已办结")]),
        MEMBER,
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(talker_name__contains=text)


@register
class MattersLedger(PersonalLedger):
    slug = "matters"
    title = "重大事项报告台账"
    about = "党员干部向组织报告的个人有关事项和组织的意见。内容加密保存，只有支部书记、社区书记和党建办能看。"
    unit = "件"
    model = MatterReport
    right = Right.SANCTIONS_READ
    kept_to = "报告内容只有支部书记、社区书记和党建办可以查看"
    importer = MatterImporter
    page = ("members:matter", "pk")
    create_page = "members:matter-create"
    beside = ("talks",)
    columns = (
        Column("报告日期", "date", "date", ("日期", "时间", "报告时间"), True, width=12),
        BRANCH,
        named("报告人", "报告人姓名"),
        ID_NUMBER,
        Column("事项类别", "kind", "choice", ("类别", "事项", "报告事项"), True, MatterReport.Kind.choices, {"结婚": "marriage", "离婚": "marriage", "因私出国": "abroad", "出国": "abroad", "出境": "abroad", "婚丧喜庆": "ceremony", "房产": "property", "投资": "property", "其他": "other"}, width=20),
        Column("发生日期", "occurred_on", "date", ("发生时间",), width=12),
        Column("报告内容", "content", "text", ("内容",), width=40, listed=False, sortable=False, mask=hidden),
        Column("组织意见", "opinion", "text", ("意见", "答复意见"), width=30, listed=False, sortable=False, mask=hidden),
        Column("答复日期", "answered_on", "date", ("答复时间",), width=12),
    )  # fmt: skip
    filters = (
        field_filter("kind", "事项类别", "kind", MatterReport.Kind.choices),
        Filter("answer", "答复", lambda value, query: Q(answered_on__isnull={"open": True, "done": False}[value]), [("open", "还没有答复"), ("done", "已答复")]),
        MEMBER,
    )  # fmt: skip

    def search(self, text: str) -> Q:
        return matching(text, "member__")


@register
class HonorsLedger(PersonalLedger):
    slug = "honors"
    title = "奖惩台账"
    about = "党员和党支部受到的表彰奖励，党员受到的处分处理。惩处只有支部书记、社区书记和党建办能看。"
    model = Honor
    right = Right.MEMBERS_VIEW
    kept_to = "惩处只有支部书记、社区书记和党建办可以查看"
    importer = HonorImporter
    page = ("members:honor", "pk")
    create_page = "members:honor-create"
    columns = (
        Column("日期", "date", "date", ("奖惩日期", "决定日期", "时间", "表彰时间", "批准日期"), True, width=12),
        BRANCH,
        Column("姓名", "member__name", "name", ("党员姓名",), field="name", width=10, max_length=60, note="支部集体的荣誉不填"),
        ID_NUMBER,
        Column("奖惩", "nature", "choice", ("奖惩类别", "类别", "性质"), True, Honor.Nature.choices, {"奖": "honor", "表彰": "honor", "荣誉": "honor", "惩": "sanction", "处分": "sanction", "处理": "sanction"}, width=8),
        Column("名称", "title", "text", ("奖惩名称", "荣誉名称", "奖惩内容"), True, width=26, max_length=100),
        Column("级别", "level", "choice", ("奖惩级别",), False, Honor.Level.choices, {"国家": "national", "省": "province", "市": "city", "区": "district", "街道": "street", "社区": "community"}, width=9),
        Column("决定机关", "authority", "text", ("授予单位", "批准机关", "表彰单位"), width=22, max_length=100),
        Column("文号", "document", "text", ("文件号",), width=18, max_length=60, listed=False),
        Column("事由", "reason", "text", ("原因", "事迹"), width=30, max_length=300, listed=False),
        Column("影响期满日期", "ends_on", "date", ("影响期满",), width=12, listed=False),
    )  # fmt: skip
    filters = (
        field_filter("nature", "奖惩", "nature", Honor.Nature.choices),
        field_filter("level", "级别", "level", Honor.Level.choices),
        MEMBER,
    )

    def right_for(self, filters: Mapping[str, str]) -> Right:
        return Right.SANCTIONS_READ if "sanction" in filters.get("nature", "").split(",") else self.right

    def rows(self, query: Query, user: Any = None) -> models.QuerySet[Any]:
        rows = super().rows(query, user)
        return rows if user is None else rows.filter(in_sight(user))

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(title__contains=text) | Q(authority__contains=text)


@register
class AchievementsLedger(PersonalLedger):
    slug = "achievements"
    title = "实绩档案台账"
    about = "党员干部每项实绩：哪天、做成了什么、有什么佐证。年度述职评议时按人查看。"
    model = PerformanceRecord
    right = Right.MEMBERS_VIEW
    importer = AchievementImporter
    page = ("members:achievement", "pk")
    create_page = "members:achievement-create"
    beside = ("honors",)
    columns = (
        Column("日期", "date", "date", ("时间", "完成日期"), True, width=12),
        BRANCH,
        named("姓名", "干部姓名"),
        ID_NUMBER,
        Column("领域", "area", "choice", ("工作领域", "类别"), True, PerformanceRecord.Area.choices, {"党建": "party-building", "治理": "governance", "民生": "livelihood", "经济": "economy", "安全": "safety", "其他工作": "other"}, width=10),
        Column("实绩", "title", "text", ("工作实绩", "实绩名称", "主要实绩"), True, width=30, max_length=100),
        Column("具体情况", "content", "text", ("内容", "实绩内容"), width=40, max_length=2000, listed=False, sortable=False),
        Column("佐证材料", "evidence", "text", ("佐证", "证明材料"), width=24, max_length=300),
    )  # fmt: skip
    filters = (field_filter("area", "领域", "area", PerformanceRecord.Area.choices), MEMBER)

    def search(self, text: str) -> Q:
        return matching(text, "member__") | Q(title__contains=text)


__all__ = ["AchievementsLedger", "HonorsLedger", "MattersLedger", "TalksLedger"]
