"""The roll by keyboard only, the review by keyboard only, minutes from a phone with a name that two people bear."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.roles import Role
from activities.models import Activity, PendingUpload
from tests.activities.conftest import minutes_docx, states
from tests.browser.conftest import PHONE, at_both_sizes
from tests.factories import ActivityFactory, MemberFactory, PostingFactory, street

pytestmark = pytest.mark.browser
NAMES = ("张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十", "钱一一", "冯二二")


@pytest.fixture(scope="module")
def tree(portal):
    return street()


@pytest.fixture(scope="module")
def members(tree):
    return {name: MemberFactory(branch=tree.branch, name=name) for name in NAMES}


@pytest.fixture
def secretary(tree, members):
    yield PostingFactory(organization=tree.branch, role=Role.BRANCH_SECRETARY).user
    PendingUpload.objects.all().delete()
    for activity in Activity.objects.all():
        activity.erase()


def test_the_roll_is_called_by_keyboard_only(signed_in, secretary, members):
    page = signed_in(secretary.username)
    page.goto("/activities/new/?kind=theme-day")
    page.locator("#id_topic").focus()
    page.keyboard.type("学习党章")
    page.locator("[data-roll-jump]").focus()
    page.keyboard.type("ls")  # 李四
    page.keyboard.press("Enter")
    page.keyboard.press("3")  # 请假
    page.keyboard.press("Tab")
    page.keyboard.type("出差")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")  # 王五
    page.keyboard.press("x")  # 缺席
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # 孙七
    page.keyboard.press("t")  # 迟到
    shown = {k: page.locator(f"[data-roll-count={k}]").inner_text() for k in ("expected", "present", "leave", "absent")}
    assert shown == {"expected": "10", "present": "8", "leave": "1", "absent": "1"}
    page.get_by_role("button", name="提交", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/activities/\d+/$"))
    activity = Activity.objects.get()
    assert activity.status == "submitted"
    expected = dict.fromkeys(NAMES, "present") | {"李四": "leave:出差", "王五": "absent", "孙七": "late"}
    assert states(activity) == expected


def test_enter_in_a_field_saves_a_draft_and_hands_nothing_in(signed_in, secretary):
    page = signed_in(secretary.username)
    page.goto("/activities/new/?kind=theme-day")
    page.locator("#id_topic").fill("学习")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/activities/\d+/$"))
    assert Activity.objects.get().status == "draft"


def test_the_roll_follows_the_kind_and_people_come_and_go(signed_in, secretary, members):
    page = signed_in(secretary.username)
    page.goto("/activities/new/?kind=general")
    rows = page.locator("[data-roll-row]")
    expect(rows).to_have_count(10)
    rows.filter(has_text="张三").get_by_role("button", name="移出").click()
    expect(rows).to_have_count(9)
    expect(page.locator("[data-roll-count=expected]")).to_have_text("9")
    page.locator("#id_kind").select_option("committee")
    expect(rows).to_have_count(0)
    page.locator("#id_person").press_sequentially("zs")
    page.locator("[data-person-of]").first.click()
    expect(rows).to_have_count(1)
    expect(page.locator("[data-roll-count=expected]")).to_have_text("1")
    page.locator("#id_person").press_sequentially("张三")
    page.locator("[data-person-of]").first.click()
    expect(rows).to_have_count(1)


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_minutes_from_a_phone_ask_which_of_two_namesakes_came(signed_in, secretary, tree, members, tmp_path):
    twins = [MemberFactory(branch=tree.branch, name="王伟", group_name=group) for group in ("一组", "二组")]
    file = tmp_path / "会议记录.docx"
    file.write_bytes(
        minutes_docx(
            f"{tree.branch.name}支部党员大会会议记录",
            "时间：2026年9月15日 14:30",
            "参加人员：张三、李四、王伟",
            "请假人员：王五（住院）",
            "会议议题：学习文件",
        )
    )
    page = signed_in(secretary.username)
    page.goto("/activities/upload/")
    assert page.locator(".upload-camera").bounding_box()["y"] < page.locator(".upload-drop").bounding_box()["y"]
    page.locator("input[name=file]").set_input_files(file)
    page.get_by_role("button", name="上传并读取").click()
    group = page.get_by_role("group", name=re.compile("王伟.*同名"))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".alert-danger")).to_contain_text("选定是哪一位")
    group.get_by_label("二组").check()
    expect(page.locator(f"#line-{twins[1].pk}").get_by_label("出席")).to_be_checked()
    group.get_by_label("一组").check()
    expect(page.locator(f"#line-{twins[0].pk}").get_by_label("出席")).to_be_checked()
    expect(page.locator(f"#line-{twins[1].pk}").get_by_label("缺席")).to_be_checked()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("学习文件")
    activity = Activity.objects.get()
    came = set(activity.roll.present().values_list("member__name", "member_id"))
    assert came == {(name, members[name].pk) for name in ("张三", "李四")} | {("王伟", twins[0].pk)}
    assert activity.roll.get(member=members["王五"]).reason == "住院"
    for twin in twins:
        twin.leave("transferred", date(2026, 9, 30))


def test_the_review_goes_on_by_keyboard(signed_in, secretary, tree):
    for day in (1, 2, 3):
        ActivityFactory(
            organization=tree.branch, date=date(2026, 9, day), topic=f"九月{day}日", status="draft"
        ).submit()
    community = PostingFactory(organization=tree.community, role=Role.COMMUNITY_SECRETARY).user
    page = signed_in(community.username)
    page.goto("/activities/review/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("九月1日")
    page.keyboard.press("j")
    expect(heading).to_contain_text("九月2日")
    page.keyboard.press("k")
    expect(heading).to_contain_text("九月1日")
    page.keyboard.press("c")
    expect(heading).to_contain_text("九月2日")
    page.keyboard.press("r")
    page.keyboard.type("缺内容")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("九月3日")
    found = dict(Activity.objects.values_list("topic", "status"))
    assert found == {"九月1日": "confirmed", "九月2日": "returned", "九月3日": "submitted"}


def test_confirming_several_asks_with_their_number(signed_in, secretary, tree):
    for day in (1, 2, 3):
        draft = ActivityFactory(organization=tree.branch, date=date(2026, 9, day), topic=f"九月{day}日", status="draft")
        draft.submit()
    community = PostingFactory(organization=tree.community, role=Role.COMMUNITY_SECRETARY).user
    page = signed_in(community.username)
    page.goto("/activities/review/")
    boxes = page.locator('input[name="activity"]')
    expect(boxes).to_have_count(3)
    for number in range(2):
        boxes.nth(number).check()
    page.get_by_role("button", name="确认所选").click()
    expect(page.locator("#confirm-question")).to_have_text("确认所选的 2 条记录？")
    page.locator("#confirm-yes").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert Activity.objects.filter(status="confirmed").count() == 2


@at_both_sizes
def test_where_nobody_was_read_one_answer_marks_the_roll(signed_in, secretary, tree):
    page = signed_in(secretary.username)
    page.goto("/activities/upload/")
    lines = (
        f"{tree.branch.name}主题党日活动记录",
        "时间：2026年9月8日 9:00",
        "地点：广场",
        "主题：植树",
        "内容：种树。",
    )
    paper = {"name": "记录.docx", "mimeType": "application/octet-stream", "buffer": minutes_docx(*lines)}
    page.locator("input[name=file]").set_input_files([paper])
    page.get_by_role("button", name="上传并读取").click()
    expect(page.get_by_text("没有读到出席名单").first).to_be_visible()
    expect(page.locator("[data-roll-row] input:checked")).to_have_count(0)
    called = page.locator("[data-roll-row]").count()
    page.get_by_label("只点缺席").check()
    expect(page.locator("[data-roll-row] input[value=present]:checked")).to_have_count(called)
    page.locator("[data-roll-row]").nth(2).get_by_label("缺席").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已提交，等待确认")).to_be_visible()
    marks = list(Activity.objects.get().roll.values_list("state", flat=True))
    assert marks.count("absent") == 1
    assert marks.count("present") == called - 1
