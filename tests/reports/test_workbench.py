"""What is to be done today, by role."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.permissions import access_of
from accounts.roles import Role
from activities.models import record_roll
from assessments.findings import Handling, handle, sync
from assessments.models import Finding
from ledgers.models import ImportBatch
from ledgers.period import Period
from tests.factories import (
    ActivityFactory,
    CommitteeFactory,
    MemberFactory,
    OrganizationFactory,
    UserFactory,
    sign_in,
    street,
    superuser,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    def be(day: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *args: day)

    be(DAY)
    return be


@pytest.fixture
def place():
    """One community of two branches, the first with three members."""
    made = street(1, 2)
    for name in ("王一", "王二", "王三"):
        MemberFactory(branch=made.branch, name=name, employment="retired")
    return made


@pytest.fixture
def office(client, place):
    return sign_in(client, Role.OFFICE, place.committee)


@pytest.fixture
def secretary(client, place):
    return sign_in(client, Role.BRANCH_SECRETARY, place.branch)


def todos(client, **asked):
    page = client.get("/", asked)
    assert page.status_code == 200
    return {todo.text: todo for todo in page.context["todos"]}


def starting(found, start):
    """Return the one to-do that starts with these words."""
    (only,) = [todo for text, todo in found.items() if text.startswith(start)]
    return only


def test_it_works(client, office, place, text_of):
    text = text_of(client.get("/"))
    assert "今天要办的事" in text
    assert "本月各支部情况" in text
    assert place.branch.name in text


def test_what_is_late_comes_first_with_its_days(client, secretary):
    found = todos(client)
    late = found["10月主题党日没有记录"]
    assert (late.state, late.word, late.when) == ("bad", "逾期", "逾期 20 天")
    assert next(iter(found.values())).state == "bad"


def test_what_runs_out_says_how_long_is_left(client, secretary, today):
    assert todos(client)["11月主题党日还没开"].when == "还有 10 天"
    today(date(2026, 11, 30))
    assert todos(client)["11月主题党日还没开"].when == "今天到期"
    today(date(2026, 12, 1))
    assert todos(client)["11月主题党日没有记录"].when == "逾期 1 天"


def test_what_was_held_is_done(client, secretary, place):
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 31))
    assert "10月主题党日没有记录" not in todos(client)


def test_a_secretary_goes_straight_to_the_form(client, secretary, place):
    url = todos(client)["10月主题党日没有记录"].url
    assert url.startswith("/activities/new/")
    assert "kind=theme-day" in url
    assert f"organization={place.branch.code}" in url
    assert client.get(url).status_code == 200


def test_a_leader_is_led_to_rows_not_to_forms(client, place):
    sign_in(client, Role.LEADER, place.branch)
    page = client.get("/")
    assert b"/activities/new/" not in page.content
    assert b"/activities/upload/" not in page.content
    assert todos(client)["10月主题党日没有记录"].url.startswith("/ledgers/activities/")


def test_the_office_sees_few_branches_by_name_and_many_by_number(client, office, place):
    text = next(iter(t for t in todos(client) if "10月主题党日" in t))
    assert text == f"{place.branches[0].name}、{place.branches[1].name}：10月主题党日没有记录"
    for number in range(2):
        OrganizationFactory(parent=place.community, name=f"新{number}支部")
    assert "10月主题党日：4 个支部没有记录" in todos(client)


def test_what_the_office_has_exempted_is_not_asked_for(client, secretary, place):
    sync(place.committee, Period.parse("2026Q4"))
    handle(
        Finding.objects.filter(rule="R05", organization=place.branch),
        Handling(Finding.State.EXEMPTED, note="支部刚刚合并"),
    )
    assert "10月主题党日没有记录" not in todos(client)
    assert "11月主题党日还没开" in todos(client)


def test_minutes_to_finish_to_mend_and_to_confirm(client, secretary, place):
    ActivityFactory(organization=place.branch, status="draft", date=date(2026, 3, 1))
    ActivityFactory(organization=place.branch, status="returned", date=date(2025, 3, 1))
    ActivityFactory(organization=place.branch, status="submitted")
    found = todos(client)
    assert found["1 份会议记录还没有提交"].when == "最早 3月1日"
    back = found["1 份会议记录被退回，改好后重新提交"]
    assert (back.state, back.when) == ("bad", "最早 2025年3月1日")
    assert client.get(back.url).context["page"].paginator.count == 1
    assert not [text for text in found if "等待确认" in text]  # not for a branch to do


def test_the_office_is_asked_to_confirm(client, office, place):
    ActivityFactory(organization=place.branch, status="submitted")
    assert todos(client)["1 份会议记录等待确认"].url == "/activities/review/"


def test_drafts_of_other_branches_are_not_counted(client, secretary, place):
    ActivityFactory(organization=place.branches[1], status="draft")
    assert not [text for text in todos(client) if "还没有提交" in text]


def test_probation_and_terms(client, secretary, place):
    fresh = {"category": "probationary", "joined_on": date(2025, 11, 19), "employment": "retired"}
    MemberFactory(branch=place.branch, name="王新", **fresh)
    CommitteeFactory(organization=place.branch, start=date(2024, 3, 1), term_years=3)
    found = todos(client)
    assert starting(found, "王新：").state == "bad"
    assert starting(found, "本组织任期将在 6 个月内届满").url.startswith("/branches/committees/")


def test_several_findings_of_one_rule_are_one_line(client, office, place):
    for name in ("王新", "王刚"):
        overdue = {"category": "probationary", "joined_on": date(2025, 1, 1), "employment": "retired"}
        MemberFactory(branch=place.branch, name=name, **overdue)
    line = todos(client)["预备党员 2 人预备期已满，应讨论转正"]
    assert client.get(line.url).context["page"].paginator.count == 2


def test_a_passed_deadline_is_late(client, office, place):
    sync(place.committee, Period.parse("2026Q4"))
    some = Finding.objects.filter(rule="R10")
    assert some.count() == 1
    handle(some, Handling(Finding.State.IN_HAND, owner="李办", deadline=date(2026, 11, 19)))
    assert todos(client)["1 条预警过了完成时限还没有销号"].when == "最早 11月19日"


def test_last_quarter_is_not_forgotten(client, office, place):
    sync(place.committee, Period.parse("2026Q3"))
    line = starting(todos(client), "2026年第三季度还有")
    assert "of=2026Q3" in line.url


def test_an_import_that_waits(client, office):
    home = access_of(office).home_path
    batch = ImportBatch.objects.create(
        ledger="members",
        user=office,
        home_path=home,
        state=ImportBatch.State.PREVIEWED,
        filename="花名册.xlsx",
        digest="x",
    )
    other = UserFactory()
    ImportBatch.objects.create(ledger="members", user=other, home_path=home, filename="别人的.xlsx", digest="y")
    page = client.get("/")
    assert todos(client)["花名册.xlsx 已经核对，还没有确认导入"].url == f"/ledgers/members/import/{batch.pk}/"
    assert "别人的.xlsx" not in page.content.decode()


def test_the_table_says_each_state_in_words(client, office, place):
    ActivityFactory(organization=place.branch, kind="general", date=date(2026, 10, 9))
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 9))
    rows = {row.line.branch: dict(row.line.marks) for row in client.get("/").context["rows"]}
    words = {label: mark.word for label, mark in rows[place.branch].items()}
    assert words == {"主题党日": "本月未开", "党员大会": "已开 1/1", "支委会": "不要求", "党课": "本季未开"}
    assert rows[place.branches[1]]["主题党日"].word == "缺 10 月"


def test_the_table_puts_the_most_missing_first(client, office, place):
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 9))
    rows = client.get("/").context["rows"]
    assert [row.line.branch for row in rows] == [place.branches[1], place.branch]


def test_every_state_leads_to_its_rows(client, office, place):
    activity = ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 11, 9))
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 9))
    members = list(place.branch.members.all())
    record_roll(activity, {m.pk: (state, "") for m, state in zip(members, ["present", "late", "absent"], strict=True)})
    row = next(row for row in client.get("/").context["rows"] if row.line.branch == place.branch)
    mark = dict(row.line.marks)["主题党日"]
    assert mark.word == "已开 1/1"
    assert client.get(mark.url).context["page"].paginator.count == 1
    assert str(row.percent) == "66.7"
    assert client.get(row.percent_url).context["page"].paginator.count == 2


def test_many_branches_come_page_by_page(client, office, place):
    for number in range(20):
        OrganizationFactory(parent=place.community, name=f"新{number}支部")
    page = client.get("/")
    assert len(page.context["rows"]) == 20
    assert len(client.get("/", {"page": 2}).context["rows"]) == 2


def test_a_past_period_shows_its_last_month(client, office, text_of):
    page = client.get("/", {"period": "2026Q3", "choose": "1"})
    text = text_of(page)
    assert "2026年9月的情况" in text
    assert "看现在要办的事" in text
    client.get(page.context["day"].present_url)
    assert "今天要办的事" in text_of(client.get("/"))


def test_a_branch_copies_last_months_activities(client, secretary, place):
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 3))
    last = ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 10, 9))
    buttons = {button.label: button.url for button in client.get("/").context["quick"]}
    assert buttons["复制 10月9日 主题党日"] == f"/activities/new/?copy={last.pk}"
    assert "复制 10月3日 主题党日" not in buttons


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.OFFICE, "上传会议记录"),
        (Role.COMMUNITY_SECRETARY, "上传会议记录"),
        (Role.BRANCH_SECRETARY, "上传会议记录"),
        (Role.LEADER, "看板"),
    ],
)
def test_one_primary_button_by_role(client, place, role, first):
    ActivityFactory(organization=place.branch)
    sign_in(client, role, place.community)
    page = client.get("/")
    assert page.context["actions"][0].label == first
    body = page.content.decode().split("<main", 1)[1].split("</main>")[0]
    assert body.count("btn-primary") == 1


def test_only_importers_are_offered_the_import(client, secretary, text_of):
    assert "导入 Excel" not in text_of(client.get("/"))


def test_the_system_admin_sees_pages_and_no_records(client, place, text_of):
    sign_in(client, Role.SYSTEM_ADMIN, place.committee)
    text = text_of(client.get("/"))
    assert "账号" in text
    assert place.branch.name not in text


def test_the_auditor_sees_the_trail(client, place, text_of):
    sign_in(client, Role.AUDITOR, place.committee)
    text = text_of(client.get("/"))
    assert "审计" in text
    assert place.branch.name not in text


def test_who_has_no_posting_is_told_whom_to_ask(client, text_of):
    client.force_login(UserFactory())
    assert "请联系街道党建办" in text_of(client.get("/"))


def test_an_empty_database_shows_the_first_steps(client):
    superuser(client)
    page = client.get("/")
    assert [step.title for step in page.context["steps"]] == [
        "导入党组织名册",
        "导入党员花名册",
        "录入组织生活",
        "给社区和支部开账号",
    ]
    assert page.context["next"].url == "/ledgers/organizations/import/"
    assert client.get(page.context["next"].url).status_code == 200


def test_first_steps_are_ticked_off_and_go(client, place):
    superuser(client)
    page = client.get("/")
    assert [step.is_done for step in page.context["steps"]] == [True, True, False, False]
    ActivityFactory(organization=place.branch)
    assert client.get("/").context["steps"] == []


def test_only_importers_are_shown_the_first_steps(client, secretary):
    assert client.get("/").context["steps"] == []


def test_hostile_names_stay_text(client, office, place):
    OrganizationFactory(parent=place.community, name="<b>恶意</b>支部")
    page = client.get("/").content.decode()
    assert "<b>恶意" not in page
    assert "<b>恶意</b>支部" in unescape(re.sub(r"<[^>]+>", "", page))


def test_queries_do_not_grow_with_the_branches(client, office, place):
    def count() -> int:
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    ActivityFactory(organization=place.branch)
    for number in range(3):
        OrganizationFactory(parent=place.community, name=f"旧{number}支部")
    few = count()
    for number in range(12):
        branch = OrganizationFactory(parent=place.community, name=f"新{number}支部")
        MemberFactory(branch=branch)
        ActivityFactory(organization=branch, status="draft")
    assert count() == few <= 57
