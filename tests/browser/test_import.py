"""The office's own Excel files, imported as a clerk would: look, take the wrong rows home, put them right, undo."""

import re

import openpyxl
import pytest
from playwright.sync_api import expect

from members.models import Member
from tests.browser.conftest import OFFICE_SAMPLE, at_both_sizes, needs_sample
from tests.factories import superuser

pytestmark = [pytest.mark.browser, needs_sample]
RIGHT = {"党员姓名": "李更正", "党支部": "东风社区第一党支部", "人员类别": "正式党员", "出生年月": "", "入党日期": "", "转正日期": ""}


@pytest.fixture
def root(portal):
    """Whoever sets a new portal up; what they imported goes with them."""
    from django.core.management import call_command

    user = superuser()
    yield user
    call_command("flush", interactive=False, verbosity=0)


def choose(page, slug, path):
    page.goto(f"/ledgers/{slug}/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator(".steps [aria-current]")).to_contain_text("预览")


def press_import(page):
    page.get_by_role("button", name=re.compile("^导入")).click()
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()


def count(page, slug):
    page.goto(f"/ledgers/{slug}/")
    return int(page.locator("[data-count]").get_attribute("data-count"))


@at_both_sizes
def test_it_works(root, signed_in, tmp_path):
    page = signed_in(root.username)
    choose(page, "organizations", OFFICE_SAMPLE / "organizations.xlsx")
    press_import(page)
    choose(page, "members", OFFICE_SAMPLE / "members.xlsx")
    page.get_by_role("link", name="只看有错 5").click()
    expect(page.locator("td.wrong")).to_have_count(5)
    print([one.inner_text() for one in page.locator("td.wrong").all()])
    press_import(page)
    assert count(page, "members") == 326
    page.go_back()
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载错误行").click()
    path = tmp_path / "wrong.xlsx"
    taken.value.save_as(path)
    sheet = openpyxl.load_workbook(path).active
    for row in sheet.iter_rows(values_only=True):
        print(row)
    assert 0
