"""二（二）突出重点工作抓好抓严: responsibility, inspection, premises, standards, two-new (S7-S11, S22, S23)."""

from collections.abc import Iterator

from ..material import Material
from ..saying import Sentence
from .registry import topic


@topic("responsibilities", "党建责任落实", "S7、S22、S23")
def responsibilities(m: Material) -> Iterator[Sentence]:
    """Measures due, done, overdue; work reviews; achievements on record."""
    yield Sentence(
        [
            m.told("应完成责任清单任务", "measures.due", "项"),
            m.told("已完成", "measures.done", "项"),
            m.told("逾期", "measures.overdue", "项"),
        ],
        opening=f"落实党建“一岗双责”，{m.times.now}",
    )
    yield Sentence([m.promised()])
    yield Sentence(
        [
            m.told("党组织书记参加述职评议", "reviews.held", "名"),
            m.told("查摆问题", "reviews.problems", "个"),
        ]
    )
    yield Sentence([m.told("建立实绩档案，记录实绩", "achievements.recorded", "项")])


@topic("inspection", "督导考核", "S8")
def inspection(m: Material) -> Iterator[Sentence]:
    """Work meetings and observation tours, and what the assessment came to."""
    yield Sentence(
        [
            m.told("召开党建工作例会", "meetings.work", "次"),
            m.told("开展“逐社区观摩，整街道推进”活动", "observation.tours", "轮"),
            m.told("观摩社区", "observation.stops", "个"),
        ],
        opening=m.times.opening,
    )
    yield Sentence(
        [
            m.told("审定考核表", "scores.sheets", "份"),
            m.told("评为优秀", "scores.excellent", "个"),
        ]
    )
    yield Sentence(
        [
            m.told("报送请示报告", "requests.sent", "件"),
            m.told("整顿软弱涣散党组织", "weak.branches", "个"),
        ],
        only=("standard", "full"),
    )


@topic("venues", "阵地建设", "S9")
def venues(m: Material) -> Iterator[Sentence]:
    """Premises by tenure, and who is short of them."""
    kinds = [
        ("venues.own", "自有"),
        ("venues.rented", "租赁"),
        ("venues.borrowed", "借用"),
        ("venues.shared", "共用"),
    ]
    yield Sentence(
        [
            m.told("现有党建阵地", "venues.total", "处"),
            m.counted("其中", kinds, "处"),
            m.told("面积", "venues.area", "平方米"),
        ]
    )
    yield Sentence([m.told("场所不足的社区有", "venues.short", "个")])
    yield Sentence([m.told(f"{m.times.now}新增或者续租", "venues.secured", "处")])


@topic("standards", "党支部规范化建设", "S10")
def standards(m: Material) -> Iterator[Sentence]:
    """Self-checks, rectifications, stars."""
    yield Sentence(
        [m.told("已整改", "rectify.closed", "个"), m.told("正在整改", "rectify.open", "个")],
        opening="按照党支部规范化建设三年行动安排开展自查，对查摆的问题明确措施和时限，",
    )
    yield Sentence(
        [
            m.told("完成自查的党支部", "selfcheck.done", "个"),
            m.told("开展“夺旗争星”活动，评出红旗党支部", "stars.flags", "个"),
        ]
    )


@topic("enterprises", "两新组织党建", "S11")
def enterprises(m: Material) -> Iterator[Sentence]:
    """Two-new organisations, members, coverage, instructors."""
    rate = m.rate("enterprises.coverage")
    yield Sentence(
        [
            m.told("辖区两新组织", "enterprises.total", "家"),
            m.told("有党员的", "enterprises.with_members", "家"),
            m.told("已建立党组织", "enterprises.organised", "家"),
            ("应建尽建率", rate) if rate else (),
            m.told("选派党建指导员的", "enterprises.with_instructor", "家"),
        ]
    )
    yield Sentence(
        [
            m.told("党建指导员上门指导", "instructors.visits", "次"),
            m.told(f"{m.times.now}新建党组织", "enterprises.newly", "个"),
        ]
    )
