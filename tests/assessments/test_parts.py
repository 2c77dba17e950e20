"""What is owed part by part: size and founding month by month, running periods, who is not asked at all."""

from datetime import date

import pytest

from assessments.engine import check
from branches.models import Organization
from ledgers.period import Period
from members.models import Member, Membership
from tests.activities.kept import certificate
from tests.factories import CommitteeFactory, DuesChargeFactory, OrganizationFactory, SeatFactory
from tests.members import people
from tests.members.development import applicant, take

from .factories import elect, enrol, hold, make_branch, make_member, make_members

Q3, YEAR = Period.parse("2026Q3"), Period.parse("2026")


def broken(street, rule, period=Q3, **asked):
    return check(street, period, [rule], **asked)


def test_a_month_owes_a_committee_meeting_by_the_size_at_its_own_end(street, branch):
    make_members(branch, 6)
    make_member(branch, category="full", joined_on=date(2025, 9, 1), regularised_on=date(2026, 9, 20))
    (found,) = broken(street, "R02")
    assert (found.months, found.value, found.required) == (("2026-09",), 0, 1)
    hold(branch, "committee", date(2026, 9, 25))
    assert broken(street, "R02") == []


def test_who_shrank_later_still_owed_the_months_before(street, branch):
    make_members(branch, 6)
    make_member(branch).leave("deceased", date(2026, 9, 15))
    (found,) = broken(street, "R02")
    assert (found.months, found.value, found.required) == (("2026-07", "2026-08"), 0, 2)
    assert [v.months for v in broken(street, "R02", Period.parse("2026-07"))] == [("2026-07",)]


def test_a_branch_founded_in_the_year_owes_the_whole_parts_since(street):
    make_branch(street, established=date(2026, 1, 5))
    by = date(2027, 1, 2)
    (days,) = broken(street, "R05", YEAR, by=by)
    assert (days.months[0], len(days.months), days.required) == ("2026-02", 11, 11)
    (meetings,) = broken(street, "R01", YEAR, by=by)
    assert meetings.months == ("2026Q2", "2026Q3", "2026Q4")


@pytest.mark.parametrize("established", [date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)])
def test_the_first_day_of_a_month_is_in_time_for_it(street, established):
    make_branch(street, established=established)
    owed = {v.required for v in broken(street, "R05")}
    assert owed == ({1} if established <= date(2026, 9, 1) else set())


def test_a_running_year_is_asked_only_for_what_is_over(street, branch):
    make_member(branch)
    (found,) = broken(street, "R05", YEAR, by=date(2026, 11, 26))
    assert (found.months[-1], found.required) == ("2026-10", 10)
    assert broken(street, "R07", YEAR, by=date(2026, 11, 26)) == []


def test_nothing_is_asked_of_a_period_to_come(street, branch):
    assert check(street, Period.parse("2027Q1"), by=date(2026, 12, 31)) == []


def test_who_leaves_later_in_a_running_month_is_still_there(street, branch):
    two, november = make_members(branch, 3), Period.parse("2026-11")
    assert broken(street, "R10", november, by=date(2026, 11, 10)) == []
    two[0].leave("deceased", date(2026, 11, 5))
    assert len(broken(street, "R10", november, by=date(2026, 11, 10))) == 1


# life meetings


@pytest.mark.parametrize(
    ("day", "noted", "year"),
    [
        (date(2026, 2, 28), None, 2025),
        (date(2026, 3, 1), None, 2026),
        (date(2026, 1, 20), 2026, 2026),
        (date(2026, 12, 31), None, 2026),
        (date(2026, 4, 2), 2025, 2025),
    ],
)
def test_a_life_meeting_is_for_one_year(street, branch, day, noted, year):
    hold(street, "work-meeting", date(2025, 1, 9))
    hold(branch, "life", day, year=noted)
    met = {y for y in (2025, 2026) if not broken(street, "R06", Period.parse(str(y)), by=date(2027, 3, 1))}
    assert met == {year}


# committees count persons


def test_one_person_in_two_posts_is_one(street, branch):
    make_members(branch, 7)
    committee = CommitteeFactory(organization=branch, start=date(2025, 1, 1))
    for post, name in (("secretary", "甲"), ("organisation", "甲"), ("member", "乙")):
        SeatFactory(committee=committee, post=post, name=name)
    assert [v.value for v in broken(street, "R12")] == [2]
    SeatFactory(committee=committee, post="discipline", name="丙")
    assert broken(street, "R12") == []


# temporary branches


def test_a_temporary_branch_is_not_asked_for_elections_dues_and_admissions(street):
    branch = make_branch(street, kind="temporary-branch")
    member = make_member(branch, category="probationary", joined_on=date(2025, 1, 1), regularised_on=None)
    make_members(branch, 7)
    elect(branch, date(2020, 1, 1), seats=2)
    for month in range(1, 10):
        DuesChargeFactory(member=member, month=date(2026, month, 1), due=10, paid=0)
    asked = ["R10", "R12", "R13", "R14", "R20", "R24", "R32", "R33"]
    assert check(street, Q3, asked) == []
    assert [v.organization for v in broken(street, "R05")] == [branch]  # its meetings are asked for
    Organization.objects.filter(pk=branch.pk).update(kind="branch")
    assert {v.rule for v in check(street, Q3, asked)} >= {"R12", "R13", "R24", "R32"}


# not asked


