"""L01 at its edges: three running, in the period, of those who are still there."""

from datetime import date

import pytest

from activities.models import record_roll
from assessments import engine
from ledgers.period import Period
from tests.factories import ActivityFactory, MemberFactory, street, superuser

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")


@pytest.fixture
def place():
    return street()


@pytest.fixture
def member(place):
    return MemberFactory(branch=place.branch)


def miss(place, member, *days, state="absent", kind="general"):
    for day in days:
        activity = ActivityFactory(organization=place.branch, date=day, kind=kind)
        record_roll(activity, {member.pk: (state, "")})


def found(place, period=Q3):
    return [v for v in engine.check(place.committee, period) if v.rule == "L01"]


def test_three_running_is_a_finding_and_two_are_not(place, member):
    miss(place, member, date(2026, 7, 1), date(2026, 8, 1))
    assert found(place) == []
    miss(place, member, date(2026, 9, 30), kind="theme-day")
    (violation,) = found(place)
    assert (violation.organization, violation.member_id) == (place.branch, member.pk)
    assert (violation.value, violation.required) == (3, 3)
    assert violation.detail == "2026-07-01 至 2026-09-30 连续 3 次缺席，没有请假"


def test_a_run_belongs_to_the_period_of_its_last_absence(place, member):
    miss(place, member, date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 30))
    assert found(place) == []
    assert len(found(place, Period.parse("2026Q2"))) == 1
    miss(place, member, date(2026, 7, 1))
    assert [v.value for v in found(place)] == [4]


def test_who_left_is_asked_nothing(place, member):
    miss(place, member, date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3))
    member.leave("deceased", date(2026, 9, 30))
    assert found(place) == []


def test_leave_and_coming_end_a_run(place, member):
    miss(place, member, date(2026, 7, 1), date(2026, 7, 2))
    miss(place, member, date(2026, 7, 3), state="leave")
    miss(place, member, date(2026, 7, 4))
    assert found(place) == []


def test_its_evidence_opens_the_absences(client, place, member):
    superuser(client)
    miss(place, member, date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 3))
    url = engine.get("L01").evidence(place.branch, Q3, member.pk)
    assert client.get(url).context["page"].paginator.count == 3
