from datetime import date, time

import pytest
from django.urls import reverse

from accounts.roles import Role
from activities.models import Activity, Attachment, PendingUpload
from ledgers import photos
from tests.activities.conftest import as_file, minutes_docx, photo, sent, states
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, SeatFactory, sign_in, street

pytestmark = pytest.mark.django_db
LINES = (
    "时间：2026年9月15日 14:30",
    "地点：党群服务中心",
    "主持人：张三",
    "记录人：李四",
    "应到5人，实到3人",
    "参加人员：张三、李四、王伟",
    "请假人员：赵六（出差）",
    "会议议题：学习文件",
    "会议内容：",
    "一、传达文件精神。",
    "会议决议：一致同意。",
)


@pytest.fixture
def tree():
    return street()


@pytest.fixture
def branch(tree):
    return tree.branch


@pytest.fixture
def members(branch):
    return {name: MemberFactory(branch=branch, name=name) for name in ("张三", "李四", "王伟", "赵六", "孙七")}


@pytest.fixture
def secretary(client, branch):
    return sign_in(client, Role.BRANCH_SECRETARY, branch)


@pytest.fixture
def read(client):
    """Upload minutes with these lines under a title; return the upload that waits."""

    def upload(title, *lines, data=None, name="会议记录.docx"):
        data = data or minutes_docx(title, *lines)
        client.post(reverse("activities:upload"), {"file": as_file(data, name)})
        return PendingUpload.objects.latest("pk")

    return upload


