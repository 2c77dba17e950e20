"""Rules about what a street itself holds (R50)."""

from assessments.engine import AtLeast, MeetingRule, OfKind, register
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import Organization
from ledgers.period import Period


@register
class MonthlyWorkMeeting(MeetingRule):
    """The street's own meetings count, not those of its communities."""

    code = "R50"
    words = Words(
        heading="党建工作例会坚持得不好",
        predicate="没有召开街道党建工作例会",
        noun="个月",
        measure=(
            "街道党建办于{deadline}前提请街道党工委召开党建工作例会，固定每月会期，会后印发任务清单，"
            "下次例会通报完成情况。"
        ),
        lead="坚持工作例会",
        matter="压实工作责任",
        problem=COORDINATION,
        plan=CONDUCT,
        of_street=True,
    )
    kind = "work-meeting"
    title = "街道党建工作例会每月召开一次"
    source = "本街道工作要求"
    remedy = "每月召开党建工作例会并登记在街道名下；缺的月份已经召开的，补录会议记录。"
    every = Period.MONTH
    applies_to = OfKind([Organization.Kind.WORKING_COMMITTEE])
    holds = AtLeast("meetings.work", 1)
