"""Makers of rounds: observation, work reviews, self-checks, recorded the way the portal records them."""

from datetime import date
from typing import Any

from assessments import selfchecking, standards
from assessments.models import (
    CommunityObservation,
    Judge,
    JudgeGroup,
    ObservationItem,
    ObservationRound,
    ReviewBallots,
    SelfCheck,
    Standard,
    WorkReview,
)

LINES = """# 组织设置
1.1 正式党员三名以上 | 名册 | 核心 | R10
1.2 有标牌 | 现场查看
# 组织生活
2.1 党员大会按季召开 | R01"""


def observe(community: Any, **fields: Any) -> CommunityObservation:
    own = {"period": "2026Q3", "visited_on": date(2026, 8, 20)}
    return CommunityObservation(organization=community, **own | fields).record()


def make_round(street: Any, *communities: Any, period: str = "2026Q3") -> ObservationRound:
    """A round of two items (60 and 40 points) with two groups of judges, still without a judge."""
    this = ObservationRound(organization=street, period=period, title="逐社区观摩").record()
    for place, (title, points) in enumerate((("组织建设", 60), ("工作汇报", 40))):
        ObservationItem.objects.create(round=this, position=place, title=title, points=points)
    for title, weight in (("领导班子", 60), ("社区书记", 40)):
        JudgeGroup.objects.create(round=this, title=title, weight=weight)
    for place, community in enumerate(communities):
        CommunityObservation(organization=community, period=period, round=this, position=place).record()
    return this


def make_judge(this: ObservationRound, name: str, group: int = 0, community: Any = None) -> Judge:
    return Judge.objects.create(group=this.groups.all()[group], name=name, community=community)


def review(organization: Any, **fields: Any) -> WorkReview:
    own = {"year": 2025, "secretary": "赵书记", "held_on": date(2026, 1, 20)}
    return WorkReview(organization=organization, **own | fields).record()


def vote(held: WorkReview, group: str = "党员代表", **votes: int) -> ReviewBallots:
    return ReviewBallots(review=held, group=group, **votes).record()


def make_standard(street: Any, lines: str = LINES, **fields: Any) -> Standard:
    own = {"title": "规范化标准", "edition": "第1版", "first_year": 2026, "last_year": 2028}
    standard = Standard(organization=street, **own | fields).record()
    standards.hang(standard, standards.from_text(lines))
    return standard


def check(organization: Any, standard: Standard, period: str = "2026", **fields: Any) -> SelfCheck:
    return selfchecking.begin(SelfCheck(organization=organization, standard=standard, period=period, **fields))
