"""A portal with nothing in it yet: every page opens, fits its window, and says how to begin."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import at_both_sizes
from tests.factories import superuser

pytestmark = [pytest.mark.browser, at_both_sizes]
ADDRESSES = (
    "/dashboard/",
    "/branches/",
    "/branches/new/",
    "/branches/terms/",
    "/ledgers/",
    "/ledgers/organizations/",
    "/ledgers/members/",
    "/ledgers/members/import/",
    "/members/new/",
    "/ledgers/activities/",
    "/activities/new/",
    "/activities/upload/",
    "/activities/review/",
    "/findings/",
    "/settings/local/",
    "/reports/investigation/",
    "/accounts/",
    "/accounts/audit/",
    "/search/",
)


@pytest.fixture
def page(portal, signed_in):
    """Whoever sets a new portal up."""
    return signed_in(superuser().username)


def test_it_works(page):
    page.goto("/")
    expect(page.get_by_role("heading", name="从这里开始")).to_be_visible()
    page.get_by_role("link", name="导入名册").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入党组织名册")


def test_every_page_opens(page):
    answers = {address: page.goto(address).status for address in ADDRESSES}
    assert set(answers.values()) == {200}, answers
