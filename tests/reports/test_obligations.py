"""What branches owe, what of it is due, and the 落实率."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import engine
from assessments.models import LocalSetting
from ledgers.ledger import get
from ledgers.period import Period
from reports.obligations import DUTIES, Book, Share, share
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, street

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
AFTER = date(2026, 10, 1)


@pytest.fixture
def place():
    return street(1, 2)


def book(place, today=AFTER, months=None):
    return Book(place.committee, months or list(Q3.months()), today)


def of(place, kind, **kwargs):
    return [o for o in book(place, **kwargs).of(Q3) if o.duty.kind == kind]


def test_it_works(place):
    """Two small branches owe a general meeting, a lecture and three theme days each; the committee meeting none."""
    ActivityFactory(organization=place.branch, kind="general", date=date(2026, 7, 1))
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 9, 30))
    one = share(book(place).of(Q3))
    assert one == Share(met=2, due=10)
    assert one.percent == Decimal("20.0")
    assert one.missed == 8


def test_agrees_with_the_rules(place):
    for number in range(7):
        MemberFactory(branch=place.branch, name=f"王{number}")
    for month in (7, 9):
        ActivityFactory(organization=place.branch, kind="committee", date=date(2026, month, 2))
    missed = {(o.duty.rule, o.branch.pk, o.part.code) for o in book(place).of(Q3) if o.is_missed}
    broken = engine.check(place.committee, Q3, [duty.rule for duty in DUTIES])
    assert missed == {(v.rule, v.organization.pk, code) for v in broken for code in v.months}


@pytest.mark.parametrize(("members", "owed"), [(6, 0), (7, 3)])
def test_committee_meetings_are_owed_from_seven_full_members_on(place, members, owed):
    for number in range(members):
        MemberFactory(branch=place.branch, name=f"王{number}")
    assert len(of(place, "committee")) == owed


@pytest.mark.parametrize(("today", "due"), [(date(2026, 9, 30), 4), (date(2026, 10, 1), 10)])
def test_nothing_is_due_before_its_month_or_quarter_is_over(place, today, due):
    assert share(book(place, today=today).of(Q3)).due == due


def test_a_meeting_held_early_counts_on_neither_side_until_it_is_due(place):
    ActivityFactory(organization=place.branch, kind="general", date=date(2026, 9, 1))
    assert share(o for o in of(place, "general", today=date(2026, 9, 15))) == Share(0, 0)


def test_a_branch_founded_during_the_period_owes_nothing_yet(place):
    OrganizationFactory(parent=place.community, established=date(2026, 7, 2))
    assert len(of(place, "general")) == 2


def test_drafts_do_not_count(place):
    ActivityFactory(organization=place.branch, kind="general", status="draft")
    assert share(of(place, "general")).met == 0


def test_the_street_may_ask_for_more_lectures(place):
    LocalSetting(organization=place.committee, key="lectures-a-quarter", value=2).record()
    ActivityFactory(organization=place.branch, kind="lecture")
    one = of(place, "lecture")[0]
    assert (one.held, one.required, one.is_met) == (1, 2, False)


def test_a_month_asks_for_what_is_monthly_only(place):
    assert {o.duty.kind for o in book(place).of(Period.parse("2026-08"))} == {"theme-day"}


def test_an_obligation_leads_to_its_own_rows(place):
    """What its groups held counts for it, as its facts and its rules count it."""
    group = OrganizationFactory(parent=place.branch, kind="group", name="第一党小组")
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 7, 5))
    ActivityFactory(organization=group, kind="theme-day", date=date(2026, 7, 6))
    one = of(place, "theme-day")[0]
    assert one.held == 2
    log = get("activities")
    query = log.query({"period": "2026-07", "kind": "theme-day", "status": "counted"}, organization=one.branch)
    assert log.url(query) == one.url
    assert log.rows(query).count() == one.held


def test_nothing_due_has_no_percentage():
    assert Share(0, 0).percent is None


def test_queries_do_not_grow_with_the_branches(place):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read = book(place)
            read.of(Q3)
            assert read.parts_of
        return len(queries)

    count()
    few = count()
    for number in range(10):
        OrganizationFactory(parent=place.community, name=f"新{number}支部")
    count()
    assert count() == few <= 12
