from datetime import date

import pytest
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, record_roll
from ledgers import facts
from ledgers.period import Period
from tests.activities.conftest import sent, states
from tests.factories import ActivityFactory, MemberFactory, UserFactory, sign_in, street

pytestmark = pytest.mark.django_db
Status = Activity.Status


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def branch(tree):
    return tree.branch


@pytest.fixture
def members(branch):
    return [MemberFactory(branch=branch, name=name) for name in ("张三", "李四")]


@pytest.fixture
def draft(branch, members):
    activity = ActivityFactory(organization=branch, status=Status.DRAFT)
    record_roll(activity, {m.pk: ("present", "") for m in members})
    return activity


def address(activity):
    return reverse("activities:edit", args=[activity.pk])


def test_it_works(client, press, branch, members, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    answer = press(address(draft), "draft", {members[0]: "late"}, place="新会议室")
    assert answer.url == draft.get_absolute_url()
    draft.refresh_from_db()
    assert (draft.place, draft.status) == ("新会议室", "draft")
    assert states(draft) == {"张三": "late", "李四": "present"}


def test_a_returned_one_is_handed_in_again(client, press, branch, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    draft.submit()
    draft.send_back("缺内容")
    assert "缺内容" in client.get(address(draft)).content.decode()
    press(address(draft), "submit", content="一、学习文件")
    draft.refresh_from_db()
    assert (draft.status, draft.content, draft.return_reason) == ("submitted", "一、学习文件", "")


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.CONFIRMED])
def test_its_branch_leaves_alone_what_was_handed_in(client, branch, status):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    activity = ActivityFactory(organization=branch, status=status)
    assert client.get(address(activity)).url == activity.get_absolute_url()
    assert client.post(address(activity), {"topic": "改了"}).url == activity.get_absolute_url()
    activity.refresh_from_db()
    assert activity.topic != "改了"


def test_the_office_corrects_what_is_confirmed_and_it_stays_confirmed(client, press, tree, branch, members):
    sign_in(client, Role.OFFICE, tree.committee, name="李办")
    activity = ActivityFactory(organization=branch, kind="theme-day", date=date(2026, 8, 10))
    record_roll(activity, {m.pk: ("present", "") for m in members})
    press(address(activity), "save", {members[1]: "absent"}, date="2026-09-10")
    activity.refresh_from_db()
    assert (activity.status, activity.date) == ("confirmed", date(2026, 9, 10))
    assert facts.of(branch, Period.parse("2026-08"))["meetings.theme_day"] == 0
    september = facts.of(branch, Period.parse("2026-09"))
    assert (september["meetings.theme_day"], september["attendance.absent"]) == (1, 1)
    entry = AuditEntry.objects.filter(action="change", model="activities.activity").latest("seq")
    assert entry.changes == {"date": ["2026-08-10", "2026-09-10"]}


def test_who_is_taken_off_the_roll_is_gone(client, press, branch, members, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    press(address(draft), "draft", {members[0]: None})
    assert states(draft) == {"李四": "present"}


def test_who_left_the_branch_since_stays_on_the_roll(client, press, tree, branch, members, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    members[0].branch = tree.branches[2]
    members[0].amend(on=date(2026, 9, 1))
    press(address(draft), "draft", {members[0]: "leave:出差"}, topic="改题")
    assert states(draft) == {"张三": "leave:出差", "李四": "present"}


def test_of_two_editors_the_second_is_told_and_may_insist(client, press, branch, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    page = sent(client.get(address(draft)))
    with acting_as(UserFactory(name="李办")):
        newest = Activity.objects.get(pk=draft.pk)
        newest.place = "别处"
        newest.record()
    answer = client.post(address(draft), page | {"action": "draft", "place": "我写的"})
    assert [(d.label, d.newest, d.typed) for d in answer.context["form"].differences] == [("地点", "别处", "我写的")]
    again = {**page, "place": "我写的", "action": "draft"} | {
        name: answer.context["form"][name].value() for name in ("version", "token")
    }
    assert client.post(address(draft), again).status_code == 302
    draft.refresh_from_db()
    assert draft.place == "我写的"


def test_of_two_who_call_the_roll_the_second_is_told(client, branch, members, draft):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    page = sent(client.get(address(draft)))
    record_roll(Activity.objects.get(pk=draft.pk), {members[0].pk: ("leave", "病假"), members[1].pk: ("present", "")})
    mine = {f"state-{members[0].pk}": "absent", "action": "draft"}
    answer = client.post(address(draft), page | mine)
    assert [(d.label, d.newest, d.typed) for d in answer.context["form"].differences] == [
        ("考勤：张三", "请假（病假）", "缺席")
    ]
    assert states(draft)["张三"] == "leave:病假"


def test_outside_the_scope_it_does_not_exist(client, tree):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    assert client.get(address(ActivityFactory(organization=tree.branches[1]))).status_code == 404


def test_a_leader_only_reads(client, tree, draft):
    sign_in(client, Role.LEADER, tree.committee)
    assert client.get(address(draft)).status_code == 404
    assert client.get(draft.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("count", [20, 60])
def test_queries_do_not_grow_with_the_roll(client, branch, draft, count, django_assert_max_num_queries):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    record_roll(draft, {MemberFactory(branch=branch).pk: ("present", "") for _ in range(count)})
    with django_assert_max_num_queries(19):
        assert len(client.get(address(draft)).context["roll"].lines) == count
    page = sent(client.get(address(draft)))
    with django_assert_max_num_queries(37):
        client.post(address(draft), page | {name: "absent" for name in page if name.startswith("state-")})
    assert set(states(draft).values()) == {"absent"}
