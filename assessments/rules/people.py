"""Rules about members: regularisation, credit hours (R24, R30)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from django.db.models import Sum

from activities.models import Activity, Attendance
from assessments.engine import Check, Rule, Violation, register
from assessments.models import Severity
from ledgers.period import Period
from members.models import DevelopmentStep
from members.querysets import full_on

CREDIT_HOURS_A_YEAR = 32
PROBATION = relativedelta(years=1)


@register
class RegularisationDue(Rule):
    """Probation counts from 入党时间, the day of the general meeting; from 29 February it is over on the 28th.

    Where it was extended, the extended date counts.
    """

    code = "R24"
    title = "预备期满一年及时讨论转正"
    source = "《中国共产党发展党员工作细则》第三十二条"
    severity = Severity.SERIOUS
    remedy = "召开支部党员大会讨论转正，报上级党组织审批；已经转正的，在党员信息里填写转正时间。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the members still probationary on the last day, with the days since probation was over."""
        latest = check.day - PROBATION + timedelta(days=1)  # one day more than needed: 29 February
        rows = check.memberships.filter(~full_on(check.day), member__joined_on__lte=latest)
        extensions = DevelopmentStep.objects.filter(code="extension", case__member__in=rows.values("member_id"))
        extended = dict(extensions.filter(on__lte=check.day).order_by("until").values_list("case__member_id", "until"))
        for branch_id, member_id, joined_on in rows.values_list("branch_id", "member_id", "member__joined_on"):
            longer = extended.get(member_id)
            over_on = longer or joined_on + PROBATION
            if over_on <= check.day:
                end = f"延长的预备期已于 {over_on} 届满" if longer else f"预备期已于 {over_on} 满一年"
                detail = f"{joined_on} 入党，{end}，还没有转正"
                since = (check.day - over_on).days
                yield Violation(self.code, check.by_id[branch_id], detail, since, 0, member_id)


@register
class CreditHours(Rule):
    code = "R30"
    title = f"党员每年集中学习培训不少于 {CREDIT_HOURS_A_YEAR} 学时"
    source = "《中国共产党党员教育管理工作条例》"
    remedy = "安排补学并登记学时和考勤；已经参加的，补录活动的学时和考勤。"
    every = Period.YEAR

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the full members with too few hours: those of all counted activities of the year they were at."""
        rows = check.memberships.full_on(check.day)
        there = Attendance.objects.present().filter(
            activity__in=Activity.objects.counted().held_in(check.period), member_id__in=rows.values("member_id")
        )
        hours = dict(
            there.order_by().values("member_id").annotate(n=Sum("activity__hours")).values_list("member_id", "n")
        )
        for branch_id, member_id in rows.values_list("branch_id", "member_id"):
            attended = hours.get(member_id) or Decimal(0)
            if attended < CREDIT_HOURS_A_YEAR:
                detail = f"全年 {attended:.1f} 学时，少于 {CREDIT_HOURS_A_YEAR} 学时"
                yield Violation(self.code, check.by_id[branch_id], detail, attended, CREDIT_HOURS_A_YEAR, member_id)
