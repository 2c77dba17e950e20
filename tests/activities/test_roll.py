from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from activities.minutes import Minutes
from activities.models import Activity, record_roll
from activities.roll import Line, Roll, called, called_each, excuse_each, fill_from, fresh
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period
from tests.factories import (
    ActivityFactory,
    CommitteeFactory,
    MemberFactory,
    OrganizationFactory,
    SeatFactory,
    sign_in,
    street,
)
from tests.members import people

URL = reverse("activities:roll")
DAY = date(2026, 8, 12)


@pytest.fixture
def tree(db):
    return street()


def names(lines):
    return [line.name for line in lines]


class TestFragment:
    def ask(self, client, organization, **more):
        data = {"organization": organization.pk, "kind": "general", "date": "2026-08-12"} | more
        return client.post(URL, data, headers={"HX-Request": "true"})

    def test_it_works(self, client, tree):
        sign_in(client, Role.OFFICE, tree.committee)
        MemberFactory(branch=tree.branch, name="张三")
        page = self.ask(client, tree.branch)
        assert names(page.context["roll"].lines) == ["张三"]
        assert "<html" not in page.content.decode()

    def test_marks_and_guests_follow_to_another_day(self, client, tree):
        sign_in(client, Role.OFFICE, tree.committee)
        member, guest = MemberFactory(branch=tree.branch), MemberFactory(branch=tree.branches[1])
        marks = {f"state-{member.pk}": "leave", f"reason-{member.pk}": "病假", f"state-{guest.pk}": "late"}
        lines = self.ask(client, tree.branch, date="2026-08-13", added=guest.pk, **marks).context["roll"].lines
        assert [(line.member_id, line.state, line.reason, line.added) for line in lines] == [
            (member.pk, "leave", "病假", False),
            (guest.pk, "late", "", True),
        ]

    def test_a_group_meeting_of_a_branch_offers_its_groups(self, client, tree):
        sign_in(client, Role.OFFICE, tree.committee)
        MemberFactory(branch=tree.branch, name="张三", group_name="一组")
        MemberFactory(branch=tree.branch, name="李四", group_name="二组")
        page = self.ask(client, tree.branch, kind="group", group="二组")
        assert page.context["roll"].groups == ["一组", "二组"]
        assert names(page.context["roll"].lines) == ["李四"]

    def test_the_same_meeting_on_the_same_day_is_pointed_out(self, client, tree):
        sign_in(client, Role.OFFICE, tree.committee)
        held = ActivityFactory(organization=tree.branch, date=DAY)
        assert held.topic in self.ask(client, tree.branch).content.decode()
        assert held.topic not in self.ask(client, tree.branch, kind="lecture").content.decode()

    def test_an_organisation_out_of_reach_lists_nobody(self, client, tree):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        MemberFactory(branch=tree.branches[1])
        assert self.ask(client, tree.branches[1]).context["roll"].lines == []

    def test_another_ones_activity_answers_404(self, client, tree):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        foreign = ActivityFactory(organization=tree.branches[1])
        assert self.ask(client, tree.branch, activity=foreign.pk).status_code == 404


class TestPeople:
    def test_found_by_initials_within_the_scope(self, client, tree):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        mine = MemberFactory(branch=tree.branch, name="张三")
        MemberFactory(branch=tree.branches[1], name="张松")
        page = client.post(reverse("activities:people"), {"person": "zs"}).content.decode()
        assert reverse("activities:person", args=[mine.pk]) in page
        assert "张松" not in page

    def test_one_more_line(self, client, tree):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        mine, foreign = MemberFactory(branch=tree.branch), MemberFactory(branch=tree.branches[1])
        assert f'name="state-{mine.pk}"' in client.get(reverse("activities:person", args=[mine.pk])).content.decode()
        assert client.get(reverse("activities:person", args=[foreign.pk])).status_code == 404


class TestCalled:
    def test_the_interval_in_force_decides(self, tree):
        """Up to, and not including, the day of leaving; from the day of joining on."""
        member = MemberFactory(branch=tree.branch, name="张三", joined_on=date(2026, 3, 1), category="probationary")
        member.branch = tree.branches[1]
        member.amend(on=DAY)
        assert names(called(tree.branch, "general", date(2026, 2, 28))) == []
        assert names(called(tree.branch, "general", date(2026, 3, 1))) == ["张三"]
        assert names(called(tree.branch, "general", date(2026, 8, 11))) == ["张三"]
        assert names(called(tree.branch, "general", DAY)) == []
        assert names(called(tree.branches[1], "general", DAY)) == ["张三"]

    def test_a_community_calls_its_committee(self, tree):
        member = MemberFactory(branch=tree.branch, name="书记")
        SeatFactory(committee=CommitteeFactory(organization=tree.community), member=member)
        assert names(called(tree.community, "joint-meeting", DAY)) == ["书记"]
        assert names(called(tree.community, "joint-meeting", date(2025, 2, 28))) == []

    def test_a_group_calls_by_either_of_its_names(self, tree):
        group = OrganizationFactory(parent=tree.branch, kind=Organization.Kind.GROUP, name="第一党小组", short_name="")
        MemberFactory(branch=tree.branch, name="张三", group_name="第一党小组")
        MemberFactory(branch=tree.branch, name="没有组")
        assert names(called(group, "group", DAY)) == ["张三"]


