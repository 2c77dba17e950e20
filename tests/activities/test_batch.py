"""Many minutes at once: a table, the good ones together, the rest one by one."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities import roll as rolls
from activities.models import Activity, PendingUpload
from ledgers.models import StaleMark
from members.models import Member
from tests.activities.conftest import as_file, minutes_docx, photo, states
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, street

pytestmark = pytest.mark.django_db
UPLOAD, PAGE = reverse("activities:upload"), reverse("activities:batch")


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def community(client, tree):
    for branch in tree.branches[:2]:
        for name in ("张三", "李四", "王伟"):
            MemberFactory(branch=branch, name=name)
    return sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)


def lines(branch, day="2026年9月15日", **more):
    said = {
        "党组织名称": branch.name,
        "时间": f"{day} 14:30",
        "地点": "党群服务中心",
        "主持人": "张三",
        "记录人": "李四",
        "参加人员": "张三、李四",
        "请假人员": "王伟（出差）",
        "会议议题": "学习文件",
        "会议内容": "传达文件精神。",
    }
    return ["主题党日活动记录", *(f"{label}：{text}" for label, text in (said | more).items() if text)]


def send(client, *files):
    """Upload files (lines, name) as minutes each of its own."""
    sent = [as_file(minutes_docx(*body) if isinstance(body, list) else body, name) for body, name in files]
    return client.post(UPLOAD, {"file": sent, "together": "each"})


def table(client):
    return {row.upload.filename: row for row in client.get(PAGE).context["rows"]}


def test_it_works(client, community, tree, text_of):
    first, second = tree.branches[:2]
    answer = send(
        client, (lines(first), "甲.docx"), (lines(second), "乙.docx"), (lines(first, "2026年8月15日"), "丙.docx")
    )
    assert answer.url == PAGE
    rows = table(client)
    assert [row.problems for row in rows.values()] == [[], [], []]
    assert [row.organization for row in rows.values()] == [first, second, first]
    assert "3 份可以直接登记" in text_of(client.get(PAGE))
    answer = client.post(PAGE, {"upload": [rows["甲.docx"].upload.pk, rows["乙.docx"].upload.pk]}, follow=True)
    assert "已登记并提交 2 份" in text_of(answer)
    activity = Activity.objects.get(organization=first)
    assert (activity.kind, activity.date, activity.topic) == ("theme-day", date(2026, 9, 15), "学习文件")
    assert (activity.status, activity.submitted_by, activity.number) == ("submitted", community, f"HD{activity.pk:06}")
    assert states(activity) == {"张三": "present", "李四": "present", "王伟": "leave:出差"}
    assert [paper.filename for paper in activity.attachments.all()] == ["甲.docx"]
    assert "传达文件精神" in activity.attachments.get().text
    assert list(table(client)) == ["丙.docx"]
    audited = AuditEntry.objects.filter(model="activities.activity", object_id=str(activity.pk))
    assert set(audited.values_list("action", flat=True)) == {"submit", "roll", "attach"}
    assert StaleMark.objects.exists()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"党组织名称": "不知名党支部"}, "没有认出组织"),
        ({"时间": ""}, "没有读出日期"),
        ({"时间": f"{timezone.localdate() + timedelta(days=1):%Y年%m月%d日}"}, "日期在今天之后"),
        ({"会议议题": ""}, "没有读出主题"),
        ({"参加人员": "张三、李四、外来客"}, "花名册里没有：外来客"),
        ({"参加人员": "张三、李四；应到3人，实到3人"}, "写明实到 3 人，对上的是 2 人"),
    ],
)
def test_what_is_in_doubt_is_for_a_person(client, community, tree, more, problem):
    send(client, (lines(tree.branch, **more), "甲.docx"), (photo(), "照片.jpg"))
    rows = table(client)
    assert problem in rows["甲.docx"].problems
    assert rows["照片.jpg"].problems == ["读不出文字"]
    client.post(PAGE, {"upload": [row.upload.pk for row in rows.values()]})
    assert not Activity.objects.exists()


def test_namesakes_are_told_apart_by_a_person(client, community, tree):
    MemberFactory(branch=tree.branch, name="张三")
    send(client, (lines(tree.branch), "甲.docx"), (photo(), "照片.jpg"))
    assert "名单里有同名或名字相近的党员" in table(client)["甲.docx"].problems


def test_the_same_activity_is_not_registered_twice(client, community, tree):
    ActivityFactory(organization=tree.branch, kind="theme-day", date=date(2026, 9, 15))
    send(
        client,
        (lines(tree.branch), "甲.docx"),
        (lines(tree.branches[1]), "乙.docx"),
        (lines(tree.branches[1], 会议议题="另一份"), "丙.docx"),
    )
    rows = table(client)
    assert rows["甲.docx"].problems == ["同一天已经登记过同类活动"]
    assert rows["乙.docx"].problems == rows["丙.docx"].problems == ["表里还有同一天的同类活动"]


def test_pressed_twice_registers_once(client, community, tree, text_of):
    send(client, (lines(tree.branch), "甲.docx"), (lines(tree.branches[1]), "乙.docx"))
    ticked = {"upload": [row.upload.pk for row in table(client).values()]}
    client.post(PAGE, ticked)
    answer = client.post(PAGE, ticked, follow=True)
    assert Activity.objects.count() == 2
    assert "2 份没有登记" in text_of(answer)


def test_other_peoples_uploads_and_branches_are_out_of_reach(client, community, tree):
    send(client, (lines(tree.branch), "甲.docx"), (lines(tree.branches[2]), "别的社区.docx"))
    assert table(client)["别的社区.docx"].problems == ["没有认出组织"]
    theirs = [upload.pk for upload in PendingUpload.objects.all()]
    sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    assert table(client) == {}
    client.post(PAGE, {"upload": theirs})
    assert not Activity.objects.exists()


def test_nothing_waits(client, community, text_of):
    assert "没有等待核对的会议记录" in text_of(client.get(PAGE))
    assert "还没有选择" in text_of(client.post(PAGE, follow=True))


def test_the_workbench_says_what_waits_for_its_uploader(client, community, tree, text_of):
    send(client, (lines(tree.branch), "甲.docx"), (photo(), "照片.jpg"))
    assert "2 份上传的会议记录还没有核对" in text_of(client.get(reverse("reports:workbench")))
    sign_in(client, Role.COMMUNITY_SECRETARY, tree.community)
    assert "还没有核对" not in text_of(client.get(reverse("reports:workbench")))


def test_one_file_alone_goes_to_its_own_page(client, community, tree):
    answer = send(client, (lines(tree.branch), "甲.docx"))
    assert answer.url == PendingUpload.objects.get().get_absolute_url()


def test_queries_do_not_grow_with_the_files(client, community, tree):
    def count(press):
        with CaptureQueriesContext(connection) as queries:
            if press:
                client.post(PAGE, {"upload": [row.pk for row in PendingUpload.objects.unconfirmed()]})
            else:
                client.get(PAGE)
        return len(queries)

    def upload(month, days):
        files = [(lines(tree.branches[day % 2], f"2026年{month}月{day + 1}日"), f"{month}-{day}.docx") for day in days]
        send(client, *files)

    upload(3, range(2))
    few, pressed = count(False), count(True)
    upload(4, range(16))
    assert (count(False), count(True)) == (few, pressed)
    assert Activity.objects.count() == 18


def test_who_is_called_is_the_same_one_by_one(tree):
    branch, other = tree.branches[:2]
    committee = CommitteeFactory(organization=branch, start=date(2025, 1, 1))
    early = MemberFactory(branch=branch, name="早走")
    SeatFactory(committee=committee, member=MemberFactory(branch=branch, name="书记"))
    SeatFactory(committee=committee, member=early, left_on=date(2026, 5, 1))
    MemberFactory(branch=other, name="别人")
    early.leave("transferred", date(2026, 8, 1))
    wanted = [
        (organization, kind, day)
        for organization in (branch, other, tree.community)
        for kind in ("general", "committee", "theme-day")
        for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 7, 31), date(2026, 8, 1))
    ]
    assert rolls.called_each(wanted) == [rolls.called(*one) for one in wanted]
    assert rolls.called_each([]) == []
    assert Member.objects.count() == 3
