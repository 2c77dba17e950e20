"""The pages of findings."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from assessments.models import Finding
from branches.models import Organization
from tests.factories import sign_in, superuser

from .factories import hold, make_branch, make_member, make_street

PAGE = "/findings/"
pytestmark = pytest.mark.usefixtures("today", "reserve_cadre", "work_meetings")


@pytest.fixture
def kept(branch):
    """A branch without a theme day in August, looked at in the third quarter."""
    hold(branch, "theme-day", date(2026, 7, 3), date(2026, 9, 3))
    return branch


@pytest.fixture
def office(client, street):
    return sign_in(client, Role.OFFICE, street, name="李办")


def look(client, **asked):
    return client.get(PAGE, {"period": "2026Q3"} | asked)


def test_it_works(client, office, kept, text_of):
    page = look(client)
    text = text_of(page)
    assert "主题党日每月至少开展一次" in text and "R05" not in text
    assert "缺 2026年8月" in text
    assert "《中国共产党支部工作条例（试行）》第十六条" in text
    assert "怎样改正：" in text


def test_what_stands_from_earlier_periods_is_told_beside_what_is_of_this_one(client, office, kept, text_of):
    look(client)
    page = look(client, period="2026Q2")
    assert "未销号共" not in text_of(page)  # nothing earlier
    own, told = look(client).context["totals"]["waiting"], look(client)
    assert f"连同以前时期，未销号共 {told.context['all']} 条" in text_of(told)
    assert told.context["all"] > own
    ledger = client.get(told.context["all_url"])
    assert f"共 {told.context['all']} 条" in text_of(ledger)


def test_each_finding_leads_to_its_rows(client, office, kept):
    page = look(client, rule="R05").content.decode()
    assert f"/ledgers/activities/?organization={kept.code}&amp;period=2026Q3&amp;kind=theme-day" in page
    rows = client.get(f"/ledgers/activities/?organization={kept.code}&period=2026Q3&kind=theme-day&status=counted")
    assert rows.status_code == 200


def test_by_branch(client, office, kept, text_of):
    text = text_of(look(client, by="branch"))
    assert kept.name in text
    assert "其中严重" in text


def test_one_by_one_with_pages(client, office, street, text_of):
    for number in range(30):
        make_branch(street, f"N{number}")
    page = look(client, by="list")
    assert len(page.context["findings"]) == 50
    assert "下一页" in page.content.decode()


def test_a_long_group_shows_the_first_and_leads_to_all(client, office, street, text_of):
    for number in range(25):
        make_branch(street, f"N{number}")
    page = look(client, rule="R01")
    (group,) = page.context["groups"]
    assert (group.count, len(group.findings), group.left) == (25, 20, 5)
    assert len(client.get(group.address).context["findings"]) == 25


def test_filters(client, office, kept):
    look(client)
    Finding.objects.filter(rule="R05").update(state="exempted", closed_on=date(2026, 10, 8))
    assert "R05" not in [group.subject.code for group in look(client).context["groups"]]
    exempted = look(client, state="exempted").context["groups"]
    assert [group.subject.code for group in exempted] == ["R05"]
    serious = look(client, severity="serious").context["groups"]
    assert {group.subject.code for group in serious} == {"R01", "R10"}


def test_nonsense_in_the_query_string_is_passed_over(client, office, kept):
    page = look(client, by="x", state="y", severity="z", rule="q", page="w")
    assert page.status_code == 200
    assert page.context["groups"]


def test_nothing_wrong(client, street, office, text_of):
    assert "没有符合条件的预警" in text_of(look(client))


def test_a_running_period_says_so(client, office, kept, text_of):
    assert "这个时期还没有过完" in text_of(look(client, period="2026Q4"))
    assert "这个时期还没有过完" not in text_of(look(client))


def test_only_ones_own_subtree(client, kept, street, text_of):
    other = make_branch(street, "B2")
    sign_in(client, Role.BRANCH_SECRETARY, other)
    text = text_of(look(client, by="branch"))
    assert other.name in text
    assert kept.name not in text


def test_a_branch_secretary_reads_but_does_not_handle(client, kept):
    sign_in(client, Role.BRANCH_SECRETARY, kept)
    assert "办理所选" not in look(client).content.decode()
    finding = Finding.objects.first()
    assert client.get(f"/findings/{finding.pk}/").status_code == 200
    assert client.get("/findings/handle/", {"finding": finding.pk}).status_code == 404


def test_a_member_is_named_and_the_id_is_not(client, office, branch, text_of):
    member = make_member(branch, category="probationary", joined_on=date(2025, 9, 1), name="周明")
    page = look(client, rule="R24")
    assert "周明" in text_of(page)
    assert member.id_number not in page.content.decode()


@pytest.mark.parametrize("by", ["rule", "branch", "list"])
def test_queries_do_not_grow_with_the_street(client, street, by):
    superuser(client)

    def queries() -> int:
        look(client, by=by)  # checks and counts
        with CaptureQueriesContext(connection) as captured:
            assert look(client, by=by).status_code == 200
        return len(captured)

    for number in range(20):
        make_branch(street, f"B{number}")
    few = queries()
    for number in range(20, 200):
        make_branch(street, f"B{number}")
    assert queries() == few


# one finding


@pytest.fixture
def finding(client, office, kept):
    look(client)
    return Finding.objects.get(rule="R05")


def test_one_finding(client, finding, text_of):
    text = text_of(client.get(finding.get_absolute_url()))
    for words in ("缺 2026年8月", "现值 2", "要求 3", "第十六条", "怎样改正", "首次发现"):
        assert words in text


def test_a_finding_elsewhere_does_not_exist(client, finding):
    sign_in(client, Role.OFFICE, make_street("T"))
    assert client.get(finding.get_absolute_url()).status_code == 404


# handling


def decide(client, *findings, **fields):
    return client.post("/findings/handle/", {"finding": [f.pk for f in findings]} | fields, follow=True)


def test_take_in_hand(client, finding, text_of):
    page = decide(client, finding, state="in-hand", owner="周明", deadline="2026-10-31")
    finding.refresh_from_db()
    assert (finding.state, finding.owner, finding.deadline) == ("in-hand", "周明", date(2026, 10, 31))
    assert "已办理 1 条预警" in text_of(page)
    assert "李办" in text_of(page)  # the history


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"state": "in-hand", "deadline": "2026-10-31"}, "请填写责任人"),
        ({"state": "in-hand", "owner": "周明"}, "请填写完成时限"),
        ({"state": "in-hand", "owner": "周明", "deadline": "2026-10-07"}, "完成时限已经过去了"),
        ({"state": "exempted"}, "请写明免于处理的理由"),
        ({"state": "closed"}, "请写明这个问题是怎样解决的"),
    ],
)
def test_what_a_decision_needs(client, finding, text_of, fields, message):
    assert message in text_of(decide(client, finding, **fields))
    finding.refresh_from_db()
    assert finding.state == "open"


def test_several_at_once(client, finding, text_of):
    chosen = list(Finding.objects.all())
    asked = client.get("/findings/handle/", {"finding": [f.pk for f in chosen]})
    assert f"办理 {len(chosen)} 条预警" in text_of(asked)
    decide(client, *chosen, state="closed", note="已全部解决")
    kept = Finding.objects.filter(pk__in=[f.pk for f in chosen])
    assert set(kept.values_list("state", "closed_on")) == {("closed", date(2026, 10, 8))}


def test_closed_and_taken_back(client, finding):
    decide(client, finding, state="closed", note="已解决")
    decide(client, finding, state="open")
    finding.refresh_from_db()
    assert (finding.state, finding.closed_on) == ("open", None)


def test_nothing_chosen(client, finding, text_of):
    page = client.get("/findings/handle/", follow=True)
    assert "还没有选择预警" in text_of(page)


def test_a_foreign_finding_among_the_chosen_answers_404(client, finding, street):
    sign_in(client, Role.COMMUNITY_SECRETARY, Organization.objects.get(code="SC"))
    elsewhere = make_branch(make_street("T"), "T1")
    foreign = Finding.objects.create(
        rule="R05",
        kind="missed",
        organization=elsewhere,
        period="2026Q3",
        severity="minor",
        first_seen=date(2026, 9, 30),
        last_seen=date(2026, 9, 30),
    )
    assert decide(client, finding, foreign, state="closed", note="已解决").status_code == 404
    finding.refresh_from_db()
    assert finding.state == "open"


# the ledger


def test_the_ledger_lists_and_exports(client, finding, text_of):
    page = client.get("/ledgers/findings/", {"rule": "R05", "organization": "S", "on": "2026-09-30"})
    assert "缺 2026年8月" in text_of(page)
    exported = client.get("/ledgers/findings/export.xlsx", {"rule": "R05", "on": "2026-09-30"})
    assert exported.status_code == 200
    assert client.get("/ledgers/findings/import/").status_code == 404