class TestRecordRoll:
    def test_a_changed_roll_is_a_new_version_and_an_unchanged_one_is_not(self, tree):
        activity, member = ActivityFactory(organization=tree.branch), MemberFactory(branch=tree.branch)
        record_roll(activity, {member.pk: ("present", "")})
        version = Activity.objects.get(pk=activity.pk).version
        assert version == activity.version
        assert record_roll(activity, {member.pk: ("present", "")}) == {}
        assert Activity.objects.get(pk=activity.pk).version == version


class TestMinutes:
    def fill(self, people, **read):
        roll = Roll([Line(pk, name, "") for pk, name in people])
        fill_from(roll, Minutes(text="…", **read))
        return roll

    def test_named_are_marked_and_the_rest_doubted(self):
        roll = self.fill(
            [(1, "张三"), (2, "李四"), (3, "王五"), (4, "赵六")],
            attendees=["张三"],
            leave=[("李四", "出差")],
            absent=["王五"],
        )
        assert roll.marks == {1: ("present", ""), 2: ("leave", "出差"), 3: ("absent", ""), 4: ("absent", "")}
        assert names(roll.unmentioned) == ["赵六"]

    def test_where_only_the_absent_are_named_nobody_else_is_marked(self):
        roll = self.fill([(1, "张三"), (2, "李四")], leave=[("李四", "")])
        assert roll.marks == {2: ("leave", "")}
        assert names(roll.unmarked) == ["张三"]

    def test_where_everyone_else_came_the_others_are_present(self):
        roll = self.fill([(1, "张三"), (2, "李四")], leave=[("李四", "")], everyone=True)
        assert roll.marks == {1: ("present", ""), 2: ("leave", "")}

    def test_everyone_is_not_believed_against_a_smaller_number(self):
        roll = self.fill([(1, "张三"), (2, "李四"), (3, "王五")], everyone=True, present_count=2)
        assert roll.marks == {}
        assert len(roll.unmarked) == 3
        assert roll.unmentioned == []

    def test_who_chaired_was_there(self):
        roll = self.fill([(1, "张三"), (2, "李四")], attendees=["李四"], chair="张三")
        assert roll.marks[1] == ("present", "")

    def test_namesakes_are_asked_about_unless_all_of_them_are_named(self):
        people = [(1, "王伟"), (2, "王伟"), (3, "张三")]
        asked = self.fill(people, attendees=["王伟", "张三"])
        assert [(q.name, q.must, len(q.options)) for q in asked.questions] == [("王伟", True, 2)]
        assert (asked.marks[1], asked.marks[2]) == (("absent", ""), ("absent", ""))
        both = self.fill(people, attendees=["王伟", "王伟", "张三"])
        assert both.questions == []
        assert (both.marks[1], both.marks[2]) == (("present", ""), ("present", ""))
        assert both.unmentioned == []

    def test_a_name_nearly_like_one_is_asked_about_and_assumed_of_nobody(self):
        roll = self.fill([(1, "张珊"), (2, "李四")], attendees=["张三", "李四"])
        assert [(q.name, q.must, names(q.options)) for q in roll.questions] == [("张三", False, ["张珊"])]
        assert roll.marks[1] == ("absent", "")

    def test_unknown_names_are_listed_without_the_observers(self):
        roll = self.fill([(1, "李四")], attendees=["李四", "欧阳修文"], observers=["诸葛清风"])
        assert roll.unknown == ["欧阳修文"]


def test_of_whom_nothing_is_asked_is_marked_so_and_not_expected(tree):
    old, other = MemberFactory(branch=tree.branch), MemberFactory(branch=tree.branch)
    people.exempt(old, date(2026, 7, 1), until=date(2026, 8, 2))
    on = fresh(tree.branch, "theme-day", date(2026, 8, 1))
    assert [(line.member_id, line.state, line.reason) for line in on.lines] == [
        (old.pk, "exempt", "年老体弱"),
        (other.pk, "present", ""),
    ]
    assert on.counts == {"expected": 1, "present": 1, "leave": 0, "absent": 0}
    later = fresh(tree.branch, "theme-day", date(2026, 8, 2))
    assert later.counts["expected"] == 2
    lines = called_each([(tree.branch, "theme-day", date(2026, 8, 1))])[0]
    excuse_each([(lines, date(2026, 8, 1))])
    assert [line.state for line in lines] == ["exempt", "present"]


def test_a_temporary_branch_calls_who_is_attached_and_counts_nobody(tree):
    temporary = OrganizationFactory(kind="temporary-branch", parent=tree.communities[0], name="项目临时党支部")
    member = MemberFactory(branch=tree.branch)
    people.attach(member, temporary, date(2026, 7, 1), until=date(2026, 9, 1))
    assert [line.member_id for line in called(temporary, "theme-day", date(2026, 8, 31))] == [member.pk]
    assert called(temporary, "theme-day", date(2026, 9, 1)) == []
    wanted = [(temporary, "theme-day", date(2026, 8, 1)), (tree.branch, "theme-day", date(2026, 8, 1))]
    assert [[line.member_id for line in lines] for lines in called_each(wanted)] == [[member.pk], [member.pk]]
    numbers = facts.of_each([temporary.pk, tree.branch.pk], Period.parse("2026-08"))
    assert [numbers[pk]["members.total"] for pk in (temporary.pk, tree.branch.pk)] == [0, 1]
    assert numbers[temporary.pk]["temporary.attached"] == 1
