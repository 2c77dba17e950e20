"""Rules about meetings: 三会一课, theme days, life meetings, attendance (R01-R06, R16)."""

from collections.abc import Iterator

from activities.models import Activity
from assessments.engine import AtLeast, Branches, Check, MeetingRule, OfKind, RateAtLeast, Rule, Violation, register
from assessments.local import ATTENDANCE_PERCENT, LECTURES_A_QUARTER
from assessments.models import Severity
from assessments.words import COMMAND, CONDUCT, GUIDANCE, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

REGULATION = "《中国共产党支部工作条例（试行）》"
EDUCATION = "《中国共产党党员教育管理工作条例》"


@register
class QuarterlyGeneralMeeting(MeetingRule):
    code = "R01"
    words = Words(
        heading="支部党员大会召开不经常",
        predicate="没有按季度召开支部党员大会",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前召开支部党员大会，并排定以后各季度会期报{supervisor}；"
            "{supervisor}派员列席，以会议记录和签到表为准。"
        ),
        lead="开好支部党员大会",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
    )
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
    words = Words(
        heading="支部委员会会议召开不正常",
        predicate="没有按月召开支部委员会会议",
        noun="个党支部",
        measure=(
            "{owner}从本月起固定每月召开支部委员会会议的日期，{deadline}前将会议安排报{supervisor}；"
            "{supervisor}每季度抽查会议记录。"
        ),
        lead="开好支部委员会会议",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
    )
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
    words = Words(
        heading="党小组活动开展不够",
        predicate="没有按月召开党小组会",
        noun="个党小组",
        measure=(
            "{owner}于{deadline}前督促有关党小组召开党小组会，明确组长和会期；{supervisor}随机参加一次，"
            "以会议记录为准。"
        ),
        lead="开好党小组会",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
    )
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
    words = Words(
        heading="党课安排落实不到位",
        predicate="没有按季度安排党课",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前由书记或者委员讲一次党课，排出全年讲课人和题目报{supervisor}，以讲稿和签到表为准。"
        ),
        lead="落实党课安排",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=COMMAND,
    )
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
    words = Words(
        heading="主题党日坚持得不好",
        predicate="没有按月开展主题党日",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前开展主题党日，排出以后各月主题报{supervisor}；"
            "人员难集中的，由{supervisor}牵头联合开展。"
        ),
        lead="坚持主题党日",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
    )
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
    words = Words(
        heading="组织生活会召开不及时",
        predicate="没有召开{year}年度组织生活会",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前召开{year}年度组织生活会，{supervisor}派员全程指导；"
            "会后10日内列出整改事项，以会议记录和整改清单为准。"
        ),
        lead="开好组织生活会",
        matter="健全民主制度",
        problem=GUIDANCE,
        plan=COMMAND,
    )
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
    words = Words(
        heading="党员到会率偏低",
        predicate="党员到会率低于{limit}",
        noun="个党支部",
        measure=(
            "{owner}于{deadline}前逐人弄清缺席原因，合理调整开会时间和方式，严格请假手续；"
            "{supervisor}按月了解到会情况，直到达到规定。"
        ),
        lead="提高到会率",
        matter="严肃组织生活",
        problem=GUIDANCE,
        plan=CONDUCT,
        limit=ATTENDANCE_PERCENT,
    )
    title = "组织生活出勤率达到本街道规定"
    source = "本街道规定"
    remedy = "了解缺席党员的原因，改进开会的时间和方式；考勤登记有误的，改正考勤。"
    applies_to = Branches()
    holds = RateAtLeast("attendance.rate", ATTENDANCE_PERCENT)
