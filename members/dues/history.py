"""What a member's timeline tells of dues: each year's sum, what they are reckoned from, and late entries."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Sum
from django.urls import reverse

from accounts.models import User
from ledgers.period import Period
from members.models import UNKNOWN_START, UNPAID, DuesCharge, Member
from members.models.dues import DuesQuerySet
from members.timeline import Moment


def moments(member: Member, user: User, today: date) -> Iterator[Moment]:
    """Yield the moments of one member; three queries however long the history."""
    charges = DuesCharge.objects.visible_to(user).filter(member=member)
    yield from _years(charges.order_by("month__year"), member, today)
    for charge in charges.exclude(late_reason=""):
        detail = f"{charge.period.label}应缴 {charge.due} 元，实缴 {charge.paid} 元，原因：{charge.late_reason}"
        yield Moment(charge.paid_on or charge.period.end, "封账后补录党费", detail, url=charge.get_absolute_url())
    base = None
    for span in member.dues_bases.order_by("since"):
        if span.base != base and span.since > UNKNOWN_START:
            yield Moment(span.since, "党费基数调整", f"{_yuan(base)} → {_yuan(span.base)}")
        base = span.base


def _years(charges: DuesQuerySet, member: Member, today: date) -> Iterator[Moment]:
    sums = charges.values_list("month__year").annotate(Sum("due"), Sum("paid"), unpaid=Count("pk", filter=UNPAID))
    for number, due, paid, unpaid in sums:
        year = Period.parse(str(number))
        rest = f"，{unpaid} 个月没有缴清" if unpaid else ""
        url = f"{reverse('members:dues-member', args=[member.pk])}?year={number}"
        detail = f"应缴 {due:.2f} 元，实缴 {paid:.2f} 元{rest}"
        yield Moment(min(year.end, today), f"{year.label}缴纳党费", detail, url=url)


def _yuan(amount: object) -> str:
    return "未填" if amount is None else f"{amount} 元"
