"""Measures: the list of responsibilities and what is put right, their pages, ledgers, facts, and R53."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from assessments import engine
from assessments.findings import sync
from assessments.models import Finding, Measure
from ledgers import facts, undoing
from ledgers.period import Period
from tests.assessments.measures import rectification, responsibility
from tests.branches.importing import export, take_in, take_in_file
from tests.factories import ActivityFactory, sign_in, superuser
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
HEADERS = ("组织编码", "类别", "重点任务", "责任领导", "责任人", "开始日期", "完成时限")


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee)


def r53(place, period=Q3):
    return engine.check(place, period, ["R53"])


def test_it_works(client, town, office, fill_in, text_of, today):
    there = fill_in(
        reverse("assessments:responsibility-create") + f"?organization={town.community.code}",
        kind="key",
        title="推进小区党支部全覆盖",
        measure="逐个小区摸底，成熟一个成立一个。",
        leader="李强",
        owner="王敏",
        starts_on="2026-09-01",
        due_on="2026-12-31",
        stages="摸底 2026-10-31\n成立 2026-12-20",
    ).url
    measure = Measure.objects.get()
    assert (measure.organization, measure.set_by) == (town.community, town.committee)
    assert [stage.title for stage in measure.stages.all()] == ["摸底", "成立"]
    words = text_of(client.get(there))
    assert "按期推进" in words and "逐个小区摸底" in words and "2026-10-31" in words
    assert AuditEntry.objects.filter(model="assessments.measure", action="create").count() == 1


def test_it_is_reported_accepted_and_counted(client, town, office, fill_in, today):
    measure = responsibility(town.community, set_by=town.committee, due_on=date(2026, 10, 31))
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    report = reverse("assessments:responsibility-report", args=[measure.pk])
    fill_in(report, percent="60", progress="成立 6 个")
    fill_in(report, percent="80", progress="全部成立", done="on")
    measure.refresh_from_db()
    assert (measure.percent, measure.done_on) == (100, date(2026, 10, 8))
    assert [one.percent for one in measure.reports.all()] == [100, 60]
    accept = reverse("assessments:responsibility-accept", args=[measure.pk])
    assert client.get(accept).status_code == 404, "who does it does not accept it"
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(accept, opinion="属实")
    measure.refresh_from_db()
    assert (measure.accepted_on, measure.inspector != "") == (date(2026, 10, 8), True)
    counted = facts.of(town.committee, Period.parse("2026Q4"))
    assert (counted["measures.due"], counted["measures.done"], counted["measures.overdue"]) == (0, 1, 0)


def test_of_a_running_period_only_what_was_due_by_today_counts(town, today):
    responsibility(town.community, due_on=date(2026, 10, 8))
    responsibility(town.community, "乙", due_on=date(2026, 10, 9))
    assert facts.of(town.committee, Period.parse("2026Q4"))["measures.due"] == 1


def test_what_is_sent_back_is_open_again(client, town, office, fill_in, today):
    measure = rectification(town.branch, done_on=date(2026, 9, 20), due_on=date(2026, 9, 30))
    fill_in(reverse("assessments:rectification-return", args=[measure.pk]), returned="没有佐证")
    measure.refresh_from_db()
    assert measure.done_on is None
    assert [v.organization for v in r53(town.committee, Period.parse("2026-10"))] == [town.branch]


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"due_on": date(2026, 9, 30)}, 0),
        ({"due_on": date(2026, 9, 29)}, 1),
        ({"due_on": date(2026, 9, 29), "done_on": date(2026, 9, 30)}, 0),
        ({"due_on": date(2026, 9, 29), "done_on": date(2026, 10, 1)}, 1),
        ({"due_on": date(2026, 9, 1), "extended_to": date(2026, 9, 30), "extended_on": date(2026, 8, 30)}, 0),
        ({"due_on": date(2026, 9, 1), "extended_to": date(2026, 9, 29), "extended_on": date(2026, 8, 30)}, 1),
        ({"due_on": date(2026, 9, 1), "extended_to": date(2026, 12, 1), "extended_on": date(2026, 10, 2)}, 1),
        ({"due_on": None, "pace": "lasting"}, 0),
    ],
)
def test_r53_at_its_edges(town, today, fields, broken):
    rectification(town.branch, **fields)
    assert len(r53(town.committee)) == broken


def test_r53_opens_exactly_what_is_overdue(client, town, today, office):
    responsibility(town.community)
    rectification(town.branch, due_on=date(2026, 8, 1))
    rectification(town.branch, "还早", due_on=date(2026, 12, 1))
    found = r53(town.committee)
    assert [(v.organization, v.records) for v in found] == [(town.community, 1), (town.branch, 1)]
    slug, query = engine.get("R53").opened(town.committee, Q3)
    page = client.get(f"{reverse('ledgers:list', args=[slug])}", query.params())
    assert page.context["page"].paginator.count == 2


def test_a_missed_deadline_stays_on_the_record(town, today):
    late = rectification(town.branch, due_on=date(2026, 9, 1), done_on=date(2026, 9, 20))
    late.accepted_on = date(2026, 9, 21)
    assert late.light == ("ok", "已验收（曾逾期）")
    forgiven = rectification(
        town.branch, "乙", due_on=date(2026, 9, 1), extended_to=date(2027, 3, 1), extended_on=date(2026, 9, 3)
    )
    assert forgiven.light == ("ok", "按期推进（曾逾期）")


@pytest.mark.parametrize(
    ("due", "tone"), [(date(2026, 10, 19), "ok"), (date(2026, 10, 18), "warn"), (date(2026, 10, 7), "bad")]
)
def test_the_light_turns_yellow_seven_working_days_before(town, today, due, tone):
    assert rectification(town.branch, due_on=due).light[0] == tone


def test_longer_is_asked_before_the_day_only(client, town, fill_in, today):
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    late, early = rectification(town.branch), rectification(town.branch, "乙", due_on=date(2026, 10, 8))
    assert client.get(reverse("assessments:rectification-longer", args=[late.pk])).status_code == 404
    fill_in(reverse("assessments:rectification-longer", args=[early.pk]), asked_to="2026-11-01", asked_for="等批复")
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:rectification-answer", args=[early.pk]), answer="grant")
    early.refresh_from_db()
    assert (early.extended_to, early.extended_on) == (date(2026, 11, 1), date(2026, 10, 8))


def test_a_finding_becomes_a_rectification_and_the_records_close_it(client, town, office, fill_in, text_of, today):
    sync(town.committee, Q3)
    finding = Finding.objects.get(rule="R01", organization=town.branch)
    page = client.get(finding.get_absolute_url())
    assert "下达整改" in text_of(page)
    fill_in(reverse("assessments:rectification-create") + f"?finding={finding.pk}", owner="赵书记")
    measure = Measure.objects.get()
    assert (measure.finding, measure.organization, measure.kind) == (finding, town.branch, "finding")
    assert "支部党员大会每季度至少召开一次（2026年第三季度）" in text_of(client.get(measure.get_absolute_url()))
    ActivityFactory(organization=town.branch, kind="general", date=date(2026, 9, 1))
    sync(town.committee, Q3)
    measure.refresh_from_db()
    assert (measure.done_on, measure.percent) == (date(2026, 10, 8), 100)


def test_a_branch_secretary_sets_nothing(client, town, today):
    measure = rectification(town.branch)
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert client.get(reverse("assessments:rectification-create")).status_code == 404
    assert client.get(reverse("assessments:rectification-edit", args=[measure.pk])).status_code == 404


def test_what_the_street_set_a_community_does_not_change(client, town, today):
    measure = responsibility(town.community, set_by=town.committee)
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    assert client.get(reverse("assessments:responsibility-edit", args=[measure.pk])).status_code == 404


def test_a_file_is_taken_in_once_and_taken_back(town, today):
    rows = [[town.community.code, "重点任务", "文明城市创建", "李强", "王敏", "2026-01-05", "2026年6月30日"]]
    user = superuser()
    first = take_in("responsibilities", user, HEADERS, *rows)
    assert Measure.objects.get().due_on == date(2026, 6, 30)
    assert take_in("responsibilities", user, HEADERS, *rows).counts == {"same": 1}
    undoing.undo(first.batch, user)
    assert not Measure.objects.exists()


@pytest.mark.parametrize(("make", "slug"), [(responsibility, "responsibilities"), (rectification, "rectifications")])
def test_what_is_exported_comes_back_the_same(town, today, make, slug):
    make(town.community, done_on=date(2026, 8, 20), accepted_on=date(2026, 8, 21), inspector="李强")
    make(town.branch, "另一件", extended_to=date(2026, 12, 1), extended_on=date(2026, 8, 1))
    user = superuser()
    assert take_in_file(slug, user, export(slug, user)).counts == {"same": 2}


def test_the_workbench_says_what_waits(client, town, office, text_of, today):
    responsibility(town.community, set_by=town.committee)
    rectification(town.branch, due_on=date(2026, 10, 9))
    rectification(town.branch, "乙", done_on=date(2026, 9, 1), due_on=date(2026, 9, 2))
    words = text_of(client.get("/"))
    assert "1 项任务和整改过了时限" in words
    assert "1 项任务和整改将在 7 个工作日内到期" in words
    assert "1 项任务和整改等待验收" in words


def test_who_answers_for_what(client, town, office, text_of, today):
    responsibility(town.community, leader="李强", area="社会救助")
    responsibility(town.community, "乙", leader="李强", area="物业", due_on=date(2026, 12, 31))
    words = text_of(client.get(reverse("assessments:duties")))
    assert "责任领导 物业 社会救助" in words or "责任领导 社会救助 物业" in words
    assert "逾期 1" in words


def test_a_secretarys_year_opens_its_rows(client, town, office, text_of, today):
    responsibility(town.community, done_on=date(2026, 8, 3))
    page = client.get(reverse("assessments:secretary-work"), {"organization": town.community.code, "period": "2026"})
    assert "书记抓党建工作台账（2026年）" in text_of(page)
    assert (
        facts.get("measures.done").url(town.community, Period.parse("2026-08")).replace("&", "&amp;")
        in page.content.decode()
    )


def test_who_still_owes_something_is_not_dissolved(town, today):
    measure = rectification(town.branch)
    (said,) = [words for words in town.branch.obstacles_to_dissolving(date(2026, 10, 8)) if "任务" in words]
    assert "1 项任务和整改没有完成" in said
    measure.organization = town.branches[1]
    measure.record()
    assert not any("任务" in words for words in town.branch.obstacles_to_dissolving(date(2026, 10, 8)))
