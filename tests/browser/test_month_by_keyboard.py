"""The month of one branch by keyboard: four activities with their rolls in under three minutes.

Time is reckoned by the keystroke-level model (Card, Moran and Newell 1980) from what the hands really do here, key by
key: 0.28 s for a key (an average typist who is no secretary), 3 keys for a Chinese character by pinyin (the letters and
the choice of the word, whole words at a time), 1.35 s to think before each field and each person, 1.1 s to point and
0.2 s to click, 0.4 s for a hand to go to the mouse or back. The answer of the server is not counted.
"""

import re
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts.roles import Role
from activities.models import Activity
from ledgers.period import Period
from tests.activities.conftest import states
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, PostingFactory, SeatFactory, street

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
MANUAL = Path(settings.BASE_DIR) / "docs" / "manual" / "secretary.md"
BUDGET = 180.0
NAMES = (
    "张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十", "钱多", "冯二", "陈静", "褚明", "卫国", "蒋华",
    "沈力", "韩梅", "杨光", "朱红", "秦风", "尤佳", "许诺", "何平", "吕良", "施工", "孔明",
)  # fmt: skip
WRITTEN = {
    "general": ("讨论上半年工作总结", "书记报告工作，全体通过总结。"),
    "committee": ("研究发展对象人选", "听取培养人意见，同意列为对象。"),
    "theme-day": ("清洁家园志愿行动", "清理楼道三处，帮两户老人搬物。"),
    "lecture": ("学习党章第六章", "书记讲课，三名党员交流体会。"),
}


@dataclass
class Hands:
    """Somebody at the page whose every key and click is counted."""

    page: "Page"
    keys: int = 0
    clicks: int = 0
    thoughts: int = 0

    def think(self) -> None:
        """Look for what comes next."""
        self.thoughts += 1

    def write(self, text: str) -> None:
        """Type a text; a Chinese character costs three keys."""
        self.keys += sum(3 if ord(letter) > 0x2E80 else 1 for letter in text)
        self.page.keyboard.type(text)

    def press(self, *chords: str) -> None:
        """Press keys; of a chord each one counts."""
        for chord in chords:
            self.keys += len(chord.split("+"))
            self.page.keyboard.press(chord)

    def click(self, name: str) -> None:
        """Point at a button or link and click it."""
        self.clicks += 1
        self.page.get_by_role("link", name=name, exact=True).first.click()

    @property
    def seconds(self) -> float:
        """The time it takes a person, by the model."""
        return self.keys * 0.28 + self.thoughts * 1.35 + self.clicks * (2 * 0.4 + 1.1 + 0.2)


@pytest.fixture(scope="module")
def tree(portal):
    return street()


@pytest.fixture
def secretary(tree):
    members = {name: MemberFactory(branch=tree.branch, name=name) for name in NAMES}
    committee = CommitteeFactory(organization=tree.branch)
    for name in ("张三", "李四", "王五", "赵六", "孙七"):
        SeatFactory(committee=committee, member=members[name], post="member")
    for day, kind in enumerate(WRITTEN, 4):
        before = {"place": "党员活动室", "chair": "张三", "recorder": "李四", "start_time": time(15), "hours": 2}
        before |= {"lecturer": "张三"} if kind == "lecture" else {}
        ActivityFactory(organization=tree.branch, kind=kind, date=date(2026, 8, day), **before)
    return PostingFactory(organization=tree.branch, role=Role.BRANCH_SECRETARY).user


def mark(hands: Hands, initials: str, *keys: str, reason: str = "") -> None:
    """From anywhere in the roll: go to a person, mark them, say why."""
    hands.think()
    hands.write(initials)
    hands.press(*keys)
    if reason:
        hands.write(reason)
        hands.press("Enter")


def test_four_activities_with_rolls_take_under_three_minutes(signed_in, secretary, tree):
    page = signed_in(secretary.username)
    page.goto("/?period=2026Q3&choose=1")
    hands = Hands(page)
    hands.think()
    hands.click("整月录入")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2026年9月")
    expect(page.locator("[id=id_general-day]")).to_be_focused()
    days = {"general": "8", "committee": "2", "theme-day": "15", "lecture": "22"}
    for kind, (topic, content) in WRITTEN.items():
        for text in (days[kind], topic, content):
            hands.think()
            hands.write(text)
            hands.press("Tab")
        hands.press("Tab")  # past place and people, which are those of last time
    expect(page.locator("[data-month-jump]")).to_be_focused()
    hands.think()
    hands.write("hm")  # 韩梅 was on leave from the general meeting, and late for the theme day
    hands.press("Enter", "3")
    hands.write("出差")
    hands.press("Enter", "ArrowRight", "2")  # the committee, to which she was not called, is passed over
    mark(hands, "zh", "4")  # 朱红 missed the theme day
    mark(hands, "qf", "4")  # and so did 秦风,
    hands.press("ArrowRight", "3")  # who was on leave from the lecture
    hands.write("看病")
    hands.press("Enter")
    mark(hands, "ls", "ArrowLeft", "ArrowLeft", "3", reason="值班")  # 李四, from the committee
    mark(hands, "km", "3", reason="探亲")  # 孔明, called to no committee: the general meeting
    hands.think()
    hands.press("Control+Enter")
    expect(page.locator(".alert-success")).to_contain_text("已提交 4 次活动")

    held = {a.kind: a for a in Activity.objects.held_in(Period.parse("2026-09"))}
    assert {kind: (a.topic, a.content, str(a.date.day), a.status, a.place) for kind, a in held.items()} == {
        kind: (*WRITTEN[kind], days[kind], "submitted", "党员活动室") for kind in WRITTEN
    }
    away = {kind: {n: s for n, s in states(a).items() if s != "present"} for kind, a in held.items()}
    assert away == {
        "general": {"韩梅": "leave:出差", "孔明": "leave:探亲"},
        "committee": {"李四": "leave:值班"},
        "theme-day": {"韩梅": "late", "朱红": "absent", "秦风": "absent"},
        "lecture": {"秦风": "leave:看病"},
    }
    assert [a.roll.count() for a in held.values()].count(len(NAMES)) == 3
    assert hands.seconds < BUDGET
    counted = re.search(r"(\d+) 次击键、(\d+) 次点击、(\d+) 次思考，合 (\d+) 秒", MANUAL.read_text())
    assert counted, "the manual says the count"
    assert [int(n) for n in counted.groups()] == [hands.keys, hands.clicks, hands.thoughts, round(hands.seconds)]
