"""Observation: a round with its judges, their phones, the ranking, R51, and the line that takes it over."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from activities.models import TourStop
from assessments import engine
from assessments.models import CommunityObservation, JudgeSheet, Measure, ObservationRound
from assessments.models.observations import judged
from assessments.schemes.rounds import observed
from ledgers import facts
from ledgers.period import Period
from tests.assessments.rounds import make_judge, make_round, observe
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee)


def points(*numbers):
    return [Decimal(number) for number in numbers]


@pytest.mark.parametrize(
    ("groups", "result"),
    [
        ([], None),
        ([(Decimal(1), [])], None),
        ([(Decimal(1), points(80, 90))], "85.00"),
        ([(Decimal(1), points(10, 80, 80, 81))], "62.75"),
        ([(Decimal(1), points(10, 80, 80, 81, 100))], "80.33"),
        ([(Decimal(60), points(90)), (Decimal(40), points(80))], "86.00"),
        ([(Decimal(60), points(90)), (Decimal(40), [])], "90.00"),
        ([(Decimal(1), points("80.005"))], "80.01"),
    ],
)
def test_what_judges_give_comes_to(groups, result):
    assert judged(groups) == (None if result is None else Decimal(result))


def test_it_works(client, town, office, fill_in, text_of, today):
    first, second = town.communities
    there = fill_in(
        reverse("assessments:observation-round-create"),
        organization=town.committee.pk,
        period="2026Q4",
        title="逐社区观摩",
        items="组织建设 60\n工作汇报 40 汇报",
        judges=f"领导班子 60 张华、李明\n社区书记 40 王敏（{first.label}）",
    ).url
    this = ObservationRound.objects.get()
    assert [stop.organization for stop in this.stops.all()] == [first, second]
    assert "王敏" in text_of(client.get(there))
    judge = this.groups.get(title="社区书记").judges.get()
    phone = Client()
    page = phone.get(reverse("assessments:judge", args=[judge.token]))
    assert second.label in text_of(page) and first.label not in text_of(page).replace(second.label, "")


def test_a_judge_scores_on_a_phone_without_an_account(client, town, office, fill_in, text_of, today):
    first, second = town.communities
    this = make_round(town.committee, first, second)
    judge, own = make_judge(this, "张华"), make_judge(this, "王敏", 1, first)
    phone = Client()
    stop = this.stops.get(organization=first)
    address = reverse("assessments:judge", args=[judge.token]) + f"?stop={stop.pk}"
    one, two = this.items.all()
    too_much = phone.post(address, {f"item{one.pk}": "61", f"item{two.pk}": "30"})
    assert too_much.status_code == 200 and not JudgeSheet.objects.exists()
    phone.post(address, {f"item{one.pk}": "50", f"item{two.pk}": "30", "remark": "台账再细一点"})
    phone.post(address, {f"item{one.pk}": "55", f"item{two.pk}": "30"})
    assert JudgeSheet.objects.get().total == 85
    foreign = reverse("assessments:judge", args=[own.token]) + f"?stop={stop.pk}"
    assert 'name="item' not in phone.get(foreign).content.decode(), "nobody scores their own community"
    fill_in(reverse("assessments:observation-round-close", args=[this.pk]))
    stop.refresh_from_db()
    assert (stop.points, stop.rank, stop.full) == (85, 1, 100)
    assert phone.get(address).status_code == 410, "the link dies with the round"
    assert phone.get(reverse("assessments:judge", args=["made-up"])).status_code == 410


def test_points_show_once_the_round_is_closed(client, town, text_of, today):
    this = make_round(town.committee, town.community)
    JudgeSheet.objects.create(judge=make_judge(this, "张华"), stop=this.stops.get(), total=Decimal("87.5"))
    sign_in(client, Role.LEADER, town.committee)
    assert "87.5" not in text_of(client.get(this.get_absolute_url()))
    this.close()
    assert "87.5" in text_of(client.get(this.get_absolute_url()))


def test_r51_asks_for_every_community_in_every_quarter(town, today):
    first, second = town.communities
    (violation,) = engine.check(town.committee, Q3, ["R51"])
    assert (violation.organization, violation.value, violation.required) == (town.committee, 0, 2)
    observe(first)
    tour = ActivityFactory(organization=town.committee, kind="observation", date=date(2026, 7, 1))
    TourStop(activity=tour, community=second).record()
    assert engine.check(town.committee, Q3, ["R51"]) == []
    (violation,) = engine.check(town.committee, Period.parse("2026"), ["R51"])
    assert violation.months == ("2026Q1", "2026Q2")


def test_r51_counts_nothing_that_is_only_planned(client, town, office, today):
    first, second = town.communities
    observe(first)
    make_round(town.committee, second)
    (violation,) = engine.check(town.committee, Q3, ["R51"])
    assert (violation.value, violation.records) == (1, 1)
    slug, query = engine.get("R51").opened(town.committee, Q3)
    page = client.get(reverse("ledgers:list", args=[slug]), query.params())
    assert page.context["page"].paginator.count == 1


def test_the_line_of_a_scheme_takes_the_mean_of_the_rounds_inside(town, today):
    observe(town.community, points=Decimal(80))
    observe(town.community, period="2026Q2", visited_on=date(2026, 5, 1), points=Decimal(45), full=Decimal(50))
    assert observed(Q3, town.communities) == {town.community.pk: Decimal("0.8")}
    assert observed(Period.parse("2026"), town.communities) == {town.community.pk: Decimal("0.85")}
    assert observed(Period.parse("2026Q1"), town.communities) == {}
    assert facts.of(town.committee, Q3)["observation.points"] == 80


def test_a_file_is_taken_in_and_comes_back_the_same(town, today):
    user = superuser()
    headers = ("季度", "社区", "观摩日期", "得分", "名次", "存在问题")
    found = take_in(
        "observations",
        user,
        headers,
        ["2026年第三季度", town.community.code, "2026-08-20", "88.5", "1", "制度没有更新"],
        ["2026Q3", town.communities[1].name, "2026-10-02", "90", "1", ""],
        ["2026Q3", town.branch.code, "2026-08-20", "90", "1", ""],
    )
    assert found.counts == {"new": 1, "wrong": 2}
    assert "不在2026年第三季度" in messages(found)[3] and "对象是社区" in messages(found)[4]
    assert CommunityObservation.objects.get().points == Decimal("88.5")
    assert take_in_file("observations", user, export("observations", user)).counts == {"same": 1}


def test_a_problem_becomes_a_rectification(client, town, office, fill_in, text_of, today):
    held = observe(town.community, problem="制度没有更新")
    fill_in(reverse("assessments:rectification-create") + f"?observation={held.pk}", owner="赵书记")
    measure = Measure.objects.get()
    assert (measure.observation, measure.kind, measure.title) == (held, "observation", "制度没有更新")
    assert "制度没有更新" in text_of(client.get(held.get_absolute_url()))


def test_the_queries_of_a_round_do_not_grow(client, town, office, today, django_assert_max_num_queries):
    this = make_round(town.committee, *town.communities)
    for number in range(8):
        make_judge(this, f"评委{number}")
    with django_assert_max_num_queries(40):
        client.get(this.get_absolute_url())
