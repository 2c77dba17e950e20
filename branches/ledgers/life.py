"""Ledgers of how organisations live: elections, the votes of candidates, units of joint branches, leaders of groups."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from django.db.models import Q

from accounts.permissions import access_of
from branches.ledgers.tree_importer import find_people, person_named
from branches.models import Candidate, CommitteeSeat, Election, GroupLeader, JointUnit, Organization
from branches.models.elections import turnout_short
from branches.models.groups import leads_on
from branches.models.joint_units import covered_on
from ledgers.importing import Importer, Report, Row, Undo, create, rewrite
from ledgers.ledger import Column, Filter, Ledger, Query, field_filter, register
from ledgers.models import Touch

from .checked import CheckedImporter
from .tree import ID_NUMBER, POST_SYNONYMS
from .venues import ORGANIZATION, ORGANIZATION_NAME


class ElectionImporter(CheckedImporter):
    """An election is known by its organisation and day."""

    identity = ("organization_id", "on")
    checked_by = Election


def _turnout(value: str, query: Query) -> Q:
    return {"short": turnout_short(), "enough": ~turnout_short()}[value]


@register
class ElectionsLedger(Ledger):
    slug = "elections"
    title = "选举台账"
    group = "党组织"
    about = "换届、补选的到会和投票情况。到会不足应到五分之四的，选举无效，会有预警。"
    unit = "次"
    model = Election
    date = "on"
    order = ("-on", "-pk")
    importer = ElectionImporter
    page = ("branches:election", "pk")
    create_page = "branches:election-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("选举日期", "on", "date", ("日期", "时间", "换届日期"), True, width=12),
        Column("选举类型", "kind", "choice", ("类型",), False, Election.Kind.choices, {"换届": "term", "补选": "by-election", "增补": "by-election", "成立": "first"}, width=10),
        Column("选举方式", "method", "choice", ("方式",), False, Election.Method.choices, {"差额": "differential", "等额": "equal"}, width=10),
        Column("应选名额", "places", "integer", ("名额", "应选人数"), True, width=9),
        Column("应到人数", "voters", "integer", ("有选举权人数", "应到会人数"), True, width=9, note="有选举权的党员，预备党员不算"),
        Column("实到人数", "present", "integer", ("到会人数", "实到会人数"), True, width=9),
        Column("发出选票", "issued", "integer", ("发出票数",), True, width=9, listed=False),
        Column("收回选票", "collected", "integer", ("收回票数",), True, width=9, listed=False),
        Column("有效选票", "valid", "integer", ("有效票数", "有效票"), True, width=9),
        Column("选出的班子", "committee__number", width=12, writable=False, sortable=False),
        Column("批复文号", "document", "text", ("文号",), width=20, max_length=100),
        Column("备注", "note", width=20, listed=False, max_length=300),
    )  # fmt: skip
    filters = (
        field_filter("kind", "选举类型", "kind", Election.Kind.choices),
        field_filter("method", "选举方式", "method", Election.Method.choices, more=True),
        Filter("turnout", "到会", _turnout, [("short", "到会不足五分之四"), ("enough", "到会达到五分之四")]),
        Filter("own", "只看本级", lambda value, query: Q(organization=query.organization), [("1", "只看本级")], more=True),
    )  # fmt: skip


class CandidateImporter(Importer):
    """One row is one candidate; the election is found by organisation and day, the person as on a committee."""

    def key(self, row: Row) -> Any:
        values = row.values
        key = values.get("election"), values.get("post"), values.get("name")
        return None if None in key else key

    def key_column(self, row: Row) -> str:
        return "姓名"

    def prepare(self, rows: list[Row]) -> None:
        """Find the elections and the people."""
        known = [row for row in rows if not row.errors]
        for row in known:
            row.values.setdefault("post", CommitteeSeat.Post.MEMBER.value)
            person_named(self, row)
        scope = access_of(self.user).scope(self.ledger.edit_right, "organization__path")
        days = {row.values["on"] for row in known}
        held = {(e.organization_id, e.on): e for e in Election.objects.filter(scope, on__in=days)}
        for row in known:
            election = held.get((row.values["organization"], row.values["on"]))
            if election is None:
                self.wrong(row, "on", "这个组织这一天没有登记选举，请先登记选举或核对日期")
                continue
            row.values["election"] = election.pk
            if row.values["votes"] > election.valid:
                self.wrong(row, "votes", f"得票不能多于有效选票 {election.valid}")
        find_people(self, [row for row in known if not row.errors])

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        held = Candidate.objects.filter(election__in={row.values["election"] for row in rows})
        return {
            (c.election_id, c.post, c.name): (c.pk, {"votes": c.votes, "elected": c.elected, "member": c.member_id})
            for c in held
        }

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        made = [
            Candidate(
                election_id=row.values["election"],
                post=row.values["post"],
                name=row.values["name"],
                member_id=row.values.get("member"),
                votes=row.values["votes"],
                elected=row.values.get("elected", False),
            )
            for row in new
        ]
        changes = {row.pk: {key: value for key, (_, value) in row.changes.items()} for row in changed}
        return [*create(made, undo, self.user, report), *rewrite(Candidate, changes, undo, self.user)]


@register
class CandidatesLedger(Ledger):
    slug = "candidates"
    title = "选举得票台账"
    group = "党组织"
    about = "每次选举各候选人的得票和是否当选。先登记选举，再在选举页面填写或从这里导入。"
    unit = "人次"
    model = Candidate
    organization = "election__organization"
    date = "election__on"
    order = ("-election__on", "election_id", "-elected", "-votes", "pk")
    importer = CandidateImporter
    page = ("branches:election", "election_id")
    columns = (
        Column("组织编码", "election__organization__code", "organization", ("组织", "支部", "组织名称"), True, width=14, field="organization"),
        Column("组织名称", "election__organization__name", width=24, writable=False),
        Column("选举日期", "election__on", "date", ("日期", "换届日期"), True, width=12, field="on"),
        Column("姓名", "name", "name", ("候选人", "姓名/身份证号"), width=10, max_length=60, note="填姓名；同一支部有重名的填身份证号"),
        ID_NUMBER,
        Column("职务", "post", "choice", ("候选职务",), False, CommitteeSeat.Post.choices, POST_SYNONYMS, width=12),
        Column("得票", "votes", "integer", ("得票数", "赞成票"), True, width=8),
        Column("当选", "elected", "yes_no", ("是否当选",), width=8),
    )  # fmt: skip
    filters = (
        Filter("elected", "当选", lambda value, query: Q(elected={"1": True, "0": False}[value]), [("1", "当选"), ("0", "未当选")]),
        field_filter("post", "职务", "post", CommitteeSeat.Post.choices),
    )  # fmt: skip


class JointUnitImporter(CheckedImporter):
    """A unit is known by its joint branch, name and first day."""

    identity = ("organization_id", "name", "start")
    checked_by = JointUnit

    def check(self, rows: list[Row]) -> None:
        """Only a joint branch covers units, and none twice at the same time."""
        super().check(rows)
        kinds = {pk: kind for places in self.organizations().values() for pk, _, _, kind in places}
        names = {row.values["name"] for row in rows}
        changing = {row.pk for row in rows if row.pk}
        spans: dict[tuple[int, str], list[tuple[date, date | None]]] = defaultdict(list)
        for pk, place, name, start, end in (
            self.scope().filter(name__in=names).values_list("pk", "organization_id", "name", "start", "end")
        ):
            if pk not in changing:
                spans[place, name].append((start, end))
        for row in rows:
            if row.errors:
                continue
            whole = self.whole(row)
            place, start, end = whole["organization_id"], whole["start"], whole.get("end")
            if kinds[place] != Organization.Kind.JOINT_BRANCH:
                self.wrong(row, "organization_id", "这不是联合党支部；只有联合党支部登记所含单位")
            if any((e is None or start < e) and (end is None or s < end) for s, e in spans[place, whole["name"]]):
                self.wrong(row, "start", "与这个单位另一条记录的时间重叠，请先填那一条的退出日期")
            spans[place, whole["name"]].append((start, end))


@register
class JointUnitsLedger(Ledger):
    slug = "joint-units"
    title = "联合党支部单位台账"
    group = "党组织"
    about = "每个联合党支部覆盖哪些单位，从哪天到哪天。一般不超过 5 个，超过的有预警。"
    unit = "个"
    model = JointUnit
    order = ("organization__path", "start", "pk")
    importer = JointUnitImporter
    page = ("branches:detail", "organization__code")
    create_page = "branches:joint-unit-create"
    columns = (
        ORGANIZATION,
        ORGANIZATION_NAME,
        Column("单位名称", "name", "text", ("单位", "覆盖单位"), True, width=26, max_length=100),
        Column("单位类别", "unit_kind", "choice", choices=Organization.UnitKind.choices, width=12),
        Column("覆盖日期", "start", "date", ("纳入日期", "开始日期"), True, width=12),
        Column("退出日期", "end", "date", ("结束日期",), width=12),
        Column("备注", "note", width=20, listed=False, max_length=200),
    )
    filters = (
        field_filter("unit_kind", "单位类别", "unit_kind", Organization.UnitKind.choices, more=True),
        Filter("all", "含已退出", lambda value, query: Q(), [("1", "含已退出")], more=True),
    )

    def standing(self, day: date) -> Q:
        return covered_on(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters


class GroupLeaderImporter(Importer):
    """One row is one leader's time; a leader without an end ends where the next one of the group begins."""

    def key(self, row: Row) -> Any:
        key = row.values.get("group"), row.values.get("since")
        return None if None in key else key

    def key_column(self, row: Row) -> str:
        return "任职日期"

    def prepare(self, rows: list[Row]) -> None:
        """Leaders are of groups, and members of the group's branch."""
        kinds = {pk: kind for places in self.organizations().values() for pk, _, _, kind in places}
        for row in rows:
            if row.errors:
                continue
            if kinds[row.values["group"]] != Organization.Kind.GROUP:
                self.wrong(row, "group", "这不是党小组")
            person_named(self, row)
        find_people(self, [row for row in rows if not row.errors], "group")

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        held = GroupLeader.objects.filter(group__in={row.values["group"] for row in rows})
        return {
            (one.group_id, one.since): (one.pk, {"name": one.name, "member": one.member_id, "until": one.until})
            for one in held
        }

    def check(self, rows: list[Row]) -> None:
        """Say of each leader until when, so that one follows on the other."""
        lines: dict[int, dict[date, tuple[date | None, Row | None]]] = defaultdict(dict)
        for one in GroupLeader.objects.filter(group__in={row.values["group"] for row in rows}):
            lines[one.group_id][one.since] = (one.until, None)
        for row in rows:
            for key, message in GroupLeader.faults(row.values):
                self.wrong(row, key, message)
            held = lines[row.values["group"]].get(row.values["since"], (None, None))[0]
            lines[row.values["group"]][row.values["since"]] = (row.values.get("until", held), row)
        self.ends: dict[tuple[int, date], date] = {}
        for group, line in lines.items():
            for (since, (until, entry)), (following, _) in pairwise(sorted(line.items(), key=lambda item: item[0])):
                if until is None:
                    self.ends[group, since] = following
                elif until > following and entry is not None:
                    self.wrong(entry, "until", f"离任日期晚于下一任的任职日期 {following}")

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        held = {
            (one.group_id, one.since): one.pk for one in GroupLeader.objects.filter(group__in={g for g, _ in self.ends})
        }
        changes: dict[Any, dict[str, Any]] = {
            row.pk: {key: value for key, (_, value) in row.changes.items()} for row in changed
        }
        for key, until in self.ends.items():
            if key in held:
                changes.setdefault(held[key], {})["until"] = until
        touches = [*rewrite(GroupLeader, changes, undo, self.user)]  # who goes makes room for who comes
        made = [
            GroupLeader(
                group_id=row.values["group"],
                name=row.values["name"],
                member_id=row.values.get("member"),
                since=row.values["since"],
                until=row.values.get("until") or self.ends.get((row.values["group"], row.values["since"])),
            )
            for row in new
        ]
        return [*touches, *create(made, undo, self.user, report)]


