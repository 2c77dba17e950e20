"""Activities that several branches hold together: entered once, one of each branch, linked; facts count the parts."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import likeness
from activities.models import Activity, UnitedActivity
from assessments import engine
from ledgers import facts
from ledgers.period import Period
from tests.activities.conftest import states
from tests.activities.plans import make_plan
from tests.factories import MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db
URL = reverse("activities:create")
DAY = "2026-08-12"
AUGUST = Period.parse("2026-08")


@pytest.fixture(autouse=True)
def late_autumn(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 11, 20))


@pytest.fixture
def tree():
    return street(communities=1, branches=3)


@pytest.fixture
def people(tree):
    """Two members of each branch: 甲一, 甲二, 乙一 and so on."""
    return {
        f"{one}{number}": MemberFactory(branch=branch, name=f"{one}{number}")
        for one, branch in zip("甲乙丙", tree.branches, strict=True)
        for number in "一二"
    }


def held(press, tree, organization, partners, marks=None, action="submit"):
    return press(
        f"{URL}?kind=theme-day",
        action,
        marks or {},
        organization=organization.pk,
        partners=[branch.pk for branch in partners],
        date=DAY,
        topic="重温入党誓词",
        place="社区礼堂",
    )


def test_a_community_enters_one_theme_day_for_its_branches(client, press, tree, people, text_of):
    sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    marks = {people["甲二"]: "leave:出差", people["乙一"]: "absent"}
    answer = held(press, tree, tree.community, tree.branches[:2], marks)
    first, second = Activity.objects.order_by("organization__path")
    assert answer.url == first.get_absolute_url()
    assert [first.organization, second.organization] == tree.branches[:2]
    assert states(first) == {"甲一": "present", "甲二": "leave:出差"}
    assert states(second) == {"乙一": "absent", "乙二": "present"}
    assert (second.topic, second.place, second.status) == (first.topic, first.place, "submitted")
    assert first.united == second.united == UnitedActivity.objects.get()
    assert first.united.organizer == tree.community
    assert {first.number, second.number} == {first.given_number, second.given_number}
    assert facts.of(tree.community, AUGUST)["meetings.theme_day"] == 2
    assert facts.of(tree.branches[2], AUGUST)["meetings.theme_day"] == 0
    assert facts.of(tree.community, AUGUST)["attendance.expected"] == 4
    broken = {v.organization.pk for v in engine.check(tree.community, AUGUST, rules=["R05"])}
    assert broken == {tree.branches[2].pk}
    rolls = AuditEntry.objects.filter(action="roll", organization_path=second.organization.path)
    assert rolls.count() == 1
    words = text_of(client.get(first.get_absolute_url()))
    assert "2 个党支部一起开展，应到 4 人，实到 2 人" in words


def test_a_branch_that_enters_it_is_the_first_part(client, press, tree, people):
    sign_in(client, Role.OFFICE, tree.committee)
    held(press, tree, tree.branches[1], [tree.branches[0], tree.branches[1]])
    parts = Activity.objects.order_by("pk")
    assert [part.organization for part in parts] == [tree.branches[1], tree.branches[0]]
    assert states(parts[0]) == {"乙一": "present", "乙二": "present"}
    assert parts[0].united.organizer == tree.branches[1]


def test_one_branch_by_itself_is_not_united(client, press, tree, people):
    sign_in(client, Role.OFFICE, tree.committee)
    held(press, tree, tree.branch, [tree.branch])
    assert Activity.objects.get().united is None


def test_a_branch_secretary_is_not_offered_other_branches(client, press, tree, people):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    assert "partners" not in client.get(URL).context["form"].fields
    held(press, tree, tree.branch, tree.branches)
    assert Activity.objects.get().organization == tree.branch


def test_the_roll_is_asked_again_when_the_partners_change(client, press, tree, people):
    sign_in(client, Role.OFFICE, tree.committee)
    page = press(
        f"{URL}?kind=theme-day&organization={tree.branch.code}",
        "submit",
        listed=False,
        partners=[tree.branches[1].pk],
        date=DAY,
        topic="学习",
    )
    assert "名单已按新的组织、类型和日期重新列出" in page.content.decode()
    assert {line.name for line in page.context["roll"].lines} == {"甲一", "甲二", "乙一", "乙二"}
    assert not Activity.objects.exists()


def test_the_plan_of_every_part_is_settled(client, press, tree, people):
    plans = [make_plan(branch, date(2026, 8, 20)) for branch in tree.branches[:2]]
    sign_in(client, Role.OFFICE, tree.committee)
    held(press, tree, tree.community, tree.branches[:2])
    for plan in plans:
        plan.refresh_from_db()
        assert plan.activity is not None and plan.activity.organization_id == plan.organization_id


def test_who_sees_one_part_reads_the_names_of_the_others_and_opens_none(client, press, tree, people, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    held(press, tree, tree.branch, [tree.branches[1]])
    first, second = Activity.objects.order_by("pk")
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    page = client.get(first.get_absolute_url())
    assert tree.branches[1].label in text_of(page)
    assert second.get_absolute_url() not in page.content.decode()


def test_a_branch_that_is_not_founded_yet_takes_no_part(client, press, tree, people):
    tree.branches[1].established = date(2026, 9, 1)
    tree.branches[1].record()
    sign_in(client, Role.OFFICE, tree.committee)
    page = held(press, tree, tree.branch, [tree.branches[1]])
    assert "才成立" in page.content.decode()
    assert not Activity.objects.exists()


def test_many_branches_cost_no_more_queries_than_few(client, press):
    counts = []
    for number in (3, 6):
        tree = street(communities=1, branches=number)
        for branch in tree.branches:
            MemberFactory(branch=branch)
        sign_in(client, Role.OFFICE, tree.committee)
        held(press, tree, tree.branch, tree.branches[1:])  # what is read once for all
        Activity.objects.filter(organization__in=tree.branches).update(topic="上一次")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            held(press, tree, tree.branch, tree.branches[1:])
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_its_parts_are_not_held_against_each_other_as_copies(client, press, tree, people, text_of):
    user = sign_in(client, Role.OFFICE, tree.committee)
    long = "".join(chr(0x4E00 + (n * n * 31 + n * 7) % 5000) for n in range(600))  # a text without repetitions
    press(
        f"{URL}?kind=theme-day",
        "submit",
        organization=tree.branch.pk,
        partners=[tree.branches[1].pk],
        date=DAY,
        topic="学习",
        content=long,
    )
    first, second = Activity.objects.order_by("pk")
    likeness.catch_up()
    assert likeness.alike(second, user) == []
    UnitedActivity.objects.all().delete()
    second.refresh_from_db()
    assert [near.other for near in likeness.alike(second, user)] == [first]
