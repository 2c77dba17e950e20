"""Premises: the record, its ledger, its pages, and communities marked short."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Shortage, Venue
from ledgers import facts, undoing
from ledgers.period import Period
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.places import make_shortage, make_venue
from tests.conftest import shown
from tests.factories import sign_in, superuser

Q3 = Period.parse("2026Q3")
HEADERS = ("组织编码", "阵地名称", "性质", "面积", "租借开始", "租借到期", "启用日期")


def test_it_works(client, town, office, fill_in, text_of):
    response = fill_in(
        reverse("branches:venue-create") + f"?organization={town.community.code}",
        name="党群服务中心",
        tenure="rented",
        area="320.5",
        lease_end="2027-03-01",
        opened_on="2020-01-01",
    )
    venue = Venue.objects.get()
    assert response.url == venue.get_absolute_url()
    assert venue.organization == town.community
    assert AuditEntry.objects.filter(model="branches.venue", action="create").count() == 1
    words = text_of(client.get(response.url))
    assert "党群服务中心 租赁" in words
    assert "320.50 平方米" in words
    assert facts.of(town.committee, Q3)["venues.rented"] == 1


def test_the_organisations_page_shows_it(client, town, office, text_of, today):
    make_venue(town.community, name="旧楼", tenure="rented", lease_end=date(2026, 12, 1))
    make_shortage(town.community, situation="没有议事厅")
    words = text_of(client.get(town.community.get_absolute_url()))
    assert "旧楼 租赁，100 平方米 租期还有 8 天" in words
    assert "阵地不足 没有议事厅" in words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tenure": "own", "lease_end": "2027-01-01"}, "自有的阵地不填租借日期"),
        ({"tenure": "rented", "lease_start": "2026-01-02", "lease_end": "2026-01-01"}, "早于租借开始"),
        ({"tenure": "own", "area": "0"}, "面积应大于 0"),
        ({"tenure": "own", "opened_on": "2026-01-01", "closed_on": "2026-01-01"}, "应晚于启用日期"),
        ({"tenure": "own", "name": "旧楼"}, "已经登记过同名的阵地"),
    ],
)
def test_what_is_wrong_is_said(client, town, office, fill_in, text_of, fields, words):
    make_venue(town.community, name="旧楼")
    page = fill_in(
        reverse("branches:venue-create") + f"?organization={town.community.code}", **{"name": "新楼"} | fields
    )
    assert page.status_code == 200
    assert words in text_of(page)
    assert Venue.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"tenure": "own", "lease_end": date(2027, 1, 1)},
        {"tenure": "rented", "lease_start": date(2026, 1, 2), "lease_end": date(2026, 1, 1)},
        {"area": 0},
        {"closed_on": date(2015, 1, 1)},
    ],
)
def test_the_database_refuses_it_too(town, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_venue(town.community, **fields)


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("branches:venue-edit", args=[make_venue(town.community).pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"name": "甲"})
    page = client.post(edit, other | {"name": "乙"})
    assert "李办刚刚修改了这条记录" in text_of(page)
    assert Venue.objects.get().name == "甲"
    client.post(edit, shown(page))
    assert Venue.objects.get().name == "乙"


def test_pressed_twice_it_is_one(client, town, office):
    url = reverse("branches:venue-create") + f"?organization={town.community.code}"
    typed = shown(client.get(url)) | {"name": "甲", "tenure": "own"}
    assert client.post(url, typed).url == client.post(url, typed).url
    assert Venue.objects.count() == 1


def test_out_of_scope_is_not_there(client, town, secretary):
    other = make_venue(town.branches[1])
    for name in ("venue", "venue-edit"):
        assert client.get(reverse(f"branches:{name}", args=[other.pk])).status_code == 404
    assert client.post(reverse("branches:venue-delete", args=[other.pk])).status_code == 404
    own = reverse("branches:venue-create")
    assert client.post(own, {"organization": town.branches[1].pk, "name": "甲", "tenure": "own"}).status_code == 200
    assert Venue.objects.count() == 1


def test_a_leader_reads_and_changes_nothing(client, town, text_of):
    sign_in(client, Role.LEADER, town.committee)
    venue = make_venue(town.community)
    assert "编辑" not in text_of(client.get(venue.get_absolute_url()))
    assert client.get(reverse("branches:venue-edit", args=[venue.pk])).status_code == 404


def test_a_venue_is_deleted_with_its_trace(client, town, office):
    venue = make_venue(town.community)
    assert client.post(reverse("branches:venue-delete", args=[venue.pk])).status_code == 302
    assert not Venue.objects.exists()
    assert AuditEntry.objects.filter(model="branches.venue", action="delete").count() == 1
    assert facts.of(town.committee, Q3)["venues.total"] == 0


@pytest.mark.parametrize(("closed", "total"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_the_day_of_closing_no_longer_counts(town, closed, total):
    make_venue(town.community, closed_on=closed)
    assert facts.of(town.committee, Q3)["venues.total"] == total


def test_only_communities_count_as_short_and_a_past_quarter_stays(town):
    make_shortage(town.community)
    make_shortage(town.branch)
    assert facts.of(town.committee, Q3)["venues.short"] == 1
    held = Shortage.objects.get(organization=town.community)
    held.solved_on, held.plan = date(2026, 10, 1), "租了二楼"
    held.record()
    assert facts.of(town.committee, Q3)["venues.short"] == 1
    assert facts.of(town.committee, Period.parse("2026-10"))["venues.short"] == 0


def test_a_shortage_is_marked_and_solved_on_the_page(client, town, office, fill_in, text_of):
    url = reverse("branches:shortage-create") + f"?organization={town.community.code}"
    fill_in(url, since="2026-03-01", situation="没有活动室")
    shortage = Shortage.objects.get()
    edit = reverse("branches:shortage-edit", args=[shortage.pk])
    assert "请写明是怎样解决的" in text_of(fill_in(edit, solved_on="2026-09-01"))
    fill_in(edit, solved_on="2026-09-01", plan="与学校共用")
    assert "已解决" in text_of(client.get(shortage.get_absolute_url()))
    again = fill_in(url, since="2026-08-31", situation="又不够了")
    assert "时间重叠" in text_of(again)
    fill_in(url, since="2026-09-01", situation="又不够了")
    assert Shortage.objects.count() == 2


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    rows = [
        HEADERS,
        [town.community.name, "服务中心", "自建", "1,200㎡".removesuffix("㎡"), "", "", "2015.7"],
        [town.branch.code, "活动室", "租用", 60, "2024-01-01", "2026-12-31", ""],
    ]
    assert take_in("venues", user, *rows).counts == {"new": 2}
    assert take_in("venues", user, *rows).counts == {"same": 2}
    assert take_in_file("venues", user, export("venues", user)).counts == {"same": 2}
    venue = Venue.objects.get(name="活动室")
    assert (venue.organization, venue.tenure, venue.lease_end) == (town.branch, "rented", date(2026, 12, 31))
    assert facts.of(town.committee, Q3)["venues.area"] == 1260


def test_an_import_says_what_is_wrong_and_can_be_taken_back(town):
    user = superuser()
    make_venue(town.community, name="老楼", tenure="rented", lease_end=date(2027, 1, 1))
    analysis = take_in(
        "venues",
        user,
        HEADERS,
        [town.community.code, "新楼", "自有", -5, "", "2027-01-01", ""],
        [town.community.code, "老楼", "自有", 90, "", "", ""],
        [town.community.code, "好楼", "借用", 90, "", "", ""],
    )
    found = messages(analysis)
    assert set(found) == {2, 3}
    assert "自有的阵地不填租借日期" in found[3]
    undoing.undo(analysis.batch, user)
    assert [v.name for v in Venue.objects.all()] == ["老楼"]


def test_shortages_round_trip_and_do_not_overlap(town):
    user = superuser()
    headers = ("社区", "认定日期", "不足情况", "解决办法", "解决日期")
    rows = [headers, [town.community.code, "2025-01-01", "太小", "扩建", "2025-06-01"]]
    assert take_in("shortages", user, *rows).counts == {"new": 1}
    assert take_in("shortages", user, *rows).counts == {"same": 1}
    assert take_in_file("shortages", user, export("shortages", user, all="1")).counts == {"same": 1}
    analysis = take_in(
        "shortages",
        user,
        headers,
        [town.community.code, "2025-05-31", "又小", "", ""],
        [town.community.code, "2025-06-01", "又小", "", ""],
        [town.community.code, "2026-01-01", "还小", "", ""],
    )
    assert set(messages(analysis)) == {2, 4}
    assert analysis.counts["new"] == 1


def test_the_board_leads_to_the_rows_and_costs_the_same_for_many(client, town, office, today, text_of):
    url = reverse("branches:venue-board") + "?period=2026Q3"
    for community in town.communities:
        make_venue(community)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        page = client.get(url)
    assert "S第1社区党委 1 1 0 0 0 100.00 0" in text_of(page)
    assert f"/ledgers/venues/?organization={town.community.code}&amp;on=2026-09-30" in page.content.decode()
    for community in town.communities:
        for _ in range(10):
            make_venue(community)
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(few) == len(many)
