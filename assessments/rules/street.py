"""Rules about what a street itself holds (R50)."""

from assessments.engine import AtLeast, MeetingRule, OfKind, register
from branches.models import Organization
from ledgers.period import Period


@register
class MonthlyWorkMeeting(MeetingRule):
    """The street's own meetings count, not those of its communities."""

    code = "R50"
    kind = "work-meeting"
    title = "街道党建工作例会每月召开一次"
    source = "本街道工作要求"
    remedy = "每月召开党建工作例会并登记在街道名下；缺的月份已经召开的，补录会议记录。"
    every = Period.MONTH
    applies_to = OfKind([Organization.Kind.WORKING_COMMITTEE])
    holds = AtLeast("meetings.work", 1)
