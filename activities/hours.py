"""Who needs how many hours of study by when (学时进度), counted from rolls and certificates.

Everything here is set-based: a handful of queries however many members or branches there are.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, Sum

from branches.models import CommitteeSeat, Organization
from ledgers.period import Period
from members.models import Member, Membership
from members.querysets import full_on
from members.taking_part import HOURS_OF_COMMITTEE_MEMBER, HOURS_OF_FULL_MEMBER

from .models import Activity, Attendance, Certificate
from .models.hours import CONCENTRATED_FROM

ZERO = Decimal(0)


class Hours(NamedTuple):
    """What one member has done in a period: hours on rolls, hours of certificates, and one concentrated training."""

    rolls: Decimal = ZERO
    certificates: Decimal = ZERO
    concentrated: bool = False

    @property
    def total(self) -> Decimal:
        """All hours."""
        return self.rolls + self.certificates


def hours_of(members: Any, period: Period) -> dict[int, Hours]:
    """Return member id → what each has done in the period; two queries. `members` is a query or a list of ids."""
    there = Attendance.objects.present().filter(
        activity__in=Activity.objects.counted().held_in(period), activity__hours__gt=0, member_id__in=members
    )
    concentrated = Q(activity__series__concentrated=True) | Q(
        activity__kind=Activity.Kind.TRAINING, activity__hours__gte=CONCENTRATED_FROM
    )
    found: dict[int, Hours] = {}
    rolls = there.order_by().values("member_id")
    counted = rolls.annotate(n=Sum("activity__hours"), c=Sum("activity__hours", filter=concentrated))
    for member, hours, long in counted.values_list("member_id", "n", "c"):
        found[member] = Hours(hours or ZERO, ZERO, bool(long))
    papers = Certificate.objects.filter(member_id__in=members, date__range=(period.start, period.end))
    given = papers.order_by().values("member_id").annotate(n=Sum("hours"), c=Sum("hours", filter=Q(concentrated=True)))
    for member, hours, long in given.values_list("member_id", "n", "c"):
        before = found.get(member, Hours())
        found[member] = Hours(before.rolls, hours or ZERO, before.concentrated or bool(long))
    return found


LED = (*Organization.Kind.branches(), Organization.Kind.COMMUNITY_COMMITTEE, Organization.Kind.GENERAL_BRANCH)
"""Kinds of organisations whose committees owe more hours: the grass roots."""


def leading(day: date, **within: Any) -> dict[int, int]:
    """Return member id → the organisation in whose committee they hold a seat on that day, the lowest in the tree."""
    seats = CommitteeSeat.objects.held_on(day).filter(
        member__isnull=False, committee__organization__kind__in=LED, **within
    )
    rows = seats.order_by("committee__organization__depth", "committee__organization__path")
    return dict(rows.values_list("member_id", "committee__organization_id"))


@dataclass(frozen=True)
class Progress:
    """One member's year: what is owed, what is done, and what would be in step with the calendar by today."""

    member: Member
    leads: bool
    done: Hours
    share: Decimal

    @property
    def required(self) -> int:
        """Hours owed by the year's end."""
        return HOURS_OF_COMMITTEE_MEMBER if self.leads else HOURS_OF_FULL_MEMBER

    @property
    def left(self) -> Decimal:
        """Hours still to do."""
        return max(ZERO, self.required - self.done.total)

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100."""
        return min(100, int(100 * self.done.total / self.required))

    @property
    def pace(self) -> Decimal:
        """Hours that would be in step by today."""
        return round(self.required * self.share, 1)

    @property
    def lacks_training(self) -> bool:
        """Whether the concentrated training that a committee member owes is still to come."""
        return self.leads and not self.done.concentrated

    @property
    def is_met(self) -> bool:
        """Whether nothing is owed any more."""
        return not self.left and not self.lacks_training

    @property
    def state(self) -> tuple[str, str]:
        """Colour and word."""
        if self.is_met:
            return "ok", "已达标"
        if not self.left:
            return "warn", "缺集中培训"
        if self.share == 1:
            return "bad", "没有达标"
        return ("none", "正常") if self.done.total >= self.pace else ("warn", "落后")


def share_of(year: Period, today: date) -> Decimal:
    """Return how much of the year has passed by the end of that day, 0 to 1."""
    days = (min(max(today, year.start), year.end) - year.start).days + 1
    return Decimal(days) / ((year.end - year.start).days + 1) if today >= year.start else ZERO


def progress_of(branches: Collection[int], year: Period, today: date) -> dict[int, list[Progress]]:
    """Return branch id → its full members with their year, who has most to do first; four queries."""
    day = min(year.end, today)
    there = Membership.objects.in_force_on(day).filter(branch__in=branches).select_related("member")
    rows = list(there.filter(full_on(day)).order_by("member_id"))
    ids = [row.member_id for row in rows]
    done, leaders, share = hours_of(ids, year), leading(day, member__in=ids), share_of(year, today)
    found: dict[int, list[Progress]] = defaultdict(list)
    for row in rows:
        found[row.branch_id].append(
            Progress(row.member, row.member_id in leaders, done.get(row.member_id, Hours()), share)
        )
    for people in found.values():
        people.sort(key=lambda one: (one.is_met, -one.left, one.member.pk))
    return found
