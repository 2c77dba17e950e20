"""R15 for votes, R17 and R19 at their edges."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity
from assessments.engine import check, get
from assessments.models import LocalSetting
from ledgers.period import Period
from tests.activities.plans import make_vote
from tests.branches.importing import take_in
from tests.branches.life import make_election
from tests.factories import ActivityFactory, superuser

from .factories import elect, enrol, hold, make_branch, make_member, make_members

Q3 = Period.parse("2026Q3")
DAY = date(2026, 8, 10)
Status = Activity.Status
WHOLE = {"start_time": time(9), "place": "活动室", "chair": "周明", "content": "学习", "present_stated": 8}


def broken(organization, rule, period=Q3, **asked):
    return check(organization, period, [rule], **asked)


@pytest.mark.parametrize(("came", "found"), [(3, 0), (2, 1)])
def test_half_of_those_with_the_right_must_come(street, branch, came, found):
    (meeting,) = hold(branch, "general", DAY)
    people = make_members(branch, 5)
    enrol(meeting, people[:came])
    enrol(meeting, people[came:], "absent")
    make_vote(meeting, passed=False)
    violations = broken(street, "R15")
    assert len(violations) == found
    if found:
        assert (violations[0].organization, violations[0].value, violations[0].required) == (branch, 2, 3)
        assert "/votes/" in get("R15").evidence(branch, Q3)


def test_a_meeting_without_a_vote_needs_no_quorum(street, branch):
    (meeting,) = hold(branch, "general", DAY)
    enrol(meeting, make_members(branch, 5)[:1])
    assert broken(street, "R15") == []


def test_an_election_on_record_twice_is_found_once(street, branch):
    (meeting,) = hold(branch, "general", DAY)
    vote = {"kind": "election", "entitled_stated": 10, "present_stated": 7, "in_favour": 7}
    make_election(branch, DAY, voters=10, present=10)
    make_vote(meeting, "选举支委会", **vote)
    assert broken(street, "R15") == []
    make_vote(meeting, "通过计划", entitled_stated=10, present_stated=4, in_favour=4)
    (violation,) = broken(street, "R15")
    assert violation.detail == "2026-08-10 表决“通过计划”：有表决权的 10 人，到会 4 人，至少应到会 5 人"


@pytest.mark.parametrize(("came", "found"), [(2, 0), (1, 1)])
def test_half_of_the_committee_must_come(street, branch, came, found):
    committee = elect(branch, date(2025, 3, 1), seats=0)
    people = make_members(branch, 4)
    for place, member in enumerate(people[:3]):
        committee.seats.create(post="member", name=f"委员{place}", member=member)
    (meeting,) = hold(branch, "committee", DAY)
    enrol(meeting, [*people[:came], people[3]])  # who sits in is not counted
    violations = broken(street, "R17")
    assert len(violations) == found
    if found:
        assert violations[0].detail == "2026-08-10 班子 3 人，到会 1 人，至少应到会半数（2 人）"


def test_of_a_committee_meeting_without_a_roll_the_number_noted_counts(street, branch):
    elect(branch, date(2025, 3, 1), seats=3)
    hold(branch, "committee", DAY)
    assert broken(street, "R17") == []
    hold(branch, "committee", date(2026, 8, 11), present_stated=1)
    assert [v.value for v in broken(street, "R17")] == [1]


@pytest.mark.parametrize(("handed_in", "found"), [(date(2026, 8, 17), 0), (date(2026, 8, 18), 1)])
def test_minutes_are_handed_in_within_seven_days(street, branch, handed_in, found):
    late = datetime.combine(handed_in, time(23, 59), timezone.get_default_timezone())
    hold(branch, "theme-day", DAY, submitted_at=late.astimezone(UTC), confirmed_at=timezone.now(), **WHOLE)
    hold(branch, "theme-day", date(2026, 8, 11), submitted_at=datetime(2026, 8, 12, tzinfo=UTC), **WHOLE)
    violations = broken(street, "R19")
    assert len(violations) == found
    if found:
        assert violations[0].detail == "会议记录不合要求：2026-08-10 主题党日（逾期 1 天提交）"
        assert (violations[0].value, violations[0].required) == (1, 2)


@pytest.mark.parametrize(("day", "found"), [(date(2026, 8, 17), 0), (date(2026, 8, 18), 1)])
def test_a_draft_is_late_once_the_days_are_over(street, branch, today, day, found):
    today(day)
    hold(branch, "theme-day", DAY, status=Status.DRAFT)
    assert len(broken(street, "R19", by=day)) == found


def test_the_street_sets_the_days(street, branch):
    LocalSetting(organization=street, key="minutes-days", value=3).record()
    hold(branch, "theme-day", DAY, submitted_at=datetime(2026, 8, 14, tzinfo=UTC), **WHOLE)
    assert "逾期 1 天提交" in broken(street, "R19")[0].detail


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ("start_time", "开始时间"),
        ("place", "地点"),
        ("chair", "主持人"),
        ("content", "内容"),
        ("present_stated", "考勤"),
    ],
)
def test_minutes_are_complete(street, branch, missing, word):
    given = WHOLE | {"expected_stated": None} | {missing: None if missing in ("start_time", "present_stated") else ""}
    (activity,) = hold(branch, "theme-day", DAY, submitted_at=datetime(2026, 8, 11, tzinfo=UTC), **given)
    assert broken(street, "R19")[0].detail.endswith(f"（缺{word}）")
    if missing == "present_stated":
        enrol(activity, [make_member(branch)])
        assert broken(street, "R19") == []


def test_what_the_office_imports_is_not_late_and_needs_no_hour(street, branch):
    headers = ("组织", "类型", "日期", "主题", "地点", "主持人", "实到人数", "内容")
    take_in("activities", superuser(), headers, [branch.code, "主题党日", DAY, "学习", "活动室", "周明", 8, "学习"])
    assert broken(street, "R19") == []


def test_minutes_that_came_back_were_handed_in_when_they_first_came(branch):
    activity = ActivityFactory(organization=branch, status=Status.DRAFT).submit()
    first = activity.submitted_at
    activity.send_back("缺内容").submit()
    assert activity.submitted_at == first


def test_many_meetings_cost_as_much_as_few(street):
    def cost(number):
        for n in range(number):
            one = make_branch(street, f"N{number}-{n}")
            elect(one, date(2025, 3, 1))
            meeting, _ = hold(one, "general", DAY, date(2026, 8, 11), place="")
            enrol(meeting, make_members(one, 1))
            make_vote(meeting, passed=True, in_favour=0)
            hold(one, "committee", DAY, present_stated=1)
        with CaptureQueriesContext(connection) as queries:
            assert len(check(street, Q3, ["R15", "R17", "R19"])) >= 2 * number
        return len(queries)

    cost(1)
    assert cost(2) == cost(12)
