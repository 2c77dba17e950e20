"""Rules about co-building: joint meetings and agreements (R40, R41)."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from accounts.permissions import Right
from activities.models import Agreement
from activities.models.cobuilding import in_force
from assessments.engine import AtLeast, Check, Form, MeetingRule, OfKind, Rule, Violation, of_place, register
from assessments.models import Finding
from assessments.words import CONDUCT, COORDINATION, Words
from branches.models import Organization
from ledgers import ledger
from ledgers.ledger import Query
from ledgers.period import Period

OWN = "本街道规定"
COMMUNITIES = OfKind((Organization.Kind.COMMUNITY_COMMITTEE,))


@register
class QuarterlyJointMeeting(MeetingRule):
    code = "R40"
    words = Words(
        heading="党建联席会议召开不经常",
        predicate="没有按季度召开党建联席会议",
        noun="个社区",
        measure=(
            "{owner}于{deadline}前召开党建联席会议，商定需求、资源、项目三张清单；街道班子联系领导到会，"
            "以会议纪要为准。"
        ),
        lead="开好联席会议",
        matter="深化共驻共建",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    kind = "joint-meeting"
    title = "社区党建联席会议每季度至少召开一次"
    source = OWN
    remedy = "召开党建联席会议，并把会议记录登记在社区名下；已经召开的，补录会议记录。"
    every = Period.QUARTER
    applies_to = COMMUNITIES
    holds = AtLeast("cobuild.joint_meetings", 1)


@register
class YearlyAgreement(Rule):
    """An agreement for the year: one that runs beyond 31 March into it, or one of that year signed by then.

    Asked of a period with 31 March in it, it looks at that day; of a later one, at the period's last day.
    """

    code = "R41"
    words = Words(
        heading="共驻共建协议签订不及时",
        predicate="没有在3月31日前签订年度共驻共建协议",
        noun="个社区",
        measure=(
            "{owner}于{deadline}前同驻区单位逐家对接并签订年度协议，明确项目和完成时间；街道党建办汇总后报街道党工委。"
        ),
        lead="签订共建协议",
        matter="深化共驻共建",
        problem=COORDINATION,
        plan=CONDUCT,
    )
    title = "社区每年 3 月 31 日前签好共驻共建协议"
    source = OWN
    remedy = "和共建单位商定需求、资源、项目清单，签订本年度协议并登记；已经签订的，在共驻共建协议台账里补录。"
    applies_to = COMMUNITIES

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("activities:agreement-create", Right.ACTIVITIES_EDIT, query=of_place(finding))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the communities without an agreement of their own in force."""
        deadline = _deadline(check.day)
        if check.day < deadline:
            return
        day = deadline if check.period.start <= deadline else check.day
        rows = Agreement.objects.under(check.organization, check.day)
        if day == deadline:
            signed = Q(year=deadline.year, signed_on__lte=deadline)
            rows_then = rows.filter((in_force(deadline) & Q(end__gt=deadline)) | signed)
        else:
            rows_then = rows.in_force_on(day)
        covered = set(rows_then.values_list("organization_id", flat=True))
        now = (
            covered
            if day == check.day and day != deadline
            else set(rows.in_force_on(check.day).values_list("organization_id", flat=True))
        )
        for community in self.applies_to.among(check):
            if community.pk not in covered:
                later = "，之后才签订" if community.pk in now else ""
                what = "本年度的" if day == deadline else "生效的"
                detail = f"{day.month}月{day.day}日没有{what}共驻共建协议{later}"
                yield Violation(self.code, community, detail, 0, 1)

    def evidence(self, organization: Organization, period: Period, member_id: int | None = None) -> str:
        """Return the address of the community's agreements in force on the day that was looked at."""
        deadline = _deadline(period.end)
        day = deadline if period.start <= deadline <= period.end else period.end
        return ledger.get("agreements").url(Query(organization, on=day, filters={"own": "1"}))


def _deadline(day: date) -> date:
    return date(day.year, 3, 31)
