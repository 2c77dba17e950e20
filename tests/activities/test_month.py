"""A month on one page: like last time, what is left out, one roll over all, what is wrong at its place."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from activities.models import Activity
from activities.month import same_weekday
from ledgers.period import Period
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, street

from .conftest import states
from .leaves import ask_leave

pytestmark = pytest.mark.django_db
URL = reverse("activities:month")
MONTH = Period.parse("2026-09")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def members(tree):
    return [MemberFactory(branch=tree.branch, name=name) for name in ("张三", "李四", "王五")]


@pytest.fixture
def secretary(client, tree, members):
    return sign_in(client, Role.BRANCH_SECRETARY, tree.branch)


def address(tree):
    return f"{URL}?branch={tree.branch.code}&month=2026-09"


def sent(page):
    """Return what the page would send untouched."""
    fields = {}
    for column in page.context["sheet"].columns:
        for bound in column.form:
            value = bound.value()
            fields[bound.html_name] = "" if value is None else value
        for pk, line in column.marks.items():
            fields[f"{column.form.prefix}-state-{pk}"] = line.state
            fields[f"{column.form.prefix}-reason-{pk}"] = line.reason
    return fields


def press(client, tree, action="submit", **changes):
    page = client.get(address(tree))
    fields = sent(page) | {name.replace("__", "-"): value for name, value in changes.items()} | {"action": action}
    return client.post(address(tree), fields)


def test_it_works(client, tree, members, secretary, text_of):
    SeatFactory(committee=CommitteeFactory(organization=tree.branch), member=members[0])
    answer = press(
        client,
        tree,
        **{
            "general-day": 8, "general-topic": "讨论年度计划", "general-content": "通过计划",
            "committee-day": 2, "committee-topic": "研究发展党员", "committee-content": "同意列为对象",
            "theme-day-day": 15, "theme-day-topic": "清洁楼道", "theme-day-content": "清理三处",
            "lecture-day": 22, "lecture-topic": "学习党章", "lecture-content": "书记讲课",
            f"general-state-{members[1].pk}": "leave", f"general-reason-{members[1].pk}": "出差",
            f"lecture-state-{members[2].pk}": "absent",
        },
    )  # fmt: skip
    assert "period=2026-09" in answer.url
    held = {activity.kind: activity for activity in Activity.objects.all()}
    assert {kind: (a.date.day, a.status) for kind, a in held.items()} == {
        "general": (8, "submitted"),
        "committee": (2, "submitted"),
        "theme-day": (15, "submitted"),
        "lecture": (22, "submitted"),
    }
    assert states(held["general"]) == {"张三": "present", "李四": "leave:出差", "王五": "present"}
    assert states(held["committee"]) == {"张三": "present"}
    assert states(held["lecture"])["王五"] == "absent"
    assert "已提交 4 次活动" in text_of(client.get(answer.url))


def test_place_and_people_are_those_of_last_time_on_the_same_weekday(client, tree, secretary):
    ActivityFactory(organization=tree.branch, kind="lecture", date=date(2026, 5, 1), place="旧址")
    last = {"place": "二楼会议室", "chair": "张三", "lecturer": "李四", "topic": "上月的主题"}
    ActivityFactory(organization=tree.branch, kind="lecture", date=date(2026, 8, 18), **last)
    page = client.get(address(tree))
    form = page.context["sheet"].columns[3].form
    assert (form["place"].value(), form["chair"].value(), form["lecturer"].value()) == ("二楼会议室", "张三", "李四")
    assert (form["day"].value(), form["topic"].value()) == (15, "")  # the third Tuesday
    assert "上次：上月的主题" in page.content.decode()


@pytest.mark.parametrize(
    ("day", "there"),
    [(date(2026, 8, 18), 15), (date(2026, 8, 31), 28), (date(2026, 8, 1), 5), (date(2026, 7, 30), 24)],
)
def test_the_same_weekday(day, there):
    found = same_weekday(day, MONTH)
    assert (found.day, found.weekday()) == (there, day.weekday())


def test_what_is_left_empty_was_not_held(client, tree, secretary):
    press(client, tree, "draft", **{"theme-day-topic": "清洁楼道"})
    activity = Activity.objects.get()
    assert (activity.kind, activity.status) == ("theme-day", "draft")


def test_an_empty_page_is_refused(client, tree, secretary, text_of):
    assert "请至少填写一次活动的主题" in text_of(press(client, tree))
    assert not Activity.objects.exists()


def test_nothing_is_written_where_one_is_wrong(client, tree, secretary):
    page = press(
        client,
        tree,
        **{"general-topic": "大会", "lecture-topic": "党课", "lecture-day": 31, "theme-day-content": "没写主题"},
    )
    forms = {column.form.kind.value: column.form.errors for column in page.context["sheet"].columns}
    assert "2026年9月没有这一天" in forms["lecture"]["day"][0]
    assert "topic" in forms["theme-day"]
    assert not Activity.objects.exists()


def test_who_joined_on_another_day_is_pointed_out(client, tree, members, secretary):
    page = client.get(address(tree))
    fields = sent(page) | {"general-topic": "大会", "action": "submit"}
    MemberFactory(branch=tree.branch, name="新来的")
    again = client.post(address(tree), fields)
    assert "已重新列出" in again.context["sheet"].columns[0].form.errors["day"][0]
    assert not Activity.objects.exists()


def test_leave_is_marked_beforehand(client, tree, members, secretary):
    ActivityFactory(organization=tree.branch, kind="general", date=date(2026, 8, 4))
    ask_leave(members[0], date(2026, 9, 1))
    press(client, tree, **{"general-topic": "大会"})
    assert states(Activity.objects.get(topic="大会"))["张三"] == "leave:出差"


def test_pressing_twice_enters_once(client, tree, secretary):
    fields = sent(client.get(address(tree))) | {"general-topic": "大会", "action": "submit"}
    for _ in range(2):
        assert client.post(address(tree), fields).status_code == 302
    assert Activity.objects.count() == 1


def test_another_branch_cannot_be_entered(client, tree, secretary):
    foreign = f"{URL}?branch={tree.branches[1].code}&month=2026-09"
    page = client.get(foreign)
    assert "sheet" not in page.context
    assert [b.code for b in page.context["branches"]] == [tree.branch.code]


def test_the_page_costs_the_same_for_few_and_many(client, tree, secretary):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(tree)).status_code == 200
        return len(queries)

    few = cost()
    MemberFactory.create_batch(20, branch=tree.branch)
    assert cost() == few
