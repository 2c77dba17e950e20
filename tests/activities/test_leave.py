"""Leave requests: noted and answered, on the rolls they excuse from, in and out by ledger, who may see what."""

import io
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import roll as rolls
from activities.minutes import Minutes
from activities.models import Activity, LeaveRequest, record_roll
from activities.panels.leave import mark_rolls, todos
from branches.panels.registry import panels_of
from ledgers import exporting, facts, importing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from tests.factories import ActivityFactory, MemberFactory, sign_in, street, superuser
from tests.ledgers.workbooks import xlsx

from .conftest import states
from .leaves import ask_leave

pytestmark = pytest.mark.django_db
DAY = date(2026, 8, 10)
Q3 = Period.parse("2026Q3")
NEW = reverse("activities:leave-create")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def two(tree):
    return [MemberFactory(branch=tree.branch, name=name) for name in ("张三", "李四")]


def load(user, data):
    batch, match = importing.open_batch(ledgers.get("leave-requests"), data, "表.xlsx", user, None)
    batch.save()
    analysis = importing.preview(batch, match)
    importing.apply(batch)
    return analysis


def messages(analysis):
    return [error.message for _, error in analysis.errors]


def test_it_works(client, tree, two, fill_in, text_of):
    user = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    activity = ActivityFactory(organization=tree.branch, status="draft", date=timezone.localdate())
    answer = fill_in(f"{NEW}?activity={activity.pk}", member=two[0].pk, reason="出差", action="grant")
    assert answer.url == activity.get_absolute_url()
    leave = LeaveRequest.objects.get()
    assert (leave.state, leave.decided_by, leave.asked_by) == ("granted", user.name, user)
    assert (leave.activity, leave.start, leave.organization) == (activity, activity.date, tree.branch)
    assert "张三 （出差）" in text_of(client.get(answer.url))
    assert "出差" in text_of(client.get(two[0].get_absolute_url()))
    assert "请 假 单" in text_of(client.get(reverse("activities:leave-print", args=[leave.pk])))
    actions = (
        AuditEntry.objects.filter(model="activities.leaverequest").order_by("seq").values_list("action", flat=True)
    )
    assert list(actions) == ["create", "grant", "print"]


class TestOnTheRoll:
    def listed(self, tree, day, activity=None):
        roll = rolls.fresh(tree.branch, "general", day, activity=activity)
        return {line.name: (line.state, line.reason) for line in roll.lines}

    @pytest.mark.parametrize(("day", "state"), [(9, "present"), (10, "leave"), (12, "leave"), (13, "present")])
    def test_a_granted_leave_marks_its_days_the_first_and_the_last(self, tree, two, day, state):
        ask_leave(two[0], DAY, end=date(2026, 8, 12))
        assert self.listed(tree, date(2026, 8, day))["张三"][0] == state

    def test_the_reason_goes_with_it_and_nobody_else_is_marked(self, tree, two):
        ask_leave(two[0])
        assert self.listed(tree, DAY) == {"张三": ("leave", "出差"), "李四": ("present", "")}

    def test_what_waits_or_was_refused_marks_nobody(self, tree, two):
        ask_leave(two[0], granted=False)
        ask_leave(two[1], granted=False).decide(False, "必须到会")
        assert {state for state, _ in self.listed(tree, DAY).values()} == {"present"}

    def test_a_leave_for_one_activity_is_for_that_one_only(self, tree, two):
        activity = ActivityFactory(organization=tree.branch, status="draft")
        ask_leave(two[0], activity=activity)
        assert self.listed(tree, DAY)["张三"][0] == "present"
        assert self.listed(tree, DAY, activity)["张三"][0] == "leave"

    def test_who_is_excused_is_not_absent_for_want_of_a_word_in_the_minutes(self, tree, two):
        ask_leave(two[0])
        MemberFactory(branch=tree.branch, name="王五")
        roll = rolls.fresh(tree.branch, "general", DAY)
        rolls.fill_from(roll, Minutes("", attendees=["李四"]))
        assert {line.name: line.state for line in roll.lines} == {"张三": "leave", "李四": "present", "王五": "absent"}

    def test_a_roll_called_before_is_put_right_while_the_branch_may_change_it(self, tree, two):
        draft = ActivityFactory(organization=tree.branch, status="draft")
        done = ActivityFactory(organization=tree.branch, topic="已确认的")
        for activity in (draft, done):
            record_roll(activity, {two[0].pk: ("absent", ""), two[1].pk: ("present", "")})
        assert mark_rolls(ask_leave(two[0])) == [draft]
        assert states(draft) == {"张三": "leave:出差", "李四": "present"}
        assert states(done)["张三"] == "absent"

    def test_who_came_stays_present_but_a_list_for_a_day_to_come_does_not_say_so(self, tree, two):
        came = ActivityFactory(organization=tree.branch, status="draft")
        ahead = ActivityFactory(
            organization=tree.branch, status="draft", date=timezone.localdate() + timedelta(days=3), topic="要开的"
        )
        for activity in (came, ahead):
            record_roll(activity, {two[0].pk: ("present", "")})
        assert mark_rolls(ask_leave(two[0], DAY, end=DAY + timedelta(days=200))) == [ahead]
        assert (states(came), states(ahead)) == ({"张三": "present"}, {"张三": "leave:出差"})


