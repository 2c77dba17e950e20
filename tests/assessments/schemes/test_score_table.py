"""An office's own 评分表 becomes a scheme: what its wording says, and what is left to people."""

from decimal import Decimal

import pytest

from assessments.schemes.reading import SchemeRefused
from assessments.schemes.score_table import read_table
from tests.ledgers.workbooks import xlsx

HEADER = ["序号", "一级指标", "二级指标", "分值", "评分标准", "扣分办法", "评分科室"]
ROWS = [
    [1, "组织生活（30分）", "主题党日", "12", "每月开展主题党日不少于2次", "每少一次扣2分，扣完为止", "党建办"],
    [2, "", "支部党员大会", 10, "每季度召开一次", "每缺一个季度扣5分", "党建办"],
    [3, "", "党员到会率", 8, "低于60%不得分", "到会率达到90%得满分，按比例计分", ""],
    [4, "阵地建设", "党群服务中心作用发挥", "20分", "功能齐全、开放正常", "酌情打分", "党建办"],
    [5, "加分项", "受到上级表彰", 5, "", "每项加1.5分", ""],
    [6, "扣分项", "被通报批评", 5, "", "每次扣2分", ""],
]


def table(rows, header=HEADER, title="东风街道党支部季度考核评分表"):
    return xlsx([title], ["填报单位：", "", ""], header, *rows)


def test_wording_becomes_formulas_and_the_rest_is_left_to_people():
    found = read_table(table(ROWS), "评分表.xlsx")
    by_code = {one.code: one for one in found.indicators}
    assert (found.title, found.period, found.base) == ("东风街道党支部季度考核评分表", 3, 50)
    assert list(by_code) == ["A1", "A2", "A3", "B1", "C1", "D1"]
    assert by_code["A1"].written == {
        "kind": "required",
        "fact": "meetings.theme_day",
        "at_least": 2,
        "every": "month",
        "deduct": 2,
        "count": "times",
    }
    assert by_code["A2"].written["every"] == "quarter"
    assert (by_code["A2"].formula.by_times, by_code["A2"].formula.deduct) == (False, 5)
    assert (by_code["A3"].formula.zero, by_code["A3"].formula.full) == (Decimal("0.6"), Decimal("0.9"))
    assert by_code["B1"].formula.kind == "manual"
    assert (by_code["C1"].formula.kind, by_code["C1"].formula.each) == ("bonus", Decimal("1.5"))
    assert (by_code["D1"].formula.kind, by_code["D1"].formula.each) == ("penalty", 2)
    assert (by_code["A1"].scorer, by_code["B1"].standard) == ("党建办", "功能齐全、开放正常；酌情打分")
    assert [group.title for group in found.groups] == ["组织生活", "阵地建设", "加分项", "扣分项"]


def test_whom_it_scores_and_how_long_is_read_from_its_title():
    assert read_table(table(ROWS, title="社区党组织年度考评细则"), "x.xlsx").applies_to == ("community-committee",)
    assert read_table(table(ROWS[:1], title="党支部月度考核表"), "x.xlsx").period == 1


def test_what_is_asked_for_longer_than_the_period_is_left_to_people():
    found = read_table(
        table([[1, "组织生活", "党课", 5, "每季度一次", "每少一次扣5分", ""]], title="支部月度考核"), "x.xlsx"
    )
    assert found.indicators[0].formula.kind == "manual"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table([[1, "组织生活", "主题党日", "若干", "", "", ""]]), "第 4 行的“分值”应是数字，写成了“若干”"),
        (table([[1, "组织生活", "主题党日", 0, "", "", ""]]), "第 4 行的“分值”应大于 0"),
        (table([]), "评分表里没有指标"),
        (xlsx(["姓名", "电话"], ["甲", "1"]), "没有找到表头"),
        (xlsx(["一级指标", "二级指标", "备注"], ["甲", "乙", "丙"]), "缺“分值”一列"),
        (b"PK\x03\x04broken", "打不开|损坏|读不出"),
    ],
)
def test_it_refuses_in_one_line_and_names_the_row(content, message):
    with pytest.raises(SchemeRefused, match=message) as refusal:
        read_table(content, "评分表.xlsx")
    assert "\n" not in str(refusal.value)
