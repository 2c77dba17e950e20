import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from tests.factories import MemberFactory, OrganizationFactory, sign_in, street, superuser

TREE = "/branches/"


def links(response):
    """Names of the organisations that a page (or a fragment of one) links to, in order."""
    return re.findall(r'node-name"><a href="/branches/([^"]+)/"', response.content.decode())


def test_it_works(client, town, office, text_of):
    response = client.get(TREE)
    assert links(response) == ["S", "S-1", "S-2"]
    assert "S第1社区党委" in text_of(response)


def test_a_branch_secretary_sees_the_own_branch_only(client, town, secretary):
    assert links(client.get(TREE)) == ["S-1-1"]


def test_open_shows_the_way_down_without_javascript(client, town, office):
    assert links(client.get(TREE, {"open": "S-1"})) == ["S", "S-1", "S-1-1", "S-1-2", "S-2"]


def test_the_organisation_chosen_at_the_top_is_opened(client, town, office):
    assert links(client.get(TREE, {"organization": "S-2"})) == ["S", "S-1", "S-2", "S-2-1", "S-2-2"]


def test_under_is_the_fragment_that_htmx_puts_in(client, town, office):
    response = client.get(TREE, {"under": "S-1"}, headers={"HX-Request": "true"})
    assert links(response) == ["S-1-1", "S-1-2"]
    assert b"<html" not in response.content


def test_under_something_out_of_scope_is_not_there(client, town, secretary):
    assert client.get(TREE, {"under": "S-1"}).status_code == 404


def test_open_of_something_out_of_scope_opens_nothing_more(client, town, secretary):
    assert links(client.get(TREE, {"open": "S-2"})) == ["S-1-1"]


def test_several_postings_show_several_tops(client, town):
    from tests.factories import PostingFactory

    user = sign_in(client, Role.BRANCH_SECRETARY, town.branches[0])
    PostingFactory(user=user, role=Role.BRANCH_SECRETARY, organization=town.branches[3])
    assert links(client.get(TREE)) == ["S-1-1", "S-2-2"]


def test_search_by_name_or_code_says_where_it_is(client, town, office, text_of):
    response = client.get(TREE, {"q": "s-2-1"})
    assert links(response) == ["S-2-1"]
    assert "S街道党工委 / S第2社区党委" in text_of(response)
    assert links(client.get(TREE, {"q": "第2社区第1"})) == ["S-2-1"]


def test_search_stays_in_scope(client, town, secretary, text_of):
    response = client.get(TREE, {"q": "S"})
    assert links(response) == ["S-1-1"]
    assert "S街道党工委" not in text_of(response)


def test_a_search_that_finds_nothing_says_what_to_do(client, town, office, text_of):
    assert "少写几个字再试" in text_of(client.get(TREE, {"q": "没有的"}))


def test_dissolved_ones_are_hidden_unless_asked_for(client, town, office, today, text_of):
    town.branches[1].dissolve(today)
    assert "S-1-2" not in links(client.get(TREE, {"open": "S-1"}))
    response = client.get(TREE, {"open": "S-1", "dissolved": "1"})
    assert "S-1-2" in links(response)
    assert "2026-11-23 撤销" in text_of(response)


def test_numbers_count_the_subtree_and_lead_to_their_rows(client, town, office, today):
    for branch in town.branches[:3]:
        MemberFactory(branch=branch)
    response = client.get(TREE, {"period": "2026Q3"})
    page = response.content.decode()
    told = dict(re.findall(r'党员 <a class="num" href="([^"]+)">(\d+)</a>', page))
    assert sorted(told.values()) == ["1", "2", "3"]
    assert "/ledgers/members/?organization=S-1&amp;on=2026-09-30" in told


def test_the_number_of_a_past_period_is_that_of_its_last_day(client, town, office, today, text_of):
    from datetime import date

    MemberFactory(branch=town.branch, joined_on=date(2026, 10, 1), category="probationary")
    assert "党员 0 人" in text_of(client.get(TREE, {"period": "2026Q3"}))
    assert "党员 1 人" in text_of(client.get(TREE, {"period": "2026Q4"}))


def test_those_who_keep_no_records_have_no_tree(client, town):
    sign_in(client, Role.AUDITOR, town.committee)
    assert client.get(TREE).status_code == 404


def test_leaders_are_not_offered_to_add(client, town, text_of):
    sign_in(client, Role.LEADER, town.committee)
    assert "新增党组织" not in text_of(client.get(TREE))


def test_an_empty_register_says_how_to_fill_it(client, db, text_of):
    superuser(client)
    assert "导入名册" in text_of(client.get(TREE))


def test_a_code_of_any_letters_does_not_break_the_page(client, town, office):
    OrganizationFactory(code="甲/1 ?#", name="怪编码支部", parent=town.community)
    response = client.get(TREE, {"open": "S-1"})
    assert "怪编码支部" in response.content.decode()
    assert client.get(reverse("branches:detail", args=["甲/1 ?#"])).status_code == 200


@pytest.mark.parametrize("search", [{}, {"q": "支部"}])
def test_queries_do_not_grow_with_the_tree(db, client, search):
    def queries(code, branches):
        town = street(2, branches, code=code)
        sign_in(client, Role.OFFICE, town.committee)
        client.get(TREE, {"open": f"{code}-1", **search})
        with CaptureQueriesContext(connection) as asked:
            response = client.get(TREE, {"open": f"{code}-1", **search})
        assert len(links(response)) >= branches
        return len(asked)

    assert queries("A", 2) == queries("B", 20)


def test_it_shows_all_branches_of_a_large_community_with_long_names(client, town, office):
    for number in range(60):
        OrganizationFactory(name=f"{'长' * 90}{number}", parent=town.community)
    assert len(links(client.get(TREE, {"under": "S-1"}))) == 62
