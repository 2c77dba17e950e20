from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from branches.models import Organization
from ledgers import ledger
from ledgers.period import Period
from tests.factories import (
    ActivityFactory,
    CommitteeFactory,
    MemberFactory,
    OrganizationFactory,
    SeatFactory,
    sign_in,
    street,
)

BRANCH = "/branches/S-1-1/"


def test_it_works(client, town, office, text_of):
    response = client.get(BRANCH)
    assert response.status_code == 200
    words = text_of(response)
    assert "S第1社区第1党支部" in words
    assert "S第1社区党委" in words
    assert "2010-07-01 成立，此后没有变动" in words


def test_out_of_scope_is_not_there(client, town, secretary):
    assert client.get("/branches/S-1-2/").status_code == 404
    assert client.get("/branches/S-1/").status_code == 404
    assert client.get("/branches/NONE/").status_code == 404


def test_the_superior_out_of_scope_is_named_but_not_linked(client, town, secretary):
    page = client.get(BRANCH).content.decode()
    assert "S第1社区党委" in page
    assert 'href="/branches/S-1/"' not in page


def test_the_committee_in_office_stands_there_with_its_term(client, town, office, today, text_of):
    committee = CommitteeFactory(organization=town.branch, number="第二届", start=date(2024, 3, 1))
    member = MemberFactory(branch=town.branch, name="周明")
    SeatFactory(committee=committee, member=member)
    SeatFactory(committee=committee, post="publicity", name="已走的", left_on=date(2025, 1, 1))
    words = text_of(client.get(BRANCH))
    assert "第二届" in words and "2024-03-01 至 2027-03-01" in words
    assert "书记 周明" in words
    assert "已走的" not in words
    assert "6 个月内届满，还有 98 天" in words


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (date(2023, 11, 22), "已届满 1 天"),
        (date(2023, 11, 23), "3 个月内届满，还有 0 天"),  # the last day still belongs to the term
        (date(2024, 2, 23), "3 个月内届满，还有 92 天"),
        (date(2024, 2, 24), "6 个月内届满，还有 93 天"),
        (date(2024, 5, 23), "6 个月内届满，还有 181 天"),
        (date(2024, 5, 24), "任期内"),
    ],
)
def test_the_term_is_told_in_words_to_the_day(client, town, office, today, text_of, start, said):
    CommitteeFactory(organization=town.branch, start=start, term_years=3)
    assert said in text_of(client.get(BRANCH))


def test_without_a_committee_it_says_how_to_register_one(client, town, office):
    assert "/branches/committees/new/?organization=S-1-1" in client.get(BRANCH).content.decode()


def test_members_are_counted_as_of_the_periods_end_and_listed(client, town, office, text_of):
    for number in range(12):
        MemberFactory(branch=town.branch, name=f"党员{number:02}")
    MemberFactory(branch=town.branch, name="后来的", joined_on=date(2026, 10, 8), category="probationary")
    response = client.get(BRANCH, {"period": "2026Q3"})
    words = text_of(response)
    assert "党员总数 12 人" in words and "预备党员 0 人" in words
    assert "党员09" in words and "党员10" not in words and "后来的" not in words
    assert "全部 12 人" in words
    assert "/ledgers/members/?organization=S-1-1&amp;on=2026-09-30" in response.content.decode()


def test_activities_of_the_period_are_counted_by_kind_and_each_count_is_its_rows(client, town, office):
    ActivityFactory.create_batch(2, organization=town.branch, kind="theme-day", date=date(2026, 8, 1))
    ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 8, 2), status="draft")
    ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 7, 1))
    ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 6, 30))
    page = client.get(BRANCH, {"period": "2026Q3"}).content.decode()
    url = "/ledgers/activities/?organization=S-1-1&amp;period=2026Q3&amp;kind=theme-day&amp;status=counted"
    assert f'主题党日 <a class="num" href="{url}">3</a> 次' in page
    asked = ledger.Query(town.branch, Period.parse("2026Q3"), None, {"kind": "theme-day", "status": "counted"})
    assert ledger.get("activities").rows(asked, office).count() == 3


def test_another_periods_activities_are_not_shown(client, town, office, text_of):
    ActivityFactory(organization=town.branch, topic="八月的会")
    assert "八月的会" in text_of(client.get(BRANCH, {"period": "2026Q3"}))
    assert "八月的会" not in text_of(client.get(BRANCH, {"period": "2026Q2"}))


def test_subordinates_stand_there_with_their_numbers(client, town, office, text_of):
    MemberFactory(branch=town.branches[1])
    words = text_of(client.get("/branches/S-1/"))
    assert "S第1社区第2党支部 党支部 党员 1 人" in words


def test_a_leader_reads_and_is_offered_nothing_to_change(client, town, text_of):
    sign_in(client, Role.LEADER, town.committee)
    CommitteeFactory(organization=town.branch)
    page = client.get(BRANCH).content.decode()
    for address in ("edit/", "move/", "dissolve/", "/new/"):
        assert address not in page.split("<main", 1)[1]


def test_a_branch_secretary_is_offered_neither_move_nor_dissolution(client, town, secretary):
    page = client.get(BRANCH).content.decode()
    assert f"{BRANCH}edit/" in page
    assert f"{BRANCH}move/" not in page and f"{BRANCH}dissolve/" not in page


def test_the_office_is_offered_them_below_the_top_of_its_scope(client, town, office):
    assert f"{BRANCH}move/" in client.get(BRANCH).content.decode()
    assert "/branches/S/dissolve/" not in client.get("/branches/S/").content.decode()


def test_one_primary_button(client, town, office):
    main = client.get(BRANCH).content.decode().split("<main", 1)[1].split("<dialog", 1)[0]
    assert main.count("btn-primary") == 1


def test_a_dissolved_one_says_so_and_takes_no_more_subordinates(client, town, office, today, text_of):
    town.branch.dissolve(today, "和工委〔2026〕8号")
    response = client.get(BRANCH)
    assert "2026-11-23 撤销" in text_of(response)
    assert "（和工委〔2026〕8号）" in text_of(response)
    assert "/branches/new/" not in response.content.decode()


def test_long_names_stand_in_full(client, town, office, text_of):
    OrganizationFactory(code="LONG", name="长" * 100, parent=town.community)
    assert "长" * 100 in text_of(client.get("/branches/LONG/"))


def test_queries_do_not_grow_with_the_records(db, client):
    def queries(code, size):
        town = street(1, size, code=code)
        sign_in(client, Role.OFFICE, town.committee)
        committee = CommitteeFactory(organization=town.community)
        for branch in town.branches:
            SeatFactory(committee=committee, member=MemberFactory(branch=branch), post="member")
            ActivityFactory(organization=branch, date=date(2026, 8, 1))
        address = f"/branches/{code}-1/?period=2026Q3"
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    assert queries("A", 2) == queries("B", 20)
    assert Organization.objects.count() == 26


def test_the_next_thing_to_do_comes_first(client, town, secretary, text_of):
    page = client.get(BRANCH).content.decode().split('class="actions"', 1)[1]
    assert page.index("/activities/new/?organization=S-1-1") < page.index("/members/new/?branch=S-1-1")
    assert page.index("/members/new/?branch=S-1-1") < page.index(f"{BRANCH}edit/")


def test_members_are_added_to_branches_only(client, town, office):
    assert "/members/new/" not in client.get("/branches/S-1/").content.decode()
