"""Long lists: the last page from behind, the count from the sheets, and both the same as the plain way."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from activities.models import Activity
from ledgers import facts, ledger, paging
from ledgers.ledger import Query
from ledgers.paging import Pages, Total, count
from ledgers.period import Period
from members.models import Member
from tests.factories import (
    ActivityFactory,
    MemberFactory,
    Street,
    UserFactory,
    sign_in,
    street,
    superuser,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Street:
    return street(2, 1)


@pytest.mark.parametrize("total", [1, 19, 20, 21, 39, 40, 41, 60, 61])
def test_each_page_holds_what_a_plain_paginator_holds(place: Street, total: int) -> None:
    MemberFactory.create_batch(total, branch=place.branch)
    rows = Member.objects.order_by("name", "pk")
    plain, pages = Paginator(rows, 20), Pages(rows, 20, Total(total))
    assert pages.num_pages == plain.num_pages
    for number in plain.page_range:
        page = pages.page(number)
        found = list(page.object_list)[:: -1 if page.backwards else 1]  # type: ignore[attr-defined]
        assert found == list(plain.page(number).object_list)


def test_the_last_page_lists_the_last_rows_in_order(client: Client, place: Street) -> None:
    people = MemberFactory.create_batch(45, branch=place.branch)
    sign_in(client, Role.OFFICE, place.committee)
    page = client.get("/ledgers/members/", {"page": 3})
    assert [line.key for line in page.context["lines"]] == [person.pk for person in people[40:]]


class TestCount:
    @pytest.fixture(autouse=True)
    def people(self, place: Street) -> None:
        MemberFactory.create_batch(3, branch=place.branch)
        MemberFactory(branch=place.branches[1], category="probationary", joined_on=timezone.localdate())

    def known(self, place: Street, **asked: Any) -> int | None:
        """Return what the sheets say."""
        return paging._from_sheets(ledger.get("members"), Query(place.committee, **asked), superuser())

    def test_is_taken_from_fresh_sheets(self, place: Street) -> None:
        assert self.known(place) is None
        facts.of(place.committee, Period.containing(timezone.localdate()))
        assert self.known(place) == 4
        assert self.known(place, filters={"category": "probationary"}) in (None, 1)
        MemberFactory(branch=place.branch)
        assert self.known(place) is None
        register, user = ledger.get("members"), superuser()
        query = Query(place.committee)
        assert count(register, query, user, register.rows(query, user)).number == 5

    def test_leaves_out_what_only_begins_later_this_month(self, place: Street) -> None:
        today = timezone.localdate()
        month = Period.containing(today)
        MemberFactory(branch=place.branch, joined_on=month.end)
        other = Member.objects.first()
        assert other is not None
        other.memberships.update(end=month.end, left_by="transferred")
        facts.of(place.committee, month)
        assert self.known(place) == ledger.get("members").rows(Query(place.committee)).count()
        assert (
            self.known(place, on=month.end) == ledger.get("members").rows(Query(place.committee, on=month.end)).count()
        )

    def test_is_not_taken_for_a_reader_of_less(self, place: Street) -> None:
        facts.of(place.committee, Period.containing(timezone.localdate()))
        assert paging._from_sheets(ledger.get("members"), Query(place.committee), UserFactory()) is None

    def test_is_not_taken_for_a_search_or_a_gap(self, place: Street) -> None:
        facts.of(place.committee, Period.containing(timezone.localdate()))
        assert self.known(place, text="赵") is None
        assert self.known(place, filters={"gap": "phone"}) is None


def test_a_past_months_end_is_known_from_its_sheet(client: Client, place: Street) -> None:
    MemberFactory(branch=place.branch, joined_on=date(2020, 1, 1))
    day = Period.containing(timezone.localdate()).start - timedelta(days=1)
    facts.of(place.committee, Period.containing(day))
    superuser(client)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/ledgers/members/", {"on": day.isoformat(), "organization": place.committee.code})
    assert page.context["page"].paginator.count == 1
    assert not [q for q in queries if "COUNT(" in q["sql"] and 'FROM "members_membership"' in q["sql"]]


def test_what_happened_in_months_is_known_from_their_sheets(place: Street) -> None:
    for day in (date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 1)):
        ActivityFactory(organization=place.branch, kind="general", date=day, status="confirmed")
    quarter, user = Period.parse("2026Q3"), superuser()
    fact = facts.get("meetings.general")
    query = fact.query(place.committee, quarter)
    register = fact.register
    assert paging._from_sheets(register, query, user) is None
    facts.of(place.committee, quarter)
    assert paging._from_sheets(register, query, user) == register.rows(query, user).count() == 2
    ActivityFactory(organization=place.branch, kind="general", date=date(2026, 8, 1), status="confirmed")
    assert paging._from_sheets(register, query, user) is None
    assert count(register, query, user, register.rows(query, user)).number == 3


def test_a_list_of_all_times_is_counted_and_paged_through_up_to_a_limit(
    client: Client, place: Street, monkeypatch: pytest.MonkeyPatch, text_of: Any
) -> None:
    monkeypatch.setattr(paging, "MOST", 45)
    monkeypatch.setattr(paging, "FIRST", 30)
    sign_in(client, Role.OFFICE, place.committee)
    made = [ActivityFactory(organization=place.branch, date=date(2026, 1, 1) + timedelta(days=n)) for n in range(50)]
    page = client.get("/ledgers/activities/", {"period": "all", "page": 99})
    assert "共超过 45 次，可以翻看前 30 次" in text_of(page)
    assert [line.key for line in page.context["lines"]] == [one.pk for one in made[29:19:-1]]
    page = client.get("/ledgers/activities/", {"period": "2026"})
    assert "共 50 次" in text_of(page)
    Activity.objects.filter(pk__in=[one.pk for one in made[:5]]).delete()
    assert "共 45 次" in text_of(client.get("/ledgers/activities/", {"period": "all"}))
