"""Study: themes, series, certificates, hours from both sources, and how far members have come."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from activities.hours import Hours, hours_of, progress_of, share_of
from activities.models import Activity, Certificate, StudyLine, StudySeries, StudyTheme, record_roll
from branches.panels.todos import todos_of
from ledgers import facts
from ledgers.period import Period
from tests.activities.kept import certificate, series, theme
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, street

pytestmark = pytest.mark.django_db
Q3, YEAR = Period.parse("2026Q3"), Period.parse("2026")
TODAY = date(2026, 11, 23)


@pytest.fixture
def place():
    return street(2, 2, code="S")


@pytest.fixture
def office(client, place):
    return sign_in(client, "office", place.committee, name="李办")


@pytest.fixture
def two(place):
    return [MemberFactory(branch=place.branch, name=name) for name in ("张三", "李四")]


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: TODAY)
    return TODAY


def attend(organization, *members, hours="4", kind="study", state="present", **fields):
    held = ActivityFactory(organization=organization, kind=kind, hours=Decimal(hours), **fields)
    record_roll(held, {member.pk: (state, "") for member in members})
    return held


def test_it_works(client, place, secretary, two, fill_in, text_of, today):
    url = f"{reverse('activities:certificate-create')}?member={two[0].pk}"
    answer = fill_in(url, title="党校培训", issuer="区委党校", date="2026-08-20", hours="24", concentrated="on")
    paper = Certificate.objects.get()
    assert (paper.organization, paper.hours, paper.concentrated) == (place.branch, 24, True)
    assert "区委党校" in text_of(client.get(answer.url))
    attend(place.committee, two[0], hours="2.5")  # the street's own session counts as well
    member = text_of(client.get(two[0].get_absolute_url()))
    assert "26.5 学时， 还差 5.5" in member
    assert "24 学时 党校培训 2026-08-20" in member
    numbers = facts.of(place.committee, Q3)
    assert (numbers["study.certificates"], numbers["study.certificate_hours"]) == (1, 24)
    assert numbers["training.hours"] == Decimal("2.5")  # keeps its meaning: rolls alone


@pytest.fixture
def secretary(client, place):
    return sign_in(client, "branch-secretary", place.branch)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"kind": "lecture"}, True),
        ({"state": "late"}, True),
        ({"state": "leave"}, False),
        ({"status": Activity.Status.DRAFT}, False),
        ({"date": date(2025, 12, 31)}, False),
        ({"date": date(2026, 1, 1)}, True),
    ],
)
def test_hours_of_the_year(place, two, fields, counts):
    attend(place.branch, two[0], **fields)
    assert hours_of([two[0].pk], YEAR) == ({two[0].pk: Hours(Decimal(4))} if counts else {})
    lines = StudyLine.objects.filter(date__year=2026)
    assert [line.hours for line in lines] == ([4] if counts else [])


@pytest.mark.parametrize(
    ("kind", "hours", "in_series", "counts"),
    [
        ("training", "8", False, True),
        ("training", "7.5", False, False),
        ("study", "8", False, False),
        ("study", "2", True, True),
    ],
)
def test_what_a_concentrated_training_is(place, two, kind, hours, in_series, counts):
    one = series(place.committee, concentrated=True) if in_series else None
    attend(place.branch, two[0], kind=kind, hours=hours, series=one)
    assert hours_of([two[0].pk], YEAR)[two[0].pk].concentrated is counts
    assert StudyLine.objects.get().concentrated is counts


def test_both_sources_are_in_the_ledger(client, place, secretary, two, text_of):
    attend(place.committee, two[0], hours="3", topic="街道辅导")
    certificate(two[0], "24.5")
    certificate(MemberFactory(branch=place.branches[1]))
    page = text_of(client.get(f"/ledgers/study-hours/?period=2026&member={two[0].pk}"))
    assert "街道辅导" in page and "区委党校培训班" in page and "27.5" in page
    everything = text_of(client.get("/ledgers/study-hours/?period=2026"))
    assert everything.count("区委党校培训班") == 1
    assert "街道辅导" not in text_of(client.get("/ledgers/study-hours/?period=2026&source=cert"))


# how far members have come


def test_progress(place, two, today):
    SeatFactory(committee=CommitteeFactory(organization=place.branch), member=two[1])
    attend(place.branch, two[0], hours="32")
    certificate(two[1], "56")
    done, leader = sorted(progress_of([place.branch.pk], YEAR, TODAY)[place.branch.pk], key=lambda one: one.leads)
    assert (done.state, done.left, done.percent, done.required) == (("ok", "已达标"), 0, 100, 32)
    assert (leader.state, leader.left, leader.required) == (("warn", "缺集中培训"), 0, 56)


@pytest.mark.parametrize(
    ("hours", "today", "state"),
    [
        ("15.9", date(2026, 7, 2), "落后"),  # 183 of 365 days: 16
        ("16", date(2026, 7, 2), "正常"),
        ("31.9", date(2026, 12, 31), "没有达标"),
        ("32", date(2026, 12, 31), "已达标"),
    ],
)
def test_the_pace_by_today(place, two, hours, today, state):
    certificate(two[0], hours, day=date(2026, 1, 1))
    found = {one.member: one for one in progress_of([place.branch.pk], YEAR, today)[place.branch.pk]}
    assert found[two[0]].state[1] == state


def test_the_share_of_a_year():
    assert [share_of(YEAR, day) for day in (date(2025, 12, 31), date(2026, 12, 31), date(2027, 5, 1))] == [0, 1, 1]


def test_the_pages_of_progress(client, place, office, two, today, text_of):
    theme(place.committee, title="党史学习教育")
    attend(place.branch, two[0], hours="32")
    page = text_of(client.get(reverse("activities:hours")))
    assert "党史学习教育" in page
    assert "S第1社区第1党支部 50% 50% 2 1 1 人" in page
    sign_in(client, "branch-secretary", place.branch)
    url = client.get(reverse("activities:hours")).url
    text = text_of(client.get(url))
    assert "党史学习教育" in text  # set by the street, read below
    assert "李四" in text and "已达标" in text and "到今天应有 28.7" in text
    sign_in(client, "branch-secretary", place.branches[1])
    assert client.get(url).status_code == 404


def test_pages_cost_the_same_for_many(client, place, office, today):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = [reverse("activities:hours"), reverse("activities:hours-branch", args=[place.branch.code])]
    certificate(MemberFactory(branch=place.branch))
    few = [cost(url) for url in urls]
    for member in MemberFactory.create_batch(20, branch=place.branch):
        certificate(member)
        attend(place.branch, member)
    assert [cost(url) for url in urls] == few


@pytest.mark.parametrize(("day", "told"), [(date(2026, 9, 30), False), (date(2026, 10, 1), True)])
def test_the_workbench_of_a_branch_tells_who_is_behind_from_october(place, office, two, day, told):
    certificate(two[0], "32", day=date(2026, 1, 5))
    said = [todo.text for todo in todos_of(place.branch, office, day)]
    assert said == (["党员 1 人今年学时落后或者缺集中培训"] if told else [])


# certificates, themes and series


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hours": "0"}, "大于"),
        ({"date": "2099-01-01"}, "还没有到"),
        ({"title": "区委党校培训班", "date": "2026-08-20"}, "已经登记过"),
    ],
)
def test_certificates_that_cannot_be(client, place, office, two, fill_in, text_of, fields, words):
    certificate(two[0])
    given = {"title": "网络培训", "date": "2026-08-21", "hours": "8"} | fields
    page = fill_in(f"{reverse('activities:certificate-create')}?member={two[0].pk}", **given)
    assert words in text_of(page), text_of(page)
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize("hours", ["0", "-1", "500.1"])
def test_the_database_refuses_hours_too(two, hours):
    with pytest.raises(IntegrityError), transaction.atomic():
        certificate(two[0], hours)


def test_a_certificate_is_changed_and_deleted(client, place, office, two, fill_in):
    paper = certificate(two[0])
    fill_in(reverse("activities:certificate-edit", args=[paper.pk]), hours="8")
    assert facts.of(place.branch, Q3)["study.certificate_hours"] == 8
    client.post(reverse("activities:certificate-delete", args=[paper.pk]))
    assert facts.of(place.branch, Q3)["study.certificates"] == 0


def test_a_theme_of_the_street_is_read_and_used_below(client, place, secretary, fill_in, text_of):
    held = theme(place.committee, document="〔2026〕3号")
    assert "〔2026〕3号" in text_of(client.get(held.get_absolute_url()))
    assert client.get(reverse("activities:theme-edit", args=[held.pk])).status_code == 404
    assert client.get(theme(place.branches[1]).get_absolute_url()).status_code == 404
    fill_in(reverse("activities:series-create"), title="读书班", theme=held.pk, year="2026")
    made = StudySeries.objects.get()
    assert (made.organization, made.theme) == (place.branch, held)
    attend(place.branch, series=made, topic="第一讲")
    page = client.get(made.get_absolute_url())
    assert "登记的活动 1 次" in text_of(page)
    listed = text_of(client.get(page.context["counted"][1]))
    assert "第一讲" in listed
    activity = text_of(client.get(Activity.objects.get().get_absolute_url()))
    assert "读书班 主题： 党史学习" in activity
    attend(
        place.branches[1],
        series=StudySeries(organization=place.branches[1], title="读书班", theme=held, year=2026).record(),
    )
    assert client.get(held.get_absolute_url()).context["counted"][2] == 1
    sign_in(client, "office", place.committee)
    page = client.get(held.get_absolute_url())
    assert page.context["counted"][2] == client.get(page.context["counted"][1]).context["page"].paginator.count == 2


def test_a_theme_is_of_its_series_year(client, place, office, fill_in, text_of):
    held = theme(place.committee, year=2025)
    page = fill_in(reverse("activities:series-create"), title="读书班", theme=held.pk, year="2026")
    assert "2025 年的" in text_of(page)


def test_an_activity_joins_a_series(client, place, office, press):
    made = series(place.committee, year=timezone.localdate().year)
    other = series(street(1, 1).committee, title="别的街道", year=timezone.localdate().year)
    asked = {"organization": place.branch.pk, "kind": "study", "date": "2026-08-05", "topic": "第一讲"}
    press(reverse("activities:create"), "draft", **asked, series=other.pk)
    assert not Activity.objects.exists()
    press(reverse("activities:create"), "draft", **asked, series=made.pk)
    assert Activity.objects.get().series == made


def test_themes_hold_for_their_year(place):
    theme(place.committee)
    theme(place.committee, year=2025)
    assert facts.of(place.committee, Q3)["study.themes"] == 1
    assert facts.of(place.committee, Period.parse("2027Q1"))["study.themes"] == 0


SHEETS = {
    "study-themes": (("年度", "组织", "主题", "来源文件"), ["2026", "S", "党史学习", "〔2026〕3号"]),
    "study-series": (("年度", "组织", "系列", "学习主题", "是否集中轮训"), ["2026", "S", "轮训", "党史学习", "是"]),
    "certificates": (
        ("培训日期", "支部", "姓名", "培训班", "主办单位", "学时", "集中培训"),
        ["2026.8.20", "S-1-1", "张三", "党校班", "区委党校", "24.5", "是"],
    ),
}


@pytest.mark.parametrize("slug", SHEETS)
def test_a_sheet_is_taken_in_and_twice_changes_nothing(place, office, two, slug):
    theme(place.committee, document="〔2026〕3号") if slug == "study-series" else None
    assert dict(take_in(slug, office, *SHEETS[slug]).counts) == {"new": 1}
    assert dict(take_in(slug, office, *SHEETS[slug]).counts) == {"same": 1}
    if slug == "study-series":
        made = StudySeries.objects.get()
        assert (made.theme, made.concentrated) == (StudyTheme.objects.get(), True)
    if slug == "certificates":
        assert Certificate.objects.get().hours == Decimal("24.5")


@pytest.mark.parametrize(
    ("slug", "row", "words"),
    [
        ("study-themes", ["1980", "S", "党史学习", ""], "之间"),
        ("study-series", ["2026", "S", "轮训", "没有的主题", ""], "没有这个学习主题"),
        ("certificates", ["2026-08-20", "S-1-1", "张三", "班", "", "0", ""], "大于 0"),
        ("certificates", ["2026-08-20", "S-1-1", "张三", "班", "", "1.25", ""], "一位小数"),
        ("certificates", ["2099-08-20", "S-1-1", "张三", "班", "", "8", ""], "之后"),
        ("certificates", ["2026-08-20", "S-1-1", "王五", "班", "", "8", ""], "没有这个人"),
    ],
)
def test_wrong_rows_are_told(place, office, two, slug, row, words):
    analysis = take_in(slug, office, SHEETS[slug][0], row)
    assert analysis.counts["wrong"] == 1
    assert words in messages(analysis)[2]


@pytest.mark.parametrize("slug", SHEETS)
def test_export_then_import_changes_nothing(place, office, two, slug):
    twin = MemberFactory(branch=place.branch, name="李四")
    for member in (*two, twin):
        certificate(member, "8.5", number="2026-1")
    series(place.committee, theme=theme(place.committee, note="通读"))
    series(place.branch, concentrated=True)
    analysis = take_in_file(slug, office, export(slug, office))
    assert set(analysis.counts) == {"same"}, messages(analysis)
