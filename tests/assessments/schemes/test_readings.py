"""Whom a scheme scores, and the raw values that are read of them from a real database."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.findings import Handling, handle, sync
from assessments.models import Finding
from assessments.schemes.readings import read
from branches.models import Organization
from ledgers.period import Period
from tests.assessments.factories import elect, hold, make_branch, make_member, make_members
from tests.factories import OrganizationFactory

QUARTER = Period.parse("2026Q3")


def branches_of(street, *rules, period=QUARTER):
    return {one.organization.code: one for one in read(street, period, ["branch"], rules).seen}


@pytest.fixture
def street(street):
    hold(street, "work-meeting", date(2026, 1, 5))  # the records begin in January
    return street


class TestWhoIsScored:
    def test_who_is_of_the_kinds_and_there_on_the_last_day(self, street, branch):
        make_branch(street, "B2", dissolved_on=date(2026, 9, 30))
        make_branch(street, "B3", dissolved_on=date(2026, 10, 1))
        make_branch(street, "B4", kind="joint-branch")
        assert branches_of(street).keys() == {"B1", "B3"}
        assert [one.organization.code for one in read(street, QUARTER, ["community-committee"], []).seen] == ["SC"]

    @pytest.mark.parametrize(("founded", "scored"), [(date(2026, 9, 1), True), (date(2026, 9, 2), False)])
    def test_who_has_lived_through_a_whole_month(self, street, founded, scored):
        make_branch(street, "B2", established=founded)
        assert ("B2" in branches_of(street)) is scored

    def test_of_a_running_period_months_that_are_over_count(self, street, branch, today):
        today(date(2026, 7, 31))
        assert not branches_of(street)
        today(date(2026, 8, 1))
        assert branches_of(street).keys() == {"B1"}

    def test_nobody_before_the_records_begin(self, street, branch):
        assert not branches_of(street, period=Period.parse("2025Q4"))

    def test_the_kind_of_that_day_counts(self, street, branch):
        Organization.objects.get(pk=branch.pk).become(Organization.Kind.JOINT_BRANCH, date(2026, 10, 2))
        assert branches_of(street).keys() == {"B1"}


class TestBreaches:
    def test_months_of_a_rule_of_units(self, street, branch):
        hold(branch, "theme-day", date(2026, 8, 3))
        found = branches_of(street, "R05", "R01")["B1"].rules
        assert (found["R05"].breaches, found["R01"].breaches) == (2, 1)
        assert found["R05"].asked == found["R05"].in_breach == {branch.pk}

    def test_persons_of_a_rule_about_members(self, street, branch):
        for _ in range(3):
            make_member(branch, employment="in-service")
        assert branches_of(street, "R42")["B1"].rules["R42"].breaches == 3

    def test_records_of_a_rule_about_records(self, street, branch):
        hold(branch, "theme-day", date(2026, 8, 3), date(2026, 8, 4), place="")
        assert branches_of(street, "R19")["B1"].rules["R19"].breaches == 2

    def test_a_branch_bears_its_groups_and_a_community_its_branches(self, street, branch):
        for code in ("G1", "G2"):
            OrganizationFactory(code=code, name=code, kind="group", parent=branch)
        make_branch(street, "B2")
        assert branches_of(street, "R03")["B1"].rules["R03"].breaches == 6
        community = read(street, QUARTER, ["community-committee"], ["R03", "R05"]).seen[0]
        assert (community.rules["R03"].breaches, community.rules["R05"].breaches) == (6, 6)
        assert len(community.rules["R05"].asked) == 2

    def test_by_kind_and_size_a_rule_does_not_apply(self, street, branch):
        make_branch(street, "B2")
        make_members(Organization.objects.get(code="B2"), 7)
        small, large = (branches_of(street, "R02", "R03", "R18", "R42", "R30")[code].rules for code in ("B1", "B2"))
        assert {code: one.applies for code, one in small.items()} == {
            "R02": False,  # fewer than seven full members
            "R03": False,  # no group
            "R18": False,  # no joint branch
            "R42": True,  # about members: also where there is nobody to ask
            "R30": False,  # speaks of a year
        }
        assert large["R02"].applies

    def test_a_running_quarter_asks_and_is_no_breach_yet(self, street, branch, today):
        today(date(2026, 8, 20))
        found = branches_of(street, "R01", "R05")["B1"].rules
        assert (found["R01"].applies, found["R01"].breaches, found["R05"].breaches) == (True, 0, 1)

    def test_a_term_that_has_run_out_is_one(self, street, branch):
        elect(branch, date(2020, 1, 1))
        assert branches_of(street, "R13")["B1"].rules["R13"].breaches == 1


class TestExemptions:
    def test_it_covers_the_months_named_and_none_that_go_missing_later(self, street, branch, today):
        today(date(2026, 9, 5))
        sync(street, QUARTER)
        handle(Finding.objects.filter(rule="R05"), Handling(Finding.State.EXEMPTED, note="装修停用"))
        assert branches_of(street, "R05")["B1"].rules["R05"].breaches == 0
        today(date(2026, 10, 8))
        sync(street, QUARTER)
        assert Finding.objects.get(rule="R05").state == Finding.State.EXEMPTED
        assert branches_of(street, "R05")["B1"].rules["R05"].breaches == 1

    def test_it_covers_the_people_named(self, street, branch):
        make_member(branch, employment="in-service")
        sync(street, QUARTER)
        handle(Finding.objects.filter(rule="R42"), Handling(Finding.State.EXEMPTED, note="长期病休"))
        make_member(branch, employment="in-service")
        assert branches_of(street, "R42")["B1"].rules["R42"].breaches == 1

    def test_it_covers_as_many_records_as_there_were(self, street, branch):
        hold(branch, "theme-day", date(2026, 8, 3), place="")
        sync(street, QUARTER)
        handle(Finding.objects.filter(rule="R19"), Handling(Finding.State.EXEMPTED, note="水损"))
        hold(branch, "theme-day", date(2026, 8, 4), date(2026, 8, 5), place="")
        assert branches_of(street, "R19")["B1"].rules["R19"].breaches == 2

    def test_closed_by_hand_is_still_a_breach(self, street, branch):
        sync(street, QUARTER)
        handle(Finding.objects.filter(rule="R05"), Handling(Finding.State.CLOSED, note="已谈话"))
        assert branches_of(street, "R05")["B1"].rules["R05"].breaches == 3


def test_the_number_of_queries_does_not_grow(street, branch):
    def count(rules):
        branches_of(street, *rules)  # sheets are counted
        with CaptureQueriesContext(connection) as queries:
            branches_of(street, *rules)
        return len(queries)

    few = count(["R01", "R05", "R02"])
    for code in range(2, 12):
        make_members(make_branch(street, f"B{code}"), 8)
    assert count(["R01", "R05", "R02"]) == few
