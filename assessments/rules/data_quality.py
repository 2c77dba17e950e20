"""Rules about the register's own quality (Q01-Q04). They never show a citizen ID."""

from collections.abc import Iterator

from django.db.models import Count, Q

from accounts.permissions import Right
from assessments.engine import About, Check, Form, Rule, Violation, register
from assessments.models import Finding
from members.gaps import implausible
from members.models import Membership
from members.quality import faults_of_dates
from members.querysets import in_force


class FaultRule(Rule):
    """Base of the rules that the register itself checks when a member is saved."""

    source = "数据质量要求"
    about = About.PEOPLE
    detail = ""

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("members:edit", Right.MEMBERS_EDIT, (finding.member_id,))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members marked with this rule's code."""
        rows = check.memberships.filter(member__faults=self.code)
        for branch_id, member_id in rows.values_list("branch_id", "member_id"):
            yield Violation(self.code, check.by_id[branch_id], self.detail, member_id=member_id)


@register
class CheckDigit(FaultRule):
    code = "Q01"
    title = "身份证号校验正确"
    source = "国家标准 GB 11643-1999《公民身份号码》"
    remedy = "对照身份证原件，改正身份证号。"
    detail = "身份证号不符合编码规则，可能录错了"


@register
class AgreesWithId(FaultRule):
    code = "Q02"
    title = "出生日期、性别与身份证号一致"
    remedy = "对照身份证和档案，改正出生日期、性别或身份证号。"
    detail = "出生日期或性别与身份证号不一致"


@register
class IdOnce(Rule):
    code = "Q03"
    title = "一个身份证号只登记一名在册党员"
    source = "数据质量要求"
    about = About.PEOPLE
    remedy = "核对是否重复登记，或者转出后没有从原支部减去，保留一条。"

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("members:merge", Right.MEMBERS_EDIT, (finding.member_id,))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the members who share an ID with another live member, in whatever branch that one is."""
        everybody = Membership.objects.in_force_on(check.day).exclude(member__id_number_index="").order_by()
        shared = everybody.values("member__id_number_index").annotate(n=Count("pk")).filter(n__gt=1)
        times = dict(shared.values_list("member__id_number_index", "n"))
        rows = check.memberships.filter(member__id_number_index__in=shared.values("member__id_number_index"))
        for branch_id, member_id, index in rows.values_list("branch_id", "member_id", "member__id_number_index"):
            detail = f"这个身份证号登记了 {times[index]} 名在册党员"
            yield Violation(self.code, check.by_id[branch_id], detail, times[index], 1, member_id)


@register
class PlausibleDates(Rule):
    """Dates that cannot be, as `members.quality` says: the form warns of the same when somebody types them."""

    code = "Q04"
    title = "入党时间、转正时间合理"
    source = "数据质量要求"
    about = About.PEOPLE
    remedy = "对照入党志愿书，改正出生日期、入党时间或转正时间。"

    def form(self, finding: Finding) -> Form:
        """Return the form that enters what is missing."""
        return Form("members:edit", Right.MEMBERS_EDIT, (finding.member_id,))

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield live members, and those entered with a day of joining still to come; the database finds them."""
        to_come = Q(start__gt=check.today, member__joined_on__gt=check.today)
        rows = Membership.objects.filter(in_force(check.day) | to_come, implausible(check.today))
        columns = ("branch_id", "member__birth_date", "member__joined_on", "member__regularised_on")
        under = rows.under(check.organization, check.day).order_by("start")
        faulty: dict[int, Violation] = {}
        for member_id, branch_id, born, joined, regularised in under.values_list("member_id", *columns).iterator(5000):
            if faults := [fault.what for fault in faults_of_dates(born, joined, regularised, check.today)]:
                faulty[member_id] = Violation(self.code, check.by_id[branch_id], "；".join(faults), member_id=member_id)
        yield from faulty.values()
