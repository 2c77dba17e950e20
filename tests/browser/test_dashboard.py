"""Every number of the dashboard leads to its rows, and there are as many of them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import at_both_sizes

pytestmark = [pytest.mark.browser, at_both_sizes]


def test_it_works(demo_street, signed_in):
    page = signed_in("leader")
    page.goto(f"/dashboard/?period={demo_street}")
    expect(page.get_by_role("heading", level=1)).to_have_text("和平街道党建看板")
    figures = page.get_by_role("group", name="主要指标").locator("a.num[href^='/']")
    numbers = figures.all_inner_texts()
    counts = [place for place, number in enumerate(numbers) if number.isdecimal()]
    assert len(counts) > 7
    for place in counts:
        figures.nth(place).click()
        expect(page.locator("[data-count]")).to_have_attribute("data-count", numbers[place])
        page.go_back()


def test_a_cell_of_the_matrix_leads_to_the_meetings_it_counts(demo_street, signed_in):
    page = signed_in("office")
    page.goto(f"/dashboard/?period={demo_street}")
    cell = page.locator("#matrix td.cell a.ok").first
    held = re.search(r"\d+", cell.get_attribute("aria-label").split("：")[-1]).group()
    cell.click()
    expect(page.locator("[data-count]")).to_have_attribute("data-count", held)
