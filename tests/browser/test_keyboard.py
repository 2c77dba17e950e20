"""What the office does all day, without a mouse."""

import re

import pytest
from playwright.sync_api import expect

from activities.models import Activity, Attendance
from branches.models import Organization

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
    names = page.locator("[data-rows] tbody tr td:first-child a").all_inner_texts()
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


def test_a_roll_is_called_by_keys(demo_street, signed_in):
    branch = Organization.objects.get(code="HP0101")
    page = signed_in("zhibu")
    page.goto("/activities/new/")
    page.get_by_label("类型").select_option("theme-day")
    page.get_by_label("日期").fill(demo_street.start.isoformat())
    page.get_by_label("主题").fill("按键点名")
    expect(page.locator("[name=roll_for]")).to_have_value(re.compile(f"/{demo_street.start}/"))
    rows = page.locator("[data-roll-row]")
    expected = rows.count()
    rows.first.get_by_role("radio", name="出席").focus()
    for key in ("x", "ArrowDown", "3", "ArrowDown", "2", "ArrowDown", "4", "1"):
        page.keyboard.press(key)
    page.get_by_role("button", name="存草稿").press("Enter")
    expect(page).to_have_url(re.compile(r"/activities/\d+/$"))
    activity = Activity.objects.get(organization=branch, topic="按键点名")
    states = [a.state for a in Attendance.objects.filter(activity=activity).order_by("pk")]
    assert states == ["absent", "leave", "late", *["present"] * (expected - 3)]
