import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, record_roll
from ledgers import facts
from ledgers.period import Period
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db
Status = Activity.Status
AUGUST = Period.parse("2026-08")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def branch(tree):
    return tree.branch


def act(client, name, activity, **data):
    return client.post(reverse(f"activities:{name}", args=[activity.pk]), data)


def buttons(page):
    """Addresses that the page offers to go to or post to, by the last word of each."""
    html = page.content.decode()
    names = ("submit", "confirm", "return", "delete", "edit", "attach")
    return {name for name in names if f'/{name}/"' in html}


def test_it_works(client, branch, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    activity = ActivityFactory(organization=branch, topic="讨论转正", chair="张三", content="一、通报情况")
    record_roll(activity, {MemberFactory(branch=branch, name="李四").pk: ("leave", "出差")})
    page = client.get(activity.get_absolute_url())
    text = text_of(page)
    for words in ("讨论转正", "已确认", "一、通报情况", "李四 （出差）", "应到 1", "请假 1"):
        assert words in text


def test_every_count_opens_exactly_its_rows(client, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    activity, other = (ActivityFactory(organization=tree.branch) for _ in range(2))
    members = [MemberFactory(branch=tree.branch) for _ in range(6)]
    states = ("present", "late", "leave", "leave", "absent", "present")
    record_roll(activity, {m.pk: (s, "") for m, s in zip(members, states, strict=True)})
    record_roll(other, {m.pk: ("present", "") for m in members})
    figures = client.get(f"{activity.get_absolute_url()}?period=2020Q1").context["figures"]
    assert [number for _, number, _ in figures] == [6, 3, 2, 1]
    for _, number, url in figures:
        assert client.get(url).context["page"].paginator.count == number


@pytest.mark.parametrize(
    ("role", "status", "offered"),
    [
        (Role.BRANCH_SECRETARY, Status.DRAFT, {"submit", "edit", "delete", "attach"}),
        (Role.BRANCH_SECRETARY, Status.RETURNED, {"submit", "edit", "attach"}),
        (Role.BRANCH_SECRETARY, Status.SUBMITTED, set()),
        (Role.BRANCH_SECRETARY, Status.CONFIRMED, set()),
        (Role.COMMUNITY_SECRETARY, Status.SUBMITTED, {"confirm", "return", "edit", "attach"}),
        (Role.OFFICE, Status.CONFIRMED, {"return", "edit", "attach"}),
        (Role.LEADER, Status.DRAFT, set()),
        (Role.LEADER, Status.SUBMITTED, set()),
    ],
)
def test_who_may_do_what_in_which_state(client, branch, role, status, offered):
    sign_in(client, role, branch)
    activity = ActivityFactory(organization=branch, status=status)
    assert buttons(client.get(activity.get_absolute_url())) == offered


def test_the_way_from_draft_to_confirmed(client, tree, branch):
    activity = ActivityFactory(organization=branch, status=Status.DRAFT)
    secretary = sign_in(client, Role.BRANCH_SECRETARY, branch)
    act(client, "submit", activity)
    community = sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    act(client, "return", activity, reason="缺决议")
    activity.refresh_from_db()
    assert (activity.status, activity.return_reason) == ("returned", "缺决议")
    assert facts.of(branch, AUGUST)["meetings.general"] == 0
    client.force_login(secretary)
    assert "缺决议" in client.get(activity.get_absolute_url()).content.decode()
    act(client, "submit", activity)
    client.force_login(community)
    act(client, "confirm", activity)
    activity.refresh_from_db()
    assert (activity.status, activity.submitted_by, activity.confirmed_by) == ("confirmed", secretary, community)
    assert facts.of(branch, AUGUST)["meetings.general"] == 1
    actions = AuditEntry.objects.filter(model="activities.activity").order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["create", "submit", "return", "submit", "confirm"]


def test_a_return_needs_a_reason(client, tree, branch, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    activity = ActivityFactory(organization=branch, status=Status.SUBMITTED)
    answer = client.post(reverse("activities:return", args=[activity.pk]), {"reason": "  "}, follow=True)
    assert "请写明退回原因" in text_of(answer)
    activity.refresh_from_db()
    assert activity.status == "submitted"


def test_what_changed_since_it_was_seen_is_not_confirmed(client, tree, branch, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    activity = ActivityFactory(organization=branch, status=Status.SUBMITTED)
    seen = activity.version
    activity.topic = "换了主题"
    activity.record()
    url = reverse("activities:confirm", args=[activity.pk])
    assert "刚刚被别人改过" in text_of(client.post(url, {"version": seen}, follow=True))
    activity.refresh_from_db()
    assert activity.status == "submitted"


def test_a_second_press_says_that_it_is_done(client, tree, branch, text_of):
    sign_in(client, Role.OFFICE, tree.committee)
    activity = ActivityFactory(organization=branch, status=Status.SUBMITTED)
    act(client, "confirm", activity)
    answer = client.post(reverse("activities:confirm", args=[activity.pk]), follow=True)
    assert "已确认的记录不能确认" in text_of(answer)


def test_only_a_draft_is_deleted(client, branch):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    draft, handed_in = (ActivityFactory(organization=branch, status=s) for s in (Status.DRAFT, Status.SUBMITTED))
    record_roll(draft, {MemberFactory(branch=branch).pk: ("present", "")})
    act(client, "delete", draft)
    act(client, "delete", handed_in)
    assert list(Activity.objects.all()) == [handed_in]
    assert AuditEntry.objects.filter(action="delete", object_id=str(draft.pk)).exists()


@pytest.mark.parametrize("name", ["submit", "confirm", "return", "delete"])
def test_nothing_is_done_outside_the_scope(client, tree, name):
    sign_in(client, Role.COMMUNITY_SECRETARY, tree.communities[0])
    activity = ActivityFactory(organization=tree.branches[2], status=Status.SUBMITTED)
    assert act(client, name, activity, reason="x").status_code == 404
    assert client.get(activity.get_absolute_url()).status_code == 404


def test_a_branch_does_not_confirm_its_own(client, branch):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    activity = ActivityFactory(organization=branch, status=Status.SUBMITTED)
    assert act(client, "confirm", activity).status_code == 404


def test_what_is_missing_is_named(client, branch, text_of):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    activity = ActivityFactory(organization=branch, place="会议室", chair="", content="", status=Status.DRAFT)
    assert "还缺：开始时间、主持人、内容、考勤" in text_of(client.get(activity.get_absolute_url()))


@pytest.mark.parametrize("count", [20, 200])
def test_queries_do_not_grow_with_the_roll(client, branch, count, django_assert_max_num_queries):
    sign_in(client, Role.BRANCH_SECRETARY, branch)
    activity = ActivityFactory(organization=branch)
    record_roll(activity, {MemberFactory(branch=branch).pk: ("present", "") for _ in range(count)})
    with django_assert_max_num_queries(22):
        client.get(activity.get_absolute_url())
