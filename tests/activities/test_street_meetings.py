"""A street's own meetings: R50, its page and workbench, and where its observation tours went."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, TourStop
from activities.panels.street import street_meetings
from assessments import engine
from ledgers import facts, undoing
from ledgers.period import Period
from reports.investigation.building import build
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import ActivityFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
TODAY = date(2026, 9, 18)


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee, name="李办")


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: TODAY)
    return TODAY


@pytest.fixture
def tour(town):
    return ActivityFactory(organization=town.committee, kind="observation", date=date(2026, 8, 20), number="GM1")


def hold(town, *days, kind="work-meeting", **fields):
    return [ActivityFactory(organization=town.committee, kind=kind, date=day, **fields) for day in days]


# R50


@pytest.mark.parametrize(
    ("days", "detail"),
    [
        ((date(2026, 7, 1), date(2026, 8, 31), date(2026, 9, 30)), None),
        ((date(2026, 7, 31), date(2026, 9, 1)), "缺 2026年8月"),
        ((date(2026, 6, 30), date(2026, 10, 1)), "缺 2026年7月、2026年8月、2026年9月"),
    ],
)
def test_r50_asks_the_street_for_a_meeting_each_month(town, days, detail):
    hold(town, *days)
    found = engine.check(town.committee, Q3, ["R50"])
    assert [(v.organization, v.detail) for v in found] == ([(town.committee, detail)] if detail else [])


def test_r50_counts_neither_drafts_nor_what_a_community_held(town):
    hold(town, date(2026, 7, 5), status=Activity.Status.DRAFT)
    ActivityFactory(organization=town.community, kind="work-meeting", date=date(2026, 7, 5))
    (violation,) = engine.check(town.committee, Period.parse("2026-07"), ["R50"])
    assert (violation.organization, violation.value, violation.required) == (town.committee, 0, 1)
    assert engine.check(town.community, Q3, ["R50"]) == []


def test_r50_does_not_ask_for_a_month_that_is_running(town):
    hold(town, date(2026, 7, 5), date(2026, 8, 5))
    assert engine.check(town.committee, Q3, ["R50"], by=TODAY) == []


# the workbench and the street's page


def test_the_workbench_says_what_is_due(client, town, office, text_of, today):
    assert [todo.text for todo in street_meetings(town.committee, office, TODAY)] == [
        "9月党建工作例会还没开",
        "本季度的逐社区观摩还没有记录",
    ]
    assert "9月党建工作例会还没开 还有 12 天" in text_of(client.get("/"))
    hold(town, date(2026, 9, 3))
    (tour,) = hold(town, date(2026, 7, 3), kind="observation")
    TourStop(activity=tour, community=town.communities[0]).record()
    (todo,) = street_meetings(town.committee, office, TODAY)
    assert todo.text == "本季度观摩还没有走到S第2社区党委"
    assert todo.url == reverse("activities:tour", args=[tour.pk])
    TourStop(activity=tour, community=town.communities[1]).record()
    assert list(street_meetings(town.committee, office, TODAY)) == []
    assert list(street_meetings(town.community, office, TODAY)) == []


def test_who_only_reads_is_led_to_rows(client, town):
    leader = sign_in(client, Role.LEADER, town.committee)
    assert all("/ledgers/activities/" in todo.url for todo in street_meetings(town.committee, leader, TODAY))


def test_the_streets_page_shows_its_meetings(client, town, office, text_of):
    hold(town, date(2026, 7, 3), date(2026, 7, 20), date(2026, 9, 3))
    hold(town, date(2026, 8, 3), kind="theory-group")
    (tour,) = hold(town, date(2026, 8, 20), kind="observation")
    TourStop(activity=tour, community=town.community).record()
    page = client.get(f"{town.committee.get_absolute_url()}?period=2026Q3")
    words = text_of(page)
    assert "党建工作例会： 7月 2 次 8月 没有 9月 1 次" in words
    assert "理论中心组学习 1 次" in words
    assert "2 个社区中的 1 个" in words and "还没有走到：S第2社区党委" in words
    assert "被观摩" in text_of(client.get(town.community.get_absolute_url()))
    assert "街道会议" not in text_of(client.get(town.community.get_absolute_url()))


# tours


def test_it_works(client, town, office, tour, text_of):
    first, second = town.communities
    assert "还没有登记走了哪些社区" in text_of(client.get(tour.get_absolute_url()))
    url = reverse("activities:tour", args=[tour.pk])
    fields = shown(client.get(url)) | {f"at-{first.pk}": "on", f"seen-{second.pk}": "便民集市"}
    assert client.post(url, fields).url == tour.get_absolute_url()
    assert {(stop.community, stop.seen) for stop in tour.stops.all()} == {(first, ""), (second, "便民集市")}
    assert "观摩的社区 2 个" in text_of(client.get(tour.get_absolute_url()))
    assert AuditEntry.objects.filter(model="activities.tourstop", action="create").count() == 2
    assert facts.of(town.committee, Q3)["observation.stops"] == 2
    again = shown(client.get(url))
    del again[f"at-{first.pk}"]
    client.post(url, again)
    assert [stop.community for stop in tour.stops.all()] == [second]
    assert facts.of(town.committee, Q3)["observation.stops"] == 1


def test_of_two_editors_the_second_is_told(client, town, office, tour, text_of):
    url = reverse("activities:tour", args=[tour.pk])
    one, other = shown(client.get(url)), shown(client.get(url))
    client.post(url, one | {f"at-{town.communities[0].pk}": "on"})
    assert "李办刚刚修改了这条记录" in text_of(client.post(url, other | {f"at-{town.communities[1].pk}": "on"}))


def test_only_a_tour_has_stops_and_only_who_keeps_it_changes_them(client, town, office, tour):
    (meeting,) = hold(town, date(2026, 8, 3))
    assert client.get(reverse("activities:tour", args=[meeting.pk])).status_code == 404
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    assert client.get(reverse("activities:tour", args=[tour.pk])).status_code == 404


def test_a_community_is_on_a_tour_once(town, tour):
    TourStop(activity=tour, community=town.community).record()
    with pytest.raises(IntegrityError), transaction.atomic():
        TourStop(activity=tour, community=town.community).record()


def test_a_tour_that_does_not_count_takes_its_stops_along(town, tour):
    TourStop(activity=tour, community=town.community).record()
    assert facts.of(town.committee, Q3)["observation.stops"] == 1
    tour.send_back("补名单")
    assert facts.of(town.committee, Q3)["observation.stops"] == 0


def test_the_ledger_takes_a_file_once_and_gives_it_back(town, tour):
    user = superuser()
    rows = [
        ("活动编号", "社区", "观摩点"),
        ["GM1", town.communities[0].name, "议事点"],
        ["GM1", town.communities[1].code, ""],
    ]
    analysis = take_in("tour-stops", user, *rows)
    assert analysis.counts == {"new": 2}
    assert take_in("tour-stops", user, *rows).counts == {"same": 2}
    assert take_in_file("tour-stops", user, export("tour-stops", user)).counts == {"same": 2}
    assert facts.of(town.committee, Q3)["observation.stops"] == 2
    undoing.undo(analysis.batch, user)
    assert facts.of(town.committee, Q3)["observation.stops"] == 0


def test_an_import_says_what_is_wrong(town, tour):
    elsewhere = street(code="T")
    hold(town, date(2026, 8, 3), number="LH1")
    rows = [
        ["GM9", town.community.code],
        ["LH1", town.community.code],
        ["GM1", elsewhere.community.code],
        ["GM1", town.branch.code],
    ]
    found = messages(take_in("tour-stops", superuser(), ("活动编号", "社区"), *rows))
    assert set(found) == {2, 3, 4, 5}
    assert "没有这个编号的观摩评比" in found[3] and "这不是本街道的社区" in found[4]


def test_the_report_tells_of_them(town, tour):
    hold(town, date(2026, 7, 3))
    hold(town, date(2026, 8, 3), kind="theory-group")
    TourStop(activity=tour, community=town.community).record()
    said = "".join(statement.text for statement in build(town.committee, Q3).statements())
    assert "召开党建工作例会1次，开展“逐社区观摩，整街道推进”活动1轮，观摩社区1个" in said
    assert "理论学习中心组学习1次" in said


def test_the_pages_cost_the_same_for_many(client, town, office, tour, today):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    TourStop(activity=tour, community=town.community).record()
    pages = ("/", tour.get_absolute_url(), f"{town.committee.get_absolute_url()}?period=2026Q3")
    few = [cost(url) for url in pages]
    for day in range(1, 16):
        (again,) = hold(town, date(2026, 8, day), kind="observation")
        for community in town.communities:
            TourStop(activity=again, community=community).record()
    many = [cost(url) for url in pages]  # one less where the last check of the rules left no trace
    assert all(now in (then, then - 1) for now, then in zip(many, few, strict=True)), (many, few)
