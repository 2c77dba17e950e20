from datetime import date, time

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, record_roll
from branches.models import Organization
from ledgers import facts
from ledgers.period import Period
from tests.activities.conftest import of_roll, sent, states
from tests.activities.leaves import ask_leave
from tests.factories import (
    ActivityFactory,
    CommitteeFactory,
    MemberFactory,
    OrganizationFactory,
    SeatFactory,
    sign_in,
    street,
)

pytestmark = pytest.mark.django_db
URL = reverse("activities:create")
DAY = "2026-08-12"


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def branch(tree):
    return tree.branch


@pytest.fixture
def members(branch):
    return [MemberFactory(branch=branch, name=name) for name in ("张三", "李四", "王五")]


@pytest.fixture
def secretary(client, branch):
    return sign_in(client, Role.BRANCH_SECRETARY, branch)


@pytest.fixture(autouse=True)
def late_autumn(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 11, 20))


def test_it_works(press, secretary, branch, members):
    answer = press(
        f"{URL}?kind=theme-day",
        "submit",
        {members[1]: "leave:出差", members[2]: "absent"},
        date=DAY,
        topic="学习",
        place="会议室",
    )
    activity = Activity.objects.get()
    assert answer.url == activity.get_absolute_url()
    assert (activity.organization, activity.kind, activity.status) == (branch, "theme-day", "submitted")
    assert activity.submitted_by == secretary
    assert states(activity) == {"张三": "present", "李四": "leave:出差", "王五": "absent"}
    assert facts.of(branch, Period.parse("2026-08"))["meetings.theme_day"] == 1
    assert [e.action for e in AuditEntry.objects.filter(model="activities.activity")] == ["submit", "roll", "create"]


def test_a_draft_counts_nowhere(press, secretary, branch, members):
    press(URL, "draft", kind="general", date=DAY, topic="大会")
    assert Activity.objects.get().status == "draft"
    numbers = facts.of(branch, Period.parse("2026-08"))
    assert (numbers["meetings.general"], numbers["attendance.expected"]) == (0, 0)


def test_a_reason_belongs_to_a_leave_only(press, secretary, members):
    press(URL, "submit", {members[0]: "present:没有事由"}, kind="general", date=DAY, topic="大会")
    assert states(Activity.objects.get())["张三"] == "present"


def test_who_left_before_the_day_is_not_called(client, secretary, branch, members):
    members[0].leave("transferred", date(2026, 11, 20))
    members[1].leave("transferred", date(2026, 8, 12))
    assert [line.name for line in client.get(URL).context["roll"].lines] == ["王五"]


def test_a_committee_meeting_calls_the_seats(client, branch, members, secretary):
    committee = CommitteeFactory(organization=branch)
    SeatFactory(committee=committee, member=members[2])
    SeatFactory(committee=committee, post="deputy-secretary", name="外聘", member=None)
    page = client.get(f"{URL}?kind=committee")
    assert [line.name for line in page.context["roll"].lines] == ["王五"]


def test_a_group_calls_its_members(client, branch, members, secretary):
    group = OrganizationFactory(parent=branch, kind=Organization.Kind.GROUP, name="第一党小组", short_name="一组")
    members[0].group_name = "一组"
    members[0].amend()
    page = client.get(f"{URL}?kind=group&organization={group.code}")
    assert [line.name for line in page.context["roll"].lines] == ["张三"]


