"""Rules about members on the move or away: letters of transfer, floating, out of contact (R34-R38)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Exists, F, OuterRef, Q

from activities.absence import counted_lines
from activities.models import Attendance
from assessments.engine import About, Check, Rule, Violation, register
from assessments.models import Severity
from assessments.words import CAPACITY, STRENGTH, Words
from members.models import TAKEN_IN_WITHIN, Member, Membership, Transfer, Whereabouts

REGULATION = "《中国共产党党员教育管理工作条例》"
CONTACT_WITHIN = relativedelta(months=6)
DECIDED_WITHIN = relativedelta(years=2)
LEAST_HELD = 3
"""Meetings that must have been held before staying away from all of them says something."""


def whole_months(since: date, day: date) -> int:
    """Return how many months are over by a day; the day that makes one counts, 30 September those from 31 March."""
    months = (day.year - since.year) * 12 + day.month - since.month
    return months if since + relativedelta(months=months) <= day else months - 1


@register
class LetterTakenIn(Rule):
    """A letter counts as under way until it was taken in, sent back or called back: for its member's own branch."""

    code = "R34"
    words = Words(
        heading="组织关系接转不及时",
        predicate="没有在介绍信有效期内接收，或者没有按时寄回回执",
        noun="名党员的组织关系",
        measure="{owner}于{deadline}前同本人和对方党组织联系，办妥接收和回执；介绍信过期的由{supervisor}协调重新开具。",
        lead="接转组织关系",
        matter="加强党员管理",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "组织关系介绍信在有效期内接收"
    source = "《中国共产党党员组织关系介绍信使用说明》"
    about = About.RECORDS
    remedy = "催对方接收或寄回回执；对方不接收的，撤销介绍信，查明去向后重新开具。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield members whose letter, on the last day, had been out for longer than it is valid."""
        letters = Transfer.objects.open_on(check.day).filter(
            check.organization.subtree("organization__path", check.day)
        )
        found: dict[tuple[int, int | None], Violation] = {}
        late: Counter[tuple[int, int | None]] = Counter()
        rows = letters.order_by("issued_on", "pk").values_list(
            "organization_id", "member_id", "issued_on", "letter_number", "valid_days"
        )
        for branch_id, member_id, issued, number, valid in rows:
            days = (check.day - issued).days
            if days <= (valid or TAKEN_IN_WITHIN) or check.is_temporary(branch_id):
                continue
            detail = f"介绍信 {number} 于 {issued} 开具，有效期 {valid or TAKEN_IN_WITHIN} 天，{days} 天没有接收"
            late[branch_id, member_id] += 1
            found.setdefault(
                (branch_id, member_id),
                Violation(self.code, check.by_id[branch_id], detail, days, valid or TAKEN_IN_WITHIN, member_id),
            )
        for key, violation in found.items():
            yield replace(violation, records=late[key])

    def case(self, violation: Violation) -> str:
        """Say how long a letter has been out; its number is the person's."""
        return f"介绍信超过有效期 {violation.required} 天没有接收"


@register
class FloatingMemberReached(Rule):
    code = "R35"
    words = Words(
        heading="流动党员联系管理不到位",
        predicate="去向、联系人不清，或者{limit}内没有联系",
        noun="名流动党员",
        measure=(
            "{owner}于{deadline}前逐人联系，摸清去向，明确一名委员负责日常联系；{supervisor}每半年核对一次，"
            "以联系记录为准。"
        ),
        lead="联系流动党员",
        matter="加强党员管理",
        problem=CAPACITY,
        plan=STRENGTH,
        limit="6个月",
    )
    title = "流动党员去向、联系人清楚，每 6 个月至少联系一次"
    source = f"{REGULATION}第三十二条、第三十四条"
    about = About.PEOPLE
    remedy = "登记流动党员的去向和联系人，联系一次并记下日期和方式；已经返回的，登记返回日期。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the floating members without destination, contact person, or a contact in the last 6 months."""
        floating = check.memberships.filter(is_floating=True).values_list("branch_id", "member_id")
        records = Whereabouts.objects.standing_on(check.day).with_last_contact(check.day).filter(kind="out")
        known = {
            record.member_id: record
            for record in records.filter(member__in=floating.values("member_id")).order_by("since")
        }
        for branch_id, member_id in floating:
            if missing := list(self._missing(known.get(member_id), check.day)):
                yield Violation(self.code, check.by_id[branch_id], "；".join(missing), member_id=member_id)

    def _missing(self, record: Whereabouts | None, day: date) -> Iterator[str]:
        if record is None:
            yield "列为流动党员，没有流出登记"
            return
        if not record.destination:
            yield "没有登记流向地"
        if not (record.contact and record.phone):
            yield "没有登记联系人和联系电话"
        last = record.last_contact  # type: ignore[attr-defined] # an annotation
        if last is None and day > record.since + CONTACT_WITHIN:
            yield "没有联系记录"
        elif last is not None and day > last + CONTACT_WITHIN:
            yield f"最近一次联系是 {last}，已超过 6 个月"


@register
class OutOfContact(Rule):
    code = "R36"
    words = Words(
        heading="失联党员查找处置不及时",
        predicate="失去联系已满6个月，尚未按规定处置",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前通过家属、单位和社区网格查找，仍无法联系的按规定提出处置意见，报{supervisor}审批。"
        ),
        lead="查找失联党员",
        matter="加强党员管理",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "党员失联不满 6 个月"
    source = f"{REGULATION}第二十四条"
    about = About.PEOPLE
    severity = Severity.SERIOUS
    remedy = "继续查找并记下经过；满 6 个月仍联系不上的，按规定讨论停止党籍，报上级党组织批准。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members out of contact for 6 months or more on the last day, with the months."""
        lost = Whereabouts.objects.standing_on(check.day).filter(kind="lost")
        since_of = dict(lost.values_list("member_id", "since"))
        rows = check.memberships.filter(member__in=lost.values("member_id"))
        for branch_id, member_id in rows.values_list("branch_id", "member_id"):
            since = since_of[member_id]
            months = whole_months(since, check.day)
            if months < CONTACT_WITHIN.months:
                continue
            detail = f"{since} 起失去联系，已满 {months} 个月"
            yield Violation(self.code, check.by_id[branch_id], detail, months, 6, member_id)


@register
class NotAwayFromEveryMeeting(Rule):
    """Of who stays away from all that the own branch and group hold for half a year, 自行脱党 is to be examined.

    Meetings of which nothing was asked of the member do not count, and a leave ends it.
    """

    code = "R37"
    words = Words(
        heading="有的党员长期不参加组织生活",
        predicate="连续6个月没有参加组织生活，党支部尚未核实处理",
        noun="名党员",
        measure=(
            "{owner}于{deadline}前当面核实原因，教育帮助其改正；无正当理由的按党章规定研究处理，结果报{supervisor}。"
        ),
        lead="教育帮助党员",
        matter="加强党员管理",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "党员没有正当理由，不得连续 6 个月不参加党的组织生活"
    source = f"{REGULATION}第三十一条"
    about = About.PEOPLE
    severity = Severity.SERIOUS
    remedy = "向本人了解情况；连续 6 个月以上不参加组织生活的，支部大会应讨论，按规定报上级党组织处理。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the members of the same branch for 6 months who came to none of at least 3 meetings, without leave."""
        since = check.day - CONTACT_WITHIN
        rows = check.memberships.exclude(member__in=check.exempted)
        here = dict(rows.values_list("member_id", "branch_id"))
        stayed = Membership.objects.in_force_on(since).under(check.organization, check.day)
        there_since = {pk for pk, branch in stayed.values_list("member_id", "branch_id") if here.get(pk) == branch}
        lines = counted_lines(check.organization, since + timedelta(days=1), check.day).order_by()
        counted = lines.values("member_id").annotate(
            held=Count("pk"), missed=Count("pk", filter=Q(state=Attendance.State.ABSENT))
        )
        for member_id, held, missed in counted.filter(held=F("missed"), held__gte=LEAST_HELD).values_list(
            "member_id", "held", "missed"
        ):
            if member_id in there_since:
                detail = f"{since} 以来 {held} 次组织生活都缺席，没有请假"
                yield Violation(self.code, check.by_id[here[member_id]], detail, missed, 0, member_id)


@register
class SuspendedDecidedOn(Rule):
    code = "R38"
    words = Words(
        heading="停止党籍后续处理不及时",
        predicate="尚未研究作出决定",
        noun="名停止党籍满2年的人员",
        measure=("{owner}于{deadline}前再次查找核实，召开支部党员大会提出处理意见，报上级党委审批，以审批意见为准。"),
        lead="处理停止党籍",
        matter="加强党员管理",
        problem=CAPACITY,
        plan=STRENGTH,
    )
    title = "停止党籍满 2 年及时作出处理"
    source = f"{REGULATION}第二十四条"
    about = About.PEOPLE
    remedy = "停止党籍 2 年后确实无法取得联系的，按自行脱党予以除名；已经取得联系的，按程序恢复党籍。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield who has been off the register as suspended for 2 years, and neither restored nor removed since."""
        left = Membership.objects.under(check.organization, check.day).filter(
            left_by=Member.Leave.SUSPENDED, end__lte=check.day
        )
        later = Membership.objects.filter(
            member=OuterRef("member_id"), start__gte=OuterRef("end"), start__lte=check.day
        )
        removed = Q(member__leave_kind__in=(Member.Leave.REMOVED, Member.Leave.EXPELLED))
        rows = left.filter(~Exists(later)).exclude(removed)
        for branch_id, member_id, on in rows.values_list("branch_id", "member_id", "end"):
            if on and check.day >= on + DECIDED_WITHIN and branch_id in check.by_id:
                detail = f"{on} 停止党籍，已满 2 年，还没有作出处理"
                years = whole_months(on, check.day) // 12
                yield Violation(self.code, check.by_id[branch_id], detail, years, 2, member_id)
