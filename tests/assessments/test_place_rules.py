"""R43, R44, R45 and R55 at their edges."""

from datetime import date, timedelta

import pytest

from assessments import engine
from assessments.models import LocalSetting
from ledgers.period import Period
from tests.branches.places import make_enterprise, make_shortage, make_venue, make_worker
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
LAST = date(2026, 9, 30)


def found(place, *rules):
    return engine.check(place.committee, Q3, rules)


@pytest.mark.parametrize(
    ("full", "organised", "broken"), [(2, "none", 0), (3, "none", 1), (3, "alone", 0), (3, "joint", 0)]
)
def test_r43_asks_for_an_organisation_from_three_full_members_on(full, organised, broken):
    place = make_town()
    make_enterprise(place.community, "恒泰", full_members=full, organised=organised)
    assert len(found(place, "R43")) == broken


def test_r43_says_which_and_how_many_of_how_many():
    place = make_town()
    make_enterprise(place.community, "恒泰", full_members=3)
    make_enterprise(place.community, "启明", full_members=5, organised="alone")
    (violation,) = found(place, "R43")
    assert (violation.organization, violation.value, violation.required) == (place.community, 1, 2)
    assert "恒泰" in violation.detail and "启明" not in violation.detail


def test_r43_many_long_names_fit():
    place = make_town()
    for number in range(5):
        make_enterprise(place.community, f"{number}" + "长" * 99, full_members=3)
    (violation,) = found(place, "R43")
    assert len(violation.detail) <= 300
    assert "等 5 家" in violation.detail


@pytest.mark.parametrize(("since", "broken"), [(LAST, 0), (LAST + timedelta(days=1), 1)])
def test_r44_counts_an_instructor_from_the_first_day(since, broken):
    place = make_town()
    make_enterprise(place.community, instructor="周导", instructor_since=since)
    assert len(found(place, "R44")) == broken


def test_r44_asks_nothing_of_who_has_closed():
    place = make_town()
    make_enterprise(place.community, closed_on=LAST)
    assert found(place, "R43", "R44") == []


@pytest.mark.parametrize(("days", "value"), [(91, None), (90, 90), (0, 0), (-1, -1)])
def test_r45_warns_from_ninety_days_before_a_lease_ends(days, value):
    place = make_town()
    make_venue(place.community, tenure="rented", lease_end=LAST + timedelta(days=days))
    violations = found(place, "R45")
    assert [v.value for v in violations] == ([] if value is None else [value])


def test_r45_lets_a_closed_venue_be():
    place = make_town()
    make_venue(place.community, tenure="rented", lease_end=LAST, closed_on=LAST)
    assert found(place, "R45") == []


@pytest.mark.parametrize(("solved", "broken"), [(None, 1), (LAST + timedelta(days=1), 1), (LAST, 0)])
def test_r45_finds_a_community_short_until_it_is_solved(solved, broken):
    place = make_town()
    make_shortage(place.community, solved_on=solved, plan="租房" if solved else "")
    make_shortage(place.branch)
    violations = found(place, "R45")
    assert [v.organization for v in violations] == [place.community] * broken


def staff(community, stayed, left, reserve=True):
    for number in range(stayed):
        since = date(2025, 1, 1) if reserve and number == 0 else None
        make_worker(community, f"在{number}", reserve_since=since)
    for number in range(left):
        make_worker(community, f"走{number}", left_on=LAST, left_reason="resigned")


@pytest.mark.parametrize(("stayed", "left", "value"), [(4, 1, None), (8, 2, None), (7, 2, "22.2"), (3, 1, "25.0")])
def test_r55_bears_a_fifth(stayed, left, value):
    place = make_town(1, 1)
    staff(place.community, stayed, left)
    assert [str(v.value) for v in found(place, "R55")] == ([] if value is None else [value])


def test_r55_follows_the_streets_own_number():
    place = make_town(1, 1)
    staff(place.community, 3, 1)
    LocalSetting(organization=place.committee, key="workers-lost-percent", value=25).record()
    assert found(place, "R55") == []


@pytest.mark.parametrize(("day", "broken"), [(date(2025, 9, 30), 0), (date(2025, 10, 1), 1)])
def test_r55_looks_back_twelve_months(day, broken):
    place = make_town(1, 1)
    staff(place.community, 1, 0)
    make_worker(place.community, "早走", left_on=day, left_reason="resigned")
    assert len(found(place, "R55")) == broken


def test_r55_asks_for_a_reserve_cadre_and_counts_what_lies_below():
    place = make_town(2, 1)
    staff(place.communities[0], 2, 0, reserve=False)
    make_worker(place.branches[1], reserve_since=date(2025, 1, 1))
    (violation,) = found(place, "R55")
    assert violation.organization == place.communities[0]
    assert (violation.value, violation.required) == (0, 1)
    assert "后备干部 0 人" in violation.detail
