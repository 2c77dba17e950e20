"""Rules about members on the move: letters of transfer, floating members, members out of contact (R34-R36)."""

from collections.abc import Iterator
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from assessments.engine import Check, Rule, Violation, register
from assessments.models import Severity
from members.models import TAKEN_IN_WITHIN, Transfer, Whereabouts

REGULATION = "《中国共产党党员教育管理工作条例》"
CONTACT_WITHIN = relativedelta(months=6)


@register
class LetterTakenIn(Rule):
    """A letter counts as under way until it was taken in, sent back or called back: for its member's own branch."""

    code = "R34"
    title = f"组织关系介绍信开具后 {TAKEN_IN_WITHIN} 天内接收"
    source = REGULATION
    remedy = "催对方接收或寄回回执；对方不接收的，撤销介绍信，查明去向后重新开具。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield members whose letter, on the last day, was out for more than 90 days and not dealt with."""
        latest = check.day - timedelta(days=TAKEN_IN_WITHIN + 1)
        letters = Transfer.objects.open_on(check.day).filter(
            check.organization.subtree("organization__path", check.day), issued_on__lte=latest
        )
        found: dict[tuple[int, int | None], Violation] = {}
        rows = letters.order_by("issued_on", "pk").values_list(
            "organization_id", "member_id", "issued_on", "letter_number"
        )
        for branch_id, member_id, issued, number in rows:
            days = (check.day - issued).days
            detail = f"介绍信 {number} 于 {issued} 开具，{days} 天没有接收"
            found.setdefault(
                (branch_id, member_id),
                Violation(self.code, check.by_id[branch_id], detail, days, TAKEN_IN_WITHIN, member_id),
            )
        yield from found.values()


@register
class FloatingMemberReached(Rule):
    code = "R35"
    title = "流动党员去向、联系人清楚，每 6 个月至少联系一次"
    source = REGULATION
    remedy = "登记流动党员的去向和联系人，联系一次并记下日期和方式；已经返回的，登记返回日期。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the floating members without destination, contact person, or a contact in the last 6 months."""
        floating = check.memberships.filter(is_floating=True).values_list("branch_id", "member_id")
        records = Whereabouts.objects.standing_on(check.day).with_last_contact(check.day).filter(kind="out")
        known = {
            record.member_id: record
            for record in records.filter(member__in=floating.values("member_id")).order_by("since")
        }
        since = check.day - CONTACT_WITHIN
        for branch_id, member_id in floating:
            if missing := list(self._missing(known.get(member_id), since)):
                yield Violation(self.code, check.by_id[branch_id], "；".join(missing), member_id=member_id)

    def _missing(self, record: Whereabouts | None, since: object) -> Iterator[str]:
        if record is None:
            yield "列为流动党员，没有流出登记"
            return
        if not record.destination:
            yield "没有登记流向地"
        if not (record.contact and record.phone):
            yield "没有登记联系人和联系电话"
        last = record.last_contact  # type: ignore[attr-defined] # an annotation
        if last is None:
            yield "没有联系记录"
        elif last < since:
            yield f"最近一次联系是 {last}，已超过 6 个月"


@register
class OutOfContact(Rule):
    code = "R36"
    title = "党员失联不满 6 个月"
    source = REGULATION
    severity = Severity.SERIOUS
    remedy = "继续查找并记下经过；满 6 个月仍联系不上的，按规定讨论停止党籍，报上级党组织批准。"

    def violations(self, check: Check) -> Iterator[Violation]:
        """Yield the live members out of contact for 6 months or more on the last day, with the months."""
        lost = Whereabouts.objects.standing_on(check.day).filter(kind="lost", since__lte=check.day - CONTACT_WITHIN)
        since_of = dict(lost.values_list("member_id", "since"))
        rows = check.memberships.filter(member__in=lost.values("member_id"))
        for branch_id, member_id in rows.values_list("branch_id", "member_id"):
            since = since_of[member_id]
            gone = relativedelta(check.day, since)
            months = gone.years * 12 + gone.months
            detail = f"{since} 起失去联系，已满 {months} 个月"
            yield Violation(self.code, check.by_id[branch_id], detail, months, 6, member_id)
