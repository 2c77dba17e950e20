"""R20-R23, R25-R28 and the extended date of R24, each at its edge."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.engine import check, get
from ledgers.period import Period
from members.models import DevelopmentCase
from tests.factories import MemberFactory, street
from tests.ledgers.test_facts import count_behind
from tests.members.development import DAYS, applicant, develop, person_id, take

pytestmark = pytest.mark.django_db
WHOLE = Period.parse("2026")


@pytest.fixture
def place():
    return street(1, 2, code="S")


@pytest.fixture
def full(place):
    return MemberFactory.create_batch(2, branch=place.branch, joined_on=date(2010, 7, 1))


def broken(place, rule, day, period=None):
    return check(place.committee, period or Period.containing(day), [rule], by=day)


@pytest.mark.parametrize(("day", "found"), [(date(2022, 4, 5), 0), (date(2022, 4, 6), 1)])
def test_r20_talk_within_a_month(place, day, found):
    applicant(place.branch)
    assert len(broken(place, "R20", day)) == found


@pytest.mark.parametrize(("day", "found"), [(date(2022, 4, 5), 0), (date(2022, 4, 6), 1)])
def test_r20_a_late_talk_is_found_in_its_own_month_and_not_for_ever(place, day, found):
    take(applicant(place.branch), "talk", day)
    assert len(broken(place, "R20", date(2022, 4, 30))) == found
    assert broken(place, "R20", date(2022, 5, 31)) == []


def test_r20_people_of_a_branch_share_one_violation_that_names_them(place):
    applicant(place.branch, "甲"), applicant(place.branch, "乙"), applicant(place.branches[1], "丙")
    first, second = broken(place, "R20", date(2022, 5, 1))
    assert (first.organization, first.value, first.member_id) == (place.branch, 2, None)
    assert "甲：" in first.detail and "乙：" in first.detail
    assert second.value == 26


def test_who_is_ended_breaks_nothing_from_that_day(place):
    applicant(place.branch).close(date(2022, 5, 1), "撤回")
    assert len(broken(place, "R20", date(2022, 4, 30))) == 1
    assert broken(place, "R20", date(2022, 5, 1)) == []


@pytest.mark.parametrize(("day", "found"), [(date(2023, 3, 10), 0), (date(2023, 3, 11), 1)])
def test_r21_examined_every_half_year(place, full, day, found):
    develop(applicant(place.branch), "mentors", people=full)
    assert len(broken(place, "R21", day)) == found


@pytest.mark.parametrize(("count", "found"), [(0, 1), (1, 0), (2, 0)])
def test_r21_one_or_two_full_members_as_mentors(place, full, count, found):
    develop(applicant(place.branch), "mentors", people=full[:count])
    assert len(broken(place, "R21", date(2022, 10, 1))) == found


def test_r21_a_probationary_member_is_no_mentor(place):
    young = MemberFactory(branch=place.branch, category="probationary", joined_on=date(2022, 8, 1))
    develop(applicant(place.branch), "mentors", people=[young])
    assert len(broken(place, "R21", date(2022, 10, 1))) == 1


@pytest.mark.parametrize(("day", "found"), [(date(2023, 9, 9), 1), (date(2023, 9, 10), 0)])
def test_r22_an_activist_for_a_year_first(place, day, found):
    develop(applicant(place.branch), "candidate", until=day)
    assert len(broken(place, "R22", date(2023, 12, 1))) == found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"days": 3}, 0), ({"hours": 24}, 0), ({"days": 2, "hours": 23}, 1), ({"days": 3, "hours": 10}, 0),
    ],
)  # fmt: skip
def test_r23_three_days_or_24_hours(place, fields, found):
    take(develop(applicant(place.branch), "vetting"), "training", **fields)
    assert len(broken(place, "R23", date(2024, 3, 1))) == found


def test_r23_training_before_the_meeting(place):
    case = develop(applicant(place.branch), "vetting")
    assert broken(place, "R23", date(2024, 3, 1)) == []
    take(case, "admission")
    assert len(broken(place, "R23", date(2024, 7, 1))) == 1
    take(case, "training", date(2024, 6, 16), days=3)
    assert "晚于" in broken(place, "R23", date(2024, 7, 1))[0].detail


@pytest.mark.parametrize(("day", "found"), [(date(2025, 12, 15), 0), (date(2025, 12, 16), 1)])
def test_r24_counts_from_the_extended_date(place, day, found):
    case = develop(applicant(place.branch), "assignment")
    assert len(broken(place, "R24", date(2025, 6, 16))) == 1
    take(case, "extension", date(2025, 6, 15), until=date(2025, 12, 15))
    assert len(broken(place, "R24", day)) == found


@pytest.mark.parametrize(
    ("until", "found"),
    [
        (date(2025, 12, 14), 1), (date(2025, 12, 15), 0), (date(2026, 6, 15), 0), (date(2026, 6, 16), 1),
    ],
)  # fmt: skip
def test_r25_extended_by_six_to_twelve_months(place, until, found):
    case = develop(applicant(place.branch), "assignment")
    take(case, "extension", date(2025, 6, 15), until=until)
    violations = broken(place, "R25", date(2025, 7, 1))
    assert [v.member_id for v in violations] == [DevelopmentCase.objects.get().member_id] * found


def test_r25_extended_once(place):
    case = develop(applicant(place.branch), "assignment")
    take(case, "extension", date(2025, 6, 15), until=date(2025, 12, 15))
    take(case, "extension", date(2025, 12, 15), until=date(2026, 6, 15))
    (violation,) = broken(place, "R25", date(2026, 1, 1))
    assert (violation.value, violation.required) == (2, 1)


@pytest.mark.parametrize(("count", "found"), [(1, 1), (2, 0)])
def test_r26_two_full_members_as_sponsors(place, full, count, found):
    develop(applicant(place.branch), "sponsors", people=full[:count])
    assert len(broken(place, "R26", date(2023, 12, 1))) == found


@pytest.mark.parametrize(("applied", "found"), [(date(2026, 3, 4), 1), (date(2026, 3, 5), 0)])
def test_r27_eighteen_on_the_day_of_application(place, applied, found):
    applicant(place.branch, applied_on=applied, id_number=person_id(date(2008, 3, 5)))
    assert len(broken(place, "R27", date(2026, 3, 31))) == found


@pytest.mark.parametrize(("day", "found"), [(date(2024, 9, 15), 0), (date(2024, 9, 16), 1)])
def test_r28_approval_within_three_months(place, day, found):
    develop(applicant(place.branch), "admission")
    assert len(broken(place, "R28", day)) == found


def test_r28_regularisation_too(place):
    case = develop(applicant(place.branch), "regularisation")
    (violation,) = broken(place, "R28", date(2025, 9, 16))
    assert violation.member_id == case.member_id
    take(case, "regularisation-approval", date(2025, 9, 15))
    assert broken(place, "R28", date(2025, 9, 30)) == []


def test_by_the_book_nothing_is_broken(place, full):
    develop(applicant(place.branch), "archive", people=full)
    rules = ["R20", "R21", "R22", "R23", "R24", "R25", "R26", "R27", "R28"]
    for day in DAYS.values():
        assert check(place.committee, Period.containing(day), rules) == []


def test_the_evidence_is_the_branch_s_cases(place):
    applicant(place.branch)
    url = get("R20").evidence(place.branch, WHOLE)
    assert count_behind(url)[0] == 1


def test_queries_do_not_grow(place, full):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            check(place.committee, WHOLE, ["R20", "R21", "R22", "R23", "R24", "R25", "R26", "R27", "R28"])
        return len(queries)

    develop(applicant(place.branch), "mentors", people=full)
    few = cost()
    for number in range(6):
        develop(applicant(place.branch, f"人{number}"), "mentors", people=full)
    assert cost() == few