class TestAnswering:
    def press(self, client, leave, **fields):
        url = reverse("activities:leave-decide", args=[leave.pk])
        return client.post(url, {"version": leave.version} | fields, follow=True)

    def test_it_is_granted_in_the_name_of_who_pressed(self, client, tree, two, text_of):
        user = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        leave = ask_leave(two[0], granted=False)
        record_roll(ActivityFactory(organization=tree.branch, status="draft"), {two[0].pk: ("absent", "")})
        assert "1 次活动的考勤已改为请假" in text_of(self.press(client, leave, answer="grant"))
        leave.refresh_from_db()
        assert (leave.state, leave.decided_by) == ("granted", user.name)

    def test_a_refusal_wants_a_reason(self, client, tree, two, text_of):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        leave = ask_leave(two[0], granted=False)
        assert "请写明原因" in text_of(self.press(client, leave, answer="refuse"))
        self.press(client, leave, answer="refuse", note="必须到会")
        leave.refresh_from_db()
        assert (leave.state, leave.note) == ("refused", "必须到会")

    def test_of_two_the_second_is_told(self, client, tree, two, text_of):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        leave = ask_leave(two[0], granted=False)
        seen = leave.version
        leave.end = DAY + timedelta(days=60)
        leave.record()
        assert "刚刚被别人改过" in text_of(self.press(client, leave, answer="grant", version=seen))
        leave.decide(True)
        assert "这张请假单已批准" in text_of(self.press(client, leave, answer="refuse", note="不行", version=seen))
        assert LeaveRequest.objects.get().state == "granted"

    def test_it_waits_on_the_workbench_until_answered(self, client, tree, two):
        user = sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        leave = ask_leave(two[0], DAY, granted=False)
        (todo,) = todos(tree.branch, user, DAY - timedelta(days=7))
        assert (todo.state, todo.url) == ("warn", leave.get_absolute_url())
        assert [t.state for t in todos(tree.branch, user, DAY - timedelta(days=8))] == ["none"]
        assert [t.state for t in todos(tree.branch, user, DAY + timedelta(days=1))] == ["bad"]
        ask_leave(two[1], DAY, granted=False)
        assert "2 张请假单" in next(iter(todos(tree.branch, user, DAY))).text
        for one in LeaveRequest.objects.all():
            one.decide(True)
        assert list(todos(tree.branch, user, DAY)) == []


