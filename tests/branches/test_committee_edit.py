from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from branches.models import CommitteeSeat
from tests.conftest import shown
from tests.factories import CommitteeFactory, MemberFactory, SeatFactory


@pytest.fixture
def committee(town):
    made = CommitteeFactory(organization=town.branch)
    SeatFactory(committee=made, name="周明")
    SeatFactory(committee=made, name="吴兰", post="publicity")
    return made


@pytest.fixture
def edit(committee):
    return reverse("branches:committee-edit", args=[committee.pk])


def test_it_works(client, office, committee, edit, fill_in):
    response = fill_in(edit, number="第一届（届中）", **{"seats-1-post": "discipline", "seats-2-name": "郑新"})
    assert response.url == committee.get_absolute_url()
    committee.refresh_from_db()
    assert committee.number == "第一届（届中）"
    assert [(s.post, s.name) for s in committee.seats.all()] == [
        ("secretary", "周明"),
        ("discipline", "吴兰"),
        ("member", "郑新"),
    ]


def test_a_seat_is_deleted_with_its_trace(client, office, committee, edit, fill_in):
    from accounts.models import AuditEntry

    fill_in(edit, **{"seats-1-DELETE": "on"})
    assert [s.name for s in committee.seats.all()] == ["周明"]
    assert AuditEntry.objects.filter(action="delete", model="branches.committeeseat").count() == 1


def test_a_save_that_changes_nothing_leaves_no_trace(client, office, committee, edit, fill_in):
    version = committee.version
    fill_in(edit)
    committee.refresh_from_db()
    assert committee.version == version


def test_of_two_editors_of_the_seats_the_second_is_told(client, office, committee, edit, text_of):
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"seats-1-name": "冯一"})
    response = client.post(edit, other | {"seats-1-name": "陈二"})
    words = text_of(response)
    assert "李办刚刚修改了这条记录" in words
    assert "成员 书记 周明、宣传委员 冯一 书记 周明、宣传委员 陈二" in words
    assert CommitteeSeat.objects.get(post="publicity").name == "冯一"
    client.post(edit, shown(response))
    assert CommitteeSeat.objects.get(post="publicity").name == "陈二"


def test_a_corrected_start_takes_the_end_of_the_one_before_along(client, town, office, committee, edit, fill_in):
    earlier = CommitteeFactory(
        organization=town.branch, number="上届", start=date(2022, 1, 1), ended_on=committee.start
    )
    fill_in(edit, start="2025-03-08")
    earlier.refresh_from_db()
    assert earlier.ended_on == date(2025, 3, 8)


def test_who_has_left_the_register_stays_the_one_meant(client, town, office, committee, edit, fill_in):
    member = MemberFactory(branch=town.branch, name="孙走")
    SeatFactory(committee=committee, member=member, post="organization")
    member.leave("transferred", date(2026, 6, 1))
    fill_in(edit, **{"seats-2-left_on": "2026-06-01"})
    seat = CommitteeSeat.objects.get(post="organization")
    assert (seat.member, seat.left_on) == (member, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ended_on": "2025-03-01"}, "结束日期应晚于任职开始"),
        ({"seats-0-since": "2026-01-02", "seats-0-left_on": "2026-01-01"}, "离任日期早于任职日期"),
        ({"seats-0-DELETE": "on", "seats-1-DELETE": "on"}, "请至少填一名委员"),
        ({"seats-2-name": "吴兰", "seats-2-post": "publicity"}, "重复"),
    ],
)
def test_what_is_wrong_is_said(client, office, committee, edit, fill_in, text_of, changes, words):
    response = fill_in(edit, **changes)
    assert response.status_code == 200
    assert words in text_of(response)
    assert committee.seats.count() == 2


def test_out_of_scope_is_not_there(client, town, secretary):
    other = CommitteeFactory(organization=town.branches[1])
    assert client.get(reverse("branches:committee-edit", args=[other.pk])).status_code == 404


def test_queries_do_not_grow_with_the_seats(client, office, committee, edit, fill_in):
    with CaptureQueriesContext(connection) as few:
        client.get(edit)
    for post in ("organization", "discipline", "united-front", "youth", "member"):
        SeatFactory(committee=committee, post=post)
    with CaptureQueriesContext(connection) as many:
        client.get(edit)
    assert len(few) == len(many)


def seats(committee):
    return [(s.pk, s.post, s.name) for s in committee.seats.order_by("post")]


def test_rows_typed_in_another_order_are_the_same_seats(client, office, committee, edit, fill_in):
    before = seats(committee)
    filled = {"seats-0-post": "publicity", "seats-0-name": "吴兰", "seats-1-post": "secretary", "seats-1-name": "周明"}
    assert fill_in(edit, **filled).url == committee.get_absolute_url()
    assert seats(committee) == before


def test_one_moves_up_and_another_comes_in_behind(client, office, committee, edit, fill_in):
    kept = committee.seats.get(name="吴兰")
    filled = {"seats-0-post": "publicity", "seats-0-name": "吴兰", "seats-1-post": "member", "seats-1-name": "郑新"}
    assert fill_in(edit, **filled).url == committee.get_absolute_url()
    assert [(p, n) for _, p, n in seats(committee)] == [("member", "郑新"), ("publicity", "吴兰")]
    assert committee.seats.get(name="吴兰").pk == kept.pk


def test_a_counter_that_somebody_wrote_over_makes_nobody_twice(client, office, committee, edit, fill_in):
    before = seats(committee)
    response = fill_in(edit, **{"seats-INITIAL_FORMS": "0"})
    assert response.status_code in (200, 302)
    assert seats(committee) == before
