"""The ledger of in-service members who checked in to a community (在职党员报到台账)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.encryption import blind_index
from accounts.permissions import Right
from branches.models import Organization
from ledgers.importing import RecordImporter, Row
from ledgers.ledger import Column, Filter, Ledger, Query, choices_filter, key_filter, register
from members.models import CommunityCheckIn, Member, mask_id, mask_phone, standing


class CheckInImporter(RecordImporter):
    """The key is community, name and day. Somebody of this register is linked to it, anybody else kept by name.

    A member is found by citizen ID, or by name and branch, or by a name that only one member in service has. An ID
    that the register does not hold is not kept.
    """

    identity = ("community_id", "name", "start")

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key != "id_number"]

    def key_column(self, row: Row) -> str:
        return "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Check the community and the days, and look for everybody in the register."""
        kinds = {pk: kind for places in self.organizations().values() for pk, _, _, kind in places}
        for row in rows:
            community = row.values.get("community_id")
            if isinstance(community, int) and kinds[community] != Organization.Kind.COMMUNITY_COMMITTEE:
                self.wrong(row, "community_id", "这不是社区党委；报到要登记到社区")
            start, end = row.values.get("start"), row.values.get("end")
            if start and start > self.today:
                self.wrong(row, "start", f"报到日期在今天（{self.today}）之后")
            if start and end and end <= start:
                self.wrong(row, "end", "结束日期应在报到日期之后")
        sound = [row for row in rows if not row.errors]
        people = self._people({row.values["name"] for row in sound})
        for row in sound:
            self._find(row, people)

    def _people(self, names: set[str]) -> Mapping[str, list[Member]]:
        """Return name → the live members so called that the user keeps; one query."""
        held = Member.objects.visible_to(self.user, self.ledger.edit_right).live().select_related("branch")
        if len(names) < self.reads_whole_scope:
            held = held.filter(name__in=names)
        found: dict[str, list[Member]] = {}
        for member in held:
            found.setdefault(member.name, []).append(member)
        return found

    def _find(self, row: Row, people: Mapping[str, list[Member]]) -> None:
        values, called = row.values, people.get(row.values["name"], [])
        number, branch = values.pop("id_number", None), values.get("party_branch", "")
        masked = row.masked.get("id_number", "").upper()
        if number is not None:
            index = blind_index(number, "citizen-id")
            fit = [one for one in called if one.id_number_index == index]
        elif masked:
            fit = [one for one in called if mask_id(one.id_number) == masked]
        elif branch:
            fit = [one for one in called if branch in (one.branch.name, one.branch.code, one.branch.short_name)]
        else:
            unit = values.get("workplace", "")
            fit = [one for one in called if one.employment == "in-service" and unit in one.workplace]
        if len(fit) > 1:
            self.wrong(row, "name", f"花名册里有 {len(fit)} 名党员叫这个名字，请填完整的身份证号")
        elif fit:
            values["member_id"] = fit[0].pk
            values.pop("party_branch", None)

    def check(self, rows: list[Row]) -> None:
        """Refuse a second open check-in of one member."""
        wanted = {row.values["member_id"]: row for row in rows if "member_id" in row.values and "end" not in row.values}
        held = CommunityCheckIn.objects.filter(member__in=list(wanted), end__isnull=True)
        here = dict(held.values_list("member_id", "pk"))
        seen: dict[int, int] = {}
        for row in rows:
            member = row.values.get("member_id")
            if member is None or "end" in row.values:
                continue
            if here.get(member, row.pk) != row.pk:
                self.wrong(row, "name", "已经在报到，还没有结束；先结束原来的报到，再登记新的")
            elif seen.setdefault(member, row.number) != row.number:
                self.wrong(row, "name", f"与第 {seen[member]} 行是同一个人，都没有结束日期；只能留一行")

    def build(self, row: Row) -> models.Model:
        community = self._community(row.values["community_id"])
        return CommunityCheckIn(**{**row.values, "community": community})

    def _community(self, pk: int) -> Organization:
        """Return a community; one object for all its rows, which keeps what lies below it."""
        if not hasattr(self, "_communities"):
            self._communities: dict[int, Organization] = {}
        if pk not in self._communities:
            communities = Organization.objects.visible_to(self.user, self.ledger.edit_right).communities()
            self._communities = {one.pk: one for one in communities}
        return self._communities[pk]


def _from(value: str, query: Query) -> Q:
    return Q(member__isnull={"here": False, "elsewhere": True}[value])


@register
class CheckInsLedger(Ledger):
    slug = "checkins"
    title = "在职党员报到台账"
    group = "党员"
    about = "到社区报到的在职党员：本街道的和组织关系在外面的，有什么特长，认领了什么岗位。"
    unit = "人"
    model = CommunityCheckIn
    organization = "community"
    order = ("community__path", "start", "pk")
    right = Right.MEMBERS_VIEW
    edit_right = Right.MEMBERS_EDIT
    importer = CheckInImporter
    page = ("members:checkin", "pk")
    create_page = "members:checkin-create"
    columns = (
        Column("姓名", "name", "name", ("党员姓名",), True, width=10, max_length=60),
        Column("身份证号", "member__id_number", "id", ("公民身份号码", "身份证号码"), field="id_number", width=20, mask=mask_id, sortable=False, listed=False, note="本街道党员有重名的才要填"),
        Column("工作单位", "workplace", "text", ("单位", "工作单位及职务"), width=26, max_length=120),
        Column("组织关系所在党支部", "home", "text", ("所在党支部", "所属党支部", "党支部"), field="party_branch", width=26, max_length=100),
        Column("报到社区", "community__name", "organization", ("社区", "报到社区党委"), True, field="community_id", width=20, note="社区党委的名称或编码"),
        Column("报到日期", "start", "date", ("报到时间",), True, width=12),
        Column("特长", "specialty", "text", ("服务特长", "专长"), width=16, max_length=100),
        Column("认领岗位", "posts", "choices", ("岗位", "服务岗位"), False, CommunityCheckIn.Post.choices, {"政策宣传": "policy", "文明劝导": "civility", "治安巡逻": "patrol", "矛盾调解": "mediation", "帮困助学": "care", "环境保护": "environment", "医疗保健": "health", "法律咨询": "law", "便民维修": "repair", "其他": "other"}, width=18, note=f"可以填几个，用顿号隔开：{'、'.join(CommunityCheckIn.Post.labels)}"),
        Column("联系电话", "phone", "phone", ("电话", "手机号码", "手机"), width=14, mask=mask_phone, sortable=False, listed=False),
        Column("结束日期", "end", "date", ("结束时间",), width=12, listed=False),
        Column("备注", "remarks", width=20, max_length=300, listed=False),
    )  # fmt: skip
    filters = (
        Filter("from", "组织关系", _from, [("here", "本街道党员"), ("elsewhere", "组织关系在外面")]),
        choices_filter("post", "认领岗位", "posts", CommunityCheckIn.Post.choices),
        Filter("posted", "岗位认领", lambda value, query: {"1": ~Q(posts=""), "0": Q(posts="")}[value], [("1", "已认领"), ("0", "没有认领")], more=True),
        key_filter("member", "党员", "member_id"),
    )  # fmt: skip

    def queryset(self) -> models.QuerySet[Any]:
        return CommunityCheckIn.objects.with_home()

    def standing(self, day: date) -> Q:
        return standing(day)

    def search(self, text: str) -> Q:
        return Q(name__contains=text) | Q(workplace__contains=text) | Q(specialty__contains=text)
