"""The calendar by month and day, its feed, and the reminder of minutes that are due."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import AuditEntry, Posting
from accounts.roles import Role
from activities.models import Activity, CalendarFeed
from branches.panels.todos import todos_of
from tests.activities.plans import make_plan
from tests.factories import ActivityFactory, sign_in, street

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 10)
Status = Activity.Status


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: TODAY)


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def secretary(client, town):
    return sign_in(client, Role.BRANCH_SECRETARY, town.branch)


def address(organization, **asked):
    query = "".join(f"&{name}={value}" for name, value in asked.items())
    return f"{reverse('activities:calendar')}?organization={organization.code}{query}"


def test_it_works(client, town, secretary, text_of):
    for day, status in ((3, Status.CONFIRMED), (4, Status.SUBMITTED), (5, Status.RETURNED), (6, Status.DRAFT)):
        ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 8, day), status=status)
    make_plan(town.branch, date(2026, 8, 7), "lecture")
    make_plan(town.branch, date(2026, 8, 20), "general")
    words = text_of(client.get(address(town.branch)))
    for said in (
        "主题党日 已确认",
        "主题党日 待确认",
        "主题党日 已退回",
        "主题党日 待交记录",
        "党课 未登记",
        "支部党员大会 计划",
    ):
        assert said in words
    assert "今天" in words


def test_months_follow_each_other_and_holidays_are_marked(client, town, secretary, text_of):
    page = client.get(address(town.branch, month="2026-12")).content.decode()
    assert "month=2026-11" in page
    assert "month=2027-01" in page
    october = text_of(client.get(address(town.branch, month="2026-10")))
    assert "1 休" in october
    assert "10 班" in october
    for wrong in ("2026-13", "2026", "x"):
        assert "2026年8月" in text_of(client.get(address(town.branch, month=wrong)))


def test_an_empty_month_says_what_to_do(client, town, secretary, text_of):
    assert "可以先 排年度计划" in text_of(client.get(address(town.branch)))


def test_a_community_sees_whose_and_a_street_how_many(client, town, text_of):
    sign_in(client, Role.OFFICE, town.committee)
    for branch in town.branches:
        ActivityFactory(organization=branch, kind="theme-day", date=date(2026, 8, 3))
    text = text_of(client.get(address(town.community)))
    assert "主题党日 已确认 第1党支部" in text, "the kind first, and the name without the community's"
    assert f"主题党日 已确认 {town.branch.label}" not in text
    assert "主题党日 4 已确认" in text_of(client.get(address(town.committee)))
    day = text_of(client.get(address(town.committee, day="2026-08-03")))
    assert day.count("主题党日") == 4


def test_a_full_day_leads_to_all_of_it(client, town, secretary, text_of):
    for n in range(6):
        ActivityFactory(organization=town.branch, date=date(2026, 8, 3), topic=f"会{n}")
    page = client.get(address(town.branch))
    assert "还有 2 项" in text_of(page)
    assert "day=2026-08-03" in page.content.decode()


def test_it_shows_only_what_is_in_scope(client, town, secretary, text_of):
    ActivityFactory(organization=town.branches[1], kind="theme-day", date=date(2026, 8, 3))
    assert "主题党日" not in text_of(client.get(address(town.branches[1])))


def test_a_month_costs_the_same_for_many(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)

    def cost():
        for n in range(20):
            ActivityFactory(organization=town.branch, date=date(2026, 8, n + 1))
            make_plan(town.branch, date(2026, 8, n + 1), "reading" if cost.again else "study")
        cost.again = True
        with CaptureQueriesContext(connection) as queries:
            client.get(address(town.community))
        return len(queries)

    cost.again = False
    client.get(address(town.community))
    assert cost() == cost()


def subscribed(client, organization):
    """Make a feed as a person would, and return its address as the page shows it once."""
    page = client.post(reverse("activities:feed-create"), {"organization": organization.code}, follow=True)
    return page.context["link"]


def events(response):
    return [str(event["summary"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]


def test_the_feed_says_kind_place_and_state_and_nothing_personal(client, town, secretary, text_of):
    ActivityFactory(
        organization=town.branch, date=date(2026, 8, 3), start_time=time(9), topic="讨论王某转正", chair="周明"
    )
    ActivityFactory(organization=town.branches[1], date=date(2026, 8, 3))
    make_plan(town.branch, date(2026, 8, 20), topic="接收李某")
    link = subscribed(client, town.branch)
    assert CalendarFeed.objects.get().digest not in link
    client.logout()
    response = client.get(link)
    assert response["Content-Type"].startswith("text/calendar")
    assert sorted(events(response)) == [
        f"主题党日（{town.branch.label}）计划",
        f"支部党员大会（{town.branch.label}）已确认",
    ]
    text = response.content.decode().replace("\r\n ", "")
    assert "20260803T010000Z" in text
    for name in ("王某", "李某", "周明"):
        assert name not in text


def test_the_address_is_shown_once_and_the_last_one_counts(client, town, secretary):
    first = subscribed(client, town.branch)
    assert first not in client.get(address(town.branch)).content.decode()
    second = subscribed(client, town.branch)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert CalendarFeed.objects.get().read_at is not None
    assert AuditEntry.objects.filter(model="activities.calendarfeed").count() == 2


def test_it_ends_with_the_posting_the_account_or_when_revoked(client, town, secretary):
    link = subscribed(client, town.branch)
    secretary.is_active = False
    secretary.save()
    assert client.get(link).status_code == 404
    secretary.is_active = True
    secretary.save()
    assert client.get(link).status_code == 200
    Posting.objects.update(end=date(2026, 8, 1))
    assert client.get(link).status_code == 404
    Posting.objects.update(end=None)
    client.force_login(secretary)
    feed = CalendarFeed.objects.get()
    assert client.post(reverse("activities:feed-revoke", args=[feed.pk])).status_code == 302
    assert client.get(link).status_code == 404


def test_nobody_revokes_anothers_or_subscribes_out_of_scope(client, town, secretary):
    CalendarFeed.objects.create(user=secretary, organization=town.branch, digest="x")
    sign_in(client, Role.OFFICE, town.committee)
    feed = CalendarFeed.objects.get()
    assert client.post(reverse("activities:feed-revoke", args=[feed.pk])).status_code == 404
    sign_in(client, Role.BRANCH_SECRETARY, town.branches[1])
    answer = client.post(reverse("activities:feed-create"), {"organization": town.branch.code})
    assert answer.status_code == 404


def test_guessing_is_slowed_down(client, db):
    statuses = [client.get(reverse("activities:feed", args=[f"wrong{n}"])).status_code for n in range(31)]
    assert statuses == [404] * 30 + [429]


@pytest.mark.parametrize(("day", "said"), [(3, True), (4, True), (5, True), (2, False), (6, False)])
def test_minutes_are_asked_for_two_days_before_their_last(town, secretary, day, said):
    ActivityFactory(organization=town.branch, date=date(2026, 8, day), status=Status.DRAFT)
    texts = [todo.text for todo in todos_of(town.branch, secretary, TODAY)]
    assert (f"08-0{day} 支部党员大会的会议记录快到提交期限" in texts) is said
