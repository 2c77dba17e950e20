"""Reminders of terms at 6 and 3 months and of temporary branches, for whom they concern."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from branches.reminders import due
from tests.factories import CommitteeFactory, OrganizationFactory, sign_in


def said(user, place, today):
    return [(each.state, each.text) for each in due(user, place, today)]


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (date(2023, 11, 23), "任期将在 3 个月内届满"),
        (date(2024, 2, 23), "任期将在 3 个月内届满"),
        (date(2024, 2, 24), "任期将在 6 个月内届满"),
        (date(2024, 5, 23), "任期将在 6 个月内届满"),
        (date(2024, 5, 24), ""),
        (date(2023, 11, 22), ""),
    ],
)
def test_at_six_months_and_at_three(town, office, today, start, words):
    CommitteeFactory(organization=town.branch, start=start)
    lines = said(office, town.committee, today)
    assert bool(lines) == bool(words)
    if words:
        assert lines[0][0] == "warn" and f"S第1社区第1党支部{words}" in lines[0][1]


def test_the_secretary_is_told_of_the_own_branch_only(client, town, secretary, today, text_of):
    CommitteeFactory(organization=town.branch, start=date(2024, 1, 1))
    CommitteeFactory(organization=town.branches[1], start=date(2024, 1, 1))
    assert said(secretary, town.branch, today) == [("warn", "本组织任期将在 3 个月内届满，报批换届请示，酝酿人选")]
    words = text_of(client.get("/"))
    assert "换届 本组织任期将在 3 个月内届满" in words


def test_the_office_sees_how_many_and_where(client, town, office, today, text_of):
    for branch in town.branches:
        CommitteeFactory(organization=branch, start=date(2024, 1, 1))
    (line,) = due(office, town.committee, today)
    assert line.text.startswith("4 个党组织任期将在 3 个月内届满")
    assert len(client.get(line.url).context["rows"]) == 4
    assert "4 个党组织任期将在 3 个月内届满" in text_of(client.get("/"))


def test_a_temporary_branch_past_its_end_is_urgent(town, office, today):
    for code, ends in (("T1", date(2026, 11, 22)), ("T2", today), ("T3", date(2027, 2, 24))):
        OrganizationFactory(
            code=code, name=f"临时{code}", kind="temporary-branch", expires_on=ends, parent=town.community
        )
    assert said(office, town.committee, today) == [
        ("bad", "临时T1已到期，应撤销或延期"),
        ("none", "临时T2将在 3 个月内到期"),
    ]


def test_a_dissolved_one_is_done(town, office, today):
    gone = OrganizationFactory(code="T", kind="temporary-branch", expires_on=date(2026, 11, 1), parent=town.community)
    gone.dissolve(date(2026, 11, 2))
    assert said(office, town.committee, today) == []


def test_who_only_reads_is_reminded_as_well_within_sight(client, town, today):
    CommitteeFactory(organization=town.branch, start=date(2024, 1, 1))
    leader = sign_in(client, Role.LEADER, town.communities[1])
    assert said(leader, town.committee, today) == []


def test_many_cost_as_much_as_few(town, office, today):
    def cost(number):
        for _ in range(number):
            CommitteeFactory(organization=OrganizationFactory(parent=town.community), start=date(2024, 1, 1))
        with CaptureQueriesContext(connection) as queries:
            due(office, town.committee, today)
        return len(queries)

    cost(1)
    assert cost(2) == cost(20) <= 2
