"""Party dues: what each member's are reckoned from, and what was due and paid in each month."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet

from .register import Employment, Member

if TYPE_CHECKING:
    Rows = models.QuerySet["DuesCharge"]

FLAT = (Employment.FARMER, Employment.STUDENT, Employment.UNEMPLOYED)
"""Who pays a flat amount, whatever the base."""
UNPAID = Q(paid__lt=F("due"))
"""The condition that a month is not paid in full."""


class DuesBaseQuerySet(ScopedQuerySet["DuesBase"]):
    path = "member__branch__path"
    right = Right.MEMBERS_VIEW

    def in_force_on(self, day: date) -> Self:
        """Keep the bases that hold on a day: one at most for each member."""
        return self.filter(Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day)))

    def follow(self, member: Member, on: date) -> None:
        """Let a member's history go on from a day with the base and employment that the register now says."""
        last = self.filter(member=member).select_for_update(no_key=True).order_by("-since").first()
        running = last if last is not None and last.until is None else None
        if running and (running.base, running.employment) == (member.dues_base, member.employment):
            return
        if running and on <= running.since:  # never held: correct it instead of recording an empty interval
            running.base, running.employment = member.dues_base, member.employment
            running.record()
            return
        if running:
            running.until = on
            running.record()
        if can_be_reckoned(member.dues_base, member.employment):
            since = max(on, last.until) if last and last.until else on
            DuesBase(member=member, base=member.dues_base, employment=member.employment, since=since).record()


def can_be_reckoned(base: Decimal | None, employment: str) -> bool:
    """Say whether what is known suffices to tell somebody's dues."""
    return base is not None or employment in FLAT


class DuesBase(Record):
    """What one member's dues are reckoned from, from `since` up to but not including `until`."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="dues_bases", verbose_name="党员")
    base = models.DecimalField("党费基数", max_digits=10, decimal_places=2, null=True, blank=True)
    employment = models.CharField("就业状态", max_length=14, choices=Employment, blank=True)
    since = models.DateField("起")
    until = models.DateField("止", null=True, blank=True)

    objects = DuesBaseQuerySet.as_manager()

    class Meta:
        verbose_name = "党费基数"
        ordering = ["member", "since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="dues_base_until_after_since"
            ),
            models.CheckConstraint(condition=Q(base__isnull=True) | Q(base__gte=0), name="dues_base_not_negative"),
            models.UniqueConstraint(fields=["member"], condition=Q(until__isnull=True), name="one_open_dues_base"),
            models.UniqueConstraint(fields=["member", "since"], name="one_dues_base_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.since}"

    def audit_path(self) -> str:
        return self.member.branch.path


class DuesQuerySet(ScopedQuerySet["DuesCharge"]):
    path = "branch__path"
    right = Right.MEMBERS_VIEW

    def of(self, period: Period) -> Self:
        """Keep the months of a period."""
        return self.filter(month__range=(period.start, period.end))

    def unpaid(self) -> Self:
        """Keep what is not paid in full."""
        return self.filter(UNPAID)


class DuesCharge(Record):
    """One member's dues of one month, in the branch that the member was in that month.

    `base` and `employment` are what the amount was reckoned from. Amounts are yuan to the cent. A change after the
    month was closed carries its reason in `late_reason`.
    """

    class Method(models.TextChoices):
        CASH = "cash", "现金"
        MOBILE = "mobile", "手机支付"
        TRANSFER = "transfer", "银行转账"
        WITHHELD = "withheld", "工资代扣"
        OTHER = "other", "其他"

    EDITED: ClassVar = ("due", "paid", "paid_on", "method", "note")
    """What people fill in on the month's sheet."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="dues", verbose_name="党员")
    branch = models.ForeignKey(Organization, models.PROTECT, related_name="dues", verbose_name="所在党支部")
    month = models.DateField("月份")
    base = models.DecimalField("党费基数", max_digits=10, decimal_places=2, null=True, blank=True)
    employment = models.CharField("就业状态", max_length=14, choices=Employment, blank=True)
    due = models.DecimalField("应缴", max_digits=10, decimal_places=2)
    paid = models.DecimalField("实缴", max_digits=10, decimal_places=2, default=Decimal(0))
    paid_on = models.DateField("缴纳日期", null=True, blank=True)
    method = models.CharField("缴纳方式", max_length=10, choices=Method, blank=True)
    note = models.CharField("备注", max_length=100, blank=True)
    late_reason = models.CharField("补录原因", max_length=200, blank=True)

    objects = DuesQuerySet.as_manager()

    class Meta:
        verbose_name = "党费"
        ordering = ["-month", "branch__path", "member_id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "month"], name="one_dues_charge_per_month"),
            models.CheckConstraint(condition=Q(due__gte=0, paid__gte=0), name="dues_not_negative"),
            models.CheckConstraint(condition=Q(paid_on__isnull=True) | Q(paid__gt=0), name="dues_day_needs_payment"),
        ]
        indexes = [models.Index(fields=["branch", "month"]), models.Index(fields=["month"])]

    def __str__(self) -> str:
        return f"{self.member} {self.month:%Y-%m}"

    def get_absolute_url(self) -> str:
        return reverse("members:dues-charge", args=[self.pk])

    @property
    def period(self) -> Period:
        """The month."""
        return Period.containing(self.month)

    @property
    def is_paid(self) -> bool:
        """Whether it is paid in full."""
        return self.paid >= self.due

    @property
    def owed(self) -> Decimal:
        """What is still to pay."""
        return max(self.due - self.paid, Decimal(0))

    def audit_path(self) -> str:
        return self.branch.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.branch_id, min(self.month, self.paid_on or self.month), True)


class ClosedDuesQuerySet(ScopedQuerySet["ClosedDues"]):
    path = "branch__path"
    right = Right.MEMBERS_VIEW

    def months_of(self, branches: Iterable[int]) -> set[tuple[int, date]]:
        """Return (branch id, first day of the month) of what is closed in these branches."""
        return set(self.filter(branch__in=branches).values_list("branch_id", "month"))


class ClosedDues(Record):
    """A branch's month whose dues are closed: from then on a change needs a reason."""

    branch = models.ForeignKey(Organization, models.PROTECT, related_name="closed_dues", verbose_name="党支部")
    month = models.DateField("月份")

    objects = ClosedDuesQuerySet.as_manager()

    class Meta:
        verbose_name = "党费封账"
        constraints = [models.UniqueConstraint(fields=["branch", "month"], name="dues_closed_once")]

    def __str__(self) -> str:
        return f"{self.branch} {self.month:%Y-%m}"

    def audit_path(self) -> str:
        return self.branch.path
