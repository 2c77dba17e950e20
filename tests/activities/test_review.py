from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity
from tests.factories import (
    ActivityFactory,
    AttendanceFactory,
    CommitteeFactory,
    MemberFactory,
    SeatFactory,
    sign_in,
    street,
)

pytestmark = pytest.mark.django_db
URL = reverse("activities:review")
Status = Activity.Status


@pytest.fixture
def tree():
    return street()


def handed_in(organization, hours_ago=1, **fields):
    at = timezone.now() - timedelta(hours=hours_ago)
    return ActivityFactory(organization=organization, status=Status.SUBMITTED, submitted_at=at, **fields)


def tick(*activities):
    return {"activity": [f"{a.pk}-{a.version}" for a in activities]}


def test_it_works(client, tree):
    user = sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    late, early = handed_in(tree.branch, 1), handed_in(tree.branches[1], 5)
    ActivityFactory(organization=tree.branch, status=Status.DRAFT)
    handed_in(tree.branches[2])
    assert list(client.get(URL).context["page"]) == [early, late]
    client.post(URL, tick(early, late))
    assert set(Activity.objects.filter(confirmed_by=user)) == {early, late}
    assert AuditEntry.objects.filter(action="confirm").count() == 2
    assert "没有等待审核的活动" in client.get(URL).content.decode()


def test_what_is_out_of_reach_or_changed_since_is_left(client, tree, text_of):
    sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    foreign, changed, returned = handed_in(tree.branches[2]), handed_in(tree.branch), handed_in(tree.branch)
    ticked = tick(foreign, changed, returned)
    changed.topic = "改了"
    changed.record()
    returned.send_back("缺内容")
    answer = client.post(URL, ticked, follow=True)
    assert not Activity.objects.filter(status=Status.CONFIRMED).exists()
    assert "3 条刚刚被改过或已处理，没有确认" in text_of(answer)


def test_nothing_ticked_and_nonsense_change_nothing(client, tree, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    handed_in(tree.branch)
    answer = client.post(URL, {"activity": ["x", "1", "-", "a-b"]}, follow=True)
    assert "还没有选择" in text_of(answer)
    assert Activity.objects.get().status == "submitted"


def test_one_after_another(client, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    first, second, third = (handed_in(tree.branch, hours) for hours in (9, 5, 1))
    page = client.get(f"{second.get_absolute_url()}?review=1")
    assert (page.context["place"], page.context["waiting"]) == (2, 3)
    assert page.context["previous"].startswith(first.get_absolute_url())
    assert page.context["following"].startswith(third.get_absolute_url())
    answer = client.post(reverse("activities:confirm", args=[second.pk]), {"review": 1})
    assert answer.url == f"{third.get_absolute_url()}?review=1"
    answer = client.post(reverse("activities:return", args=[third.pk]), {"review": 1, "reason": "缺内容"})
    assert answer.url == URL


@pytest.mark.parametrize("role", [Role.BRANCH_SECRETARY, Role.LEADER])
def test_who_does_not_confirm_has_no_queue(client, tree, role):
    sign_in(client, role, tree.branch)
    assert client.get(URL).status_code == 404
    assert client.get(f"{handed_in(tree.branch).get_absolute_url()}?review=1").context["in_review"] is False


@pytest.mark.parametrize("count", [5, 50])
def test_queries_do_not_grow_with_the_queue(client, tree, count, django_assert_max_num_queries):
    sign_in(client, Role.OFFICE, tree.committee)
    activities = [handed_in(tree.branch) for _ in range(count)]
    with django_assert_max_num_queries(16):
        assert len(client.get(URL).context["page"]) == count
    with django_assert_max_num_queries(22):
        client.post(URL, tick(*activities))


class TestOpenQuestions:
    """The queue says what the page says, and nothing with an open question is accepted unseen."""

    def listed(self, client, text_of):
        return text_of(client.get(URL))

    def test_numbers_that_contradict_the_roll_are_listed_and_not_confirmed_together(self, client, tree, text_of):
        sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
        good = handed_in(tree.branch, 1, start_time="09:00")
        doubtful = handed_in(tree.branch, 2, start_time="09:00", expected_stated=6)
        AttendanceFactory(activity=doubtful, member=MemberFactory(branch=tree.branch), state="present")
        assert "记录写明应到 6 人" in self.listed(client, text_of)
        page = client.get(doubtful.get_absolute_url())
        assert "记录写明应到 6 人" in text_of(page)
        answer = client.post(URL, tick(good, doubtful), follow=True)
        assert "1 条有要核对的地方，没有确认" in text_of(answer)
        assert set(Activity.objects.filter(status=Status.CONFIRMED)) == {good}

    def test_a_meeting_without_a_roll_or_numbers_is_asked_about(self, client, tree, text_of):
        sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
        bare = handed_in(tree.branch, expected_stated=None)
        assert "没有点名。" in self.listed(client, text_of)
        client.post(URL, tick(bare))
        assert not Activity.objects.filter(status=Status.CONFIRMED).exists()

    def test_too_few_for_a_committee_meeting(self, client, tree, text_of):
        sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
        people = [MemberFactory(branch=tree.branch) for _ in range(3)]
        committee = CommitteeFactory(organization=tree.branch)
        for person in people:
            SeatFactory(committee=committee, member=person)
        meeting = handed_in(tree.branch, kind="committee", expected_stated=3, chair=people[0].name)
        for person, state in zip(people, ("present", "leave", "leave"), strict=True):
            AttendanceFactory(activity=meeting, member=person, state=state)
        assert "到会不足半数" in self.listed(client, text_of)
        meeting.roll.update(state="present")
        assert "到会不足半数" not in self.listed(client, text_of)
        assert "齐全" not in self.listed(client, text_of)  # 开始时间 is missing
        meeting.start_time = "09:00"
        meeting.record()
        assert "齐全" in self.listed(client, text_of)
