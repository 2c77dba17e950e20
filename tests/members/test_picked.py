"""What is done with ticked rows, and the member card."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.roles import Role
from members.models import Honor, Member
from members.panels.cards import MOST, cards_of
from tests.factories import (
    ActivityFactory,
    AttendanceFactory,
    CommitteeFactory,
    DuesChargeFactory,
    MemberFactory,
    SeatFactory,
    Street,
    sign_in,
)

from .people import check_in, serve

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(place: Street) -> list[Member]:
    return MemberFactory.create_batch(3, branch=place.branch, phone="13912345678", address="和平路 1 号")


def test_it_works(client: Client, office: Any, people: list[Member], text_of: Any) -> None:
    page = client.get("/ledgers/members/")
    assert page.content.decode().count('name="pk"') == 3
    assert "打印党员卡" in text_of(page)
    assert "调整党小组" in text_of(page)


def test_nobody_is_offered_what_they_may_not_do(client: Client, place: Street, people: Any, text_of: Any) -> None:
    sign_in(client, Role.LEADER, place.committee)
    text = text_of(client.get("/ledgers/members/"))
    assert "打印党员卡" in text
    assert "调整党小组" not in text


def test_a_ledger_without_actions_has_no_boxes(client: Client, place: Street, office: Any) -> None:
    ActivityFactory(organization=place.branch)
    assert 'name="pk"' not in client.get("/ledgers/activities/", {"period": "all"}).content.decode()


def test_the_ticked_rows_are_exported_and_no_others(client: Client, office: Any, people: list[Member]) -> None:
    response = client.get("/ledgers/members/export.xlsx", {"pk": [people[0].pk, people[2].pk]})
    rows = load_workbook(BytesIO(b"".join(response.streaming_content))).active.iter_rows(values_only=True)  # type: ignore[attr-defined]
    names = {row[1] for row in rows}
    assert {people[0].name, people[2].name} <= names
    assert people[1].name not in names


@pytest.mark.parametrize("ticked", ["x", "1,x", "²", "1" * 30])
def test_nonsense_for_a_tick_is_told(client: Client, office: Any, people: Any, ticked: str) -> None:
    assert client.get("/ledgers/members/", {"pk": ticked}).status_code == 400


def test_the_group_is_set_for_all_with_a_trace(client: Client, office: Any, people: list[Member]) -> None:
    keys = [person.pk for person in people[:2]]
    assert client.get("/members/group/", {"pk": keys}).status_code == 200
    response = client.post("/members/group/", {"pk": keys, "group_name": " 第一党小组 "})
    assert response.status_code == 302
    assert list(Member.objects.order_by("pk").values_list("group_name", flat=True)) == ["第一党小组", "第一党小组", ""]
    assert AuditEntry.objects.filter(action="change", model="members.member").count() == 2


def test_whom_one_may_not_edit_stays_as_they_are(client: Client, place: Street, people: list[Member]) -> None:
    stranger = MemberFactory(branch=place.branches[1])
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    client.post("/members/group/", {"pk": [people[0].pk, stranger.pk], "group_name": "第一党小组"})
    stranger.refresh_from_db()
    assert stranger.group_name == ""


@pytest.mark.parametrize("url", ["/members/group/", "/members/cards/"])
def test_nothing_ticked_is_told(client: Client, office: Any, url: str) -> None:
    assert client.get(url)["Location"] == "/ledgers/members/"


def test_the_card_shows_everything_and_masks_what_is_sensitive(
    client: Client, place: Street, office: Any, people: list[Member], text_of: Any
) -> None:
    person = people[0]
    SeatFactory(committee=CommitteeFactory(organization=place.branch), member=person)
    AttendanceFactory(activity=ActivityFactory(organization=place.branch), member=person)
    DuesChargeFactory(member=person)
    Honor(organization=place.branch, member=person, date=date(2026, 7, 1), nature="honor", title="优秀党员").record()
    page = client.get(f"/members/{person.pk}/card/")
    text = text_of(page)
    for word in (person.name, place.branch.name, "书记", "优秀党员", "139****5678", "2026年"):
        assert word in text
    assert person.id_number not in page.content.decode()
    assert "和平路" not in text


def test_numbers_in_full_leave_a_trace(client: Client, office: Any, people: list[Member], text_of: Any) -> None:
    page = client.post("/members/cards/", {"pk": [person.pk for person in people]})
    for person in people:
        assert person.id_number in text_of(page)
    assert AuditEntry.objects.filter(action="reveal").count() == 3
    assert "no-store" in page["Cache-Control"]


def test_who_may_not_reveal_gets_no_numbers(client: Client, place: Street, people: list[Member]) -> None:
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert client.post(f"/members/{people[0].pk}/card/").status_code == 404
    assert not AuditEntry.objects.filter(action="reveal").exists()


def test_sanctions_are_for_those_who_may_read_them(client: Client, place: Street, people: Any, text_of: Any) -> None:
    Honor(
        organization=place.branch, member=people[0], date=date(2026, 7, 1), nature="sanction", title="党内警告"
    ).record()
    url = f"/members/{people[0].pk}/card/"
    sign_in(client, Role.LEADER, place.committee)
    assert "党内警告" not in text_of(client.get(url))
    sign_in(client, Role.OFFICE, place.committee)
    assert "党内警告" in text_of(client.get(url))


def test_cards_keep_to_the_scope(client: Client, place: Street, people: list[Member], text_of: Any) -> None:
    stranger = MemberFactory(branch=place.branches[1])
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert stranger.name not in text_of(client.get("/members/cards/", {"pk": [people[0].pk, stranger.pk]}))
    assert client.get(f"/members/{stranger.pk}/card/").status_code == 404


def test_no_more_than_two_hundred_at_once(client: Client, place: Street, office: Any) -> None:
    keys = [member.pk for member in MemberFactory.create_batch(MOST + 1, branch=place.branch)]
    assert client.get("/members/cards/", {"pk": ",".join(map(str, keys[:MOST]))}).status_code == 200
    assert client.get("/members/cards/", {"pk": ",".join(map(str, keys))}).status_code == 302


def test_cards_cost_as_many_queries_for_many(client: Client, place: Street, office: Any) -> None:
    def cost(members: list[Member]) -> int:
        params = {"pk": ",".join(str(member.pk) for member in members)}
        client.get("/members/cards/", params)
        with CaptureQueriesContext(connection) as queries:
            client.get("/members/cards/", params)
        return len(queries)

    people = MemberFactory.create_batch(20, branch=place.branch)
    for person in people:
        DuesChargeFactory(member=person)
    assert cost(people[:2]) == cost(people)


def test_the_card_counts_hours_as_the_ledger_does(place: Street, office: Any, people: list[Member]) -> None:
    member = people[0]
    serve(check_in(place.community, member), "2.5")
    for organization, state in ((place.branch, "present"), (place.branch, "leave"), (place.branches[-1], "present")):
        held = ActivityFactory(organization=organization, kind="volunteering", date=date(2026, 8, 4), hours=3)
        AttendanceFactory(activity=held, member=member, state=state)
    (card,) = cards_of([member], office)
    (row,) = next(rows for table, rows in card.tables if table.title == "社区报到")
    assert row[-1] == "5.5", "hand-written hours and the roll of the community, not of another one"


def test_cards_of_check_ins_cost_the_same_for_many(place: Street, office: Any, people: list[Member]) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            cards_of(people, office)
        return len(queries)

    serve(check_in(place.community, people[0]))
    few = cost()
    for member in people[1:]:
        serve(check_in(place.community, member))
    assert cost() == few
