"""Minutes that are uploaded fill the form in; the person confirms."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.roles import Role
from activities.minutes import extract_text
from activities.models import Activity
from branches.models import Organization
from ledgers.period import Period
from tests.activities.corpus import Sample
from tests.activities.photographs import SHOTS, has_fonts, photograph
from tests.browser.conftest import OFFICE_SAMPLE, at_both_sizes, needs_sample
from tests.factories import PostingFactory, superuser

pytestmark = [pytest.mark.browser, needs_sample, at_both_sizes]
MINUTES = OFFICE_SAMPLE / "minutes.docx"
QUARTER = Period.parse("2026Q3")


@pytest.fixture(scope="module")
def branch(portal):
    """The branch whose minutes they are, in the office's own registers."""
    root = superuser()
    for slug in ("organizations", "members"):
        call_command("import_ledger", slug, str(OFFICE_SAMPLE / f"{slug}.xlsx"), user=root.username, apply=True)
    return Organization.objects.get(name="东风社区第二党支部")


@pytest.fixture
def secretary(branch):
    """The secretary of that branch, and nothing held in it yet."""
    yield PostingFactory(organization=branch, role=Role.BRANCH_SECRETARY).user
    for activity in Activity.objects.filter(organization=branch):
        activity.erase()


def test_it_works(secretary, branch, signed_in):
    page = signed_in(secretary.username)
    page.goto("/activities/upload/")
    page.locator("input[name=file]").set_input_files(MINUTES)
    page.get_by_role("button", name="上传并读取").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("核对会议记录")
    for label, value in (
        ("日期", "2026-09-15"),
        ("地点", "社区党群服务中心二楼会议室"),
        ("主持人", "蒋燕博"),
        ("记录人", "姚娜"),
        ("主题", "学习党的创新理论"),
    ):
        expect(page.get_by_label(label).first).to_have_value(value)
    expect(page.locator("#id_organization")).to_have_value(str(branch.pk))
    expect(page.locator("#id_kind")).to_have_value("general")
    shown = {k: page.locator(f"[data-roll-count={k}]").inner_text() for k in ("expected", "present", "leave", "absent")}
    assert shown == {"expected": "6", "present": "5", "leave": "1", "absent": "0"}
    expect(page.locator("[data-roll-row]", has_text="苏子").locator("[data-roll-reason]")).to_have_value("出差")

    page.get_by_role("button", name="提交", exact=True).click()
    expect(page).to_have_url(re.compile(r"/activities/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("学习党的创新理论")
    page.goto(f"/ledgers/activities/?period={QUARTER}&kind=general")
    expect(page.locator("[data-count]")).to_have_attribute("data-count", "1")
    page.goto(f"/dashboard/?organization={branch.code}&period={QUARTER}")
    expect(page.get_by_text("到会 5 ÷ 应到 6 人次")).to_be_visible()


@pytest.mark.skipif(not has_fonts(), reason="needs fonts-noto-cjk to draw the picture")
def test_a_photograph_fills_the_form_in(secretary, branch, signed_in, settings, tmp_path):
    settings.READ_PICTURES = True
    lines = extract_text(MINUTES.read_bytes(), MINUTES.name).split("\n")
    picture = tmp_path / "会议记录.jpg"
    picture.write_bytes(photograph(Sample("photograph", text="\n".join(lines)), SHOTS[1]))
    page = signed_in(secretary.username)
    page.goto("/activities/upload/")
    page.locator("input[name=photo]").set_input_files(picture)
    page.get_by_role("button", name="上传并读取").click()
    for label, value in (("日期", "2026-09-15"), ("主持人", "蒋燕博"), ("记录人", "姚娜")):
        expect(page.get_by_label(label).first).to_have_value(value)
    expect(page.get_by_alt_text("上传的照片，点开看大图")).to_be_visible()
