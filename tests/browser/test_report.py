"""The investigation report: built, read, traced, edited, taken home."""

import re

import docx
import pytest
from playwright.sync_api import expect

from reports.models import InvestigationReport, ReportOutline
from tests.browser.conftest import at_both_sizes

pytestmark = [pytest.mark.browser, at_both_sizes]
OWN_WORDS = "这一段由办公室改写，供领导审阅。"


@pytest.fixture
def page(demo_street, signed_in):
    """A clerk of the office before a report that has just been built."""
    page = signed_in("office")
    page.goto(f"/reports/investigation/?organization=HP&period={demo_street}")
    page.get_by_role("button", name=re.compile("^生成")).click()
    expect(page).to_have_url(re.compile(r"/reports/investigation/\d+/$"))
    yield page
    InvestigationReport.objects.all().delete()
    ReportOutline.objects.all().delete()


def test_it_works(page, demo_street):
    paper = page.get_by_role("article", name="报告正文")
    expect(paper.locator(".paper-title")).to_contain_text("和平街道")
    expect(paper.get_by_role("heading", level=2)).to_have_text(
        ["一、基本情况", "二、主要做法", "三、存在的问题", "四、下步打算"]
    )
    expect(page.get_by_text("草稿", exact=True)).to_be_visible()


def test_a_number_shows_its_evidence_and_then_its_rows(page):
    evidence = page.locator("#shown")
    numbers = page.locator(".paper a.num")
    number = numbers.filter(has_text=re.compile(r"^\d+$")).first
    text = number.inner_text()
    number.click()
    expect(evidence.locator("dd").first).to_contain_text(text)
    expect(evidence).to_contain_text("取数")
    number.click()
    expect(page.locator("[data-count]")).to_have_attribute("data-count", text)


def test_an_edited_paragraph_stays_edited(page):
    said = page.locator(".said").nth(2)
    said.hover()
    said.get_by_role("link", name="修改这一段").click()
    page.get_by_label("这一段的文字").fill(OWN_WORDS)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".said.edited")).to_have_text(re.compile(OWN_WORDS))
    page.get_by_role("button", name="重新生成").click()
    expect(page.get_by_text("您改过的内容都还在")).to_be_visible()
    expect(page.locator(".said.edited")).to_have_text(re.compile(OWN_WORDS))


def test_a_paragraph_is_moved_and_left_out(page):
    problems = page.locator(".said.item")
    second = problems.nth(1).inner_text()
    problems.nth(1).hover()
    problems.nth(1).get_by_role("link", name="修改这一段").click()
    page.get_by_role("button", name="上移").click()
    moved = second.partition("是")[2].partition("。")[0]
    expect(problems.first).to_contain_text(moved)
    problems.first.hover()
    problems.first.get_by_role("link", name="修改这一段").click()
    page.get_by_role("button", name="不写这一段").click()
    expect(page.get_by_text("您决定不写的段落（1）")).to_be_visible()
    expect(problems.first).not_to_contain_text(moved)


def test_the_outline_is_arranged_by_keyboard(page):
    page.goto("/reports/outline/?organization=HP")
    points = page.get_by_label("要点")
    first, second = points.nth(0).input_value(), points.nth(1).input_value()
    points.nth(0).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(points.nth(0)).to_have_value(second)
    expect(points.nth(1)).to_have_value(first)
    page.get_by_role("button", name="加一点（固定文字）").click()
    page.keyboard.type("我们的一点")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存为第 1 版")).to_be_visible()
    expect(points.nth(0)).to_have_value(second)
    assert "我们的一点" in [points.nth(n).input_value() for n in range(points.count())]


def test_it_is_taken_home_as_word(page, tmp_path):
    with page.expect_download() as taken:
        page.get_by_role("link", name="导出 Word").click()
    path = tmp_path / "报告.docx"
    taken.value.save_as(path)
    words = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    assert "一、基本情况" in words
    assert "四、下步打算" in words