class TestForm:
    def test_a_member_s_page_offers_it_and_one_day_needs_no_end(self, client, tree, two, fill_in):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        fill_in(f"{NEW}?member={two[1].pk}", start="2026-08-10", asked_on="2026-08-09", reason="住院", action="ask")
        leave = LeaveRequest.objects.get()
        assert (leave.member, leave.start, leave.end, leave.state) == (two[1], DAY, DAY, "asked")

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"start": "1950-01-01"}, "start"),
            ({"end": "2026-08-09"}, "end"),
            ({"end": "2027-08-11"}, "end"),
            ({"reason": ""}, "reason"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(self, client, tree, two, fill_in, fields, field):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        given = {"member": two[0].pk, "start": "2026-08-10", "asked_on": "2026-08-09", "reason": "出差"}
        page = fill_in(NEW, **given | fields)
        assert field in page.context["form"].errors
        assert not LeaveRequest.objects.exists()

    def test_the_same_day_is_not_asked_for_twice(self, client, tree, two, fill_in, text_of):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        ask_leave(two[0])
        page = fill_in(NEW, member=two[0].pk, start="2026-08-10", asked_on="2026-08-09", reason="出差")
        assert "已经登记过" in text_of(page)

    def test_somebody_else_s_member_or_activity_is_not_offered(self, client, tree, two, fill_in):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        stranger = MemberFactory(branch=tree.branches[1])
        page = fill_in(NEW, member=stranger.pk, start="2026-08-10", reason="出差")
        assert "member" in page.context["form"].errors
        foreign = ActivityFactory(organization=tree.branches[1])
        assert client.get(f"{NEW}?activity={foreign.pk}").status_code == 404

    def test_pressing_twice_notes_one_and_editing_tells_of_a_conflict(self, client, tree, two, fill_in, text_of):
        sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
        page = client.get(NEW)
        data = {"token": page.context["form"]["token"].value(), "member": two[0].pk, "start": "2026-08-10"}
        data |= {"asked_on": "2026-08-09", "reason": "出差", "action": "grant"}
        assert client.post(NEW, data).url == client.post(NEW, data).url
        leave = LeaveRequest.objects.get()
        url = reverse("activities:leave-edit", args=[leave.pk])
        stale = leave.version
        leave.reason = "住院"
        leave.record()
        page = fill_in(url, reason="探亲", version=stale)
        assert "住院" in text_of(page)
        assert LeaveRequest.objects.get().reason == "住院"


class TestLedger:
    HEADERS = ("请假日期", "截止日期", "所在党支部", "请假人", "请假事由", "状态", "批准人", "批准日期")

    def test_what_is_exported_comes_back_unchanged(self, tree, two):
        user = superuser()
        activity = ActivityFactory(organization=tree.branch)
        ask_leave(two[0], end=date(2026, 8, 12))
        ask_leave(two[1], activity=activity)
        ask_leave(two[1], date(2026, 9, 1), granted=False).decide(False, "必须到会")
        for clear in (False, True):
            file = io.BytesIO()
            query = Query(tree.committee)
            exporting.export(ledgers.get("leave-requests"), query, user, file, clear=clear)
            analysis = load(user, file.getvalue())
            assert (messages(analysis), dict(analysis.counts)) == ([], {"same": 3})

    def test_a_sheet_as_branches_keep_it(self, tree, two):
        user = superuser()
        rows = [
            ["2026.8.10", "", tree.branch.name, "张三", "出差", "同意", "周书记", "2026.8.9"],
            ["2026.8.20", "2026.8.22", tree.branch.name, "李四", "住院", "", "", ""],
        ]
        data = xlsx(self.HEADERS, *rows)
        assert dict(load(user, data).counts) == {"new": 2}
        assert dict(load(user, data).counts) == {"same": 2}
        found = LeaveRequest.objects.order_by("start").values_list("end", "state", "asked_on", "asked_by")
        assert list(found) == [
            (date(2026, 8, 10), "granted", date(2026, 8, 9), user.pk),
            (date(2026, 8, 22), "asked", date(2026, 8, 20), user.pk),
        ]
        assert facts.of(tree.branch, Q3)["leave.granted"] == 1

    def test_what_is_wrong_is_told_by_cell(self, tree, two):
        rows = [
            ["2026-08-10", "2026-08-01", tree.branch.name, "张三", "出差", "", "", ""],
            ["2026-08-11", "", tree.branch.name, "无此人", "出差", "", "", ""],
            ["2026-08-12", "", tree.branch.name, "张三", "出差", "同意", "", ""],
            ["2026-08-13", "", tree.branch.name, "张三", "出差", "", "周书记", ""],
        ]
        found = messages(load(superuser(), xlsx(self.HEADERS, *rows)))
        assert found == [
            "截止日期早于请假日期 2026-08-10",
            "本支部的花名册里没有这个人",
            "已批准或未批准的，请填批准日期",
            "填了批准人或批准日期，状态应是“已批准”或“未批准”",
        ]

    def test_an_activity_is_found_by_its_number(self, tree, two):
        activity = ActivityFactory(organization=tree.branch, number="A1")
        headers = ("请假日期", "所在党支部", "请假人", "请假事由", "活动编号")
        data = xlsx(headers, ["2026-08-10", tree.branch.name, "张三", "出差", "A1"])
        assert dict(load(superuser(), data).counts) == {"new": 1}
        assert LeaveRequest.objects.get().activity == activity
        data = xlsx(headers, ["2026-08-11", tree.branch.name, "张三", "出差", "A9"])
        assert "没有这个编号的活动" in messages(load(superuser(), data))[0]


def test_what_cannot_be_is_refused_by_the_database(two):
    for wrong in (
        lambda: ask_leave(two[0], end=date(2026, 8, 9)),
        lambda: ask_leave(two[0], decided_on=None),
        lambda: ask_leave(two[0], granted=False, decided_by="周书记"),
        lambda: ask_leave(two[0], decided_on=date(2026, 8, 8)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()
    ask_leave(two[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        ask_leave(two[0])


def test_a_deleted_draft_leaves_the_request_for_its_day(tree, two):
    activity = ActivityFactory(organization=tree.branch, status="draft")
    leave = ask_leave(two[0], activity=activity)
    Activity.objects.get(pk=activity.pk).erase()
    leave.refresh_from_db()
    assert leave.activity is None


def test_the_organisation_s_page_counts_them(tree, two):
    ask_leave(two[0])
    ask_leave(two[1], granted=False)
    panel = next(context for panel, context in panels_of(tree.branch, Q3, superuser()) if panel.title == "请假和缺席")
    assert [(name, number) for name, number, _, _ in panel["figures"]] == [
        ("请假申请", 2),
        ("批准请假", 1),
        ("请假", 0),
        ("缺席", 0),
        ("等待批准", 1),
    ]


def test_the_pages_cost_the_same_for_few_and_many(client, tree):
    def cost(count):
        activity = ActivityFactory(organization=tree.branch, status="draft", date=DAY + timedelta(days=count))
        members = MemberFactory.create_batch(count, branch=tree.branch)
        for member in members:
            ask_leave(member, activity.date, activity=activity)
        found = []
        for url in (activity.get_absolute_url(), f"{NEW}?activity={activity.pk}", members[0].get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            found.append(len(queries))
        return found

    sign_in(client, Role.BRANCH_SECRETARY, tree.branch)
    assert cost(2) == cost(20)
