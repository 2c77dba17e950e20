"""What the office does all day, without a mouse."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def focused(page):
    return page.locator(":focus")


def test_slash_goes_to_the_search(demo_street, signed_in):
    page = signed_in("office")
    page.goto("/ledgers/members/")
    page.keyboard.press("/")
    expect(focused(page)).to_have_attribute("type", "search")
    page.keyboard.type("东风/")
    expect(focused(page)).to_have_value("东风/")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search/"))


def test_j_and_k_go_through_the_rows_and_enter_opens_one(demo_street, signed_in):
    page = signed_in("office")
    page.goto("/ledgers/members/")
    names = page.locator("[data-rows] tbody td[data-label=姓名] a").all_inner_texts()
    for key in "jjjk":
        page.keyboard.press(key)
    expect(focused(page)).to_have_text(names[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(names[1])


def test_n_opens_the_form_for_a_new_one(demo_street, signed_in):
    page = signed_in("office")
    page.goto("/ledgers/members/")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("新增党员")


def test_the_first_tab_skips_to_the_page(demo_street, signed_in):
    page = signed_in("office")
    page.goto("/ledgers/members/")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    expect(focused(page)).to_have_attribute("id", "main")
