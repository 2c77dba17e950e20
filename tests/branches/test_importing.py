"""Import of organisations and committees: history, what is refused, seats taken and left during the term."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.roles import Role
from branches.models import CommitteeSeat, Organization, OrganizationEvent
from ledgers.models import ImportBatch
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import CommitteeFactory, MemberFactory, OrganizationFactory, PostingFactory, SeatFactory, superuser
from tests.ledgers.workbooks import xlsx

HEADERS = ("组织编码", "组织名称", "组织类别", "上级组织编码")
SEATS = ("组织编码", "届次", "任职开始", "职务", "姓名", "任职日期", "离任日期")


@pytest.fixture
def root(town) -> User:
    return superuser()


@pytest.mark.parametrize("code", ["new", "terms", "committees", "seats", "elections"])
def test_codes_that_addresses_use_are_refused(town, root, code):
    analysis = take_in("organizations", root, HEADERS, [code, "新支部", "党支部", "S-1"])
    assert "留给系统的网址用" in messages(analysis)[2]
    assert not Organization.objects.filter(code=code).exists()


def test_a_new_name_is_the_same_history_as_on_the_page(town, root, today):
    take_in("organizations", root, HEADERS, ["S-1-1", "红旗党支部", "党支部", "S-1"])
    event = town.branch.events.get(kind=OrganizationEvent.Kind.RENAMED)
    assert (event.on, event.detail) == (today, "由S第1社区第1党支部更名为红旗党支部")
    take_in("organizations", root, HEADERS, ["S-1-1", "红旗党支部", "党支部", "S-1"])
    assert town.branch.events.count() == 1


def test_a_new_name_or_founding_day_is_asked_for_before_it_is_done(client, town, office, text_of):
    rows = ["S-1-1", "红旗党支部", "党支部", "S-1", "2020-07-01"], ["S-1-2", "先锋党支部", "党支部", "S-1", ""]
    file = SimpleUploadedFile("名册.xlsx", xlsx((*HEADERS, "成立日期"), *rows))
    page = client.post("/ledgers/organizations/import/", {"file": file}, follow=True)
    assert "已核对，确认更名 2 个、改成立日期 1 个" in text_of(page)
    assert "将由“S第1社区第1党支部”更名，写入组织沿革" in text_of(page)
    apply = f"/ledgers/organizations/import/{ImportBatch.objects.get().pk}/apply/"
    assert "请先核对要更改的名称和成立日期" in text_of(client.post(apply, follow=True))
    assert not Organization.objects.filter(name="红旗党支部").exists()
    client.post(apply, {"agreed": "on"})
    renamed = Organization.objects.get(code="S-1-1")
    assert (renamed.name, renamed.established) == ("红旗党支部", date(2020, 7, 1))
    assert renamed.events.get().kind == OrganizationEvent.Kind.RENAMED


def test_a_new_name_is_refused_where_the_page_would_refuse_it(town, root):
    OrganizationFactory(code="G", kind="group", parent=town.branch)
    analysis = take_in(
        "organizations",
        root,
        HEADERS,
        ["S-1-1", town.branches[1].name, "党支部", "S-1"],
        ["G", "先锋党小组", "党小组", "S-1-1"],
        ["S-2-1", town.branch.name, "党支部", "S-2"],
    )
    assert messages(analysis) == {
        2: "同一上级下已有同名的组织，请加以区分",
        3: "党小组更名请在组织页面办理，党员所在的党小组随之更名",
    }
    assert Organization.objects.get(code="S-2-1").name == town.branch.name


def test_who_keeps_only_its_own_records_gives_it_no_new_name(town):
    clerk = PostingFactory(organization=town.communities[0], role=Role.COMMUNITY_SECRETARY).user
    rows = ["S-1", "红旗社区党委", "社区党委", "S"], ["S-1-1", "红旗党支部", "党支部", "S-1"]
    assert "由上级党组织改" in messages(take_in("organizations", clerk, HEADERS, *rows))[2]
    assert Organization.objects.get(code="S-1-1").name == "红旗党支部"


def test_another_kind_is_for_the_page(town, root):
    analysis = take_in("organizations", root, HEADERS, ["S-1-1", town.branch.name, "联合党支部", "S-1"])
    assert "改变类别请在组织页面办理" in messages(analysis)[2]


def test_an_end_is_history_and_refused_while_somebody_is_left(town, root, today):
    MemberFactory(branch=town.branch)
    OrganizationFactory(code="G", kind="group", parent=town.branches[2])
    analysis = take_in(
        "organizations",
        root,
        (*HEADERS, "撤销日期"),
        ["S-1-1", town.branch.name, "党支部", "S-1", "2026-11-01"],
        ["S-1-2", town.branches[1].name, "党支部", "S-1", "2026-11-01"],
        ["S-2-1", town.branches[2].name, "党支部", "S-2", "2026-11-01"],
    )
    assert messages(analysis) == {
        2: "还有 1 名党员在册，请先把他们转到别的支部",
        4: "还有 1 个下级组织没有撤销，请先撤销或转隶",
    }
    event = OrganizationEvent.objects.get(kind=OrganizationEvent.Kind.DISSOLVED)
    assert (event.organization.code, event.on) == ("S-1-2", date(2026, 11, 1))


def test_only_a_temporary_branch_expires(town, root):
    rows = (["T1", "工地", "临时党支部", "S-1", "2026-12-31"], ["T2", "新支部", "党支部", "S-1", "2026-12-31"])
    analysis = take_in("organizations", root, (*HEADERS, "到期日期"), *rows)
    assert messages(analysis) == {3: "只有临时党支部填到期日期"}
    assert Organization.objects.get(code="T1").expires_on == date(2026, 12, 31)


def test_seats_taken_and_left_during_the_term(town, root):
    analysis = take_in(
        "committees",
        root,
        SEATS,
        ["S-1-1", "第一届", "2025-03-01", "书记", "周明", "", "2026-05-01"],
        ["S-1-1", "第一届", "2025-03-01", "书记", "吴兰", "2026-05-01", ""],
        ["S-1-1", "第一届", "2025-03-01", "委员", "郑强", "2026-05-01", "2026-04-30"],
    )
    assert messages(analysis) == {4: "离任日期早于任职日期 2026-05-01"}
    seats = {s.name: (s.since, s.left_on) for s in CommitteeSeat.objects.all()}
    assert seats == {"周明": (None, date(2026, 5, 1)), "吴兰": (date(2026, 5, 1), None)}
    again = take_in("committees", root, SEATS, ["S-1-1", "第一届", "2025-03-01", "书记", "吴兰", "2026-05-02", ""])
    assert again.counts["changed"] == 1
    assert CommitteeSeat.objects.get(name="吴兰").since == date(2026, 5, 2)


def test_what_is_exported_changes_nothing_when_it_comes_back(town, root):
    twins = MemberFactory.create_batch(2, branch=town.branch, name="周明")
    committee = CommitteeFactory(organization=town.branch)
    SeatFactory(committee=committee, member=twins[1], left_on=date(2026, 5, 1))
    SeatFactory(committee=committee, name="吴兰", post="member", since=date(2026, 5, 1))
    OrganizationFactory(code="T", kind="temporary-branch", expires_on=date(2027, 1, 1), parent=town.community)
    for slug in ("organizations", "committees"):
        # a seat that somebody left stands in the list only with the earlier ones
        analysis = take_in_file(slug, root, export(slug, root, all="1"))
        assert not messages(analysis) and set(analysis.counts) == {"same"}, slug
    assert CommitteeSeat.objects.get(name="周明").member == twins[1]
