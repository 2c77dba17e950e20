"""Findings on an organisation's page."""

import pytest
from django.template.loader import render_to_string

from assessments.panels.findings import PANELS
from ledgers.period import Period
from tests.factories import PostingFactory, UserFactory

from .factories import make_branch, make_street

Q3 = Period.parse("2026Q3")
pytestmark = pytest.mark.usefixtures("today", "reserve_cadre", "work_meetings")


def shown(organization, user) -> str:
    (panel,) = PANELS
    context = panel.context(organization, Q3, user)
    return "" if context is None else render_to_string(panel.template, {"panel": context})


@pytest.fixture
def user(street):
    return PostingFactory(user=UserFactory(), organization=street).user


def test_what_waits_the_serious_first(street, branch, user):
    page = shown(branch, user)
    assert "2026年第三季度未销号" in page
    assert page.index("支部党员大会每季度至少召开一次") < page.index("主题党日每月至少开展一次")
    assert "organization=B1&amp;period=2026Q3&amp;by=list" in page


def test_a_street_names_the_branches(street, branch, user):
    assert f"{branch.name}：" in shown(street, user)


def test_nothing_waits(street, user):
    assert "没有未销号的预警" in shown(street, user)


def test_not_for_strangers(user):
    assert shown(make_branch(make_street("T"), "T1"), user) == ""


def test_what_waits_from_earlier_periods_is_counted_too(branch, user):
    (panel,) = PANELS
    panel.context(branch, Period.parse("2026Q2"), user)
    now = panel.context(branch, Q3, user)
    assert now["all"] > now["count"]
    assert "连同以前时期" in shown(branch, user)