@register
class GroupLeadersLedger(Ledger):
    slug = "groups"
    title = "党小组组长台账"
    group = "党组织"
    about = "各党小组由谁任组长，从哪天到哪天。党小组先在组织树里设好，组员在支部页面编组。"
    unit = "人"
    model = GroupLeader
    organization = "group"
    order = ("group__path", "-since", "-pk")
    importer = GroupLeaderImporter
    page = ("branches:detail", "group__code")
    columns = (
        Column("党小组编码", "group__code", "organization", ("组织编码", "编码", "党小组"), True, width=14, field="group", note="党小组在党组织名册里的编码或名称"),
        Column("党小组名称", "group__name", width=26, writable=False),
        Column("组长", "name", "name", ("姓名", "组长姓名"), width=10, max_length=60, note="填姓名；同一支部有重名的填身份证号"),
        ID_NUMBER,
        Column("任职日期", "since", "date", ("任职时间",), True, width=12),
        Column("离任日期", "until", "date", ("离任时间",), width=12),
    )  # fmt: skip
    filters = (Filter("all", "含历任", lambda value, query: Q(), [("1", "含历任")], more=True),)

    def standing(self, day: date) -> Q:
        return leads_on(day)

    def timeless(self, filters: Mapping[str, str]) -> bool:
        return "all" in filters
