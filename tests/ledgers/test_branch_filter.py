"""The branch filter that every ledger over organisations has: what it offers, what it keeps, what goes with it."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from ledgers import ledger
from tests.factories import (
    ActivityFactory,
    DuesChargeFactory,
    MemberFactory,
    OrganizationFactory,
    Street,
    sign_in,
    street,
)
from tests.ledgers.test_listing import rows_of

pytestmark = pytest.mark.django_db

OVER_ORGANIZATIONS = [each.slug for each in ledger.catalogue() if each.organization]


@pytest.fixture
def place(client: Client) -> Street:
    """A street of two communities with two branches each, a member in each branch; the office is signed in."""
    made = street()
    sign_in(client, Role.OFFICE, made.committee)
    for number, branch in enumerate(made.branches):
        MemberFactory(branch=branch, name=f"党员{'甲乙丙丁'[number]}")
    return made


@pytest.mark.parametrize("slug", OVER_ORGANIZATIONS)
def test_every_ledger_over_organisations_offers_the_branches_below_the_chosen_one(
    client: Client, place: Street, slug: str
) -> None:
    page = client.get(f"/ledgers/{slug}/").content.decode()
    assert '<select class="form-select" name="branch"' in page
    for branch in place.branches:
        assert f'<option value="{branch.code}">{branch.name}</option>' in page
    here = client.get(f"/ledgers/{slug}/", {"organization": place.community.code}).content.decode()
    picker = here.split('name="branch"')[1].split("</select>")[0]
    assert place.branches[1].code in picker
    assert place.branches[2].code not in picker


def test_a_list_keeps_to_the_branch_and_says_so(client: Client, place: Street, text_of: Any) -> None:
    page = client.get("/ledgers/members/", {"branch": place.branches[1].code})
    text = text_of(page)
    assert "党员乙" in text
    assert "党员甲" not in text
    assert "共 1 人" in text
    assert place.branches[1].name in page.context["words"]
    assert f'<option value="{place.branches[1].code}" selected>' in page.content.decode()


def test_activities_of_a_group_and_dues_belong_to_their_branch(client: Client, place: Street, text_of: Any) -> None:
    group = OrganizationFactory(parent=place.branch, kind="group", name="第一党小组")
    ActivityFactory(organization=group, topic="小组学习", date=date(2026, 8, 3))
    ActivityFactory(organization=place.branches[1], topic="别的支部", date=date(2026, 8, 4))
    text = text_of(client.get("/ledgers/activities/", {"branch": place.branch.code, "period": "2026Q3"}))
    assert "小组学习" in text
    assert "别的支部" not in text
    for branch in place.branches[:2]:
        DuesChargeFactory(member=branch.members.get())
    text = text_of(client.get("/ledgers/dues/", {"branch": place.branch.code, "period": "2026Q3"}))
    assert "党员甲" in text
    assert "党员乙" not in text


def test_sorting_paging_export_and_print_keep_to_the_branch(client: Client, place: Street, text_of: Any) -> None:
    for _ in range(25):
        MemberFactory(branch=place.branch)
    wanted = {"branch": place.branch.code}
    page = client.get("/ledgers/members/", wanted).content.decode()
    for kept in ("page=2", "sort=name"):
        assert any(kept in link and f"branch={place.branch.code}" in link for link in page.split('href="'))
    second = client.get("/ledgers/members/", wanted | {"page": "2"})
    assert len(second.context["lines"]) == 6
    names = [str(cell) for row in rows_of(client.get("/ledgers/members/export.xlsx", wanted)) for cell in row]
    assert "党员甲" in names
    assert "党员乙" not in names
    printed = text_of(client.get("/ledgers/members/print/", wanted))
    assert f"填报单位：{place.branch.name}" in printed
    assert "党员乙" not in printed


def test_a_branch_out_of_sight_or_not_below_the_chosen_one_is_passed_over(
    client: Client, place: Street, text_of: Any
) -> None:
    sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
    text = text_of(client.get("/ledgers/members/", {"branch": place.branches[2].code}))
    assert "党员丙" not in text
    assert "共 2 人" in text
    picker = client.get("/ledgers/members/").content.decode().split('name="branch"')[1].split("</select>")[0]
    assert place.branches[2].code not in picker


def test_a_branch_has_nothing_to_choose_from(client: Client, place: Street) -> None:
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert 'name="branch"' not in client.get("/ledgers/members/").content.decode()


def test_a_dissolved_branch_is_offered_for_the_time_when_it_was_there(client: Client, place: Street) -> None:
    gone = place.branches[3]
    type(gone).objects.filter(pk=gone.pk).update(dissolved_on=date(2026, 5, 1))

    def offers(**params: str) -> bool:
        page = client.get("/ledgers/activities/", params).content.decode()
        return gone.code in page.split('name="branch"')[1].split("</select>")[0]

    assert offers(period="2026Q2")
    assert offers(period="all")
    assert not offers(period="2026Q3")
    assert offers(period="2026Q3", branch=gone.code)


def test_choosing_another_organisation_drops_the_branch(client: Client, place: Street) -> None:
    page = client.get("/ledgers/members/", {"branch": place.branch.code, "category": "full"}).content.decode()
    chosen = page.split('<form class="chosen"')[1].split("</form>")[0]
    assert 'name="category"' in chosen
    assert 'name="branch"' not in chosen


def test_queries_do_not_grow_with_the_branches(client: Client, place: Street) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/ledgers/members/", {"branch": place.branch.code})
        return len(found)

    queries()
    before = queries()
    for number in range(5):
        OrganizationFactory(parent=place.community, name=f"新{number}党支部")
    assert queries() == before
