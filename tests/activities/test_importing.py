import io
from datetime import date

import pytest

from accounts.roles import Role
from activities.models import Activity, Attendance, record_roll
from branches.models import Organization
from ledgers import exporting, facts, importing, ledger, undoing
from ledgers.ledger import Query
from ledgers.models import ImportBatch
from ledgers.period import Period
from tests.activities.conftest import states
from tests.factories import (
    ActivityFactory,
    MemberFactory,
    OrganizationFactory,
    PostingFactory,
    UserFactory,
    street,
)
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db
ACTIVITIES = ("活动编号", "组织编码", "活动类型", "日期", "主题", "地点")
ATTENDANCE = ("活动编号", "身份证号", "姓名", "考勤", "请假事由")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def office(tree):
    user = UserFactory()
    PostingFactory(user=user, role=Role.OFFICE, organization=tree.committee)
    return user


def bring(slug, user, header, *rows):
    """Import these rows; return what became of them and the messages of the wrong ones."""
    return bring_file(slug, user, xlsx(header, *rows))


def bring_file(slug, user, data):
    batch, match = importing.open_batch(ledger.get(slug), data, "表.xlsx", user, None)
    batch.save()
    analysis = importing.preview(batch, match)
    importing.apply(batch)
    counts = {name: getattr(batch, name) for name in ("new", "changed", "same", "wrong")}
    return {k: v for k, v in counts.items() if v}, [error.message for _, error in analysis.errors]


class TestActivities:
    def test_it_works(self, tree, office):
        row = ("A1", tree.branch.code, "支委会", "2026.8.1", "议题", "会议室")
        assert bring("activities", office, ACTIVITIES, row) == ({"new": 1}, [])
        activity = Activity.objects.get()
        assert (activity.kind, activity.date, activity.status) == ("committee", date(2026, 8, 1), "confirmed")
        assert facts.of(tree.branch, Period.parse("2026-08"))["meetings.committee"] == 1
        assert bring("activities", office, ACTIVITIES, row) == ({"same": 1}, [])

    def test_without_a_number_organisation_kind_day_and_topic_are_the_key(self, tree, office):
        first = ("", tree.branch.name, "主题党日", "2026-08-01", "学习", "会议室")
        bring("activities", office, ACTIVITIES, first)
        moved = (*first[:5], "广场")
        assert bring("activities", office, ACTIVITIES, moved)[0] == {"changed": 1}
        other = (*first[:4], "另一个主题", "广场")
        assert bring("activities", office, ACTIVITIES, other)[0] == {"new": 1}

    def test_tomorrow_has_not_happened(self, tree, office):
        row = ("A1", tree.branch.code, "主题党日", "2099-01-01", "学习", "")
        counts, messages = bring("activities", office, ACTIVITIES, row)
        assert counts == {"wrong": 1}
        assert "之后" in messages[0]


