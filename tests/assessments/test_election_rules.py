"""R15 and R18 at their edges; rules about a past period know the kind that a branch had then."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.engine import check, get
from branches.models import Organization
from ledgers import ledger
from ledgers.period import Period
from tests.branches.life import make_candidate, make_election, make_joint, make_unit

from .factories import make_branch, make_members

Q3 = Period.parse("2026Q3")


def broken(organization, rule, period=Q3, **asked):
    return check(organization, period, [rule], **asked)


@pytest.mark.parametrize(("voters", "present", "found"), [(10, 8, 0), (10, 7, 1), (9, 8, 0), (9, 7, 1), (5, 4, 0)])
def test_four_fifths_must_come(street, branch, voters, present, found):
    make_election(branch, voters=voters, present=present)
    violations = broken(street, "R15")
    assert len(violations) == found
    if found:
        assert (violations[0].organization, violations[0].value, violations[0].required) == (branch, present, 8)


@pytest.mark.parametrize(("votes", "found"), [(5, 1), (6, 0)])
def test_who_is_elected_has_more_than_half_of_those_who_came(street, branch, votes, found):
    election = make_election(branch, voters=10, present=10)
    make_candidate(election, votes=votes)
    make_candidate(election, "吴兰", votes=1, elected=False)
    violations = broken(street, "R15")
    assert len(violations) == found
    if found:
        assert violations[0].detail == "2026-08-10 选举实到 10 人，周明 5 票，没有超过半数"
        assert (violations[0].value, violations[0].required) == (5, 6)


@pytest.mark.parametrize(("day", "found"), [(date(2026, 6, 30), 0), (date(2026, 7, 1), 1), (date(2026, 9, 30), 1), (date(2026, 10, 1), 0)])  # fmt: skip  # noqa: E501
def test_an_election_belongs_to_the_period_of_its_day(street, branch, day, found):
    make_election(branch, day, present=1)
    assert len(broken(street, "R15")) == found


def test_of_several_the_latest_stands_and_its_rows_open(street, branch):
    make_election(branch, date(2026, 7, 1), present=1)
    make_election(branch, date(2026, 8, 1), present=2)
    (violation,) = broken(street, "R15")
    assert violation.value == 2
    assert "organization=B1" in get("R15").evidence(branch, Q3) and "/elections/" in get("R15").evidence(branch, Q3)


@pytest.mark.parametrize(("units", "found"), [(5, 0), (6, 1)])
def test_a_joint_branch_covers_at_most_five_units(street, units, found):
    joint = make_joint(Organization.objects.get(code="SC"), units)
    violations = broken(street, "R18")
    assert [v.organization for v in violations] == [joint] * found
    if found:
        assert (violations[0].value, violations[0].required) == (6, 5)
        rows = ledger.get("joint-units")
        query = rows.query({"on": "2026-09-30"}, organization=joint)
        assert rows.rows(query).count() == 6


@pytest.mark.parametrize(("left", "found"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_a_unit_that_has_left_by_the_last_day_does_not_count(street, left, found):
    joint = make_joint(Organization.objects.get(code="SC"), 5)
    make_unit(joint, "第六家", end=left)
    assert len(broken(street, "R18")) == found


def test_a_past_quarter_is_judged_by_the_kind_of_that_time(street):
    branch = make_branch(street, "T", kind="temporary-branch")
    make_members(branch, 2)
    assert broken(street, "R10") == []
    branch.become("branch", date(2026, 10, 1))
    assert broken(street, "R10") == []
    assert len(broken(street, "R10", Period.parse("2026-10"))) == 1


def test_many_elections_cost_as_much_as_few(street):
    def cost(number):
        for n in range(number):
            one = make_branch(street, f"N{number}-{n}", kind="joint-branch")
            make_candidate(make_election(one, present=5))
            make_unit(one)
        with CaptureQueriesContext(connection) as queries:
            check(street, Q3, ["R15", "R18"])
        return len(queries)

    cost(1)
    assert cost(2) == cost(20)
