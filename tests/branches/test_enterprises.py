"""Two-new organisations: states over time, the ledger, instructors' visits, coverage."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from branches.models import Enterprise, EnterpriseState, InstructorVisit
from ledgers import facts, undoing
from ledgers.models.record import Conflict
from ledgers.period import Period
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.places import credit_code, make_enterprise, make_visit
from tests.conftest import shown
from tests.factories import sign_in, superuser

Q3, OCTOBER = Period.parse("2026Q3"), Period.parse("2026-10")
HEADERS = ("统一社会信用代码", "企业名称", "类别", "社区", "党员人数", "正式党员人数", "组建方式", "未建原因", "指导员")


def test_it_works(client, town, office, fill_in, text_of):
    code = credit_code()
    response = fill_in(
        reverse("branches:enterprise-create") + f"?organization={town.community.code}",
        credit_code=code.lower(),
        name="恒泰商贸",
        kind="private",
        founded="2015-01-01",
        party_members="5",
        full_members="4",
        organised="alone",
        party_organization=town.branch.pk,
        instructor="周导",
    )
    enterprise = Enterprise.objects.get()
    assert response.url == enterprise.get_absolute_url()
    assert (enterprise.credit_code, enterprise.state.start) == (code, date(2015, 1, 1))
    words = text_of(client.get(response.url))
    assert "已建党组织" in words
    assert "5 人，其中正式党员 4 人" in words
    counted = facts.of(town.committee, Q3)
    assert {code: counted[f"enterprises.{code}"] for code in ("total", "eligible", "organised", "with_instructor")} == {
        "total": 1,
        "eligible": 1,
        "organised": 1,
        "with_instructor": 1,
    }
    assert facts.rate("enterprises.coverage").of(counted) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"credit_code": "91350100M000100Y44"}, "校验码应为 3"),
        ({"party_members": "2", "full_members": "3"}, "比党员人数 2 还多"),
        ({"party_members": "3", "full_members": "3"}, "请写明原因"),
        ({"organised_since": "2020-01-01"}, "请把“党组织组建”改为"),
        ({"instructor_since": "2020-01-01"}, "还要填党建指导员姓名"),
    ],
)
def test_what_is_wrong_is_said(client, town, office, fill_in, text_of, fields, words):
    given = {"credit_code": credit_code(), "name": "甲", "kind": "private"} | fields
    page = fill_in(reverse("branches:enterprise-create") + f"?organization={town.community.code}", **given)
    assert page.status_code == 200
    assert words in text_of(page)
    assert not Enterprise.objects.exists()


def test_a_code_in_use_is_refused_without_saying_where(client, town, office, fill_in, text_of):
    other = make_enterprise(town.communities[1], "外面的公司")
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    given = {"credit_code": other.credit_code, "name": "甲", "kind": "private"}
    page = fill_in(reverse("branches:enterprise-create"), **given)
    assert "这个代码不能用，请与街道党建办核对" in text_of(page)
    assert "外面的公司" not in text_of(page)


def test_a_change_holds_from_its_day_and_earlier_quarters_stay(client, town, office, fill_in, today):
    enterprise = make_enterprise(town.community, full_members=1)
    edit = reverse("branches:enterprise-edit", args=[enterprise.pk])
    fill_in(edit, party_members="4", full_members="4", organised="joint", on="2026-10-01")
    earlier, later = EnterpriseState.objects.order_by("start")
    assert (earlier.end, earlier.full_members) == (later.start, 1) == (date(2026, 10, 1), 1)
    assert later.full_members == 4
    before, after = facts.of(town.committee, Q3), facts.of(town.committee, OCTOBER)
    assert (before["enterprises.organised"], after["enterprises.organised"]) == (0, 1)
    assert before["enterprises.total"] == after["enterprises.total"] == 1


def test_a_correction_on_the_first_day_opens_no_new_state(client, town, office, fill_in):
    enterprise = make_enterprise(town.community, full_members=1)
    fill_in(reverse("branches:enterprise-edit", args=[enterprise.pk]), party_members="2")
    state = EnterpriseState.objects.get()
    assert (state.party_members, state.version) == (2, 2)


def test_moving_to_another_community_leaves_the_past_where_it_was(client, town, office, fill_in, today):
    here, there = town.communities
    enterprise = make_enterprise(here)
    fill_in(reverse("branches:enterprise-edit", args=[enterprise.pk]), organization=there.pk, on="2026-10-01")
    assert facts.of(here, Q3)["enterprises.total"] == 1
    assert facts.of(there, Q3)["enterprises.total"] == 0
    assert facts.of(there, OCTOBER)["enterprises.total"] == 1


@pytest.mark.parametrize(("closed", "total"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_the_day_of_closing_no_longer_counts(town, closed, total):
    make_enterprise(town.community, closed_on=closed)
    assert facts.of(town.committee, Q3)["enterprises.total"] == total


def test_a_closed_one_can_be_opened_again(client, town, office, fill_in):
    enterprise = make_enterprise(town.community)
    edit = reverse("branches:enterprise-edit", args=[enterprise.pk])
    fill_in(edit, closed_on="2026-08-01")
    assert EnterpriseState.objects.get().end == date(2026, 8, 1)
    fill_in(edit, closed_on="")
    assert EnterpriseState.objects.get().end is None


@pytest.mark.parametrize(("since", "organised"), [(date(2026, 9, 30), 1), (date(2026, 10, 1), 0)])
def test_it_is_organised_from_the_day_on_which_the_organisation_was_founded(town, since, organised):
    make_enterprise(town.community, full_members=3, organised="alone", organised_since=since)
    assert facts.of(town.committee, Q3)["enterprises.organised"] == organised


@pytest.mark.parametrize(("full", "eligible"), [(2, 0), (3, 1)])
def test_three_full_members_call_for_an_organisation(town, full, eligible):
    make_enterprise(town.community, full_members=full, party_members=5)
    counted = facts.of(town.committee, Q3)
    assert (counted["enterprises.with_members"], counted["enterprises.eligible"]) == (1, eligible)


def test_coverage_never_passes_the_whole(town):
    make_enterprise(town.community, full_members=1, organised="joint")
    make_enterprise(town.community, full_members=4, organised="alone")
    make_enterprise(town.community, full_members=4, reason="筹备")
    counted = facts.of(town.committee, Q3)
    assert counted["enterprises.organised"] == 2
    assert facts.rate("enterprises.coverage").of(counted) == pytest.approx(0.5)


def test_the_database_keeps_the_numbers_in_order(town):
    for wrong in ({"full_members": 3, "party_members": 2}, {"organised_since": date(2020, 1, 1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_enterprise(town.community, **wrong)


def test_of_two_editors_of_the_state_the_second_is_told(client, town, office, text_of, today):
    enterprise = make_enterprise(town.community, party_members=1)
    edit = reverse("branches:enterprise-edit", args=[enterprise.pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"party_members": "2", "on": "2026-10-01"})
    page = client.post(edit, other | {"party_members": "7", "on": "2026-10-01"})
    assert "党员人数 2 7" in text_of(page)
    assert enterprise.state.party_members == 2
    client.post(edit, shown(page))
    assert enterprise.state.party_members == 7
    assert EnterpriseState.objects.count() == 2


def test_a_stale_object_is_refused(town):
    held, stale = make_enterprise(town.community), Enterprise.objects.get()
    held.amend(date(2026, 10, 1), party_members=2)
    with pytest.raises(Conflict):
        stale.amend(date(2026, 10, 1), party_members=3)


def test_a_visit_is_recorded_changed_and_deleted(client, town, office, fill_in, text_of):
    enterprise = make_enterprise(town.community, instructor="周导")
    fill_in(reverse("branches:visit-create", args=[enterprise.pk]), on="2026-05-01", content="讲党课", problem="缺场地")
    visit = InstructorVisit.objects.get()
    assert visit.instructor == "周导"
    fill_in(reverse("branches:visit-edit", args=[visit.pk]), result="已借到会议室")
    words = text_of(client.get(enterprise.get_absolute_url()))
    assert "2026-05-01 周导 讲党课 缺场地 已借到会议室" in words
    page = text_of(client.get("/ledgers/enterprises/"))
    assert "2026-05-01" in page
    client.post(reverse("branches:visit-delete", args=[visit.pk]))
    assert not InstructorVisit.objects.exists()


def test_deleting_takes_its_numbers_along(client, town, office):
    enterprise = make_enterprise(town.community)
    make_visit(enterprise)
    assert facts.of(town.committee, Q3)["enterprises.total"] == 1
    client.post(reverse("branches:enterprise-delete", args=[enterprise.pk]))
    assert facts.of(town.committee, Q3)["enterprises.total"] == 0


def test_out_of_scope_is_not_there(client, town, secretary):
    other = make_enterprise(town.branches[1])
    visit = make_visit(other)
    for name, pk in (
        ("enterprise", other.pk),
        ("enterprise-edit", other.pk),
        ("visit-create", other.pk),
        ("visit-edit", visit.pk),
    ):
        assert client.get(reverse(f"branches:{name}", args=[pk])).status_code == 404, name


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    first, second = credit_code(), credit_code()
    rows = [
        HEADERS,
        [first, "恒泰商贸", "非公", town.community.name, 5, 4, "单独组建", "", "周导"],
        [second, "书法协会", "社会组织", town.communities[1].code, 3, 3, "未建", "正在筹备", ""],
    ]
    assert take_in("enterprises", user, *rows).counts == {"new": 2}
    assert take_in("enterprises", user, *rows).counts == {"same": 2}
    assert take_in_file("enterprises", user, export("enterprises", user)).counts == {"same": 2}
    assert EnterpriseState.objects.count() == 2
    assert facts.of(town.committee, Q3)["enterprises.total"] == 2


def test_a_changed_row_opens_a_state_from_today_and_can_be_taken_back(town, today):
    user = superuser()
    code = make_enterprise(town.community, "恒泰", full_members=1).credit_code
    row = [code, "恒泰商贸", "非公企业", town.community.code, 4, 4, "联合", "", "周导"]
    analysis = take_in("enterprises", user, HEADERS, row)
    assert analysis.counts == {"changed": 1}
    earlier, later = EnterpriseState.objects.order_by("start")
    assert (earlier.end, later.start, later.organised) == (today, today, "joint")
    assert Enterprise.objects.get().name == "恒泰商贸"
    assert take_in("enterprises", user, HEADERS, row).counts == {"same": 1}
    undoing.undo(analysis.batch, user)
    state = EnterpriseState.objects.get()
    assert (state.end, state.full_members, Enterprise.objects.get().name) == (None, 1, "恒泰")


def test_an_import_says_what_is_wrong(town):
    user = superuser()
    right = credit_code()
    analysis = take_in(
        "enterprises",
        user,
        HEADERS,
        ["91350100M000100Y44", "甲", "非公", town.community.code, 1, 1, "", "", ""],
        [credit_code(), "乙", "非公", town.community.code, 1, 2, "", "", ""],
        [credit_code(), "丙", "非公", town.community.code, 3, 3, "", "", ""],
        [right, "丁", "非公", town.community.code, 3, 3, "单建", "", ""],
    )
    found = messages(analysis)
    assert "校验码应为 3" in found[2]
    assert "还多" in found[3]
    assert "请写明原因" in found[4]
    assert [e.name for e in Enterprise.objects.all()] == ["丁"]


def test_a_code_of_another_community_cannot_be_imported(client, town):
    other = make_enterprise(town.communities[1])
    user = sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    analysis = take_in(
        "enterprises", user, HEADERS, [other.credit_code, "甲", "非公", town.community.code, 0, 0, "", "", ""]
    )
    assert "这个代码不能用" in messages(analysis)[2]


def test_the_coverage_board_leads_to_the_rows(client, town, office, today, text_of):
    url = reverse("branches:coverage") + "?period=2026Q3"
    make_enterprise(town.community, full_members=4, organised="alone", instructor="周导")
    make_enterprise(town.community, full_members=4, reason="筹备")
    page = client.get(url)
    assert "S第1社区党委 2 2 2 1 1 1 50.0%" in text_of(page)
    assert f"organization={town.community.code}&amp;on=2026-09-30&amp;coverage=lacking" in page.content.decode()
    rows = client.get(f"/ledgers/enterprises/?organization={town.community.code}&on=2026-09-30&coverage=lacking")
    assert "共 1 家" in text_of(rows)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(10):
        make_enterprise(town.community, full_members=4, organised="alone")
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(few) == len(many)


def test_an_enterprises_page_costs_the_same_for_many_visits(client, town, office, today):
    enterprise = make_enterprise(town.community)
    make_visit(enterprise)
    client.get(enterprise.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(enterprise.get_absolute_url())
    for _ in range(20):
        make_visit(enterprise)
    with CaptureQueriesContext(connection) as many:
        client.get(enterprise.get_absolute_url())
    assert len(few) == len(many)
