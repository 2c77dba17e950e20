"""Work reviews: the statement, the votes, the grade, R52, and the line that takes them over."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.roles import Role
from assessments import engine
from assessments.models import Measure, ReviewBallots, WorkReview
from assessments.schemes.rounds import reviewed
from ledgers import facts
from ledgers.period import Period
from tests.assessments.rounds import review, vote
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

YEAR = Period.parse("2025")


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee)


def seated(branch, name="赵书记"):
    committee = CommitteeFactory(organization=branch, start=date(2024, 1, 1))
    return SeatFactory(committee=committee, member=MemberFactory(branch=branch, name=name), post="secretary")


def test_it_works(client, town, office, fill_in, text_of, today):
    seat = seated(town.branch)
    there = fill_in(
        reverse("assessments:review-record-create") + f"?organization={town.branch.code}", year="2025", form="on-site"
    ).url
    held = WorkReview.objects.get()
    assert (held.secretary, held.member) == ("赵书记", seat.member)
    votes = reverse("assessments:review-record-votes", args=[held.pk])
    fill_in(votes, votes="领导班子 60 4 1 0 0\n党员代表 40% 10 0 0 0")
    fill_in(
        reverse("assessments:review-record-comment", args=[held.pk]),
        held_on="2026-01-20",
        comment="联系群众还要再经常。",
        grade="good",
    )
    words = text_of(client.get(there))
    assert "测评得分率 97.6%" in words and "联系群众还要再经常" in words
    assert facts.of(town.committee, Period.parse("2026Q1"))["reviews.held"] == 1


def test_a_statement_begins_with_what_is_on_record(client, town, fill_in, today):
    ActivityFactory(organization=town.branch, kind="general", date=date(2025, 5, 1))
    held = review(town.branch, held_on=None)
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    page = client.get(reverse("assessments:review-record-statement", args=[held.pk]))
    assert "支部党员大会 1 次" in page.content.decode()
    fill_in(reverse("assessments:review-record-statement", args=[held.pk]), statement="一、主要工作")
    held.refresh_from_db()
    assert held.statement == "一、主要工作"
    assert client.get(reverse("assessments:review-record-comment", args=[held.pk])).status_code == 404


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("党员代表 40 1 2 3", "应写成名称、权重和四个票数"),
        ("党员代表 0 1 0 0 0", "权重应在 0 到 100 之间"),
        ("党员代表 40 1 0 0 0\n党员代表 60 1 0 0 0", "写了两次"),
    ],
)
def test_votes_that_cannot_be_are_refused(client, town, office, fill_in, text_of, today, lines, words):
    held = review(town.branch)
    page = fill_in(reverse("assessments:review-record-votes", args=[held.pk]), votes=lines)
    assert words in text_of(page)
    assert not ReviewBallots.objects.exists()


def test_a_group_without_votes_drops_out(town):
    held = review(town.branch)
    vote(held, "领导班子", weight=60, good=1, fair=1)
    vote(held, "群众代表", weight=40)
    assert held.share == Decimal("0.9")
    assert review(town.community).share is None


def test_a_written_review_has_no_grade(town, client, office, fill_in, text_of, today):
    held = review(town.branch, form="written")
    page = fill_in(reverse("assessments:review-record-comment", args=[held.pk]), grade="good")
    assert "书面述职的不评定等次" in text_of(page)


@pytest.mark.parametrize(
    ("fields", "broken"),
    [({}, 0), ({"held_on": None}, 1), ({"year": 2024, "held_on": date(2025, 1, 5)}, 1), ({"form": "written"}, 0)],
)
def test_r52_asks_each_secretary_on_record(town, today, fields, broken):
    seated(town.branch)
    review(town.branch, **fields)
    found = engine.check(town.committee, YEAR, ["R52"])
    assert [v.organization for v in found] == [town.branch] * broken
    assert engine.check(town.committee, Period.parse("2026"), ["R52"]) == [], "this year is not over"


def test_r52_asks_nobody_where_no_secretary_is_on_record(town, today):
    assert engine.check(town.committee, YEAR, ["R52"]) == []


def test_the_line_of_a_scheme_takes_the_votes_over(town, today):
    vote(review(town.community), good=8, average=2)
    assert reviewed(YEAR, town.communities) == {town.community.pk: Decimal("0.92")}
    assert reviewed(Period.parse("2026Q1"), town.communities) == {town.community.pk: Decimal("0.92")}
    assert reviewed(Period.parse("2024"), town.communities) == {}


def test_last_years_problems_stand_beside_this_years(client, town, office, fill_in, text_of, today):
    earlier = review(town.branch, year=2024, held_on=date(2025, 1, 20))
    fill_in(reverse("assessments:rectification-create") + f"?review={earlier.pk}", title="联系群众不够经常")
    assert Measure.objects.get().review == earlier
    words = text_of(client.get(review(town.branch).get_absolute_url()))
    assert "上一年度的问题改得怎样" in words and "联系群众不够经常" in words


def test_files_are_taken_in_and_come_back_the_same(town, today):
    user = superuser()
    headers = ("组织", "年度", "书记", "方式", "评议日期", "等次")
    rows = [
        [town.branch.name, 2025, "赵书记", "现场", "2026.1.20", "较好"],
        [town.community.code, 2025, "钱书记", "书面", "2026.1.20", "好"],
    ]
    found = take_in("reviews", user, headers, *rows)
    assert found.counts == {"new": 1, "wrong": 1} and "不评定等次" in messages(found)[3]
    ballots = take_in(
        "review-ballots",
        user,
        ("组织", "年度", "书记", "投票人", "权重", "好", "较好", "一般", "差"),
        [town.branch.code, 2025, "赵书记", "党员代表", 60, 8, 2, 0, 0],
        [town.branch.code, 2024, "赵书记", "党员代表", 60, 8, 2, 0, 0],
    )
    assert ballots.counts == {"new": 1, "wrong": 1} and "没有这名书记" in messages(ballots)[3]
    for slug in ("reviews", "review-ballots"):
        assert take_in_file(slug, user, export(slug, user)).counts == {"same": 1}