def test_it_works(client, press, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    answer = press(pending.get_absolute_url(), "submit")
    activity = Activity.objects.get()
    assert answer.url == activity.get_absolute_url()
    assert (activity.organization, activity.kind, activity.status) == (branch, "general", "submitted")
    assert (activity.date, activity.start_time) == (date(2026, 9, 15), time(14, 30))
    assert (activity.place, activity.chair, activity.recorder) == ("党群服务中心", "张三", "李四")
    assert (activity.topic, activity.content, activity.resolution) == ("学习文件", "一、传达文件精神。", "一致同意。")
    assert (activity.expected_stated, activity.present_stated) == (5, 3)
    assert states(activity) == {
        "张三": "present",
        "李四": "present",
        "王伟": "present",
        "赵六": "leave:出差",
        "孙七": "absent",
    }
    paper = Attachment.objects.get()
    assert (paper.activity, paper.filename, paper.uploaded_by) == (activity, "会议记录.docx", secretary)
    assert "传达文件精神" in paper.text


def test_the_page_shows_text_and_what_to_look_at(client, read, secretary, branch, members, text_of):
    pending = read("会议记录", "时间：2026年9月15日", "参加人员：张三、欧阳修文")
    text = text_of(client.get(pending.get_absolute_url()))
    assert "参加人员：张三、欧阳修文" in text
    assert "花名册里没有：欧阳修文" in text
    assert "记录里没有提到 4 名党员" in text


def test_the_named_branch_is_chosen_among_many(client, read, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    pending = read(f"{tree.branches[2].name}主题党日活动记录", "时间：2026年9月15日")
    form = client.get(pending.get_absolute_url()).context["form"]
    assert (form["organization"].value(), form["kind"].value()) == (tree.branches[2].pk, "theme-day")


def test_a_branch_that_nobody_named_is_left_to_the_person(client, press, read, tree):
    sign_in(client, Role.OFFICE, tree.committee)
    pending = read("会议记录", "时间：2026年9月15日")
    assert client.get(pending.get_absolute_url()).context["form"]["organization"].value() is None
    answer = press(pending.get_absolute_url(), "submit", kind="general", topic="大会")
    assert "organization" in answer.context["form"].errors


class TestNamesakes:
    @pytest.fixture
    def twin(self, branch, members):
        return MemberFactory(branch=branch, name="王伟", category="probationary")

    @pytest.fixture
    def pending(self, read, secretary, branch, twin):
        return read(f"{branch.name}支部党员大会会议记录", *LINES)

    def test_must_be_told_apart(self, client, press, pending):
        answer = press(pending.get_absolute_url(), "submit")
        assert "选定是哪一位" in str(answer.context["form"].errors)
        assert not Activity.objects.exists()

    def test_the_answer_marks_the_one(self, client, press, pending, twin, members):
        press(pending.get_absolute_url(), "submit", **{"ask-0": f"{twin.pk}:absent:present:"})
        roll = dict(Activity.objects.get().roll.values_list("member_id", "state"))
        assert (roll[twin.pk], roll[members["王伟"].pk]) == ("present", "absent")

    def test_neither_is_an_answer(self, client, press, pending, twin):
        press(pending.get_absolute_url(), "submit", **{"ask-0": "none"})
        assert dict(Activity.objects.get().roll.values_list("member_id", "state"))[twin.pk] == "absent"

    def test_what_was_marked_by_hand_has_the_last_word(self, client, press, pending, twin):
        press(pending.get_absolute_url(), "submit", {twin: "late"}, **{"ask-0": f"{twin.pk}:absent:present:"})
        assert dict(Activity.objects.get().roll.values_list("member_id", "state"))[twin.pk] == "late"


def test_pressed_twice_it_makes_one_activity(client, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    page = sent(client.get(pending.get_absolute_url())) | {"action": "submit"}
    assert client.post(pending.get_absolute_url(), page).url == client.post(pending.get_absolute_url(), page).url
    assert (Activity.objects.count(), Attachment.objects.count()) == (1, 1)


def test_two_pages_of_one_upload_make_one_activity(client, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    pages = [sent(client.get(pending.get_absolute_url())) | {"action": "submit"} for _ in range(2)]
    assert pages[0]["token"] != pages[1]["token"]
    for page in pages:
        answer = client.post(pending.get_absolute_url(), page)
    assert answer.url == Activity.objects.get().get_absolute_url()


def test_one_confirmation_after_another(client, press, read, secretary, branch, members):
    first = read(f"{branch.name}支部党员大会会议记录", *LINES)
    second = read("会议记录", "时间：2026年9月20日")
    assert press(first.get_absolute_url(), "submit").url == second.get_absolute_url()


def test_other_files_of_the_same_meeting_come_along(client, press, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    picture = read("", data=photo(), name="现场.jpg")
    other = read("", data=photo((9, 9)), name="无关.jpg")
    assert press(pending.get_absolute_url(), "submit", also=[picture.pk]).url == other.get_absolute_url()
    assert [a.filename for a in Activity.objects.get().attachments.all()] == ["会议记录.docx", "现场.jpg"]
    assert list(PendingUpload.objects.unconfirmed()) == [other]


def test_a_scan_is_confirmed_with_the_form_filled_by_hand(client, press, read, secretary, members):
    pending = read("", data=photo(), name="扫描件.png")
    day = {"kind": "theme-day", "date": "2026-09-20", "topic": "党日"}
    refused = press(pending.get_absolute_url(), "submit", **day)
    assert "没有读到出席名单" in refused.content.decode()
    assert not Activity.objects.exists()
    press(pending.get_absolute_url(), "submit", unread="all", **day)
    activity = Activity.objects.get()
    assert [a.filename for a in activity.attachments.all()] == ["扫描件.png"]
    assert set(states(activity).values()) == {"present"}


def test_a_file_that_is_on_record_already_is_pointed_out(client, press, read, secretary, branch, members, text_of):
    press(read(f"{branch.name}支部党员大会会议记录", *LINES).get_absolute_url(), "submit")
    data = Attachment.objects.get()
    again = PendingUpload.objects.create(
        user=secretary, digest=data.digest, filename="又一份.docx", content_type=data.content_type, size=1
    )
    assert "不要重复登记" in text_of(client.get(again.get_absolute_url()))


def test_a_refused_save_leaves_nothing_behind(client, press, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    assert press(pending.get_absolute_url(), "submit", topic="").status_code == 200
    assert not Activity.objects.exists()
    assert PendingUpload.objects.unconfirmed().exists()


def test_marks_and_who_was_taken_off_survive_a_mistake(client, press, read, secretary, branch, members):
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    answer = press(pending.get_absolute_url(), "submit", {members["张三"]: "late", members["孙七"]: None}, topic="")
    shown = {line.name: line.state for line in answer.context["roll"].lines}
    assert shown == {"张三": "late", "李四": "present", "王伟": "present", "赵六": "leave"}


def test_only_its_uploader_sees_it(client, read, secretary, branch, tree):
    pending = read("会议记录", "时间：2026年9月15日")
    for role, place in ((Role.BRANCH_SECRETARY, branch), (Role.OFFICE, tree.committee)):
        sign_in(client, role, place)
        for name in ("pending", "original", "preview"):
            assert client.get(reverse(f"activities:{name}", args=[pending.pk])).status_code == 404
        assert client.post(reverse("activities:discard", args=[pending.pk])).status_code == 404
        assert pending.filename not in client.get(reverse("activities:upload")).content.decode()


def test_it_can_be_thrown_away(client, read, secretary):
    pending = read("会议记录", "时间：2026年9月15日")
    assert client.post(reverse("activities:discard", args=[pending.pk])).url == reverse("activities:upload")
    assert not PendingUpload.objects.exists()


def test_the_original_is_handed_out(client, read, secretary):
    pending = read("", data=photo(), name="现场.jpg")
    answer = client.get(reverse("activities:original", args=[pending.pk]))
    assert answer.content == photos.prepared(photo()).data
    assert client.get(reverse("activities:preview", args=[pending.pk]))["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("count", [20, 60])
def test_queries_do_not_grow_with_the_branch(
    client, press, read, secretary, branch, count, django_assert_max_num_queries
):
    for _ in range(count):
        MemberFactory(branch=branch)
    pending = read(f"{branch.name}支部党员大会会议记录", *LINES)
    ActivityFactory(organization=branch)
    with django_assert_max_num_queries(23):
        client.get(pending.get_absolute_url())
    shown = client.get(pending.get_absolute_url())
    counts = shown.context["roll"].counts
    page = sent(shown) | {"action": "submit", "counts_as_listed": f"{counts['expected']}/{counts['present']}"}
    with django_assert_max_num_queries(64):
        client.post(pending.get_absolute_url(), page)
    assert Activity.objects.filter(status="submitted").exists()


class TestWhatIsAskedOnce:
    """What the minutes leave open is one question to the person, never an invented attendance."""

    def test_numbers_that_differ_from_the_roll_are_asked_before_handing_in(
        self, client, press, read, secretary, branch, members
    ):
        lines = [line for line in LINES if not line.startswith("应到")]
        pending = read(f"{branch.name}支部党员大会会议记录", "应到46人，实到43人", *lines)
        refused = press(pending.get_absolute_url(), "submit", ask=True)
        assert "记录写明应到 46 人" in refused.content.decode()
        assert not Activity.objects.exists()
        press(pending.get_absolute_url(), "submit")
        assert Activity.objects.get().status == "submitted"

    def test_the_meetings_of_one_file_are_uploads_of_their_own(self, client, press, read, secretary, branch, members):
        for_each = [
            "时间：2026年9月{day}日 9:00",
            "地点：会议室",
            "主持人：甲",
            "参加人员：无",
            "主题：学习",
            "内容：略",
        ]
        first = [line.format(day=2) for line in for_each]
        second = [line.format(day=12) for line in for_each]
        read(f"{branch.name}党课记录", *first, "", f"{branch.name}主题党日活动记录", *second)
        found = list(PendingUpload.objects.all())
        assert [one.minutes.kind for one in found] == ["党课", "主题党日"]
        assert [one.minutes.date.day for one in found] == [2, 12]
        assert "这是第 2 次" in found[1].minutes.hints[0]
        press(found[0].get_absolute_url(), "draft", unread="all")
        assert "不要重复登记" not in client.get(found[1].get_absolute_url()).content.decode()

    def test_who_is_called_by_post_stands_in_the_form_by_name(self, client, press, read, secretary, branch, members):
        committee = CommitteeFactory(organization=branch)
        SeatFactory(committee=committee, member=members["张三"])
        lines = [
            "时间：2026年9月2日 9:00",
            "地点：会议室",
            "主持人：张书记",
            "记录人：小李",
            "到：张书记、老孙",
            "议题：学习",
        ]
        pending = read(f"{branch.name}支部党员大会会议记录", *lines)
        page = client.get(pending.get_absolute_url())
        assert (page.context["form"]["chair"].value(), page.context["form"]["recorder"].value()) == ("张三", "李四")
        there = {line.name for line in page.context["roll"].lines if line.state == "present"}
        assert there == {"张三", "李四", "孙七"}
