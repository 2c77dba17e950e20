"""The office's own Excel files, imported as a clerk would: look, take the wrong rows home, put them right, undo."""

import json
import re

import openpyxl
import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.browser.conftest import OFFICE_SAMPLE, at_both_sizes, needs_sample
from tests.factories import superuser

pytestmark = [pytest.mark.browser, needs_sample, at_both_sizes]
REASONS = ["登记册里没有这个组织", "Excel 已把号码变成数字", "校验码", "校验码", "校验码"]


@pytest.fixture
def page(portal, signed_in):
    """Whoever sets a new portal up, before it; what they imported goes with them."""
    yield signed_in(superuser().username)
    call_command("flush", interactive=False, verbosity=0)


def choose(page, slug, path):
    page.goto(f"/ledgers/{slug}/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("region", name="预览")).to_be_visible()


def press_import(page):
    page.get_by_role("button", name=re.compile("^导入")).click()
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()


def count(page, slug):
    page.goto(f"/ledgers/{slug}/")
    return int(page.locator("[data-count]").get_attribute("data-count"))


def put_right(path):
    """Correct the wrong rows in their own cells, as the reasons say."""
    right_ids = json.loads((OFFICE_SAMPLE / "truth.json").read_text())["import"]["members"]["bad_ids"]
    book = openpyxl.load_workbook(path)
    rows = book.active.iter_rows()
    headers = next(names for row in rows if "公民身份号码" in (names := [cell.value for cell in row]))
    for row in rows:
        cells = dict(zip(headers, row, strict=True))
        number = cells["公民身份号码"]
        digits = str(number.value).replace(".", "")[:15]
        number.value = next(right for right in right_ids if right.startswith(digits))
        if cells["党支部"].value == "不存在的党支部":
            cells["党支部"].value = "东风社区第一党支部"
    book.save(path)


def test_it_works(page, tmp_path):
    choose(page, "organizations", OFFICE_SAMPLE / "organizations.xlsx")
    press_import(page)

    choose(page, "members", OFFICE_SAMPLE / "members.xlsx")
    page.get_by_role("link", name="只看有错 5").click()
    expect(page.locator("td.wrong small")).to_contain_text(REASONS)
    assert count(page, "members") == 0, "a preview writes nothing"
    page.go_back()
    press_import(page)
    expect(page.get_by_text("还有 5 行有错没有导入")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载错误行").click()
    path = tmp_path / "错误行.xlsx"
    taken.value.save_as(path)
    assert count(page, "members") == 326

    put_right(path)
    choose(page, "members", path)
    expect(page.locator("td.wrong")).to_have_count(0)
    press_import(page)
    expect(page.get_by_text("新增 5 行，更新 0 行")).to_be_visible()
    expect(page.get_by_text("有错没有导入")).to_have_count(0)
    assert count(page, "members") == 331

    page.go_back()
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("heading", name="这次导入已撤销")).to_be_visible()
    assert count(page, "members") == 326


def test_wrong_cells_are_put_right_in_the_preview_by_keyboard(page):
    choose(page, "organizations", OFFICE_SAMPLE / "organizations.xlsx")
    press_import(page)
    choose(page, "members", OFFICE_SAMPLE / "members.xlsx")
    page.get_by_role("link", name="只看有错 5").click()
    right_ids = json.loads((OFFICE_SAMPLE / "truth.json").read_text())["import"]["members"]["bad_ids"]
    place = page.get_by_label(re.compile("行 所在党支部$"))
    place.fill("东风社区第一党支部")
    place.press("Enter")
    expect(page.get_by_text("有错的由 5 行变为 4 行")).to_be_visible()
    for left in (4, 3, 2, 1):
        cell = page.get_by_label(re.compile("行 身份证号$")).first
        digits = re.sub(r"\D", "", cell.input_value())[:14]
        cell.fill(next(right for right in right_ids if right.startswith(digits)))
        cell.press("Enter")
        words = f"有错的由 {left} 行变为 {left - 1} 行" if left > 1 else "已改，没有错误了"
        expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_text("已在这里改正 5 处")).to_be_visible()
    press_import(page)
    expect(page.get_by_text("新增 331 行，更新 0 行")).to_be_visible()
