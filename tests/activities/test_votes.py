"""Votes and resolutions: quorums by the roll, pages, ledgers that round-trip, reminders."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, Resolution, Vote, record_roll
from activities.quorums import Outcome, half, majority, quorum, with_turnout
from branches.panels.todos import todos_of
from ledgers import facts
from ledgers.period import Period
from members.models import Honor
from tests.activities.plans import make_resolution, make_vote
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db
Status = Activity.Status
AUGUST = Period.parse("2026-08")


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def secretary(client, town):
    return sign_in(client, Role.BRANCH_SECRETARY, town.branch)


def meeting(branch, present, absent=0, *, status=Status.DRAFT, others=(), **fields):
    """A general meeting with so many full members present and absent."""
    activity = ActivityFactory(organization=branch, status=status, **fields)
    people = [MemberFactory(branch=branch) for _ in range(present + absent)]
    marks = {one.pk: ("present" if n < present else "absent", "") for n, one in enumerate(people)}
    record_roll(activity, marks | {one.pk: ("present", "") for one in others})
    return activity


def test_it_works(client, town, secretary, fill_in, text_of):
    activity = meeting(town.branch, 3, 1)
    response = fill_in(reverse("activities:vote-create", args=[activity.pk]), matter="通过年度计划", in_favour="3")
    assert response.url == f"{activity.get_absolute_url()}#votes"
    assert AuditEntry.objects.filter(model="activities.vote", action="create").count() == 1
    words = text_of(client.get(activity.get_absolute_url()))
    assert "有表决权的党员 4 到会 3 至少 2 到会过半数" in words
    assert "通过年度计划 决定 通过" in words
    fill_in(reverse("activities:resolution-create", args=[activity.pk]), matter="整修活动室", due_on="2026-09-30")
    assert "整修活动室" in text_of(client.get(activity.get_absolute_url()))


def test_halves():
    assert [half(n) for n in (0, 1, 4, 5)] == [0, 1, 2, 3]
    assert [majority(n) for n in (0, 4, 5)] == [1, 3, 3]


def test_who_has_the_right_to_vote_is_who_was_a_full_member_that_day(town):
    branch, day = town.branch, date(2026, 8, 10)
    full = MemberFactory(branch=branch)
    MemberFactory(branch=branch, category="probationary", joined_on=date(2026, 1, 1))
    MemberFactory(branch=branch, joined_on=date(2025, 8, 10), regularised_on=date(2026, 8, 11))
    regular = MemberFactory(branch=branch, joined_on=date(2025, 8, 9), regularised_on=date(2026, 8, 10))
    gone = MemberFactory(branch=branch)
    gone.leave("deceased", day)
    watched, over = MemberFactory(branch=branch), MemberFactory(branch=branch)
    for member, ends in ((watched, date(2026, 8, 11)), (over, date(2026, 8, 10))):
        Honor(
            organization=branch,
            member=member,
            nature="sanction",
            title="留党察看一年",
            date=date(2025, 8, 10),
            ends_on=ends,
        ).record()
    found = quorum(branch, "general", day, [full.pk, watched.pk])
    assert found.people == {full.pk, regular.pk, over.pk}
    assert (found.present, found.least, found.is_reached) == (1, 2, False)
    activity = ActivityFactory(organization=branch)
    record_roll(activity, {full.pk: ("late", ""), watched.pk: ("present", ""), regular.pk: ("leave", "")})
    make_vote(activity)
    (vote,) = with_turnout(Vote.objects.all())
    assert (vote.voters_then, vote.came_then) == (3, 1)


def test_a_committee_is_those_in_office_that_day(town):
    committee = CommitteeFactory(organization=town.branch)
    one, two = MemberFactory(branch=town.branch), MemberFactory(branch=town.branch, name="周明")
    SeatFactory(committee=committee, member=one)
    SeatFactory(committee=committee, member=one, post="organization")
    SeatFactory(committee=committee, post="member", name="周明")  # known by name alone
    SeatFactory(committee=committee, post="publicity", name="吴兰", left_on=date(2026, 8, 10))
    found = quorum(town.branch, "committee", date(2026, 8, 10), [one.pk, two.pk])
    assert (found.whole, found.present) == (2, 2)
    assert quorum(town.branch, "committee", date(2026, 8, 9), [one.pk]).whole == 3
    assert quorum(town.branches[1], "committee", date(2026, 8, 10), []) is None
    assert quorum(town.branch, "theme-day", date(2026, 8, 10), []) is None


def test_the_roll_shows_the_quorum_while_it_is_filled_in(client, town, secretary, text_of):
    people = [MemberFactory(branch=town.branch) for _ in range(4)]
    url = reverse("activities:create") + f"?organization={town.branch.code}&kind=general"
    page = client.get(url)
    assert "到会与表决：有表决权的党员 4 到会 4 至少 2 （选举至少 4）" in text_of(page)
    fields = shown(page) | {"date": "2026-08-10"} | {f"state-{one.pk}": "absent" for one in people[:3]}
    fragment = client.post(reverse("activities:roll"), fields)
    assert "有表决权的党员 4 到会 1 至少 2" in text_of(fragment)
    assert "data-quorum-short>" in fragment.content.decode()


@pytest.mark.parametrize(
    ("kind", "present", "absent", "in_favour", "passed", "fault"),
    [
        ("decision", 2, 2, 2, False, ""),
        ("decision", 1, 2, 1, False, "到会 1 人，至少应到会 2 人"),
        ("decision", 3, 1, 2, True, "有表决权的 4 人，赞成 2 人，没有超过半数"),
        ("decision", 3, 1, 3, True, ""),
        ("decision", 3, 1, 2, False, ""),
        ("election", 4, 1, 3, True, ""),
        ("election", 4, 1, 2, True, "到会 4 人，赞成 2 人"),
        ("election", 3, 1, 3, True, "至少应到会 4 人"),
    ],
)
def test_what_a_vote_comes_to(town, kind, present, absent, in_favour, passed, fault):
    make_vote(meeting(town.branch, present, absent), kind=kind, in_favour=in_favour, passed=passed)
    (vote,) = with_turnout(Vote.objects.all())
    outcome = Outcome.of(vote)
    assert fault in outcome.fault
    assert bool(outcome.fault) is bool(fault)


def test_without_a_roll_the_numbers_noted_count(town):
    activity = ActivityFactory(organization=town.branch)
    MemberFactory(branch=town.branch)
    make_vote(activity, "甲", entitled_stated=10, present_stated=4, in_favour=4)
    make_vote(activity, "乙", in_favour=4)
    known, unknown = (Outcome.of(vote) for vote in with_turnout(Vote.objects.order_by("pk")))
    assert "至少应到会 5 人" in known.fault
    assert (unknown.entitled, unknown.fault) == (None, "")


def test_more_votes_than_people_are_refused(client, town, secretary, fill_in, text_of):
    activity = meeting(town.branch, 2, 1)
    page = fill_in(reverse("activities:vote-create", args=[activity.pk]), matter="甲", in_favour="2", against="1")
    assert "多于到会有表决权的 2 人" in text_of(page)
    bare = ActivityFactory(organization=town.branch, status=Status.DRAFT)
    url = reverse("activities:vote-create", args=[bare.pk])
    page = fill_in(url, matter="甲", in_favour="3", entitled_stated="5", present_stated="2")
    assert "多于到会有表决权的 2 人" in text_of(page)
    page = fill_in(url, matter="甲", in_favour="1", entitled_stated="1", present_stated="2")
    assert "不能多于有表决权人数 1" in text_of(page)
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"entitled_stated": 1, "present_stated": 2}, {"present_stated": 2, "in_favour": 2, "abstained": 1}]
)
def test_the_database_refuses_it_too(town, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_vote(ActivityFactory(organization=town.branch), **fields)


def test_a_resolution_is_followed_after_the_minutes_are_confirmed(client, town, secretary, fill_in, text_of):
    activity = meeting(town.branch, 1, status=Status.CONFIRMED)
    resolution = make_resolution(activity, due_on=date(2026, 9, 30))
    url = reverse("activities:resolution-edit", args=[resolution.pk])
    assert "早于开会那天" in text_of(fill_in(url, done_on="2026-08-09"))
    assert fill_in(url, done_on="2026-09-20").status_code == 302
    assert Resolution.objects.get().state == ("ok", "已落实")
    assert facts.of(town.branch, AUGUST)["resolutions.done"] == 1
    assert client.get(reverse("activities:vote-create", args=[activity.pk])).status_code == 302  # a vote is not


def test_of_two_editors_the_second_is_told(client, town, secretary, text_of):
    url = reverse("activities:resolution-edit", args=[make_resolution(meeting(town.branch, 1)).pk])
    one, other = shown(client.get(url)), shown(client.get(url))
    client.post(url, one | {"note": "甲"})
    assert "刚刚修改了这条记录" in text_of(client.post(url, other | {"note": "乙"}))


def test_a_vote_is_corrected_and_keeps_its_result(client, town, secretary, fill_in):
    vote = make_vote(meeting(town.branch, 3), in_favour=1, passed=False)
    fill_in(reverse("activities:vote-edit", args=[vote.pk]), in_favour="2")
    vote.refresh_from_db()
    assert (vote.in_favour, vote.passed) == (2, False)


def test_out_of_scope_is_not_there(client, town, secretary):
    foreign = meeting(town.branches[1], 1)
    vote, resolution = make_vote(foreign), make_resolution(foreign)
    for name, pk in (("vote-create", foreign.pk), ("vote-edit", vote.pk), ("resolution-edit", resolution.pk)):
        assert client.get(reverse(f"activities:{name}", args=[pk])).status_code == 404
    for name, pk in (("vote-delete", vote.pk), ("resolution-delete", resolution.pk)):
        assert client.post(reverse(f"activities:{name}", args=[pk])).status_code == 404


def test_they_are_deleted_with_their_trace(client, town, secretary):
    activity = meeting(town.branch, 1)
    client.post(reverse("activities:vote-delete", args=[make_vote(activity).pk]))
    client.post(reverse("activities:resolution-delete", args=[make_resolution(activity).pk]))
    assert not Vote.objects.exists()
    assert not Resolution.objects.exists()
    assert AuditEntry.objects.filter(action="delete").count() == 2


def test_the_ledgers_take_a_file_once_and_give_it_back(town):
    user = superuser()
    ActivityFactory(organization=town.branch, number="H1")
    ActivityFactory(organization=town.branch, number="H2", kind="lecture")
    votes = [
        ("活动编号", "表决事项", "类型", "实到有表决权人数", "应到有表决权人数", "赞成票", "结果"),
        ["H1", "通过计划", "决定", 8, 10, 7, "通过"],
    ]
    assert take_in("votes", user, *votes).counts == {"new": 1}
    assert take_in("votes", user, *votes).counts == {"same": 1}
    assert take_in_file("votes", user, export("votes", user)).counts == {"same": 1}
    assert Vote.objects.get().passed
    resolutions = [
        ("活动编号", "决议事项", "负责人", "完成时限", "完成时间"),
        ["H2", "整修", "周明", "2026-09-01", "2026-08-30"],
    ]
    assert take_in("resolutions", user, *resolutions).counts == {"new": 1}
    resolutions[1][2] = "吴兰"
    assert take_in("resolutions", user, *resolutions).counts == {"changed": 1}
    assert take_in_file("resolutions", user, export("resolutions", user)).counts == {"same": 1}


def test_an_import_says_what_is_wrong(town):
    user = superuser()
    ActivityFactory(organization=town.branch, number="H1")
    ActivityFactory(organization=town.branch, number="H2", kind="lecture")
    headers = ("活动编号", "表决事项", "应到", "实到", "赞成")
    rows = [["H9", "甲", "", "", 1], ["H2", "甲", "", "", 1], ["H1", "乙", 5, 6, 1], ["H1", "丙", 5, 4, 5]]
    found = messages(take_in("votes", user, headers, *rows))
    assert [sorted(found)[0], len(found)] == [2, 4]
    assert "先导入活动" in found[2]
    assert "只有支部党员大会" in found[3]
    rows = [["H1", "甲", "2026-08-09", ""], ["H1", "乙", "2026-08-11", "2026-08-09"]]
    found = messages(take_in("resolutions", user, ("活动编号", "决议事项", "完成时限", "完成日期"), *rows))
    assert [message[:11] for message in found.values()] == ["完成时限早于开会那天 ", "完成日期早于开会那天 "]


def test_what_is_late_stands_on_the_workbench(client, town, secretary, text_of):
    activity = meeting(town.branch, 1, status=Status.CONFIRMED)
    make_resolution(activity, "甲", due_on=date(2026, 9, 1))
    make_resolution(activity, "乙", due_on=date(2026, 9, 1), done_on=date(2026, 9, 20))
    make_resolution(meeting(town.branches[1], 1), "丙", due_on=date(2026, 9, 1))
    said = [todo.text for todo in todos_of(town.branch, secretary, date(2026, 9, 2))]
    assert "决议事项“甲”还没有落实" in said
    assert not [t for t in todos_of(town.branch, secretary, date(2026, 9, 1)) if "决议" in t.text]
    assert "决议与落实" in text_of(client.get(town.branch.get_absolute_url() + "?period=2026Q3"))


def test_a_page_with_many_costs_the_same(client, town, secretary):
    activity = meeting(town.branch, 3)

    def cost(name):
        for n in range(10):
            make_vote(activity, f"{name}{n}")
            make_resolution(activity, f"{name}{n}")
        with CaptureQueriesContext(connection) as queries:
            client.get(activity.get_absolute_url())
        return len(queries)

    client.get(activity.get_absolute_url())
    assert cost("甲") == cost("乙")