def test_the_chosen_organisation_and_kind_are_filled_in(client, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    form = client.get(f"{URL}?organization={tree.branch.code}&kind=lecture").context["form"]
    assert (form["organization"].value(), form["kind"].value()) == (tree.branch.pk, "lecture")
    assert client.get(f"{URL}?kind=nonsense").context["form"]["kind"].value() == ""


def test_the_office_picks_a_branch_itself(client, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    assert client.get(URL).context["form"]["organization"].value() is None
    page = client.get(f"{URL}?organization={tree.committee.code}")
    assert page.context["form"]["organization"].value() == tree.committee.pk


def test_copying_keeps_place_chair_and_roll_and_proposes_a_new_date(client, press, secretary, branch, members):
    gone, guest = MemberFactory(branch=branch, name="走了"), MemberFactory(branch=branch, name="来客")
    source = ActivityFactory(
        organization=branch, kind="theme-day", date=date(2026, 8, 31), place="会议室", chair="张三", start_time=time(9)
    )
    record_roll(source, {m.pk: ("absent", "") for m in (*members, gone, guest)})
    gone.leave("transferred", date(2026, 9, 1))
    page = client.get(f"{URL}?copy={source.pk}")
    form = page.context["form"]
    assert form["date"].value() == date(2026, 9, 30)
    assert not form["topic"].value()
    assert {line.name: line.state for line in page.context["roll"].lines} == dict.fromkeys(
        ("张三", "李四", "王五", "来客"), "present"
    )
    press(f"{URL}?copy={source.pk}", "submit", topic="九月党日")
    made = Activity.objects.get(topic="九月党日")
    assert (made.kind, made.place, made.chair, made.start_time) == ("theme-day", "会议室", "张三", time(9))


def test_copying_what_is_out_of_sight_answers_404(client, tree, secretary):
    foreign = ActivityFactory(organization=tree.branches[1])
    assert client.get(f"{URL}?copy={foreign.pk}").status_code == 404
    assert client.get(f"{URL}?copy=x").status_code == 404


def test_an_organisation_out_of_reach_is_refused(press, secretary, tree, members):
    answer = press(URL, "submit", kind="general", date=DAY, topic="大会", organization=tree.branches[1].pk)
    assert "organization" in answer.context["form"].errors
    assert not Activity.objects.exists()


def test_a_member_out_of_sight_is_refused(press, secretary, tree, members):
    stranger = MemberFactory(branch=tree.branches[1])
    answer = press(URL, "submit", {stranger: "present"}, kind="general", date=DAY, topic="大会")
    assert "您看不到的党员" in str(answer.context["form"].errors)
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("day", "action", "is_kept"),
    [("2026-11-20", "submit", True), ("2026-11-21", "submit", False), ("2026-11-21", "draft", True)],
)
def test_what_has_not_happened_yet_can_only_be_a_draft(press, secretary, members, branch, day, action, is_kept):
    press(URL, action, kind="general", date=day, topic="大会")
    assert Activity.objects.exists() == is_kept


def test_a_branch_that_is_not_there_on_the_day_is_refused(press, secretary, branch, members):
    answer = press(URL, "submit", kind="general", date="2010-06-30", topic="大会")
    assert "才成立" in answer.context["form"].errors["date"][0]


def test_a_roll_of_another_day_is_listed_anew_before_saving(press, client, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    MemberFactory(branch=tree.branches[0], name="甲")
    MemberFactory(branch=tree.branches[1], name="乙")
    answer = press(
        f"{URL}?organization={tree.branches[0].code}",
        "submit",
        kind="general",
        date="2026-08-12",
        topic="大会",
        organization=tree.branches[1].pk,
        listed=False,
    )
    assert "名单已按新的组织" in str(answer.context["form"].errors)
    assert [line.name for line in answer.context["roll"].lines] == ["乙"]
    assert not Activity.objects.exists()


def test_marks_survive_a_mistake_elsewhere(press, secretary, members):
    answer = press(URL, "submit", {members[0]: "leave:病假"}, kind="general", date=DAY, topic="")
    assert answer.status_code == 200
    line = answer.context["roll"].lines[0]
    assert (line.name, line.state, line.reason) == ("张三", "leave", "病假")


def test_two_presses_make_one_activity(client, secretary, members):
    data = sent(client.get(URL)) | {"kind": "general", "date": DAY, "topic": "大会", "action": "submit"}
    data["roll_for"] = data["roll_for"].replace(str(date(2026, 11, 20)), DAY)
    assert client.post(URL, data).url == client.post(URL, data).url
    assert Activity.objects.count() == 1


def test_a_leader_does_not_enter_activities(client, tree):
    sign_in(client, Role.LEADER, tree.committee)
    assert client.get(URL).status_code == 404


def test_names_of_200_characters_and_marks_are_escaped(press, client, secretary, members, text_of):
    press(URL, "submit", kind="general", date=DAY, topic="<b>长</b>" * 25)
    page = client.get(Activity.objects.get().get_absolute_url())
    assert "&lt;b&gt;长&lt;/b&gt;" in page.content.decode()
    assert "<b>长</b>" not in page.content.decode()


@pytest.mark.parametrize("count", [20, 60])
def test_queries_do_not_grow_with_the_branch(client, secretary, branch, count, django_assert_max_num_queries):
    for _ in range(count):
        MemberFactory(branch=branch)
    with django_assert_max_num_queries(18):
        assert len(client.get(URL).context["roll"].lines) == count


class TestLeaveFollowsTheDay:
    """A leave is that of the day in the form: it comes and goes with it, unless somebody marked that line by hand."""

    FIRST, OTHER = date(2026, 8, 12), date(2026, 8, 20)

    def listed(self, client, **changes):
        page = client.get(f"{URL}?kind=theme-day")
        fields = sent(page)
        for change in changes.pop("steps"):
            fragment = client.post(reverse("activities:roll"), fields | change)
            fields = {k: v for k, v in (fields | change).items() if not k.startswith(("state-", "reason-", "listed-"))}
            fields |= of_roll(fragment) | changes
        return {line.name: (line.state, line.reason) for line in fragment.context["roll"].lines}

    def test_it_comes_with_the_day(self, client, secretary, members):
        ask_leave(members[1], self.FIRST, reason="发烧")
        marks = self.listed(client, steps=[{"date": DAY}])
        assert marks["李四"] == ("leave", "发烧")

    def test_it_goes_with_the_day(self, client, secretary, members):
        ask_leave(members[1], self.FIRST, reason="发烧")
        marks = self.listed(client, steps=[{"date": DAY}, {"date": self.OTHER.isoformat()}])
        assert marks["李四"] == ("present", "")

    def test_what_was_marked_by_hand_stays(self, client, secretary, members):
        ask_leave(members[1], self.FIRST, reason="发烧")
        by_hand = {f"state-{members[1].pk}": "absent", f"state-{members[2].pk}": "late"}
        marks = self.listed(client, steps=[{"date": DAY}, {"date": self.OTHER.isoformat()}], **by_hand)
        assert marks["李四"] == ("absent", "")
        assert marks["王五"] == ("late", "")

    def test_it_is_saved_as_leave(self, press, secretary, branch, members):
        ask_leave(members[1], self.FIRST, reason="发烧")
        press(f"{URL}?kind=theme-day", "submit", date=DAY, topic="学习", content="略")
        assert states(Activity.objects.get()) == {"张三": "present", "李四": "leave:发烧", "王五": "present"}

    def test_it_follows_the_day_of_a_record_that_is_changed(self, press, secretary, branch, members):
        ask_leave(members[1], self.FIRST, reason="发烧")
        ask_leave(members[2], self.OTHER, reason="出差")
        press(f"{URL}?kind=theme-day", "draft", {members[0]: "absent"}, date=DAY, topic="学习")
        draft = Activity.objects.get()
        press(reverse("activities:edit", args=[draft.pk]), "draft", date=self.OTHER.isoformat())
        assert states(draft) == {"张三": "absent", "李四": "present", "王五": "leave:出差"}
