"""R09 and R42 at their edges."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.engine import check
from branches.models import Organization
from ledgers.period import Period
from tests.factories import CommitteeFactory, SeatFactory
from tests.members.people import check_in, talk

from .factories import make_member, make_members

YEAR = Period.parse("2026")
AFTERWARDS = date(2027, 3, 20)
"""A day on which all that is asked about here is over."""
Q3 = Period.parse("2026Q3")


@pytest.fixture
def committee(branch):
    """Three committee members and one other."""
    people = [make_member(branch, name=name) for name in ("甲", "乙", "丙", "丁")]
    elected = CommitteeFactory(organization=branch)
    for member in people[:3]:
        SeatFactory(committee=elected, post="member", member=member)
    return people


def lacking(street, period=YEAR, **asked):
    return {v.member_id: v for v in check(street, period, ["R09"], **({"by": AFTERWARDS} | asked))}


def test_without_talks_everybody_lacks_colleagues_and_members(street, committee):
    found = lacking(street)
    assert set(found) == {m.pk for m in committee[:3]}
    first = found[committee[0].pk]
    assert (first.value, first.required) == (0, 3)
    assert first.detail == "还没有同乙、丙谈心谈话；还没有同普通党员谈心谈话"


def test_a_talk_counts_for_both(street, committee):
    one, two, three, other = committee
    talk(one, two)
    talk(two, three)
    talk(three, one)
    talk(one, other)
    talk(other, two)
    found = lacking(street)
    assert set(found) == {three.pk}
    assert (found[three.pk].value, found[three.pk].required) == (2, 3)
    assert found[three.pk].detail == "还没有同普通党员谈心谈话"


@pytest.mark.parametrize(
    ("day", "kind", "counts"),
    [
        (date(2025, 12, 31), "heart", False),
        (date(2026, 1, 1), "heart", True),
        (date(2026, 12, 31), "heart", True),
        (date(2027, 1, 1), "heart", False),
        (date(2026, 6, 1), "reminder", False),
    ],
)
def test_only_heart_to_heart_talks_of_the_year_count(street, committee, day, kind, counts):
    talk(committee[0], committee[1], day=day, kind=kind)
    assert lacking(street)[committee[0].pk].value == int(counts)


def test_it_is_asked_of_whole_years_that_are_over(street, committee):
    assert not lacking(street, Q3)
    assert not lacking(street, by=date(2026, 12, 31))
    assert lacking(street, by=date(2027, 1, 1))


def test_who_left_the_committee_is_not_judged(street, branch, committee):
    seat = committee[0].seats.get()
    seat.hand_over(date(2026, 12, 31))
    assert set(lacking(street)) == {m.pk for m in committee[1:3]}


# R42


def unreported(street, period=Q3):
    return [v.member_id for v in check(street, period, ["R42"])]


def test_members_in_service_check_in(street, branch):
    inside, outside = make_members(branch, 2, employment="in-service")
    make_member(branch, employment="retired")
    check_in(Organization.objects.get_parent(branch), inside)
    assert unreported(street) == [outside.pk]


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        (date(2026, 9, 30), None, True),
        (date(2026, 10, 1), None, False),
        (date(2026, 7, 1), date(2026, 9, 30), False),
        (date(2026, 7, 1), date(2026, 10, 1), True),
    ],
)
def test_it_must_stand_on_the_last_day(street, branch, start, end, holds):
    member = make_member(branch, employment="in-service")
    check_in(Organization.objects.get_parent(branch), member, start=start, end=end)
    assert (unreported(street) == []) is holds


def test_who_left_is_not_asked(street, branch):
    make_member(branch, employment="in-service").leave("transferred", date(2026, 9, 30))
    assert unreported(street) == []


def test_both_cost_the_same_for_many(street, branch, committee):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            check(street, YEAR, ["R09", "R42"], by=AFTERWARDS)
        return len(queries)

    few = cost()
    make_members(branch, 30, employment="in-service")
    assert cost() == few
