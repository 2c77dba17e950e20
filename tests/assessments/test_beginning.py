"""The beginning of records: no judgement of the time before, no comparison with it."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from assessments import engine
from assessments.beginning import records_since
from assessments.models import LocalSetting
from ledgers.period import Period
from reports.investigation.building import build
from tests.factories import ActivityFactory, sign_in

from .factories import make_street

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(street):
    ActivityFactory(organization=street, kind="work-meeting", date=date(2025, 12, 9))
    return street


def test_records_begin_with_the_month_of_the_first_activity_of_the_street(begun):
    other = make_street("T")
    assert records_since(begun) == date(2025, 12, 1)
    assert records_since(other) is None


def test_the_office_may_set_a_later_month_but_no_earlier_one(begun):
    setting = LocalSetting(organization=begun, key="records-since", value=202603)
    setting.record()
    assert records_since(begun) == date(2026, 3, 1)
    setting.value = 202401
    setting.record()
    assert records_since(begun) == date(2025, 12, 1)


def test_a_period_before_the_records_is_not_judged_and_one_that_reaches_into_them_whole(begun):
    assert engine.check(begun, Period.parse("2025-11")) == []
    assert {v.rule for v in engine.check(begun, Period.parse("2025Q4"))} >= {"R50"}


def test_a_report_of_a_period_before_the_records_says_so_and_nothing_else(begun):
    report = build(begun, Period.parse("2024"))
    said = [one.text for one in report.statements()]
    assert said == ["党建工作记录从2025年12月开始，2024年没有记录，不作统计和评判。"]


def test_nothing_is_compared_with_a_period_that_the_records_cover_in_part(begun):
    ActivityFactory(organization=begun, kind="work-meeting", date=date(2026, 1, 9))
    text = str(build(begun, Period.parse("2026Q1")))
    assert "较上季度" not in text
    assert "党建工作记录从2025年12月开始，不与上季度比较" in text


def test_the_month_is_set_on_the_page_of_the_streets_own_numbers(client, begun, text_of):
    sign_in(client, Role.OFFICE, begun)
    client.post("/settings/local/", {"records-since": "2026-02"})
    assert LocalSetting.objects.get().value == 202602
    assert 'value="2026-02"' in client.get("/settings/local/").content.decode()
    assert "这个月还没有到" in text_of(client.post("/settings/local/", {"records-since": "2099-01"}))


@pytest.mark.parametrize("page", ["assessments:findings", "reports:dashboard"])
@pytest.mark.parametrize("period, words", [("2024Q1", "从2025年12月开始"), ("2099Q1", "还没有开始")])
def test_pages_say_why_a_period_has_nothing(client, begun, text_of, page, period, words):
    sign_in(client, Role.OFFICE, begun)
    assert words in text_of(client.get(reverse(page), {"organization": begun.code, "period": period}))


def test_a_report_of_a_period_to_come_is_refused(client, begun, text_of):
    sign_in(client, Role.OFFICE, begun)
    address = reverse("reports:investigation")
    response = client.post(address, {"organization": begun.code, "period": "2099Q1"}, follow=True)
    assert "2099年第一季度还没有开始" in text_of(response)