def test_nothing_is_asked_of_who_is_exempt(street, branch):
    old, other = make_members(branch, 2)
    for meeting in hold(branch, "theme-day", *(date(2026, month, 9) for month in range(4, 10))):
        enrol(meeting, [old, other], "absent")
    both = {old.pk, other.pk}
    assert {v.member_id for v in broken(street, "R37")} == both == {v.member_id for v in broken(street, "L01")}
    assert {v.member_id for v in broken(street, "R30", YEAR, by=date(2027, 1, 2))} == both
    people.exempt(old, date(2026, 9, 30))
    for rule in ("R37", "L01"):
        assert [v.member_id for v in broken(street, rule)] == [other.pk]
    assert [v.member_id for v in broken(street, "R30", YEAR, by=date(2027, 1, 2))] == [other.pk]


def test_exempt_lines_of_a_roll_are_not_expected(street, branch):
    members = make_members(branch, 5)
    (meeting,) = hold(branch, "theme-day", date(2026, 8, 1))
    enrol(meeting, members[:4])
    enrol(meeting, members[4:], "exempt")
    assert broken(street, "R16") == []


@pytest.mark.parametrize(("held", "left"), [(2, False), (3, True)])
def test_staying_away_says_something_from_three_meetings_on(street, branch, held, left):
    member = make_member(branch)
    for meeting in hold(branch, "theme-day", *(date(2026, month, 9) for month in range(7, 7 + held))):
        enrol(meeting, [member], "absent")
    assert bool(broken(street, "R37")) == left


def test_a_leave_or_a_late_coming_member_is_no_case_of_staying_away(street, branch):
    excused, newcomer = make_member(branch), make_member(branch)
    newcomer.memberships.update(start=date(2026, 5, 1))
    for meeting in hold(branch, "theme-day", *(date(2026, month, 9) for month in range(6, 10))):
        enrol(meeting, [excused, newcomer], "absent")
    excused.attendances.filter(activity__date=date(2026, 8, 9)).update(state="leave")
    assert broken(street, "R37") == []


@pytest.mark.parametrize(("day", "found"), [(date(2026, 9, 29), 0), (date(2026, 9, 30), 1)])
def test_a_stopped_membership_is_decided_on_within_two_years(street, branch, day, found):
    make_member(branch, joined_on=date(2010, 1, 1)).leave("suspended", date(2024, 9, 30))
    assert len(broken(street, "R38", Period.parse("2026-09"), by=day)) == found


def test_who_was_restored_or_removed_is_decided_on(street, branch):
    restored, removed = make_members(branch, 2, joined_on=date(2010, 1, 1))
    for member in (restored, removed):
        member.leave("suspended", date(2024, 1, 1))
    restored.come_back(branch, date(2025, 1, 1))
    Member.objects.filter(pk=removed.pk).update(leave_kind="removed")
    assert broken(street, "R38") == []


# regularisation and hours


def test_whom_a_meeting_has_discussed_waits_for_approval(street, branch):
    case = applicant(branch)
    from tests.members.development import develop

    case = develop(case, "assignment")
    after = date(2025, 6, 30)
    assert len(broken(street, "R24", Period.containing(after), by=after)) == 1
    take(case, "regularisation", date(2025, 6, 15))
    assert broken(street, "R24", Period.containing(after), by=after) == []


@pytest.mark.parametrize(("start", "owed"), [(date(2026, 12, 1), "2.7"), (date(2026, 7, 1), "16.0"), (None, "32")])
def test_who_came_in_the_year_owes_the_months_since(street, branch, start, owed):
    member = make_member(branch)
    if start:
        member.memberships.update(start=start, came_by=Membership.Event.TRANSFERRED_IN)
    (found,) = broken(street, "R30", YEAR, by=date(2027, 1, 2))
    assert str(found.required) == owed
    certificate(member, hours=32)
    assert broken(street, "R30", YEAR, by=date(2027, 1, 2)) == []


# dues


def test_a_decision_to_pay_nothing_is_no_wrong_charge(street, branch):
    member = make_member(branch, dues_base=4000)
    DuesChargeFactory(member=member, month=date(2026, 8, 1), due=0, paid=0, base=4000, employment="in-service")
    assert len(broken(street, "R33")) == 1
    waiver = people.waive(member, date(2026, 8, 15))
    assert broken(street, "R33") == []
    waiver.until = date(2026, 8, 16)
    waiver.record()
    assert broken(street, "R33") == []  # the month it was decided for
    waiver.amount = 5
    waiver.record()
    assert len(broken(street, "R33")) == 1  # less than what was decided


# check-in


@pytest.mark.parametrize(
    ("fields", "asked"), [({}, True), ({"residence": "here"}, True), ({"residence": "elsewhere"}, False)]
)
def test_who_lives_elsewhere_checks_in_there(street, branch, fields, asked):
    make_member(branch, employment="in-service", **fields)
    assert bool(broken(street, "R42")) == asked


def test_who_floats_out_is_not_asked_to_check_in(street, branch):
    make_member(branch, employment="in-service", is_floating=True)
    assert broken(street, "R42") == []


def test_a_branch_bears_what_its_groups_hold(street, branch):
    group = OrganizationFactory(parent=branch, kind="group", name="第一党小组")
    one, two = make_members(branch, 2)
    enrol(hold(branch, "theme-day", date(2026, 8, 1))[0], [one, two])
    enrol(hold(group, "group", date(2026, 8, 2))[0], [one], "absent")
    (found,) = broken(street, "R16")
    assert str(found.value).startswith("66.")
