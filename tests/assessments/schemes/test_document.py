"""A scheme as it is written: what is read, what is refused and where, and that it is written back as it was."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from assessments.schemes import document
from assessments.schemes.reading import SchemeRefused
from assessments.schemes.versions import draft
from tests.assessments.schemes import indicator, manual, read, scheme
from tests.factories import OrganizationFactory

CONTENT = Path(settings.BASE_DIR).parent / "shared" / "content"
EVERY_KIND = [
    indicator("A1", 15, kind="required", fact="meetings.theme_day", at_least=1, every="month", deduct=5),
    indicator("A2", 10, kind="rate", of=["attendance.present", "attendance.expected"], zero=0.5, full=0.9),
    indicator("A3", 10, kind="bands", rate="attendance.rate", bands=[[0.95, 1], [0.85, 0.8]]),
    indicator("A4", 5, kind="count", fact="services.events", target=2.5),
    indicator("A5", 10, kind="rules", rules=["R02"], per="share"),
    indicator("B1", 10, kind="deduct", items=[{"title": "逾期", "each": 0.5, "most": 4, "rules": ["R19"]}]),
    indicator("B2", 10, kind="graded", levels={"A": 1, "B": 0.66}),
    manual("B3", 10),
    indicator("B4", 5, kind="average", scheme="YD", of="self"),
    indicator("B5", 5, kind="observation"),
    indicator("B6", 5, kind="review"),
    indicator("B7", 5, kind="selfcheck"),
    indicator("P1", 5, kind="bonus", levels={"国家级": 5, "省级": 3}),
    indicator("M1", 5, kind="penalty", each=2, fact="honors.sanctions"),
]


@pytest.mark.django_db
def test_what_is_read_is_written_back():
    written = scheme(
        *EVERY_KIND,
        base=100,
        days={"self": 5, "community": 4, "street": 3, "notice": 2, "appeal": 1},
        not_applicable="full",
        tie_break=["A2"],
        classes=[{"title": "社区", "unit_kinds": ["社区", "学校"]}],
        grades=[{"title": "优秀", "from": 90, "at_most_percent": 30}, {"title": "较差", "from": 0}],
        vetoes=[
            {"code": "V1", "title": "不换届", "when": {"rules": ["R13"]}, "not_above": "较差"},
            {"code": "V2", "title": "违纪", "when": "entered", "not_above": "较差"},
        ],
    )
    assert draft(OrganizationFactory(), document.read(written)).as_written() == written


@pytest.mark.skipif(not CONTENT.exists(), reason="no ready schemes beside this checkout")
@pytest.mark.parametrize("name", ["scheme-branch.json", "scheme-community.json"])
def test_the_ready_schemes_are_taken(name):
    found = document.load((CONTENT / name).read_bytes())
    assert sum(one.points for one in found.indicators if not one.formula.outside) == found.base
    assert all(one.formula.sentence() for one in found.indicators)


REQUIRED = {"kind": "required", "fact": "meetings.theme_day", "at_least": 1, "every": "month", "deduct": 5}
REFUSED = [
    (
        scheme(indicator(**{**REQUIRED, "fact": "meetings.nothing"})),
        "指标 A1 的“formula”的“fact”：没有指标“meetings.nothing”",
    ),
    (scheme(indicator(kind="rate", rate="x", zero=0, full=1)), "指标 A1 的“formula”的“rate”：没有比率“x”"),
    (scheme(indicator(kind="rules", rules=["R99"], deduct=1)), "没有规则“R99”"),
    (scheme(indicator(kind="eval")), "指标 A1 的“formula”的“kind”没有“eval”这一种"),
    (scheme(indicator(kind="manual", sum=1)), "指标 A1 的“formula”有不认识的“sum”"),
    (scheme(manual(), colour="red"), "考核方案有不认识的“colour”"),
    (scheme(indicator(kind="rate", rate="attendance.rate", zero=0.5, full=0.5)), "不能相同"),
    (scheme(indicator(kind="count", fact="services.events", target=0)), "“target”应该大于 0"),
    (scheme(indicator(**{**REQUIRED, "deduct": -1})), "“deduct”应该大于 0"),
    (scheme(indicator(**{**REQUIRED, "every": "week"})), "没有“week”这一种"),
    (scheme(indicator(kind="bands", rate="attendance.rate", bands=[[0.8, 1], [0.9, 0.5]])), "第 2 档没有比上一档低"),
    (scheme(indicator(kind="rules", rules=["R01"])), "应在“deduct”和“per”里写一个"),
    (scheme(manual("A1"), manual("A1")), "指标编号“A1”出现了 2 次"),
    (scheme(manual(), grades=[{"title": "甲", "from": 80}, {"title": "乙", "from": 90}]), "“乙”的分数线没有比“甲”低"),
    (scheme(manual(), grades=[{"title": "甲", "from": 80}]), "最后一个等次“甲”应从 0 分起"),
    (scheme(manual(), tie_break=["Z9"]), "没有指标“Z9”"),
    (scheme(manual(), applies_to=["党支"]), "“applies_to”没有“党支”这一种"),
    (scheme(manual(), vetoes=[{"code": "V", "title": "x", "when": "entered", "not_above": "差"}]), "没有等次“差”"),
    (scheme(indicator(points=0, kind="manual")), "指标 A1 的“points”应该大于 0"),
    (scheme(indicator(points="十", kind="manual")), "应该是数字，写成了 十"),
    (scheme(indicator(kind="average", scheme="ZB", of="self")), "不能取本方案自己的平均分"),
    ({**scheme(manual()), "period": "week"}, "“period”没有“week”这一种"),
    ({**scheme(manual()), "code": ""}, "考核方案缺“code”"),
    ([], "应该是一个对象"),
]


@pytest.mark.parametrize(("written", "message"), REFUSED)
def test_it_refuses_in_one_line_and_names_the_place(written, message):
    with pytest.raises(SchemeRefused) as refusal:
        document.read(written)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(SchemeRefused, match="文件不是"):
        document.load(text)


def test_points_that_do_not_add_up_are_a_warning():
    assert [*read(manual(points=60)).warnings()] == ["各项分值合计 60 分，与基础分 100 分不一致，得分将按比例折算"]
    assert not [*read(manual(points=100), indicator("P1", 5, kind="bonus", each=1)).warnings()]


def test_numbers_are_exact():
    found = document.load(json.dumps(scheme(indicator(kind="rate", rate="attendance.rate", zero=0.1, full=0.3))))
    assert str(found.indicators[0].formula.zero) == "0.1"
