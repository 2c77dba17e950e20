"""Rules about meetings: 三会一课, theme days, life meetings, attendance (R01-R06, R16)."""

from collections.abc import Iterator

from activities.models import Activity
from assessments.engine import AtLeast, Branches, Check, MeetingRule, OfKind, RateAtLeast, Rule, Violation, register
from assessments.local import ATTENDANCE_PERCENT, LECTURES_A_QUARTER
from assessments.models import Severity
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

REGULATION = "《中国共产党支部工作条例（试行）》"
EDUCATION = "《中国共产党党员教育管理工作条例》"


@register
class QuarterlyGeneralMeeting(MeetingRule):
    code = "R01"
    kind = "general"
    title = "支部党员大会每季度至少召开一次"
    source = REGULATION
    severity = Severity.SERIOUS
    remedy = "尽快召开支部党员大会，并把会议记录传上来；已经召开的，补录会议记录。"
    every = Period.QUARTER
    applies_to = Branches()
    holds = AtLeast("meetings.general", 1)


@register
class MonthlyCommitteeMeeting(MeetingRule):
    code = "R02"
    kind = "committee"
    title = "支部委员会会议每月至少召开一次"
    source = f"{REGULATION}第十二条"
    remedy = "每月召开支部委员会会议并登记；缺的月份已经召开的，补录会议记录。"
    every = Period.MONTH
    applies_to = Branches(full_members_at_least=7)
    holds = AtLeast("meetings.committee", 1)


@register
class MonthlyGroupMeeting(MeetingRule):
    code = "R03"
    kind = "group"
    title = "党小组会每月至少召开一次"
    source = f"{REGULATION}第十三条"
    remedy = "每月召开党小组会并登记在党小组名下；缺的月份已经召开的，补录会议记录。"
    every = Period.MONTH
    applies_to = OfKind([Organization.Kind.GROUP])
    holds = AtLeast("meetings.group", 1)


@register
class QuarterlyLecture(MeetingRule):
    code = "R04"
    kind = "lecture"
    title = "党课每季度按本街道规定的次数开展"
    source = f"{REGULATION}第十六条；次数为本街道规定"
    remedy = "安排一次党课并登记主讲人和学时；已经讲过的，补录记录。"
    every = Period.QUARTER
    applies_to = Branches()
    holds = AtLeast("meetings.lecture", LECTURES_A_QUARTER)


@register
class MonthlyThemeDay(MeetingRule):
    code = "R05"
    kind = "theme-day"
    title = "主题党日每月至少开展一次"
    source = f"{REGULATION}第十六条；{EDUCATION}第十六条"
    remedy = "每月开展主题党日并登记；缺的月份已经开展的，补录活动记录。"
    every = Period.MONTH
    applies_to = Branches()
    holds = AtLeast("meetings.theme_day", 1)


@register
class YearlyLifeMeeting(MeetingRule):
    """Every meeting is for a year: the one it names; held in January or February, else the year before."""

    code = "R06"
    kind = "life"
    title = "组织生活会每年至少召开一次"
    source = f"{REGULATION}第十七条；{EDUCATION}第十七条"
    severity = Severity.SERIOUS
    remedy = "召开组织生活会并登记；已经召开的，补录会议记录，并核对是哪一年度的。"
    every = Period.YEAR
    applies_to = Branches()

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the branches without a life meeting of the year, held by today."""
        held = Activity.objects.under(check.organization, check.day).of_year(check.period.year)
        rows = held.filter(kind=Activity.Kind.LIFE, status__in=Activity.Status.counted(), date__lte=check.today)
        paths = set(rows.values_list("organization__path", flat=True))
        for branch in self.applies_to.among(check):
            if branch.path not in paths and not any(path.startswith(branch.path) for path in paths):
                detail = f"缺 {check.period.year} 年度组织生活会"
                yield Violation(self.code, branch, detail, 0, 1, months=(check.period.code,))

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the branch's life meetings for that year."""
        filters = {"kind": "life", "status": "counted", "year": str(period.year)}
        return f"{ledger.get('activities').url(Query(organization, filters=filters))}&period=all"


@register
class AttendanceRate(Rule):
    code = "R16"
    title = "组织生活出勤率达到本街道规定"
    source = "本街道规定"
    remedy = "了解缺席党员的原因，改进开会的时间和方式；考勤登记有误的，改正考勤。"
    applies_to = Branches()
    holds = RateAtLeast("attendance.rate", ATTENDANCE_PERCENT)
