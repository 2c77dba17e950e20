"""Branches merged, split, renamed, of another kind: what came before stays as it was."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from accounts.roles import Role
from branches import restructuring
from branches.models import Organization, OrganizationEvent
from ledgers import facts
from ledgers.period import Period
from members.models import Member, Membership, Transfer
from tests.factories import CommitteeFactory, MemberFactory, OrganizationFactory, sign_in

MERGE, SPLIT = "/branches/S-1-1/merge/", "/branches/S-1-1/split/"
Kind = OrganizationEvent.Kind
ON = date(2026, 11, 10)
MONTHS = [Period.parse(p) for p in ("2026-09", "2026-10")]
NOVEMBER = Period.parse("2026-11")


def branch(code: str) -> Organization:
    return Organization.objects.get(code=code)


def numbers(town) -> list:
    """Every fact of every organisation in the months before the change."""
    everything = [o.pk for o in Organization.objects.filter(code__in=["S", "S-1", "S-2", "S-1-1", "S-1-2", "S-2-1"])]
    return [facts.of_each(everything, month) for month in MONTHS]


@pytest.fixture
def people(town):
    """Two members in the first branch, three in the second: one in a group, one retired lately, one about to go."""
    MemberFactory.create_batch(2, branch=town.branch)
    OrganizationFactory(code="G", name="第一党小组", kind="group", parent=town.branches[1])
    grouped = MemberFactory(branch=town.branches[1], group_name="第一党小组")
    retired = MemberFactory(branch=town.branches[1])
    retired.employment = "retired"
    retired.amend(date(2026, 10, 15))
    leaver = MemberFactory(branch=town.branches[1])
    leaver.leave("deceased", date(2026, 11, 15))
    return grouped, retired, leaver


# merge


def test_it_works(client, town, office, people, fill_in, today):
    before = numbers(town)
    response = fill_in(MERGE, sources=[town.branches[1].pk], on="2026-11-10", document="和工委〔2026〕9号")
    assert (response.status_code, response.url) == (302, "/branches/S-1-1/")
    target, source = branch("S-1-1"), branch("S-1-2")
    assert source.dissolved_on == branch("G").dissolved_on == ON
    assert Member.objects.live().filter(branch=target).count() == 4
    assert numbers(town) == before
    november = facts.of_each([target.pk, source.pk, town.community.pk], NOVEMBER)
    assert [november[pk]["members.total"] for pk in (target.pk, source.pk, town.community.pk)] == [4, 0, 4]
    assert november[town.community.pk]["orgs.branches"] == 1
    assert november[target.pk]["members.deceased"] == 1


def test_the_history_of_each_member_is_whole(client, town, office, people, today):
    restructuring.merge(branch("S-1-1"), [branch("S-1-2")], ON, "9号")
    grouped, retired, leaver = people
    spans = [(m.branch.code, m.start, m.end, m.left_by) for m in grouped.memberships.order_by("start")]
    assert spans == [("S-1-2", date(2015, 7, 1), ON, "moved"), ("S-1-1", ON, None, "")]
    states = [(m.branch.code, m.employment, m.end) for m in retired.memberships.order_by("start")]
    assert states[-2:] == [("S-1-2", "retired", ON), ("S-1-1", "retired", None)]
    last = leaver.memberships.order_by("-start")[0]
    assert (last.branch.code, last.start, last.end, last.left_by) == ("S-1-1", ON, date(2026, 11, 15), "deceased")
    member = Member.objects.get(pk=grouped.pk)
    assert (member.branch.code, member.group_name, member.version) == ("S-1-1", "", grouped.version + 1)


def test_who_left_before_the_day_stays_where_they_were(client, town, office, people, today):
    gone = MemberFactory(branch=town.branches[1])
    gone.leave("transferred", ON)
    restructuring.merge(branch("S-1-1"), [branch("S-1-2")], ON)
    assert Member.objects.get(pk=gone.pk).branch.code == "S-1-2"


def test_who_came_on_the_day_or_later_comes_along_whole(client, town, office, today):
    late = MemberFactory(branch=town.branches[1], joined_on=date(2026, 11, 12), category="probationary")
    restructuring.merge(branch("S-1-1"), [branch("S-1-2")], ON)
    only = late.memberships.get()
    assert (only.branch.code, only.start, only.came_by) == ("S-1-1", date(2026, 11, 12), "joined")


def test_it_is_history_on_all_sides_and_audited(client, town, office, people, fill_in, today):
    fill_in(MERGE, sources=[town.branches[1].pk, town.branches[2].pk], on="2026-11-10", document="9号")
    assert {e.organization.code: e.other and e.other.code for e in OrganizationEvent.objects.filter(kind="merged")} == {
        "S-1-1": None,
        "S-1-2": "S-1-1",
        "S-2-1": "S-1-1",
    }
    event = branch("S-1-1").events.get(kind=Kind.MERGED)
    assert (event.on, event.document) == (ON, "9号")
    assert event.detail == "S第1社区第2党支部、S第2社区第1党支部并入"
    assert AuditEntry.objects.filter(model="members.member", actor_name__startswith="李办").count() == 3
    assert AuditEntry.objects.filter(model="branches.organization", action="dissolve").count() == 3


def test_the_committees_of_what_ends_end(client, town, office, today):
    committee = CommitteeFactory(organization=town.branches[1])
    kept = CommitteeFactory(organization=town.branch)
    restructuring.merge(branch("S-1-1"), [branch("S-1-2")], ON)
    committee.refresh_from_db()
    kept.refresh_from_db()
    assert (committee.ended_on, kept.ended_on) == (ON, None)


def test_a_letter_under_way_comes_first(client, town, office, fill_in, today):
    member = MemberFactory(branch=town.branches[1])
    Transfer(
        member=member,
        name=member.name,
        organization=town.branches[1],
        receiver=town.branches[2],
        letter_number="1",
        issued_on=date(2026, 11, 1),
    ).record()
    form = fill_in(MERGE, sources=[town.branches[1].pk], on="2026-11-10").context["form"]
    assert "还有 1 件组织关系转接没有办结" in form.non_field_errors()[0]
    assert branch("S-1-2").dissolved_on is None
    assert member.memberships.get().end is None


@pytest.mark.parametrize(("day", "words"), [("2026-11-24", "不能晚于今天"), ("2010-06-30", "不能早于成立日期")])
def test_the_day_must_be_possible(client, town, office, fill_in, today, day, words):
    form = fill_in(MERGE, sources=[town.branches[1].pk], on=day).context["form"]
    assert words in form.non_field_errors()[0]


def test_pressed_twice_it_happens_once(client, town, office, people, today):
    from tests.conftest import shown

    typed = shown(client.get(MERGE)) | {"sources": [town.branches[1].pk], "on": "2026-11-10"}
    first, second = client.post(MERGE, typed), client.post(MERGE, typed)
    assert first.url == second.url == "/branches/S-1-1/"
    assert branch("S-1-1").events.count() == 1


def test_only_what_one_may_restructure_is_offered(client, town, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    offered = client.get(MERGE).context["form"].fields["sources"].queryset
    assert [o.code for o in offered] == ["S-1-2"]
    assert client.post(MERGE, {"sources": [town.branches[2].pk], "on": "2026-11-10"}).status_code == 200
    assert branch("S-2-1").dissolved_on is None


@pytest.mark.parametrize("page", ["merge", "split", "rename", "kind"])
def test_it_is_the_superiors_to_decide(client, town, secretary, page):
    assert client.get(f"/branches/S-1-1/{page}/").status_code == 404
    assert client.get(f"/branches/S-1-2/{page}/").status_code == 404


def test_many_members_cost_as_much_as_few(town, today):
    def cost(target: Organization, source: Organization, number: int) -> int:
        MemberFactory.create_batch(number, branch=source)
        with CaptureQueriesContext(connection) as queries:
            restructuring.merge(target, [source], ON)
        return len(queries)

    first, second, third, fourth = (branch(b.code) for b in town.branches)
    assert cost(first, second, 2) == cost(third, fourth, 20)


# split


NEW = {"code": "S-1-9", "name": "S第1社区青年党支部", "short_name": "青年支部", "kind": "branch", "on": "2026-11-10"}


def test_some_members_found_a_new_branch(client, town, office, fill_in, today):
    members = MemberFactory.create_batch(4, branch=town.branch)
    before = numbers(town)
    response = fill_in(SPLIT, **NEW, members=[m.pk for m in members[:3]], document="10号")
    assert response.url == "/branches/S-1-9/"
    part = branch("S-1-9")
    assert (part.established, part.short_name) == (ON, "青年支部")
    assert Organization.objects.get_parent(part) == town.community
    assert set(Member.objects.filter(branch=part)) == set(members[:3])
    assert numbers(town) == before
    assert facts.of(part, Period.parse("2026-10"))["orgs.branches"] == 0
    counted = facts.of_each([part.pk, town.branch.pk], NOVEMBER)
    assert [counted[pk]["members.total"] for pk in (part.pk, town.branch.pk)] == [3, 1]
    events = {e.organization.code: (e.other.code, e.document) for e in OrganizationEvent.objects.filter(kind="split")}
    assert events == {"S-1-9": ("S-1-1", "10号"), "S-1-1": ("S-1-9", "10号")}


def test_all_of_them_is_no_split_and_none_is_none_either(client, town, office, fill_in, today):
    members = MemberFactory.create_batch(2, branch=town.branch)
    form = fill_in(SPLIT, **NEW, members=[m.pk for m in members]).context["form"]
    assert "全部党员都转走就不是分设了" in form.errors["members"][0]
    assert "请勾选" in fill_in(SPLIT, **NEW).context["form"].errors["members"][0]
    assert not Organization.objects.filter(code="S-1-9").exists()


def test_the_new_branch_needs_a_name_and_code_of_its_own(client, town, office, fill_in, today):
    members = MemberFactory.create_batch(2, branch=town.branch)
    wrong = NEW | {"code": "S-1-2", "name": "S第1社区第2党支部"}
    form = fill_in(SPLIT, **wrong, members=[members[0].pk]).context["form"]
    assert "不能用" in form.errors["code"][0] and "同名" in form.errors["name"][0]


# kind and name


def test_a_change_of_kind_leaves_earlier_months_as_they_were(client, town, office, fill_in, today):
    before = numbers(town)
    response = fill_in("/branches/S-1-1/kind/", new_kind="general-branch", on="2026-11-10", document="11号")
    assert response.url == "/branches/S-1-1/"
    assert branch("S-1-1").kind == "general-branch"
    assert numbers(town) == before
    assert facts.of(town.community, NOVEMBER)["orgs.branches"] == 1
    event = branch("S-1-1").events.get()
    assert (event.kind, event.old_kind, event.new_kind, event.document) == (
        "kind-changed", "branch", "general-branch", "11号",
    )  # fmt: skip
    assert event.detail == "由党支部改为党总支"


def test_of_two_changes_each_month_has_its_own(town, today):
    one = branch("S-1-1")
    one.become("joint-branch", date(2026, 9, 10))
    one.become("general-branch", date(2026, 11, 10))
    with pytest.raises(ValueError, match="应晚于上一次改变类别"):
        one.become("branch", date(2026, 11, 10))
    kinds = [Organization.kinds_on(day).get(one.pk) for day in (date(2026, 9, 9), date(2026, 9, 10), ON)]
    assert kinds == ["branch", "joint-branch", None]
    counted = [facts.of(one, Period.parse(p))["orgs.branches"] for p in ("2026-08", "2026-10", "2026-11")]
    assert counted == [1, 1, 0]


def test_what_was_entered_wrongly_is_put_right_from_the_beginning(town, today):
    branch("S-1-1").become("general-branch", date(2010, 7, 1))
    assert facts.of(town.community, Period.parse("2026-01"))["orgs.branches"] == 1


def test_members_and_groups_are_in_the_way_of_another_kind(client, town, office, fill_in, today):
    MemberFactory(branch=town.branch)
    OrganizationFactory(code="G", kind="group", parent=town.branch)
    form = fill_in("/branches/S-1-1/kind/", new_kind="general-branch", on="2026-11-10").context["form"]
    assert "还有 1 名党员在册" in form.non_field_errors()[0]
    assert "请先调整下级" in form.non_field_errors()[0]
    assert branch("S-1-1").kind == "branch"


def test_a_new_name_with_its_day_and_document(client, town, office, fill_in, today):
    fill_in("/branches/S-1-1/rename/", name="红旗党支部", short_name="红旗", on="2026-11-10", document="12号")
    renamed = branch("S-1-1")
    assert (renamed.name, renamed.short_name) == ("红旗党支部", "红旗")
    event = renamed.events.get()
    assert (event.kind, event.on, event.document) == ("renamed", ON, "12号")
    form = fill_in("/branches/S-1-2/rename/", name="红旗党支部", on="2026-11-10").context["form"]
    assert "已有同名的组织" in form.errors["name"][0]


def test_the_members_of_a_group_follow_its_name(town, today):
    group = OrganizationFactory(code="G", name="第一党小组", kind="group", parent=town.branch)
    member = MemberFactory(branch=town.branch, group_name="第一党小组")
    elsewhere = MemberFactory(branch=town.branches[1], group_name="第一党小组")
    branch("G").rename("先锋党小组", ON)
    assert [Member.objects.get(pk=m.pk).group_name for m in (member, elsewhere)] == ["先锋党小组", "第一党小组"]
    assert group.events.count() == 1


# the end of a temporary branch


def test_a_temporary_branch_has_its_end(client, town, office, fill_in, today, text_of):
    typed = {"code": "T", "name": "工地临时党支部", "kind": "temporary-branch", "established": "2026-01-01"}
    fill_in("/branches/new/?parent=S-1", **typed, expires_on="2026-11-22")
    assert branch("T").is_overdue
    assert "到期日期 2026-11-22 已到期" in text_of(client.get("/branches/T/"))
    fill_in("/branches/T/edit/", expires_on="2026-12-31")
    assert not branch("T").is_overdue


def test_only_a_temporary_one_expires(client, town, office, fill_in, today):
    typed = {"code": "T", "name": "新支部", "kind": "branch", "expires_on": "2027-01-01"}
    assert "只有临时党支部" in fill_in("/branches/new/?parent=S-1", **typed).context["form"].errors["expires_on"][0]
    assert "expires_on" not in client.get("/branches/S-1-1/edit/").context["form"].fields


def test_nobody_is_left_twice(town, people, today):
    restructuring.merge(branch("S-1-1"), [branch("S-1-2")], ON)
    assert not Membership.objects.filter(branch__code="S-1-2", end__isnull=True).exists()
    assert Membership.objects.in_force_on(ON).count() == 5
