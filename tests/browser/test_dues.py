"""A month of dues for a branch of 60: made out, filled in by keyboard and from Excel, saved, closed."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledgers.period import Period
from members.models import DuesCharge
from tests.browser.conftest import PASTE, at_both_sizes
from tests.factories import MemberFactory, PostingFactory, UserFactory, street

pytestmark = [pytest.mark.browser, at_both_sizes]


@pytest.fixture
def branch(portal):
    """A branch of 60 members who earn 6000 yuan, with its secretary `payer`."""
    branch = street(1, 1).branch
    for _ in range(60):
        MemberFactory(branch=branch, dues_base=Decimal(6000))
    PostingFactory(user=UserFactory(), role="branch-secretary", organization=branch)
    return branch


def test_it_works(branch, signed_in):
    month = Period.containing(timezone.localdate()).previous()
    page = signed_in(branch.postings.get().user.username)
    page.goto("/members/dues/?month=" + month.code)
    page.get_by_role("button", name="生成 60 人的应缴").click()
    expect(page.locator("[data-dues-row]")).to_have_count(60)
    expect(page.locator("[data-dues-sum=due]").first).to_have_text("5400.00")

    paid = page.locator("[data-dues-paid]")
    paid.nth(0).fill("90")
    paid.nth(0).press("Enter")
    expect(paid.nth(1)).to_be_focused()
    expect(page.locator("[data-dues-sum=paid]").first).to_have_text("90.00")
    expect(page.locator("[data-dues-sum=unpaid]").first).to_have_text("59")

    day = month.start.isoformat()
    paid.nth(1).evaluate(
        "(field, text) => (" + PASTE + ")([field, text])", f"90\t{day}\t现金\t上门收取\n45\t{day}\t银行转账\t\n"
    )
    expect(page.locator("[data-paste-note]").first).to_contain_text("已粘贴 8 格")
    expect(paid.nth(2)).to_have_value("45")

    page.get_by_label("缴纳方式", exact=True).select_option("手机支付")
    page.get_by_role("button", name="全部按应缴").click()
    expect(page.locator("[data-dues-sum=paid]").first).to_have_text("5355.00")
    expect(paid.nth(2)).to_have_value("45")  # what was paid in part stays as it was typed
    paid.nth(2).fill("90")
    expect(page.locator("[data-dues-sum=paid]").first).to_have_text("5400.00")
    expect(page.locator("[data-dues-sum=unpaid]").first).to_have_text("0")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，改了 60 行")).to_be_visible()
    assert DuesCharge.objects.filter(branch=branch, paid=Decimal(90)).count() == 60
    second = DuesCharge.objects.filter(branch=branch).order_by("member_id")[1]
    assert (second.paid_on, second.method, second.note) == (date.fromisoformat(day), "cash", "上门收取")

    page.get_by_role("button", name="封账").click()
    page.get_by_role("dialog").get_by_role("button", name="封账").click()
    expect(page.get_by_text("已在").first).to_be_visible()
    expect(page.locator("[data-dues-paid]")).to_have_count(0)


def test_a_wrong_amount_is_shown_in_its_row(branch, signed_in):
    month = Period.containing(timezone.localdate())
    page = signed_in(branch.postings.get().user.username)
    page.goto(f"/members/dues/{branch.code}/{month.code}/")
    page.get_by_role("button", name="生成 60 人的应缴").click()
    page.locator("[data-dues-paid]").nth(40).fill("九十")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("请先改好下面 1 行")
    expect(page.locator("[data-dues-paid]").nth(40)).to_have_value("九十")
    page.locator("[data-dues-paid]").nth(40).fill("90")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，改了 1 行")).to_be_visible()
