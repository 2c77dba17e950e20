"""一、基本情况: what there is (S1)."""

from collections.abc import Iterator

from reports.document import Evidence

from .. import ranking, wording
from ..material import Material
from ..saying import Sentence
from ..wording import Loose
from .registry import topic

MOST_COMMUNITIES = 12
"""Communities up to which each is named with its numbers; more would fill a page."""


@topic("organizations", "党组织设置", "S1")
def organizations(m: Material) -> Iterator[Sentence]:
    """What there is: communities, population, branches; of a branch, where it belongs and since when."""
    if m.is_one_branch:
        parent, since = m.parent, m.organization.established
        where = f"{m.organization.name}隶属{parent.name}" if parent else m.organization.name
        founded = f"{wording.chinese_date(since)}成立" if since else ""
        page = Evidence(m.organization.name, m.organization.get_absolute_url())
        yield Sentence([where, founded], evidence=(page,))
        return
    yield Sentence(
        [
            m.told("下辖", "orgs.communities", "个社区党委") if m.communities else (),
            m.told("设有" if m.communities else "下设", "orgs.branches", "个党支部"),
            m.told("划分党小组", "orgs.groups", "个"),
            m.told("总人口", "population.total", "人"),
            m.told("居民", "population.households", "户"),
        ],
        opening=m.place,
    )
    if 1 < len(m.communities) <= MOST_COMMUNITIES:
        shares: list[Loose] = [
            (
                wording.place(one),
                m.figure("orgs.branches", one),
                "个党支部、党员",
                m.figure("members.total", one),
                "名",
            )
            for one in m.communities
        ]
        yield Sentence([wording.listed(shares, "；")], opening="其中，", only=("full",))


@topic("members", "党员队伍", "S1")
def members(m: Material) -> Iterator[Sentence]:
    """How many members, of which category and employment, who they are."""
    now, before = m.value("members.total"), m.before("members.total")
    compared = bool(before) and m.is_compared("members.total")
    grown = f"{wording.change(now, before, '名', m.times.last + '末')}" if compared else ""
    yield Sentence(
        [
            m.told("现有党员", "members.total", "名"),
            grown,
            m.counted("其中", [("members.full", "正式党员"), ("members.probationary", "预备党员")]),
            m.counted("", [("members.in_service", "在职党员"), ("members.retired", "离退休党员")]),
            m.told("流动党员", "members.floating", "名"),
        ],
        evidence=m.rows_before("members.total") if compared else (),
    )
    structure = [
        ("members.female", "女党员"),
        ("members.minority", "少数民族党员"),
        ("members.under_35", "35岁及以下党员"),
        ("members.over_60", "61岁及以上党员"),
        ("members.college", "大专及以上学历党员"),
    ]
    yield Sentence([m.counted("", structure)], opening="从队伍结构看，", only=("standard", "full"))


@topic("workers", "党务工作者队伍", "S18")
def workers(m: Material) -> Iterator[Sentence]:
    """Party workers, who left, reserve cadres; where most left."""
    yield Sentence(
        [
            m.told("现有党务工作者", "workers.total", "名"),
            m.told("后备干部", "workers.reserve", "名"),
            m.told(f"{m.times.now}离岗", "workers.left", "名"),
        ]
    )
    if best := ranking.by_fact(m, "workers.left", "离岗", m.communities, named=1):
        yield Sentence([best])
