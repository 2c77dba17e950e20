"""R07, R08, R30 with certificates, and R31 at their edges."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.engine import check, get
from assessments.models import LocalSetting
from branches.models import Organization
from ledgers.period import Period
from tests.activities.kept import certificate, review
from tests.factories import CommitteeFactory, SeatFactory

from .factories import enrol, hold, make_branch, make_member, make_members

YEAR, Q3 = Period.parse("2026"), Period.parse("2026Q3")
AFTERWARDS = date(2027, 3, 20)
"""A day on which all that is asked about here is over."""


def broken(street, rule, period=YEAR, **asked):
    return check(street, period, [rule], **({"by": AFTERWARDS} | asked))


# R07


def test_everybody_must_be_graded(street, branch):
    one, two, three = (make_member(branch, name=name) for name in "甲乙丙")
    (found,) = broken(street, "R07")
    assert (found.organization, found.value, found.required) == (branch, 0, 3)
    assert found.detail == "3 名正式党员都没有评定等次"
    review(one)
    review(two, "")  # reviewed, but not graded
    review(three, year=2025)
    (found,) = broken(street, "R07")
    assert (found.value, found.required, found.detail) == (1, 3, "乙、丙没有评定等次")
    review(two, "unqualified", year=2026, organization=make_branch(street, "B2"))  # graded elsewhere counts
    review(three, date=date(2027, 1, 20))  # held after the year's end counts
    assert broken(street, "R07") == []


def test_only_full_members_on_the_last_day_are_asked_for(street, branch):
    make_member(branch, joined_on=date(2025, 12, 31), regularised_on=date(2027, 1, 1))
    make_member(branch).leave("deceased", date(2026, 12, 31))
    assert broken(street, "R07") == []
    make_member(branch, joined_on=date(2025, 12, 31), regularised_on=date(2026, 12, 31))
    assert [v.required for v in broken(street, "R07")] == [1]


def test_review_rules_are_asked_of_whole_years_that_are_over(street, branch):
    make_member(branch)
    assert broken(street, "R07", Q3) == []
    assert broken(street, "R07", by=date(2026, 12, 31)) == []
    assert len(broken(street, "R07", by=date(2027, 1, 1))) == 1


def test_its_evidence_is_the_years_reviews(branch):
    assert get("R07").evidence(branch, YEAR) == (
        "/ledgers/democratic-reviews/?organization=B1&year=2026&grade=given&period=all"
    )


# R08


@pytest.mark.parametrize(
    ("graded", "excellent", "breaks"), [(3, 1, False), (3, 2, True), (2, 1, True), (9, 3, False), (9, 4, True)]
)
def test_one_third_may_be_excellent(street, branch, graded, excellent, breaks):
    for place, member in enumerate(make_members(branch, graded)):
        review(member, "excellent" if place < excellent else "qualified")
    found = broken(street, "R08")
    assert [(v.value, v.required) for v in found] == ([(excellent, graded // 3)] if breaks else [])


def test_a_street_sets_its_own_share(street, branch):
    for place, member in enumerate(make_members(branch, 5)):
        review(member, "excellent" if place < 1 else "qualified")
    assert broken(street, "R08") == []
    LocalSetting(organization=street, key="reviewed-per-excellent", value=6).record()
    assert [v.required for v in broken(street, "R08")] == [0]


# R30


def test_certificates_count_into_the_hours(street, branch):
    reached, short = make_members(branch, 2)
    enrol(hold(branch, "study", date(2026, 3, 1), hours=8)[0], [reached, short])
    certificate(reached, "24", day=date(2026, 12, 31))
    certificate(short, "23.9")
    certificate(short, "24", day=date(2025, 12, 31))
    assert [(v.member_id, float(v.value)) for v in broken(street, "R30")] == [(short.pk, 31.9)]


# R31


@pytest.fixture
def leader(branch):
    member = make_member(branch)
    SeatFactory(committee=CommitteeFactory(organization=branch), member=member)
    make_member(branch)
    return member


def test_a_committee_member_owes_more_and_a_concentrated_training(street, branch, leader):
    (found,) = broken(street, "R31")
    assert (found.member_id, found.organization, found.value, found.required) == (leader.pk, branch, 0, 56)
    assert found.detail == "全年 0.0 学时，少于 56 学时；没有参加集中培训"
    certificate(leader, "55.9", concentrated=True)
    assert [v.detail for v in broken(street, "R31")] == ["全年 55.9 学时，少于 56 学时"]
    certificate(leader, "0.1", day=date(2026, 12, 31))
    assert broken(street, "R31") == []


def test_hours_alone_are_not_enough(street, branch, leader):
    certificate(leader, "60")
    assert [(v.value, v.required, v.detail) for v in broken(street, "R31")] == [(0, 1, "没有参加集中培训")]
    enrol(hold(branch, "training", date(2026, 3, 1), hours=8)[0], [leader])
    assert broken(street, "R31") == []


def test_who_left_the_committee_by_the_years_end_owes_nothing_more(street, branch, leader):
    seat = leader.seats.get()
    seat.left_on = date(2026, 12, 31)
    seat.record()
    assert broken(street, "R31") == []


def test_who_sits_in_two_committees_is_found_once_below(street, branch, leader):
    community = Organization.objects.get(code="SC")
    above = CommitteeFactory(organization=community)
    SeatFactory(committee=above, member=leader)
    assert [v.organization for v in broken(street, "R31")] == [branch]
    SeatFactory(committee=above, member=make_member(branch))
    assert {v.organization for v in broken(street, "R31")} == {branch, community}


@pytest.mark.parametrize("rule", ["R07", "R08", "R30", "R31"])
def test_a_check_costs_the_same_for_many(street, branch, leader, rule):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            broken(street, rule)
        return len(queries)

    review(leader, "excellent")
    few = cost()
    for number in range(2, 6):
        other = make_branch(street, f"B{number}")
        elected = CommitteeFactory(organization=other)
        for member in make_members(other, 4):
            SeatFactory(committee=elected, post="member", member=member)
            review(member, "excellent")
    assert cost() == few
