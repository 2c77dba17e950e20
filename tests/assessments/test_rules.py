"""Each rule at its edge."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.engine import check, every_rule
from assessments.models import LocalSetting
from branches.models import Organization
from ledgers.period import Period
from members.models import Member
from tests.factories import CommitteeFactory, OrganizationFactory

from .factories import citizen_id, elect, enrol, hold, make_branch, make_member, make_members, make_street

Q3 = Period.parse("2026Q3")
AFTERWARDS = date(2027, 3, 20)
"""A day on which all that is asked about here is over."""
SEPTEMBER = Period.parse("2026-09")
YEAR = Period.parse("2026")


def broken(organization, rule, period=Q3, **asked):
    return check(organization, period, [rule], **({"by": AFTERWARDS} | asked))


def test_every_rule_says_what_to_do_and_where_it_comes_from():
    for rule in every_rule():
        assert rule.title and rule.source and rule.remedy.endswith("。"), rule.code


def test_only_checked_articles_are_named():
    starred = {
        "R02": "第十二条",
        "R03": "第十三条",
        "R04": "第十六条",
        "R05": "第十六条",
        "R06": "第十七条",
        "R07": "第十八条",
        "R09": "第十九条",
        "R17": "第十二条",
        "R20": "第七条",
        "R22": "第十三条",
        "R24": "第三十二条",
        "R25": "第三十二条",
        "R30": "第二十条",
        "R32": "第三十一条",
        "R35": "第三十二条",
        "R36": "第二十四条",
        "R37": "第三十一条",
        "R38": "第二十四条",
    }
    for rule in every_rule():
        assert ("》第" in rule.source) == (rule.code in starred), rule.code
        assert starred.get(rule.code, "") in rule.source


# R01-R06: meetings


def test_general_meeting_on_the_last_day_of_the_quarter_counts(street, branch):
    hold(branch, "general", date(2026, 9, 30))
    assert broken(street, "R01") == []


def test_general_meeting_one_day_late_does_not_count(street, branch):
    hold(street, "work-meeting", date(2026, 7, 1))
    hold(branch, "general", date(2026, 10, 1))
    (violation,) = broken(street, "R01")
    assert (violation.organization, violation.value, violation.required) == (branch, 0, 1)
    assert violation.detail == "缺 2026年第三季度"


def test_a_draft_does_not_count(street, branch):
    hold(branch, "general", date(2026, 9, 1), status="draft")
    assert len(broken(street, "R01")) == 1


def test_quarterly_rule_asked_about_a_year_names_the_missing_quarters(street, branch):
    hold(branch, "general", date(2026, 1, 5), date(2026, 8, 1), date(2026, 12, 31))
    (violation,) = broken(street, "R01", YEAR)
    assert (violation.value, violation.required, violation.months) == (3, 4, ("2026Q2",))
    assert violation.detail == "缺 2026年第二季度"


def test_quarterly_rule_is_not_asked_about_a_month(street, branch):
    assert broken(street, "R01", SEPTEMBER) == []


def test_monthly_rule_asked_about_a_quarter_is_one_finding(street, branch):
    hold(branch, "theme-day", date(2026, 7, 31), date(2026, 9, 1), date(2026, 9, 2))
    (violation,) = broken(street, "R05")
    assert (violation.value, violation.required, violation.months) == (2, 3, ("2026-08",))
    assert violation.detail == "缺 2026年8月"


def test_monthly_rule_asked_about_a_month(street, branch):
    hold(branch, "theme-day", date(2026, 8, 31))
    (violation,) = broken(street, "R05", SEPTEMBER)
    assert (violation.value, violation.required) == (0, 1)


@pytest.mark.parametrize(("members", "expected"), [(6, 0), (7, 1)])
def test_committee_meetings_from_seven_full_members(street, branch, members, expected):
    make_members(branch, members)
    make_member(branch, category="probationary", joined_on=date(2026, 6, 1))
    assert len(broken(street, "R02")) == expected


def test_who_was_regularised_after_the_last_day_is_not_a_full_member_yet(street, branch):
    make_members(branch, 6)
    late = make_member(branch, joined_on=date(2025, 9, 30), regularised_on=date(2026, 10, 1))
    assert broken(street, "R02") == []
    late.regularised_on = date(2026, 9, 30)
    late.record()
    assert len(broken(street, "R02")) == 1


def test_group_meetings_count_for_the_group_itself(street, branch):
    group = OrganizationFactory(kind="group", parent=branch)
    hold(group, "group", date(2026, 7, 1), date(2026, 8, 1))
    (violation,) = broken(street, "R03")
    assert (violation.organization, violation.months) == (group, ("2026-09",))


def test_lectures_follow_the_streets_own_number(street, branch):
    hold(branch, "lecture", date(2026, 8, 1))
    assert broken(street, "R04") == []
    LocalSetting(organization=street, key="lectures-a-quarter", value=2).record()
    (violation,) = broken(street, "R04")
    assert (violation.value, violation.required) == (1, 2)
    assert "党课 1 次，少于 2 次" in violation.detail


def test_another_streets_number_does_not_count(street, branch):
    hold(branch, "lecture", date(2026, 8, 1))
    LocalSetting(organization=make_street("T"), key="lectures-a-quarter", value=2).record()
    assert broken(street, "R04") == []


def test_annual_rule_is_checked_for_a_year_only(street, branch):
    assert broken(street, "R06", Q3) == []
    assert len(broken(street, "R06", YEAR)) == 1
    hold(branch, "life", date(2026, 3, 1))
    assert broken(street, "R06", YEAR) == []


# what a branch is


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"established": date(2026, 7, 1)}, 1),
        ({"established": date(2026, 7, 2)}, 0),
        ({"established": None}, 1),
        ({"dissolved_on": date(2026, 9, 30)}, 0),
        ({"dissolved_on": date(2026, 10, 1)}, 1),
        ({"kind": "joint-branch"}, 1),
        ({"kind": "temporary-branch"}, 1),
        ({"kind": "general-branch"}, 0),
    ],
)
def test_a_branch_is_live_on_the_last_day_and_older_than_the_first(street, fields, expected):
    make_branch(street, **fields)
    assert len(broken(street, "R01")) == expected


def test_only_the_subtree_is_checked(street, branch):
    other = make_street("T")
    make_branch(other, "T1")
    assert [v.organization for v in broken(street, "R01")] == [branch]
    assert [v.organization for v in broken(branch, "R01")] == [branch]


# R10-R14: members and committees of a branch


@pytest.mark.parametrize(("members", "expected"), [(2, 1), (3, 0)])
def test_three_full_members(street, branch, members, expected):
    make_members(branch, members)
    assert len(broken(street, "R10")) == expected


def test_a_temporary_branch_may_be_smaller(street):
    make_branch(street, kind="temporary-branch")
    assert broken(street, "R10") == []


def test_fifty_members_at_most(street, branch):
    make_members(branch, 49)
    make_member(branch, category="probationary", joined_on=date(2026, 6, 1))
    assert broken(street, "R11") == []
    newest = make_member(branch)
    (violation,) = broken(street, "R11")
    assert (violation.value, violation.required) == (51, 50)
    newest.leave(Member.Leave.DECEASED, date(2026, 9, 30))
    assert broken(street, "R11") == []


@pytest.mark.parametrize(("seats", "expected"), [(2, (2, 3)), (3, None), (7, None), (8, (8, 7))])
def test_committee_has_three_to_seven_seats(street, branch, seats, expected):
    make_members(branch, 7)
    elect(branch, date(2025, 1, 1), seats)
    assert [(v.value, v.required) for v in broken(street, "R12")] == ([expected] if expected else [])


def test_larger_branch_without_committee(street, branch):
    make_members(branch, 7)
    (violation,) = broken(street, "R12")
    assert violation.value == 0
    assert broken(street, "R13") == []  # that is not a matter of the term


def test_committee_elected_after_the_last_day_is_not_in_office(street, branch):
    make_members(branch, 7)
    elect(branch, date(2026, 10, 1))
    assert len(broken(street, "R12")) == 1


@pytest.mark.parametrize(
    ("start", "years", "rule"),
    [
        (date(2023, 9, 29), 3, "R13"),
        (date(2023, 9, 30), 3, "R14"),
        (date(2024, 3, 31), 3, "R14"),
        (date(2024, 4, 1), 3, None),
        (date(2021, 9, 29), 5, "R13"),
        (date(2021, 9, 30), 5, "R14"),
    ],
)
def test_term(street, branch, start, years, rule):
    elect(branch, start, term_years=years)
    assert [v.rule for v in check(street, Q3, ["R13", "R14"])] == ([rule] if rule else [])


def test_term_from_29_february_ends_on_the_28th(street, branch):
    elect(branch, date(2024, 2, 29))
    assert [v.rule for v in check(street, Period.parse("2027-02"), ["R13", "R14"], by=AFTERWARDS)] == ["R14"]
    (violation,) = broken(street, "R13", Period.parse("2027-03"))
    assert "2027-02-28" in violation.detail


def test_the_later_committee_counts(street, branch):
    old = elect(branch, date(2020, 1, 1))
    old.ended_on = date(2026, 9, 30)
    old.record()
    CommitteeFactory(organization=branch, number="第二届", start=date(2026, 9, 30))
    assert check(street, Q3, ["R13", "R14"]) == []


def test_term_of_a_community_committee(street):
    community = Organization.objects.get(code="SC")
    elect(community, date(2021, 1, 1), term_years=5)
    assert [v.organization for v in broken(street, "R13")] == [community]


# R16: attendance


@pytest.mark.parametrize(("present", "expected"), [(8, []), (7, [Decimal("70.0")])])
def test_attendance_of_eighty_percent(street, branch, present, expected):
    members = make_members(branch, 10)
    (meeting,) = hold(branch, "general", date(2026, 8, 1))
    enrol(meeting, members[:present])
    enrol(meeting, members[present:], "absent")
    assert [v.value for v in broken(street, "R16")] == expected


def test_no_roll_no_finding(street, branch):
    hold(branch, "general", date(2026, 8, 1))
    assert broken(street, "R16") == []


def test_a_rate_just_below_never_reads_as_reached(street, branch):
    LocalSetting(organization=street, key="attendance-percent", value=67).record()
    members = make_members(branch, 3)
    (meeting,) = hold(branch, "general", date(2026, 8, 1))
    enrol(meeting, members[:2])
    enrol(meeting, members[2:], "leave")
    assert [v.value for v in broken(street, "R16")] == [Decimal("66.7")]  # half up, as every page shows it


# R24, R30: members


@pytest.mark.parametrize(
    ("joined", "day", "expected"),
    [
        (date(2025, 9, 29), "2026Q3", 1),
        (date(2025, 9, 30), "2026Q3", 0),
        (date(2024, 2, 29), "2025-02", 0),
        (date(2024, 2, 28), "2025-03", 1),
        (date(2025, 2, 27), "2026-02", 1),
        (date(2025, 2, 28), "2026-02", 0),
    ],
)
def test_probation_of_a_year(street, branch, joined, day, expected):
    member = make_member(branch, category="probationary", joined_on=joined)
    found = broken(street, "R24", Period.parse(day))
    assert [v.member_id for v in found] == [member.pk] * expected


def test_regularised_by_the_last_day(street, branch):
    on_time = {"joined_on": date(2025, 6, 1), "regularised_on": date(2026, 9, 30)}
    make_member(branch, **on_time)
    late = make_member(branch, **on_time | {"regularised_on": date(2026, 10, 1)})
    assert [v.member_id for v in broken(street, "R24")] == [late.pk]


def test_who_has_left_is_not_asked_for(street, branch):
    member = make_member(branch, category="probationary", joined_on=date(2025, 6, 1))
    member.leave(Member.Leave.TRANSFERRED, date(2026, 9, 30))
    assert broken(street, "R24") == []


def test_credit_hours_of_the_year(street, branch):
    enough, short, absent = make_members(branch, 3)
    for activity in hold(branch, "training", date(2026, 1, 1), date(2026, 12, 31), hours=Decimal("15.5")):
        enrol(activity, [enough])
        enrol(activity, [short], "late")
        enrol(activity, [absent], "absent")
    (lecture,) = hold(branch, "lecture", date(2026, 5, 1), hours=1)
    enrol(lecture, [enough])
    (draft,) = hold(branch, "training", date(2026, 5, 2), hours=8, status="draft")
    enrol(draft, [short])
    (last_year,) = hold(branch, "training", date(2025, 12, 31), hours=8)
    enrol(last_year, [short])
    assert [(v.member_id, v.value) for v in broken(street, "R30", YEAR)] == [(short.pk, 31), (absent.pk, 0)]
    assert broken(street, "R30", Q3) == []


# Q01-Q04: the register


def test_wrong_check_digit(street, branch):
    make_member(branch)
    wrong = make_member(branch, id_number=citizen_id(wrong=True))
    (violation,) = broken(street, "Q01")
    assert violation.member_id == wrong.pk
    assert wrong.id_number not in violation.detail


def test_birth_date_and_gender_against_the_id(street, branch):
    odd_one = make_member(branch, id_number=citizen_id(date(1980, 1, 1)), birth_date=date(1981, 1, 1))
    make_member(branch, birth_date=date(1980, 1, 1))
    assert [v.member_id for v in broken(street, "Q02")] == [odd_one.pk]


def test_shared_id_is_found_across_subtrees(street, branch):
    number = citizen_id()
    mine = make_member(branch, id_number=number)
    theirs = make_member(make_branch(make_street("T"), "T1"), id_number=number)
    assert [v.member_id for v in broken(street, "Q03")] == [mine.pk]
    theirs.leave(Member.Leave.TRANSFERRED, date(2026, 9, 30))
    assert broken(street, "Q03") == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"born": date(1990, 7, 1), "joined_on": date(2008, 7, 1), "regularised_on": date(2009, 7, 1)}, None),
        ({"born": date(1990, 7, 2), "joined_on": date(2008, 7, 1), "regularised_on": date(2009, 7, 1)}, "不满 18 岁"),
        ({"joined_on": date(2010, 7, 1), "regularised_on": date(2011, 6, 30)}, "满一年才能转正"),
        ({"joined_on": date(2024, 2, 29), "regularised_on": date(2025, 2, 28)}, None),
        ({"joined_on": date(2024, 2, 29), "regularised_on": date(2025, 2, 27)}, "满一年才能转正"),
        ({"born": date(2000, 2, 29), "joined_on": date(2018, 2, 28), "regularised_on": date(2019, 3, 1)}, None),
    ],
)
def test_dates_that_can_be(street, branch, fields, expected):
    make_member(branch, **fields)
    found = broken(street, "Q04")
    assert len(found) == (1 if expected else 0)
    if expected:
        assert expected in found[0].detail


def test_joining_in_the_future(street, branch):
    member = make_member(branch, category="probationary", joined_on=date(2026, 9, 16))
    assert [v.member_id for v in broken(street, "Q04", by=date(2026, 9, 15))] == [member.pk]
    assert broken(street, "Q04", by=date(2026, 9, 16)) == []


# a running period


def test_only_what_is_over_is_judged(street, branch):
    hold(branch, "theme-day", date(2026, 7, 1))
    assert broken(street, "R01", by=date(2026, 9, 30)) == []
    assert len(broken(street, "R01", by=date(2026, 10, 1))) == 1
    (violation,) = broken(street, "R05", by=date(2026, 9, 15))
    assert (violation.value, violation.required, violation.months) == (1, 2, ("2026-08",))
    assert broken(street, "R06", YEAR, by=date(2026, 12, 31)) == []


def test_states_of_a_running_period_are_as_of_today(street, branch):
    make_member(branch, category="probationary", joined_on=date(2025, 9, 20))
    assert broken(street, "R24", by=date(2026, 9, 20)) == []
    assert len(broken(street, "R24", by=date(2026, 9, 21))) == 1


# all together


def test_in_the_order_of_rule_and_organisation(street):
    second, first = make_branch(street, "B1"), make_branch(street, "B2")
    found = [(v.rule, v.organization) for v in check(street, Q3, ["R05", "R01"])]
    assert found == [("R01", second), ("R01", first), ("R05", second), ("R05", first)]


@pytest.mark.parametrize("period", [Q3, YEAR])
def test_queries_do_not_grow_with_the_street(street, period):
    def queries():
        check(street, period)  # counts the sheets
        with CaptureQueriesContext(connection) as captured:
            check(street, period)
        return len(captured)

    for number in range(20):
        make_members(make_branch(street, f"B{number}"), 2, category="probationary", joined_on=date(2025, 1, 1))
    few = queries()
    for number in range(20, 60):
        make_members(make_branch(street, f"B{number}"), 2, category="probationary", joined_on=date(2025, 1, 1))
    assert queries() == few <= 85
