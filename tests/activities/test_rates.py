"""Attendance rates by branch and member, whose numbers open their rows; runs of absence."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from activities.absence import runs_of_absence
from activities.models import record_roll
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in, street

pytestmark = pytest.mark.django_db
URL = reverse("activities:rates")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def zhang(tree):
    return MemberFactory(branch=tree.branch, name="张三")


def meet(branch, day, marks, **fields):
    activity = ActivityFactory(organization=branch, date=day, **fields)
    record_roll(activity, {member.pk: (state, "") for member, state in marks.items()})
    return activity


def missed(branch, member, states, month=7):
    for day, state in enumerate(states, 1):
        meet(branch, date(2026, month, day), {member: state})


def ask(client, organization, period="2026Q3"):
    return client.get(URL, {"organization": organization.code, "period": period})


def test_it_works(client, tree, zhang):
    sign_in(client, Role.OFFICE, tree.committee)
    missed(tree.branch, zhang, ("present", "late", "leave", "absent"))
    (line,) = ask(client, tree.branch).context["members"]
    assert (line.name, line.rate, [n for n, _ in line.numbers]) == ("张三", 50, [4, 2, 1, 1, 1])
    ((branch, line),) = ask(client, tree.committee).context["branches"]
    assert (branch, line.rate) == (tree.branch, 50)


def test_each_number_opens_as_many_rows(client, tree, zhang):
    sign_in(client, Role.OFFICE, tree.committee)
    other = MemberFactory(branch=tree.branch)
    group = OrganizationFactory(parent=tree.branch, kind="group", name="第一党小组")
    missed(tree.branch, zhang, ("present", "late", "leave", "absent"))
    meet(group, date(2026, 8, 1), {zhang: "absent", other: "present"}, kind="group")
    meet(tree.branch, date(2026, 8, 2), {zhang: "absent"}, kind="study")  # no meeting
    meet(tree.branch, date(2026, 8, 3), {zhang: "absent"}, status="draft")  # does not count
    lines = [*ask(client, tree.branch).context["members"]]
    lines += [line for _, line in ask(client, tree.community).context["branches"]]
    assert sorted([n for n, _ in line.numbers] for line in lines) == [[1, 1, 0, 0, 0], [5, 2, 1, 1, 2], [6, 3, 1, 1, 2]]
    for line in lines:
        for number, url in line.numbers:
            assert client.get(url).context["page"].paginator.count == number


def test_the_rarest_comers_stand_first_and_rates_read_as_everywhere(client, tree, zhang):
    sign_in(client, Role.OFFICE, tree.committee)
    other = MemberFactory(branch=tree.branch, name="李四")
    for day, states in enumerate((("present", "absent"), ("present", "present"), ("absent", "absent")), 1):
        meet(tree.branch, date(2026, 7, day), dict(zip((zhang, other), states, strict=True)))
    lines = ask(client, tree.branch).context["members"]
    assert [(line.name, str(line.rate)) for line in lines] == [("李四", "33.3"), ("张三", "66.7")]


def test_another_branch_is_out_of_sight(client, tree, zhang):
    missed(tree.branch, zhang, ("present",))
    sign_in(client, Role.BRANCH_SECRETARY, tree.branches[1])
    assert ask(client, tree.branch).context["members"] == []


def test_an_empty_period_says_what_to_do(client, tree, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    assert "这个时期还没有考勤" in text_of(ask(client, tree.branch))


@pytest.mark.parametrize(
    ("states", "run"),
    [
        ("aaa", 3),
        ("aa", None),
        ("paaa", 3),
        ("aaap", None),
        ("aala", None),
        ("laaaa", 4),
        ("aaal", None),
        ("aata", None),
    ],
)
def test_a_run_lasts_until_somebody_comes_or_is_excused(tree, zhang, states, run):
    words = {"a": "absent", "p": "present", "l": "leave", "t": "late"}
    missed(tree.branch, zhang, [words[letter] for letter in states])
    found = runs_of_absence(tree.committee, date(2026, 9, 30)).get(zhang.pk)
    assert (found and found.count) == run


def test_a_run_is_read_as_of_a_day(tree, zhang):
    missed(tree.branch, zhang, ("absent",) * 3 + ("present",))
    assert runs_of_absence(tree.branch, date(2026, 7, 2)) == {}
    run = runs_of_absence(tree.branch, date(2026, 7, 3))[zhang.pk]
    assert (run.count, run.first, run.last) == (3, date(2026, 7, 1), date(2026, 7, 3))
    assert runs_of_absence(tree.branch, date(2026, 7, 4)) == {}


def test_a_member_s_page_tells_of_it(client, tree, zhang, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    missed(tree.branch, zhang, ("absent", "absent"))
    assert "连续 2 次缺席组织生活" in text_of(client.get(zhang.get_absolute_url()))
    meet(tree.branch, date(2026, 7, 9), {zhang: "present"})
    assert "次缺席组织生活" not in text_of(client.get(zhang.get_absolute_url()))


def test_the_page_costs_the_same_for_few_and_many(client, tree):
    sign_in(client, Role.OFFICE, tree.committee)

    def cost(organization, count):
        members = MemberFactory.create_batch(count, branch=tree.branch)
        meet(tree.branch, date(2026, 7, count), dict.fromkeys(members, "absent"))
        with CaptureQueriesContext(connection) as queries:
            assert ask(client, organization).status_code == 200
        return len(queries)

    assert cost(tree.branch, 2) == cost(tree.branch, 20)
    assert cost(tree.committee, 3) == cost(tree.committee, 19)
