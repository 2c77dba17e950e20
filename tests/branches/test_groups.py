"""Groups: their leaders, who is in which, their meetings, the ledger."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import GroupLeader, Organization
from members.models import Member
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.life import make_group, make_leader
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in, street, superuser

GROUPS, LEADER = "/branches/S-1-1/groups/", "/branches/G/leader/"


@pytest.fixture
def group(town):
    """The first branch's group, known by a short name as well."""
    return make_group(town.branch, "S第1社区第1党支部第一党小组", short_name="第一党小组")


def test_a_branch_secretary_is_not_offered_to_dissolve_a_group(client, town, group, secretary, text_of):
    page = client.get(group.get_absolute_url())
    assert f"{group.get_absolute_url()}dissolve/" not in page.content.decode()


def test_it_works(client, town, group, secretary, fill_in, today, text_of):
    member = MemberFactory(branch=town.branch, name="周明")
    response = fill_in(LEADER, name="周明", since="2026-11-01")
    assert response.url == "/branches/G/"
    leader = GroupLeader.objects.get()
    assert (leader.member, leader.since, leader.until) == (member, date(2026, 11, 1), None)
    assert "组长： 周明 ，2026-11-01 起" in text_of(client.get("/branches/G/"))
    words = text_of(client.get(member.get_absolute_url()))
    assert "任党小组组长" in words


def test_the_next_leader_ends_the_time_of_the_one_before(client, town, group, secretary, fill_in, today):
    first = make_leader(group)
    fill_in(LEADER, name="吴兰", since="2026-11-01")
    first.refresh_from_db()
    assert first.until == date(2026, 11, 1)
    assert [one.name for one in GroupLeader.objects.held_on(date(2026, 11, 1))] == ["吴兰"]
    form = fill_in(LEADER, name="郑强", since="2026-11-01").context["form"]
    assert "应晚于现任组长的任职日期" in form.non_field_errors()[0]


def test_members_are_put_into_groups(client, town, group, secretary, fill_in, today, text_of):
    make_group(town.branch, "第二党小组", "G2")
    one, two, three = MemberFactory.create_batch(3, branch=town.branch)
    other = MemberFactory(branch=town.branch, group_name="老小组")
    second = {str(g.pk): g.name for g in client.get(GROUPS).context["form"].groups.values()}
    pks = {name: pk for pk, name in second.items()}
    page = fill_in(
        GROUPS, **{f"m{one.pk}": str(group.pk), f"m{two.pk}": str(group.pk), f"m{three.pk}": pks["第二党小组"]}
    )
    assert page.url == "/branches/S-1-1/"
    names = [Member.objects.get(pk=m.pk).group_name for m in (one, two, three, other)]
    assert names == ["第一党小组", "第一党小组", "第二党小组", "老小组"]
    assert AuditEntry.objects.filter(model="members.member", action="change").count() == 3
    words = text_of(client.get("/branches/S-1-1/"))
    assert "还有 1 名党员没有编入党小组" in words


def test_each_number_opens_its_rows(client, town, group, secretary, today):
    MemberFactory.create_batch(2, branch=town.branch, group_name="第一党小组")
    MemberFactory(branch=town.branch, group_name=group.name)
    MemberFactory(branch=town.branch)
    MemberFactory(branch=town.branches[1], group_name="第一党小组")
    panels = {panel.template: context for panel, context in client.get("/branches/S-1-1/").context["panels"]}
    rows = panels["branches/panels/groups.html"]
    (line,) = rows["rows"]
    assert (line[2], rows["loose"]) == (3, 1)
    assert client.get(line[3]).context["page"].paginator.count == 3
    assert client.get(rows["loose_url"]).context["page"].paginator.count == 1


def test_the_page_counts_the_meetings_of_each_month(client, town, group, secretary, today, text_of):
    ActivityFactory(organization=group, kind="group", date=date(2026, 10, 8))
    page = client.get("/branches/G/?period=2026Q4")
    assert "10月 开了 1 次 11月 还没开" in text_of(page)
    assert "12月" not in text_of(page).partition("每月至少 1 次")[2].partition("个人")[0][:40]
    assert "7月 没有记录" in text_of(client.get("/branches/G/?period=2026Q3"))


def test_without_groups_the_page_says_what_to_do(client, town, secretary, text_of):
    assert "还没有党小组" in text_of(client.get(GROUPS))


def test_a_leader_only_reads(client, town, group):
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(GROUPS).status_code == client.get(LEADER).status_code == 404


def test_out_of_scope_is_not_there(client, town, group):
    sign_in(client, Role.BRANCH_SECRETARY, town.branches[1])
    assert client.get(GROUPS).status_code == client.get(LEADER).status_code == 404


def test_many_members_cost_as_much_as_few(client, town, group, secretary, fill_in):
    def cost(number):
        people = MemberFactory.create_batch(number, branch=town.branch)
        with CaptureQueriesContext(connection) as queries:
            fill_in(GROUPS, **{f"m{m.pk}": str(group.pk) for m in people})
        return len(queries)

    cost(1)
    assert cost(2) == cost(20)


# the ledger

HEADERS = ("党小组编码", "组长", "任职日期", "离任日期")


def test_the_office_imports_leaders(town, group):
    member = MemberFactory(branch=town.branch, name="周明")
    make_leader(group, "旧组长", date(2020, 1, 1))
    analysis = take_in(
        "groups",
        superuser(),
        HEADERS,
        ["G", "周明", "2024-01-01", ""],
        ["G", "吴兰", "2026-01-01", ""],
        ["S-1-1", "郑强", "2026-01-01", ""],
    )
    assert messages(analysis) == {4: "这不是党小组"}
    times = [(one.name, one.member, one.until) for one in GroupLeader.objects.order_by("since")]
    assert times == [
        ("旧组长", None, date(2024, 1, 1)),
        ("周明", member, date(2026, 1, 1)),
        ("吴兰", None, None),
    ]


def test_what_is_exported_changes_nothing_when_it_comes_back(town, group):
    member = MemberFactory(branch=town.branch, name="周明")
    make_leader(group, "旧组长", date(2020, 1, 1), until=date(2024, 1, 1))
    make_leader(group, "周明", date(2024, 1, 1), member=member)
    user = superuser()
    analysis = take_in_file("groups", user, export("groups", user, all="1"))
    assert not messages(analysis) and analysis.counts == {"same": 2}


def test_a_group_is_named_with_its_branch_wherever_it_stands_alone(client, db):
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    group = OrganizationFactory(
        parent=place.branch, kind="group", name=f"{place.branch.name}第一党小组", short_name="第一党小组"
    )
    assert group.label == f"{place.branch.name}第一党小组"
    assert group.name_within == "第一党小组"
    ActivityFactory(organization=group, status="submitted", kind="group")
    page = client.get("/activities/review/").content.decode()
    assert f'<td data-label="组织">{group.name}</td>' in page
    assert "第一党小组</a>" in client.get(place.branch.get_absolute_url()).content.decode()


def test_a_bare_group_name_typed_in_the_form_gets_its_branch(client, db):
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    data = {"parent": place.branch.pk, "code": "G1", "name": "第一党小组", "kind": "group"}
    client.post(f"/branches/new/?parent={place.branch.code}", data)
    group = Organization.objects.get(code="G1")
    assert (group.name, group.short_name) == (f"{place.branch.name}第一党小组", "第一党小组")
