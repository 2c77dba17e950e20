"""Import: what each row becomes, in whose scope, all or nothing, and back again."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, User
from accounts.roles import Role
from activities.models import Activity, Attendance
from branches.models import Committee, CommitteeSeat, Organization
from ledgers import facts, importing, undoing
from ledgers.importing import CannotImport
from ledgers.ledger import get
from ledgers.models import ImportBatch
from ledgers.period import Period
from members.models import Member, Membership
from tests.factories import (
    ActivityFactory,
    MemberFactory,
    PostingFactory,
    UserFactory,
    citizen_ids,
    street,
    superuser,
)
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db

HEADERS = ("姓名", "身份证号", "所在党支部", "党员类别", "入党时间")
IDS = [number for number, _ in zip(citizen_ids(), range(700, 760), strict=False)]


def office(place: Any, role: Role = Role.OFFICE) -> User:
    """Return somebody who may import into a street or community."""
    user = UserFactory()
    PostingFactory(user=user, role=role, organization=place)
    return user


def take_in(slug: str, user: User, *rows: Any, organization: Organization | None = None) -> importing.Analysis:
    """Import rows and return what was made of each."""
    batch, match = importing.open_batch(get(slug), xlsx(*rows), "表.xlsx", user, organization)
    batch.save()
    analysis = importing.preview(batch, match)
    with acting_as(user):
        importing.apply(batch)
    return analysis


def messages(analysis: importing.Analysis) -> dict[int, str]:
    """Return sheet row → what is wrong in it."""
    return {number: error.message for number, error in analysis.errors}


def test_it_works() -> None:
    place = street()
    user = office(place.committee)
    analysis = take_in(
        "members",
        user,
        ["和平街道党员花名册"],
        ["填报单位：", "", "", "填表时间：2026.10.10"],
        HEADERS,
        ["张 三", IDS[0], place.branch.name, "正式", "2015.7"],
        ["李四", IDS[1], place.branches[1].code, "预备党员", "20260301"],
        ["审核人：", "", "填表人："],
    )
    assert analysis.counts == {"new": 2}
    first = Member.objects.get(name="张三")
    assert (first.branch, first.category, first.joined_on) == (place.branch, "full", date(2015, 7, 1))
    assert first.id_number == IDS[0]
    assert first.memberships.get().start == date(2015, 7, 1)
    entry = AuditEntry.objects.filter(action="import").get()
    assert entry.actor_id == user.pk


def test_the_same_file_again_changes_nothing() -> None:
    place = street()
    user = office(place.committee)
    rows = [HEADERS, ["张三", IDS[0], place.branch.name, "正式党员", "2015-07-01"]]
    take_in("members", user, *rows)
    before = Member.objects.get().version
    assert take_in("members", user, *rows).counts == {"same": 1}
    assert Member.objects.get().version == before


def test_a_changed_cell_changes_the_record_and_keeps_history() -> None:
    place = street()
    user = office(place.committee)
    take_in("members", user, HEADERS, ["张三", IDS[0], place.branch.name, "正式党员", "2015-07-01"])
    analysis = take_in("members", user, HEADERS, ["张三", IDS[0], place.branches[1].name, "正式党员", "2015-07-01"])
    assert analysis.counts == {"changed": 1}
    earlier, later = Membership.objects.order_by("start")
    today = timezone.localdate()
    assert (earlier.branch, earlier.end, later.branch, later.start) == (place.branch, today, place.branches[1], today)


def test_a_blank_cell_leaves_what_is_there() -> None:
    place = street()
    user = office(place.committee)
    headers = (*HEADERS, "手机号码", "备注")
    take_in("members", user, headers, ["张三", IDS[0], place.branch.name, "正式党员", "", "13900000000", "原有"])
    assert take_in("members", user, headers, ["张三", IDS[0], place.branch.name, "正式党员", "", "", ""]).counts == {
        "same": 1
    }
    assert Member.objects.get().phone == "13900000000"


def test_each_wrong_cell_is_named_and_the_right_rows_come_in() -> None:
    place = street()
    wrong_digit = IDS[2][:17] + ("0" if IDS[2][17] != "0" else "1")
    analysis = take_in(
        "members",
        office(place.committee),
        HEADERS,
        ["张三", IDS[0], place.branch.name, "正式党员", ""],
        ["李四", wrong_digit, place.branch.name, "正式党员", ""],
        ["王五", float(IDS[3][:17] + "0"), place.branch.name, "正式党员", ""],
        ["赵六", IDS[4], "没有这个支部", "正式党员", ""],
        ["孙七", IDS[5], place.branch.name, "群众", ""],
        ["周八", IDS[6], place.branch.name, "正式党员", "2021-02-30"],
        ["吴九", IDS[0], place.branch.name, "正式党员", ""],
        ["", IDS[7], place.branch.name, "正式党员", ""],
        ["郑十", IDS[8], place.community.name, "正式党员", ""],
    )
    found = messages(analysis)
    assert set(found) == {3, 4, 5, 6, 7, 8, 9, 10}
    assert "校验码" in found[3]
    assert "Excel 已把号码变成数字" in found[4]
    assert "登记册里没有这个组织" in found[5]
    assert "没有" in found[6]
    assert "与第 2 行重复" in found[8]
    assert "缺少姓名" in found[9]
    assert "不是党支部" in found[10]
    assert Member.objects.get().name == "张三"


def test_another_community_is_refused_by_scope_and_not_betrayed() -> None:
    place = street()
    MemberFactory(branch=place.branches[2], id_number=IDS[1], name="别处的人")
    analysis = take_in(
        "members",
        office(place.communities[0], Role.COMMUNITY_SECRETARY),
        HEADERS,
        ["张三", IDS[0], place.branches[2].name, "正式党员", ""],
        ["李四", IDS[1], place.branch.name, "正式党员", ""],
    )
    assert list(messages(analysis)) == [2]
    assert place.branches[2].code not in messages(analysis)[2]
    assert analysis.rows[1].state == "new"  # nobody learns that the ID is known elsewhere; Q03 tells the office


def test_a_narrower_organization_narrows_the_import() -> None:
    place = street()
    analysis = take_in(
        "members",
        office(place.committee),
        HEADERS,
        ["张三", IDS[0], place.branches[2].name, "正式党员", ""],
        organization=place.communities[0],
    )
    assert analysis.counts == {"wrong": 1}


def test_branches_of_one_name_are_told_apart_by_code() -> None:
    place = street()
    twin = place.branches[2]
    twin.name = place.branch.name
    twin.record()
    analysis = take_in(
        "members",
        office(place.committee),
        HEADERS,
        ["张三", IDS[0], twin.name, "正式党员", ""],
        ["李四", IDS[1], twin.code, "正式党员", ""],
    )
    assert "有 2 个组织叫这个名字" in messages(analysis)[2]
    assert Member.objects.get().branch == twin


def test_the_tree_comes_in_whatever_the_order_of_the_rows() -> None:
    user = superuser()
    analysis = take_in(
        "organizations",
        user,
        ("编码", "党组织名称", "类别", "上级编码", "总人口"),
        ["X0101", "东风第一党支部", "支部", "X01", ""],
        ["X01", "东风社区党委", "社区党委", "X", "3,732"],
        ["X", "和平街道党工委", "街道党工委", "", ""],
        ["X0201", "无上级党支部", "党支部", "X02", ""],
        ["X03", "环一", "社区党委", "X04", ""],
        ["X04", "环二", "社区党委", "X03", ""],
    )
    assert analysis.counts == {"new": 3, "wrong": 3}
    branch = Organization.objects.get(code="X0101")
    assert [o.code for o in Organization.objects.filter(pk__in=Organization.lineages(date(2026, 1, 1))[branch.pk])] == [
        "X",
        "X01",
        "X0101",
    ]
    assert Organization.objects.get(code="X01").population == 3732
    assert Organization.objects.find_problems() == ([], [], [], [], [])
    again = take_in(
        "organizations",
        user,
        ("编码", "党组织名称", "类别", "上级编码"),
        ["X0102", "东风第二党支部", "党支部", "X01"],
        ["X01", "东风社区党委", "社区党委", "X"],
    )
    assert again.counts == {"new": 1, "same": 1}
    assert Organization.objects.find_problems() == ([], [], [], [], [])


def test_activities_without_numbers_are_known_by_what_they_are() -> None:
    place = street()
    user = office(place.committee)
    headers = ("支部", "类型", "时间", "议题", "学时")
    rows = [headers, [place.branch.name, "支委会", "2026-8-1", "研究发展党员", "1.5"]]
    assert take_in("activities", user, *rows).counts == {"new": 1}
    assert take_in("activities", user, *rows).counts == {"same": 1}
    activity = Activity.objects.get()
    assert (activity.kind, activity.status, str(activity.hours)) == ("committee", "confirmed", "1.5")
    assert facts.of(place.committee, Period.parse("2026Q3"))["meetings.committee"] == 1


def test_an_activity_of_tomorrow_is_refused() -> None:
    place = street()
    tomorrow = timezone.localdate() + timedelta(days=1)
    analysis = take_in(
        "activities",
        office(place.committee),
        ("组织编码", "活动类型", "日期", "主题"),
        [place.branch.code, "党课", tomorrow.isoformat(), "讲党课"],
        [place.branch.code, "党课", timezone.localdate().isoformat(), "讲党课"],
    )
    assert list(messages(analysis)) == [2]


def test_a_roll_finds_people_by_id_or_by_a_name_unique_in_the_branch() -> None:
    place = street()
    one, two, same, also = (MemberFactory(branch=place.branch, name=n) for n in ("张三", "李四", "王五", "王五"))
    MemberFactory(branch=place.branches[1], name="赵六")
    activity = ActivityFactory(organization=place.branch, number="HD1")
    analysis = take_in(
        "attendance",
        office(place.committee),
        ("活动编号", "姓名", "身份证号", "出勤情况", "请假事由"),
        ["HD1", "张三", "", "√", ""],
        ["HD1", "", two.id_number, "病假", "住院"],
        ["HD1", "王五", "", "出席", ""],
        ["HD1", "王五", same.id_number, "缺席", "不该有事由"],
        ["HD1", "赵六", "", "出席", ""],
        ["HD2", "张三", "", "出席", ""],
        ["HD1", "", "", "出席", ""],
    )
    assert set(messages(analysis)) == {4, 6, 7, 8}
    roll = {a.member_id: (a.state, a.reason) for a in Attendance.objects.filter(activity=activity)}
    assert roll == {one.pk: ("present", ""), two.pk: ("leave", "住院"), same.pk: ("absent", "")}
    assert also.pk not in roll


def test_rows_of_one_committee_make_one_committee_with_seats() -> None:
    place = street()
    chief = MemberFactory(branch=place.branch, name="张三")
    user = office(place.committee)
    headers = ("组织编码", "届次", "换届日期", "任期", "职务", "姓名/身份证号")
    rows = [
        headers,
        [place.branch.code, "第一届", "2022-03-01", 3, "书记", "张三"],
        [place.branch.code, "第一届", "2022-03-01", 3, "组织委员", "李外人"],
        [place.branch.code, "第二届", "2025-03-01", 3, "支部书记", chief.id_number],
    ]
    assert take_in("committees", user, *rows).counts == {"new": 3}
    first, second = Committee.objects.order_by("start")
    assert (first.ended_on, second.ended_on) == (date(2025, 3, 1), None)
    assert CommitteeSeat.objects.filter(member=chief).count() == 2
    assert take_in("committees", user, *rows).counts == {"same": 3}


def test_undo_puts_everything_back() -> None:
    place = street()
    user = office(place.committee)
    old = MemberFactory(branch=place.branch, id_number=IDS[0], name="张三", remarks="原来")
    before = facts.of(place.committee, Period.parse("2026Q3"))
    batch, match = importing.open_batch(
        get("members"),
        xlsx(
            (*HEADERS, "备注"),
            ["张三丰", IDS[0], place.branches[1].name, "正式党员", "", "后来"],
            ["李四", IDS[1], place.branch.name, "正式党员", "2015-07-01", ""],
        ),
        "表.xlsx",
        user,
    )
    batch.save()
    importing.preview(batch, match)
    with acting_as(user):
        importing.apply(batch)
        assert facts.of(place.committee, Period.parse("2026Q3"))["members.total"] == before["members.total"] + 1
        undoing.undo(ImportBatch.objects.get(pk=batch.pk), user)
    back = Member.objects.get()
    assert (back.pk, back.name, back.remarks, back.branch) == (old.pk, "张三", "原来", place.branch)
    assert back.pinyin == old.pinyin
    assert back.memberships.get().end is None
    assert facts.of(place.committee, Period.parse("2026Q3")) == before


def test_undo_is_refused_once_somebody_has_worked_on_what_came_in() -> None:
    place = street()
    user = office(place.committee)
    batch, _ = importing.open_batch(
        get("members"), xlsx(HEADERS, ["李四", IDS[1], place.branch.name, "正式党员", ""]), "表.xlsx", user
    )
    batch.save()
    with acting_as(user):
        batch = importing.apply(batch)
        member = Member.objects.get()
        Attendance.objects.create(activity=ActivityFactory(organization=place.branch), member=member)
        with pytest.raises(CannotImport, match="已被使用"):
            undoing.undo(batch, user)
        Attendance.objects.all().delete()
        member.remarks = "改过"
        member.record()
        with pytest.raises(CannotImport, match=r"李四（.*改过）"):
            undoing.undo(batch, user)
    assert Member.objects.count() == 1


def test_what_nobody_used_is_taken_back_when_asked_for_and_the_used_stays_whole() -> None:
    """One of three new members was called at a meeting, one of two changed was changed again: the others go back."""
    place = street()
    user = office(place.committee)
    known = [MemberFactory(branch=place.branch, id_number=IDS[n], name=f"旧{n}", remarks="原来") for n in (3, 4)]
    rows = [["新甲", IDS[0], place.branch.name, "正式党员", "2015-07-01", ""]]
    rows += [[f"新{n}", IDS[n], place.branch.name, "正式党员", "2015-07-01", ""] for n in (1, 2)]
    rows += [[f"旧{n}", IDS[n], place.branches[1].name, "正式党员", "", "后来"] for n in (3, 4)]
    batch, _ = importing.open_batch(get("members"), xlsx((*HEADERS, "备注"), *rows), "表.xlsx", user)
    batch.save()
    with acting_as(user):
        batch = importing.apply(batch)
        used = Member.objects.get(name="新甲")
        Attendance.objects.create(activity=ActivityFactory(organization=place.branch), member=used)
        changed = Member.objects.get(pk=known[0].pk)
        changed.remarks = "又改"
        changed.record()
        with pytest.raises(undoing.InUse, match=r"有 2 条已被使用或修改过.*考勤.*新甲.*可以只撤销其余 3 条") as refusal:
            undoing.undo(batch, user)
        assert user.name in str(refusal.value)
        batch = undoing.undo(batch, user, rest=True)
    assert sorted(Member.objects.values_list("name", flat=True)) == ["新甲", "旧3", "旧4"]
    assert used.memberships.count() == 1  # what belongs to a row that stays stays as well
    back = Member.objects.get(pk=known[1].pk)
    assert (back.remarks, back.branch, back.memberships.get().end) == ("原来", place.branch, None)
    kept = Member.objects.get(pk=known[0].pk)
    assert (kept.remarks, kept.branch, kept.memberships.count()) == ("又改", place.branches[1], 2)
    assert batch.state == ImportBatch.State.APPLIED  # and what stays can be taken back once it is free
    Attendance.objects.all().delete()
    with acting_as(user), pytest.raises(undoing.InUse):
        undoing.undo(batch, user)
    with acting_as(user):
        undoing.undo(batch, user, rest=True)
    assert not Member.objects.filter(name="新甲").exists()


def test_a_batch_is_applied_once() -> None:
    place = street()
    user = office(place.committee)
    batch, _ = importing.open_batch(
        get("members"), xlsx(HEADERS, ["李四", IDS[1], place.branch.name, "正式党员", ""]), "表.xlsx", user
    )
    batch.save()
    with acting_as(user):
        importing.apply(batch)
        with pytest.raises(CannotImport, match="已经导入过"):
            importing.apply(batch)
    assert Member.objects.count() == 1


def test_a_failure_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    place = street()
    user = office(place.committee)
    batch, _ = importing.open_batch(
        get("members"), xlsx(HEADERS, ["李四", IDS[1], place.branch.name, "正式党员", ""]), "表.xlsx", user
    )
    batch.save()
    entries = AuditEntry.objects.count()
    monkeypatch.setattr(importing.audit, "record", lambda *a, **k: 1 / 0)
    with acting_as(user), pytest.raises(ZeroDivisionError):
        importing.apply(batch)
    assert not Member.objects.exists()
    assert AuditEntry.objects.count() == entries
    assert ImportBatch.objects.get().state == ImportBatch.State.UPLOADED


def test_the_kept_file_and_details_are_encrypted() -> None:
    place = street()
    user = office(place.committee)
    batch, match = importing.open_batch(
        get("members"), xlsx(HEADERS, ["李四", IDS[1], "没有的支部", "正式党员", ""]), "表.xlsx", user
    )
    batch.save()
    importing.preview(batch, match)
    held = ImportBatch.objects.get(pk=batch.pk)
    assert IDS[1].encode() not in bytes(held.details)
    assert not bytes(held.content).startswith(b"PK")
    assert importing.details_of(held)["wrong"][0][1][1] == IDS[1]


def test_queries_do_not_grow_with_the_rows() -> None:
    place = street()
    user = office(place.committee)

    def cost(ids: list[str]) -> int:
        rows = [["某人", number, place.branch.name, "正式党员", "2015-07-01"] for number in ids]
        with CaptureQueriesContext(connection) as queries:
            take_in("members", user, HEADERS, *rows)
        return len(queries)

    cost(IDS[:1])  # what is made once, such as the head of the audit chain
    assert cost(IDS[1:3]) == cost(IDS[3:40])


def test_a_ledger_that_only_exports_says_so() -> None:
    with pytest.raises(CannotImport, match="只能导出"):
        importing.open_batch(get("findings"), xlsx(["规则"]), "表.xlsx", superuser())
