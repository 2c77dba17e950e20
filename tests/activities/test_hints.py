"""Hints: what does not fit in minutes, at its edges; nothing is said where all fits."""

from datetime import date

import pytest

from activities.hints import SHORT, PaperRead, hints
from activities.minutes import Minutes
from activities.models import Activity
from activities.roll import Line

GOOD = (
    "会议学习了党章有关条款，讨论了楼院整治的分工，张三、李四发言，大家一致同意十月底前完成三号楼和五号楼的改造，"
    "并由支委逐户征求意见，下月汇报。"
)
PAPER = PaperRead("记录.docx")


def activity(**more):
    fields = {
        "kind": "general",
        "date": date(2026, 9, 15),
        "topic": "学习",
        "chair": "张三",
        "recorder": "李四",
        "content": GOOD,
        "resolution": "同意",
    }
    return Activity(**fields | more)


def roll(**states):
    people = {"张三": "present", "李四": "present", "王五": "leave"} | states
    return [Line(number, name, "", state=state) for number, (name, state) in enumerate(people.items())]


def read(**said):
    return PaperRead("记录.docx", minutes=Minutes(text="…", **said))


def test_it_works():
    assert hints(activity(), roll(), [PAPER]) == []


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({"recorder": ""}, "没有写记录人。"),
        ({"resolution": ""}, "没有写决议；没有形成决议的，请在内容里说明。"),
        ({"kind": "lecture"}, "党课没有写主讲人。"),
    ],
)
def test_a_part_is_missing(more, hint):
    assert hints(activity(**more), roll(), [PAPER]) == [hint]


def test_a_theme_day_needs_no_resolution():
    assert hints(activity(kind="theme-day", resolution=""), roll(), [PAPER]) == []


def test_no_papers():
    assert hints(activity(), roll(), []) == ["没有附件，签到表、照片或记录原件可以一并放上。"]


def test_too_short_at_the_edge():
    assert "内容只有 59 个字" in hints(activity(content="学" * (SHORT - 1)), roll(), [PAPER])[0]
    assert hints(activity(content="学" * SHORT), roll(), [PAPER]) == []
    assert "内容只有 59 个字" in hints(activity(content="学 \n" * (SHORT - 1)), roll(), [PAPER])[0]


def test_who_speaks_is_marked_away():
    (hint,) = hints(activity(), roll(李四="absent", 赵六="present"), [PAPER])[1:]
    assert hint.startswith("李四的考勤是缺席，内容里却写到：“会议学习了")


def test_who_is_excused_or_visited_may_be_named():
    text = GOOD + "王五请假，会后补课。会后走访了生病的王五。"
    assert hints(activity(content=text), roll(), [PAPER]) == []


def test_a_name_within_a_longer_name():
    assert hints(activity(content=GOOD + "王五福介绍了情况。"), roll(王五福="present"), [PAPER]) == []


def test_the_chair_and_the_roll():
    assert hints(activity(chair="王五"), roll(), [PAPER]) == ["主持人王五的考勤是请假，请核对。"]
    assert hints(activity(chair="赵六"), roll(), [PAPER]) == ["主持人“赵六”不在名单里，请核对。"]
    assert hints(activity(chair="党支部书记张三"), roll(), [PAPER]) == []
    assert hints(activity(chair="赵六", kind="joint-meeting"), roll(), [PAPER]) == []


def test_a_comrade_who_is_not_on_the_roll():
    text = GOOD + "钱七同志、张三同志汇报了工作，全体同志表示赞成。"
    assert hints(activity(content=text), roll(), [PAPER]) == ["内容里的“钱七”不在名单里，是列席的可以不管。"]


def test_without_a_roll_no_name_is_wrong():
    assert hints(activity(chair="赵六"), [], [read(attendees=["赵六"])]) == []


def test_another_day_in_a_paper():
    assert hints(activity(), roll(), [read(date=date(2026, 9, 14))]) == [
        "“记录.docx”里写的日期是 2026-09-14，登记的是 2026-09-15，请核对。"
    ]
    assert hints(activity(), roll(), [read(date=date(2026, 9, 15), kind="支部党员大会")]) == []
    assert "写的是党课" in hints(activity(), roll(), [read(kind="党课")])[0]


@pytest.mark.parametrize(("day", "said"), [(13, 1), (14, 0), (15, 0), (16, 0), (17, 1)])
def test_a_photo_of_another_day(day, said):
    assert len(hints(activity(), roll(), [PaperRead("现场.jpg", taken_on=date(2026, 9, day))])) == said


@pytest.mark.parametrize(
    ("start", "said"), [("2026年9月14日，", 1), ("2026年9月15日，", 0), ("2026-9-15 ", 0), ("2026年13月40日，", 0)]
)
def test_another_day_at_the_beginning(start, said):
    assert len(hints(activity(content=start + GOOD), roll(), [PAPER])) == said


def test_the_papers_roll():
    found = hints(activity(), roll(), [read(attendees=["张三", "王五", "赵六"], absent=["李四"])])
    assert found == [
        "“记录.docx”写“王五”到会，考勤却不是出席，请核对。",
        "“记录.docx”里的“赵六”不在名单里，是列席的可以不管。",
        "“记录.docx”写“李四”请假或缺席，考勤却是出席，请核对。",
    ]
    assert hints(activity(), roll(), [read(attendees=["张三", "赵六"], observers=["赵六"])]) == []


def test_counts():
    assert hints(activity(expected_stated=4, present_stated=2), roll(), [PAPER]) == [
        "记录写明应到 4 人，名单是 3 人，请核对。"
    ]
    assert hints(activity(content=f"应到3人，实到3人。{GOOD}"), roll(), [PAPER]) == [
        "内容写明实到 3 人，名单是 2 人，请核对。"
    ]


def test_many_names_are_cut_short():
    names = [f"赵{c}" for c in "一二三四五六七"]
    (hint,) = hints(activity(), roll(), [read(attendees=names)])
    assert "“赵五”等 7 人不在名单里" in hint
