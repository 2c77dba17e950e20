from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from branches.models import CommitteeSeat
from tests.conftest import shown
from tests.factories import CommitteeFactory, MemberFactory, SeatFactory, sign_in


@pytest.fixture
def seat(town):
    committee = CommitteeFactory(organization=town.branch)
    return SeatFactory(committee=committee, member=MemberFactory(branch=town.branch, name="周明"))


@pytest.fixture
def change(seat):
    return reverse("branches:seat-change", args=[seat.pk])


def held(day):
    return [s.name for s in CommitteeSeat.objects.held_on(day)]


def test_it_works(client, town, office, seat, change, fill_in):
    successor = MemberFactory(branch=town.branch, name="吴兰")
    response = fill_in(change, left_on="2026-06-01", successor="吴兰")
    assert response.url == seat.committee.get_absolute_url()
    made = CommitteeSeat.objects.get(name="吴兰")
    assert (made.post, made.member, made.since) == ("secretary", successor, date(2026, 6, 1))
    assert held(date(2026, 5, 31)) == ["周明"]
    assert held(date(2026, 6, 1)) == ["吴兰"]


def test_a_seat_may_stay_vacant(client, office, seat, change, fill_in):
    fill_in(change, left_on="2026-06-01", successor="")
    assert held(date(2026, 6, 1)) == []


def test_the_ledger_shows_who_held_it_on_a_day(client, office, seat, change, fill_in):
    from ledgers import ledger

    fill_in(change, left_on="2026-06-01", successor="郑新")
    rows = ledger.get("committees").rows(ledger.Query(on=date(2026, 5, 31)))
    assert [s.name for s in rows] == ["周明"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"left_on": "2025-02-28"}, "离任日期早于任职日期 2025-03-01"),
        ({"left_on": ""}, "离任日期"),
        ({"left_on": "2026-06-01", "successor": "周明"}, "已经登记过这个职务"),
    ],
)
def test_what_is_wrong_is_said(client, office, seat, change, fill_in, text_of, given, words):
    response = fill_in(change, **given)
    assert response.status_code == 200
    assert words in text_of(response)
    assert CommitteeSeat.objects.get().left_on is None


def test_pressed_twice_there_is_one_successor(client, office, seat, change):
    data = shown(client.get(change)) | {"left_on": "2026-06-01", "successor": "郑新"}
    assert client.post(change, data).url == client.post(change, data).url == seat.committee.get_absolute_url()
    assert client.get(change).url == seat.committee.get_absolute_url()
    assert CommitteeSeat.objects.filter(name="郑新").count() == 1


def test_who_edits_the_committee_meanwhile_is_told(client, office, seat, change, fill_in, text_of):
    edit = reverse("branches:committee-edit", args=[seat.committee_id])
    open_page = shown(client.get(edit))
    fill_in(change, left_on="2026-06-01", successor="郑新")
    assert "刚刚修改了这条记录" in text_of(client.post(edit, open_page | {"number": "第九届"}))


def test_out_of_scope_is_not_there(client, town, seat, change):
    sign_in(client, Role.BRANCH_SECRETARY, town.branches[1])
    assert client.get(change).status_code == 404
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(change).status_code == 404
