"""Ways from end to end: a roster as offices rule it, taken in and taken back; a to-do settled in one visit."""

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from activities.models import Activity
from branches.models import Organization
from members.models import Member
from tests.browser.conftest import PHONE, at_both_sizes
from tests.factories import citizen_ids

pytestmark = pytest.mark.browser


@pytest.fixture
def roster(demo_street, tmp_path: Path) -> Path:
    """Two sheets named after their branches, the category merged down the column, 同上 in the education."""
    names = list(Organization.objects.filter(kind="branch").order_by("path").values_list("name", flat=True)[:2])
    ids, book = citizen_ids(), openpyxl.Workbook()
    book.remove(book.active)
    for sheet_name in names:
        sheet = book.create_sheet(sheet_name)
        sheet.append([f"{sheet_name}党员花名册"])
        sheet.append(["序号", "*姓名", "公民身份证号码（18位）", "党员类型", "学历", "入党时间"])
        for number in range(1, 4):
            education = "大学本科" if number == 1 else "同上"
            kind = "正式党员" if number == 1 else None
            sheet.append([number, f"新来{'甲乙丙'[number - 1]}", next(ids), kind, education, "2015.07"])
        sheet.merge_cells("A1:F1")
        sheet.merge_cells("D3:D5")
    path = tmp_path / "花名册.xlsx"
    book.save(path)
    return path


@at_both_sizes
def test_a_roster_with_merged_cells_and_two_sheets_to_the_end_and_back_after_the_workbench(signed_in, roster):
    page, before = signed_in("office"), Member.objects.count()
    page.goto("/ledgers/members/import/")
    page.locator("input[type=file]").set_input_files(roster)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("region", name="预览")).to_be_visible()
    expect(page.locator("td.wrong")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^导入 6 行")).click()
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()
    assert set(Member.objects.filter(name__startswith="新来").values_list("category", "education")) == {
        ("full", "bachelor")
    }
    there = page.url
    page.goto("/")  # which checks the rules, and writes findings about what came in
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(there)
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_role("heading", name="这次导入已撤销")).to_be_visible()
    assert Member.objects.count() == before


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_to_do_is_settled_in_one_visit(signed_in, demo_street):
    page, before = signed_in("zhibu"), set(Activity.objects.values_list("pk", flat=True))
    page.goto("/")
    there = page.locator("main a[href*='/activities/new/'][href*='month=']").first
    said = there.text_content()
    there.click()
    expect(page.get_by_role("heading", name="新增活动")).to_be_visible()
    expect(page.locator("#id_organization")).not_to_have_value("")
    expect(page.locator("#id_kind")).not_to_have_value("")
    expect(page.locator("#id_date")).not_to_have_value("")
    expect(page.locator("#roll-lines > li").first).to_be_visible()
    page.locator("#id_topic").fill("补记的一次")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交，等待确认。")).to_be_visible()
    made = Activity.objects.exclude(pk__in=before).get()
    assert (made.topic, made.status) == ("补记的一次", "submitted")
    page.goto("/")
    expect(page.locator("main").get_by_text(said.strip(), exact=True)).to_have_count(0)
