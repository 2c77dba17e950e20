"""The review grid by keyboard and from Excel: a block of scores pasted, rows walked, all ticked, passed."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.acting import acting_as
from assessments import assessing
from assessments.models import Assessment, SheetLine
from assessments.schemes.document import read
from assessments.schemes.versions import draft
from ledgers.period import Period
from tests.assessments.schemes import indicator, manual, scheme
from tests.browser.conftest import PASTE, at_both_sizes
from tests.factories import PostingFactory, UserFactory, street

pytestmark = [pytest.mark.browser, at_both_sizes]
GRADED = indicator("A1", 60, kind="graded", levels={"好": 1, "中": 0.5, "差": 0})


@pytest.fixture
def office(portal):
    """The office of a street of two branches whose sheets of the third quarter of 2025 wait for its review."""
    place = street(1, 2)
    user = PostingFactory(user=UserFactory(), role="office", organization=place.committee).user
    with acting_as(user):
        judged = draft(place.committee, read(scheme(GRADED, manual("A2", 40)))).put_in_force(Period.parse("2025Q1"))
        assessing.draw_up(judged, Period.parse("2025Q3"))
        for sheet in judged.assessments.all():
            assessing.score_oneself(sheet, {"A2": (Decimal(40), "")})
        assessing.pass_on(judged.assessments.all())
    return user


def test_it_works(office, signed_in):
    sheets = Assessment.objects.visible_to(office)  # the database holds those of other tests as well
    page = signed_in(office.username)
    page.goto("/assessments/review/")
    values = page.locator("tbody [name^='v-']")
    expect(values).to_have_count(4)
    expect(page.get_by_text("自评 40")).to_have_count(2)

    values.nth(0).evaluate("(field, text) => (" + PASTE + ")([field, text])", "好\t40\n中\t39\n")
    expect(page.locator("[data-paste-note]")).to_contain_text("已粘贴 4 格")
    expect(values.nth(3)).to_have_value("39")
    values.nth(1).press("Enter")
    expect(values.nth(3)).to_be_focused()
    values.nth(3).press("ArrowUp")
    expect(values.nth(1)).to_be_focused()

    page.get_by_label("本页全部通过").check()
    page.get_by_role("button", name="保存，打勾的通过").click()
    expect(page.get_by_text("低于满分要写明理由").first).to_be_attached()  # nothing was kept, nothing typed was lost
    assert not SheetLine.objects.filter(assessment__in=sheets).exclude(share=None).exists()
    expect(values.nth(3)).to_have_value("39")
    page.locator("tbody [name^='r-']").nth(3).fill("缺一本台账")
    page.get_by_label("本页全部通过").check()
    page.get_by_role("button", name="保存，打勾的通过").click()
    expect(page.get_by_text("2 份已通过")).to_be_visible()
    assert set(sheets.order_by().values_list("state", flat=True)) == {"decision"}
    assert date.today() > sheets.first().ends_on
