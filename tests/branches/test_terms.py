from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from branches.models import Committee
from tests.factories import CommitteeFactory, SeatFactory, sign_in, street

TERMS = "/branches/terms/"


@pytest.fixture
def due(town, today):
    """Committees that are over, end within 3 months, within 6, and later."""
    starts = (date(2023, 11, 22), date(2024, 2, 23), date(2024, 5, 23), date(2024, 5, 24))
    return [CommitteeFactory(organization=b, start=s) for b, s in zip(town.branches, starts, strict=True)]


def listed(response):
    return [committee.organization.code for committee, _ in response.context["rows"]]


def test_it_works(client, office, due, text_of):
    response = client.get(TERMS)
    assert listed(response) == ["S-1-1", "S-1-2", "S-2-1"]
    words = text_of(response)
    assert "已届满 1 个，3 个月内届满 1 个，6 个月内届满 1 个" in words
    assert "已届满 1 天" in words


def test_the_counts_lead_to_their_rows(client, office, due):
    assert listed(client.get(TERMS, {"term": "3"})) == ["S-1-2"]
    assert listed(client.get(TERMS, {"term": "over"})) == ["S-1-1"]


def test_it_follows_the_chosen_organisation(client, office, due):
    assert listed(client.get(TERMS, {"organization": "S-2"})) == ["S-2-1"]


def test_a_branch_secretary_sees_the_own_one(client, secretary, due):
    assert listed(client.get(TERMS)) == ["S-1-1"]


def test_those_succeeded_and_those_of_dissolved_branches_are_left_out(client, town, office, due, today):
    due[0].ended_on = today
    due[0].record()
    town.branches[1].dissolve(today)
    assert listed(client.get(TERMS)) == ["S-2-1"]


def test_the_secretary_is_named(client, office, due, text_of):
    SeatFactory(committee=due[0], name="周明")
    SeatFactory(committee=due[0], name="前任的", left_on=date(2025, 1, 1))
    words = text_of(client.get(TERMS))
    assert "周明" in words and "前任的" not in words


def test_a_leader_is_not_offered_to_register_one(client, town, due, text_of):
    sign_in(client, Role.LEADER, town.committee)
    assert "登记新一届" not in text_of(client.get(TERMS))


def test_nothing_due_is_said(client, town, office, text_of):
    assert "没有要换届的班子" in text_of(client.get(TERMS))


@pytest.mark.parametrize("day", [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2027, 3, 1)])
def test_the_query_knows_the_end_of_a_term_as_the_model_does(db, town, day):
    starts = [day - relativedelta(years=y) + timedelta(days=d) for y in (3, 4) for d in (-1, 0, 1)]
    for number, start in enumerate(dict.fromkeys([*starts, date(2024, 2, 29)])):
        years = 4 if number > 2 else 3
        CommitteeFactory(organization=town.branch, number=str(number), start=start, term_years=years)
    found = set(Committee.objects.term_ends_by(day))
    assert found == {c for c in Committee.objects.all() if c.term_ends <= day}
    assert 0 < len(found) < Committee.objects.count()


def test_queries_do_not_grow_with_the_list(db, client, today):
    def queries(code, branches):
        town = street(1, branches, code=code)
        for branch in town.branches:
            SeatFactory(committee=CommitteeFactory(organization=branch, start=date(2023, 1, 1)))
        sign_in(client, Role.OFFICE, town.committee)
        client.get(TERMS)
        with CaptureQueriesContext(connection) as asked:
            response = client.get(TERMS)
        assert len(listed(response)) == branches
        return len(asked)

    assert queries("A", 2) == queries("B", 20)


def test_the_calendar_says_what_ends_in_the_coming_quarters(client, office, due, text_of):
    calendar = {quarter.code: count for quarter, count in client.get(TERMS).context["calendar"]}
    assert calendar == {"2026Q4": 1, "2027Q1": 1, "2027Q2": 2}
    assert listed(client.get(TERMS, {"ends": "2027Q2"})) == ["S-2-1", "S-2-2"]
    assert listed(client.get(TERMS, {"ends": "坏"})) == ["S-1-1", "S-1-2", "S-2-1"]
