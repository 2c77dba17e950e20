"""Rules about members: regularisation, credit hours (R24, R30, R31)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from activities.hours import Hours, hours_of, leading
from assessments.engine import About, Check, Rule, Violation, register
from assessments.models import Severity
from assessments.words import CAPACITY, STRENGTH, Words
from ledgers.period import Period
from members.models import DevelopmentStep, Membership
from members.querysets import full_on
from members.taking_part import HOURS_OF_COMMITTEE_MEMBER, HOURS_OF_FULL_MEMBER

from .meetings import EDUCATION

PROBATION = relativedelta(years=1)


@register
class RegularisationDue(Rule):
    """Probation counts from 入党时间, the day of the general meeting; from 29 February it is over on the 28th.

    Where it was extended, the extended date counts. Whom a general meeting has discussed since waits for approval,
    and that is R28's.
    """

    code = "R24"
    words = Words(
        heading="预备党员转正讨论不及时",
        predicate="预备期满，党支部没有按期讨论转正",
        noun="名预备党员",
        measure=(
            "{owner}于{deadline}前召开支部党员大会讨论转正，形成决议后报上级党委审批；"
            "{supervisor}派员列席，以会议记录为准。"
        ),
        lead="按期讨论转正",
        matter="从严发展党员",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "预备期满一年及时讨论转正"
    source = "《中国共产党发展党员工作细则》第三十二条"
    about = About.PEOPLE
    severity = Severity.SERIOUS
    remedy = "召开支部党员大会讨论转正，报上级党组织审批；已经转正的，在党员信息里填写转正时间。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the members still probationary on the last day, with the days since probation was over."""
        latest = check.day - PROBATION + timedelta(days=1)  # one day more than needed: 29 February
        rows = check.memberships.filter(~full_on(check.day), member__joined_on__lte=latest)
        extensions = DevelopmentStep.objects.filter(code="extension", case__member__in=rows.values("member_id"))
        extended = dict(extensions.filter(on__lte=check.day).order_by("until").values_list("case__member_id", "until"))
        discussed = self._discussed(rows.values("member_id"), check)
        for branch_id, member_id, joined_on in rows.values_list("branch_id", "member_id", "member__joined_on"):
            longer = extended.get(member_id)
            over_on = longer or joined_on + PROBATION
            if over_on < check.day and not check.is_temporary(branch_id) and member_id not in discussed:
                end = f"延长的预备期已于 {over_on} 届满" if longer else f"预备期已于 {over_on} 满一年"
                detail = f"{joined_on} 入党，{end}，还没有讨论转正"
                since = (check.day - over_on).days
                yield Violation(self.code, check.by_id[branch_id], detail, since, 0, member_id)

    def _discussed(self, members: Any, check: Check) -> set[int]:
        """Return the members whose last word on record, of meeting and extension, is a general meeting's discussion."""
        steps = DevelopmentStep.objects.filter(code__in=("regularisation", "extension"), case__member__in=members)
        last = dict(steps.filter(on__lte=check.day).order_by("on", "pk").values_list("case__member_id", "code"))
        return {member for member, code in last.items() if code == "regularisation"}


@register
class CreditHours(Rule):
    """Who joined the register in the year owes the months since; who is marked 不作要求 owes nothing."""

    code = "R30"
    words = Words(
        heading="党员学习培训学时不足",
        predicate="年度集中学习培训不足{limit}",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前对学时不足的党员安排补学，行动不便的送学上门；{supervisor}年底前逐支部核对，"
            "以学时记录为准。"
        ),
        lead="补足学时",
        matter="加强学习培训",
        problem=CAPACITY,
        plan=STRENGTH,
        limit=f"{HOURS_OF_FULL_MEMBER}学时",
    )
    title = f"党员每年集中学习培训不少于 {HOURS_OF_FULL_MEMBER} 学时"
    source = f"{EDUCATION}第二十条"
    about = About.PEOPLE
    remedy = "安排补学并登记学时和考勤；已经参加的，补录活动的学时和考勤，在外面参加的登记培训证书。"
    every = Period.YEAR

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the full members with too few hours: of all counted activities they were at, and of certificates."""
        rows = check.memberships.full_on(check.day).exclude(member__in=check.exempted)
        hours = hours_of(rows.order_by().values("member_id"), check.period)
        since = self._here_since(check)
        for branch_id, member_id in rows.values_list("branch_id", "member_id"):
            done, months = hours.get(member_id, Hours()).total, 12
            if (start := since.get(member_id)) and start > check.period.start:
                months = 12 - start.month + (start.day == 1)  # whole months from then on
            owed = (Decimal(HOURS_OF_FULL_MEMBER) * months / 12).quantize(Decimal("0.1"))
            if done < owed:
                span = "全年" if months == 12 else f"{start} 起 {months} 个月"
                required = owed if months < 12 else HOURS_OF_FULL_MEMBER
                detail = f"{span} {done:.1f} 学时，少于 {required} 学时"
                yield Violation(self.code, check.by_id[branch_id], detail, done, required, member_id)

    def _here_since(self, check: Check) -> dict[int, date]:
        """Return member id → first day on the register without a gap, for those who came in the year."""
        came = Membership.objects.under(check.organization, check.day).filter(
            start__range=(check.period.start, check.day),
            came_by__in=(Membership.Event.JOINED, Membership.Event.TRANSFERRED_IN, Membership.Event.RESTORED),
        )
        return dict(came.order_by("start").values_list("member_id", "start"))


@register
class LeadersTrained(Rule):
    """Judged of who sits in a committee of the grass roots on the last day; once, where they sit in two."""

    code = "R31"
    words = Words(
        heading="书记和委员培训不到位",
        predicate="年度培训不足{limit}，或者没有参加集中培训",
        noun="名书记和委员",
        measure=(
            "街道党建办于{deadline}前举办书记和委员集中培训，{owner}保证参训；培训情况报街道党工委，"
            "以培训签到和学时证明为准。"
        ),
        lead="培训书记委员",
        matter="加强学习培训",
        problem=CAPACITY,
        plan=STRENGTH,
        limit=f"{HOURS_OF_COMMITTEE_MEMBER}学时",
    )
    title = f"党组织书记和班子成员每年学习培训不少于 {HOURS_OF_COMMITTEE_MEMBER} 学时，至少参加一次集中培训"
    source = "《全国党员教育培训工作规划》"
    about = About.PEOPLE
    remedy = "安排参加集中培训，补足学时并登记；在外面参加的，登记培训证书并注明集中轮训。"
    every = Period.YEAR

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield committee members with too few hours, or without a concentrated training."""
        seats = leading(check.day, committee__organization__in=[o.pk for o in check.settled])
        present = set(check.memberships.filter(member__in=list(seats)).values_list("member_id", flat=True))
        people = [(pk, organization) for pk, organization in seats.items() if pk in present]
        hours = hours_of([pk for pk, _ in people], check.period)
        for member_id, organization in people:
            done = hours.get(member_id, Hours())
            place, missing = check.by_id[organization], []
            if done.total < HOURS_OF_COMMITTEE_MEMBER:
                missing.append(f"全年 {done.total:.1f} 学时，少于 {HOURS_OF_COMMITTEE_MEMBER} 学时")
            if not done.concentrated:
                missing.append("没有参加集中培训")
            if not missing:
                continue
            short = done.total < HOURS_OF_COMMITTEE_MEMBER
            value, required = (done.total, HOURS_OF_COMMITTEE_MEMBER) if short else (0, 1)
            yield Violation(self.code, place, "；".join(missing), value, required, member_id)
