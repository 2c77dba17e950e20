"""Practices worth telling: the record and its way, its evidence, its ledger, its pages, the report that quotes it."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Practice, PracticeEvidence
from activities.models.practices import State
from assessments.models import Finding
from branches.panels.todos import todos_of
from ledgers import facts
from ledgers.ledger import get
from ledgers.period import Period
from reports.investigation.building import build
from tests.activities.heard import make_practice
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


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: TODAY)


def closed_finding(organization, detail="缺 2026年7月"):
    fields: dict[str, Any] = {"kind": "missed", "severity": "minor", "first_seen": TODAY, "last_seen": TODAY}
    finding = Finding(rule="R05", organization=organization, period="2026Q1", detail=detail, **fields)
    finding.state, finding.closed_on = "closed", TODAY
    return finding.record()


def test_it_works(client, town, fill_in, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    response = fill_in(reverse("activities:practice-create"), title="议事会", method="每月议一次", result="纠纷少了")
    practice = Practice.objects.get()
    assert response.url == practice.get_absolute_url()
    assert (practice.organization, practice.written_on, practice.state) == (town.branch, TODAY, State.DRAFT)
    assert AuditEntry.objects.filter(model="activities.practice", action="create").count() == 1
    client.post(reverse("activities:practice-offer", args=[practice.pk]))
    words = text_of(client.get(response.url))
    assert "已报送" in words and "报送日期 2026-09-18" in words and "编辑" not in words
    numbers = facts.of(town.committee, Q3)
    assert (numbers["practices.written"], numbers["practices.offered"], numbers["practices.accepted"]) == (1, 1, 0)


def test_the_street_accepts_it_in_its_own_words(client, town, office, fill_in, text_of):
    practice = make_practice(town.branch, method="每月议一次。", result="纠纷少了。").offer(TODAY)
    assert [t.text for t in todos_of(town.committee, office, TODAY) if t.word == "待采用"] == ["1 条经验做法等待采用"]
    url = reverse("activities:practice-accept", args=[practice.pk])
    assert client.get(url).context["form"].initial["wording"] == "每月议一次。\n纠纷少了。"
    assert fill_in(url, wording="议事会管用。").url == practice.get_absolute_url()
    practice.refresh_from_db()
    assert (practice.state, practice.accepted_on, practice.wording) == (State.ACCEPTED, TODAY, "议事会管用。")
    assert facts.of(town.community, Q3)["practices.accepted"] == 1
    assert not [t for t in todos_of(town.committee, office, TODAY) if t.word == "待采用"]
    fill_in(url, wording="议事会很管用。")
    practice.refresh_from_db()
    assert practice.wording == "议事会很管用。"


def test_the_street_returns_it_with_a_reason(client, town, office, text_of):
    practice = make_practice(town.branch).offer(TODAY)
    url = reverse("activities:practice-return", args=[practice.pk])
    client.post(url, {"reason": " "})
    assert Practice.objects.get().state == State.OFFERED
    client.post(url, {"reason": "请写明数字"})
    secretary = sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert "已退回： 请写明数字" in text_of(client.get(practice.get_absolute_url()))
    assert [t.word for t in todos_of(town.branch, secretary, TODAY) if "经验做法" in t.text] == ["退回"]
    client.post(reverse("activities:practice-offer", args=[practice.pk]))
    practice.refresh_from_db()
    assert (practice.state, practice.return_reason) == (State.OFFERED, "")


def test_a_community_does_not_decide_for_the_street(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    practice = make_practice(town.branch).offer(TODAY)
    assert client.get(reverse("activities:practice-accept", args=[practice.pk])).status_code == 404
    assert client.post(reverse("activities:practice-return", args=[practice.pk]), {"reason": "x"}).status_code == 404
    assert client.get(reverse("activities:practice-edit", args=[practice.pk])).status_code == 404


def test_evidence_is_an_activity_a_finding_or_a_fact(client, town, office, text_of):
    practice = make_practice(town.branch)
    activity = ActivityFactory(organization=town.branch, kind="theme-day", topic="清理楼道", date=date(2026, 8, 1))
    finding = closed_finding(town.branch)
    url = reverse("activities:practice-evidence", args=[practice.pk])
    page = practice.get_absolute_url()
    assert "选一项" in text_of(client.post(url, shown(client.get(page))))
    for chosen in (
        {"activity": activity.pk},
        {"finding": finding.pk},
        {"fact": "meetings.theme_day", "period": "2026Q3"},
    ):
        assert client.post(url, shown(client.get(page)) | chosen).status_code == 302
    words = text_of(client.get(page))
    assert "清理楼道" in words and "缺 2026年7月" in words
    assert "2026年第三季度 主题党日 1 次" in words
    wrong = shown(client.get(page)) | {"fact": "meetings.theme_day", "period": "去年"}
    assert client.post(url, wrong).status_code == 200
    assert PracticeEvidence.objects.count() == 3
    first = PracticeEvidence.objects.first()
    client.post(reverse("activities:practice-evidence-delete", args=[first.pk]))
    assert PracticeEvidence.objects.count() == 2


def test_evidence_of_elsewhere_is_not_taken(client, town, office):
    practice = make_practice(town.branch)
    other = ActivityFactory(organization=town.branches[1])
    url = reverse("activities:practice-evidence", args=[practice.pk])
    answer = client.post(url, shown(client.get(practice.get_absolute_url())) | {"activity": other.pk})
    assert answer.status_code == 200
    assert not PracticeEvidence.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"offered_on": date(2026, 8, 31)},
        {"accepted_on": TODAY, "wording": "好"},
        {"offered_on": TODAY, "accepted_on": TODAY},
        {"offered_on": TODAY, "accepted_on": date(2026, 9, 17), "wording": "好"},
        {"offered_on": TODAY, "return_reason": "改"},
    ],
)
def test_the_database_refuses_what_cannot_be(town, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_practice(town.branch, **fields)


def test_evidence_is_exactly_one_thing(town):
    practice = make_practice(town.branch)
    activity = ActivityFactory(organization=town.branch)
    for fields in ({}, {"fact": "members.total"}, {"activity": activity, "fact": "members.total", "period": "2026"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PracticeEvidence(practice=practice, **fields).record()


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("activities:practice-edit", args=[make_practice(town.branch).pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"title": "甲"})
    assert "李办刚刚修改了这条记录" in text_of(client.post(edit, other | {"title": "乙"}))


def test_out_of_scope_is_not_there(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    other = make_practice(town.branches[2])
    for name in ("practice", "practice-edit"):
        assert client.get(reverse(f"activities:{name}", args=[other.pk])).status_code == 404
    for name in ("practice-offer", "practice-delete", "practice-evidence"):
        assert client.post(reverse(f"activities:{name}", args=[other.pk])).status_code == 404


def test_it_is_deleted_with_its_trace(client, town, office):
    practice = make_practice(town.branch)
    assert client.post(reverse("activities:practice-delete", args=[practice.pk])).status_code == 302
    assert not Practice.objects.exists()
    assert AuditEntry.objects.filter(model="activities.practice", action="delete").count() == 1
    assert facts.of(town.committee, Q3)["practices.written"] == 0


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    headers = ("题目", "组织", "时间", "具体做法", "主要成效", "报送时间", "采用时间", "采用文字")
    rows = [
        headers,
        ["议事会", town.branch.name, "2026.9.1", "每月议一次", "少了", "2026.9.2", "2026.9.3", "管用"],
        ["错时党课", town.community.code, "2026年9月2日", "晚上讲", "", "", "", ""],
    ]
    assert take_in("practices", user, *rows).counts == {"new": 2}
    assert take_in("practices", user, *rows).counts == {"same": 2}
    assert take_in_file("practices", user, export("practices", user)).counts == {"same": 2}
    assert facts.of(town.committee, Q3)["practices.accepted"] == 1


def test_an_import_says_what_is_wrong_and_a_community_accepts_nothing(client, town):
    headers = ("经验名称", "组织编码", "总结日期", "做法", "报送日期", "采用日期", "采用文字")
    rows = [
        ["甲", town.branch.code, "2026-09-02", "做", "2026-09-01", "", ""],
        ["乙", town.branch.code, "2026-09-02", "做", "2026-09-03", "2026-09-04", ""],
        ["丙", town.branch.code, "2026-09-02", "做", "2026-09-03", "2026-09-04", "好"],
    ]
    secretary = sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    found = messages(take_in("practices", secretary, headers, *rows))
    assert set(found) == {2, 3, 4}
    assert "采用由街道党建办办理" in found[4]
    assert set(messages(take_in("practices", superuser(), headers, *rows))) == {2, 3}
    assert Practice.objects.get().state == State.ACCEPTED


def test_a_returned_one_is_offered_again_by_import(town):
    user = superuser()
    make_practice(town.branch, title="甲").offer(TODAY).send_back("改")
    rows = [
        ("经验名称", "组织编码", "总结日期", "做法", "报送日期"),
        ["甲", town.branch.code, "2026-09-01", "改好", TODAY],
    ]
    assert take_in("practices", user, *rows).counts == {"changed": 1}
    assert Practice.objects.get().state == State.OFFERED


def test_the_filter_by_state_finds_each(town):
    make_practice(town.branch)
    make_practice(town.branch).offer(TODAY)
    make_practice(town.branch).offer(TODAY).send_back("改")
    make_practice(town.branch).offer(TODAY).accept(TODAY, "好")
    ledger = get("practices")
    for state in State:
        (found,) = ledger.rows(ledger.query({"state": state.value}))
        assert found.state == state


def test_the_organisations_page_shows_them(client, town, office, text_of):
    make_practice(town.branch, title="议事会").offer(TODAY)
    words = text_of(client.get(f"{town.community.get_absolute_url()}?period=2026Q3"))
    assert "总结经验做法 1 条 报送经验做法 1 条 采用经验做法 0 条" in words
    assert "已报送 议事会" in words


def test_the_report_quotes_the_offices_words(town):
    make_practice(town.branch, title="议事会").offer(TODAY).accept(TODAY, "每月议一次，纠纷少了九成。")
    make_practice(town.branch, title="没报送")
    standard, full = (
        next(s for s in build(town.committee, Q3, length=length).statements() if s.key == "point.examples")
        for length in ("standard", "full")
    )
    assert standard.text == "推广经验做法1条，如S第1社区第1党支部“议事会”。"
    assert full.text == f"{standard.text}S第1社区第1党支部“议事会”：每月议一次，纠纷少了九成。"
    assert standard.evidence[0].url == Practice.objects.get(title="议事会").get_absolute_url()


def test_the_pages_cost_the_same_for_many(client, town, office):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    practice = make_practice(town.branch).offer(TODAY)

    def back(number: int) -> None:
        activity = ActivityFactory(organization=town.branch)
        PracticeEvidence(practice=practice, activity=activity).record()
        finding = closed_finding(town.branches[number % 4], f"第 {number} 条") if number < 4 else None
        if finding:
            PracticeEvidence(practice=practice, finding=finding).record()
        PracticeEvidence(practice=practice, fact="members.total", period=f"2026-{number % 12 + 1:02}").record()

    back(0)
    pages = ("/ledgers/practices/?period=2026Q3", practice.get_absolute_url(), town.community.get_absolute_url(), "/")
    few = [cost(url) for url in pages]
    for number in range(1, 12):
        back(number)
        make_practice(town.branch).offer(TODAY)
    many = [cost(url) for url in pages]  # one less where the last check of the rules left no trace
    assert all(now in (then, then - 1) for now, then in zip(many, few, strict=True)), (many, few)