class TestAttendance:
    @pytest.fixture
    def activity(self, tree):
        return ActivityFactory(organization=tree.branch, number="A1", kind="theme-day", date=date(2026, 8, 10))

    def test_it_works(self, tree, office, activity):
        MemberFactory(branch=tree.branch, name="张三")
        member = MemberFactory(branch=tree.branch, name="李四")
        rows = (("A1", "", "张三", "到会", ""), ("A1", member.id_number, "", "病假", "住院"))
        assert bring("attendance", office, ATTENDANCE, *rows) == ({"new": 2}, [])
        assert states(activity) == {"张三": "present", "李四": "leave:住院"}
        numbers = facts.of(tree.branch, Period.parse("2026-08"))
        assert (numbers["attendance.expected"], numbers["attendance.present"]) == (2, 1)
        assert bring("attendance", office, ATTENDANCE, *rows) == ({"same": 2}, [])

    def test_a_namesake_must_be_named_by_id(self, tree, office, activity):
        twins = [MemberFactory(branch=tree.branch, name="王伟") for _ in range(2)]
        _, messages = bring("attendance", office, ATTENDANCE, ("A1", "", "王伟", "出席", ""))
        assert messages == ["本支部有 2 名党员叫这个名字，请填完整的身份证号"]
        bring("attendance", office, ATTENDANCE, ("A1", twins[1].id_number, "王伟", "出席", ""))
        assert Attendance.objects.get().member == twins[1]

    def test_a_namesake_who_was_not_there_that_day_does_not_matter(self, tree, office, activity):
        gone, here = MemberFactory(branch=tree.branch, name="王伟"), MemberFactory(branch=tree.branch, name="王伟")
        gone.leave("transferred", date(2026, 8, 10))
        assert bring("attendance", office, ATTENDANCE, ("A1", "", "王伟", "出席", "")) == ({"new": 1}, [])
        assert Attendance.objects.get().member == here

    def test_who_moved_on_since_is_still_found(self, tree, office, activity):
        member = MemberFactory(branch=tree.branch, name="张三")
        member.branch = tree.branches[3]
        member.amend(on=date(2026, 8, 11))
        assert bring("attendance", office, ATTENDANCE, ("A1", "", "张三", "出席", "")) == ({"new": 1}, [])

    def test_a_group_meeting_looks_in_its_branch(self, tree, office):
        group = OrganizationFactory(parent=tree.branch, kind=Organization.Kind.GROUP)
        ActivityFactory(organization=group, number="G1", kind="group")
        MemberFactory(branch=tree.branch, name="张三")
        assert bring("attendance", office, ATTENDANCE, ("G1", "", "张三", "出席", "")) == ({"new": 1}, [])

    def test_a_stranger_and_an_unknown_activity_are_refused(self, tree, office, activity):
        MemberFactory(branch=tree.branches[1], name="别人")
        rows = (("A1", "", "别人", "出席", ""), ("没有", "", "别人", "出席", ""), ("A1", "", "", "出席", ""))
        counts, messages = bring("attendance", office, ATTENDANCE, *rows)
        assert counts == {"wrong": 3}
        assert set(messages) == {
            "本支部的花名册里没有这个人",
            "组织生活台账里没有这个编号的活动，请先导入活动",
            "请填姓名或身份证号",
        }

    def test_one_number_at_two_branches_needs_a_scope(self, tree, office, activity):
        ActivityFactory(organization=tree.branches[1], number="A1")
        MemberFactory(branch=tree.branch, name="张三")
        _, messages = bring("attendance", office, ATTENDANCE, ("A1", "", "张三", "出席", ""))
        assert "有 2 次活动用这个编号" in messages[0]

    def test_the_same_person_twice_is_refused_once(self, tree, office, activity):
        member = MemberFactory(branch=tree.branch, name="张三")
        rows = (("A1", "", "张三", "出席", ""), ("A1", member.id_number, "", "缺席", ""))
        assert bring("attendance", office, ATTENDANCE, *rows)[0] == {"new": 1, "wrong": 1}

    def test_a_reason_without_a_leave_is_passed_over(self, tree, office, activity):
        MemberFactory(branch=tree.branch, name="张三")
        bring("attendance", office, ATTENDANCE, ("A1", "", "张三", "出席", "迟了点"))
        assert Attendance.objects.get().reason == ""

    def test_undo_takes_the_roll_back(self, tree, office, activity):
        member = MemberFactory(branch=tree.branch, name="张三")
        record_roll(activity, {member.pk: ("present", "")})
        MemberFactory(branch=tree.branch, name="李四")
        bring("attendance", office, ATTENDANCE, ("A1", "", "张三", "缺席", ""), ("A1", "", "李四", "出席", ""))
        undoing.undo(ImportBatch.objects.get(), office)
        assert states(activity) == {"张三": "present"}


class TestRoundTrip:
    def exported(self, slug, user):
        target = io.BytesIO()
        exporting.export(ledger.get(slug), Query(), user, target)
        return target.getvalue()

    def test_what_was_entered_by_form_comes_back_unchanged_and_masked(self, tree, office):
        """Namesakes, a guest of another branch and who left since: each is told by the masked ID or the roll itself."""
        activity = ActivityFactory(organization=tree.branch, kind="theme-day")
        twins = [MemberFactory(branch=tree.branch, name="王伟") for _ in range(2)]
        guest, gone = (
            MemberFactory(branch=tree.branches[2], name="来客"),
            MemberFactory(branch=tree.branch, name="走了"),
        )
        record_roll(activity, {m.pk: ("leave", "出差") for m in (*twins, guest, gone)})
        gone.leave("transferred", date(2026, 9, 1))
        assert bring_file("attendance", office, self.exported("attendance", office)) == ({"same": 4}, [])
        assert bring_file("activities", office, self.exported("activities", office)) == ({"same": 1}, [])
