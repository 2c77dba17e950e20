"""What holds of a member for a time by decision: nothing asked, dues reduced, attached to a temporary branch."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Touch
from ledgers.scope import ScopedQuerySet

from .personal import PersonalRecord
from .register import Member


def holding_on(day: date, prefix: str = "") -> Q:
    """Return the condition that a decision holds on a day; the day on which it ends is not in it."""
    return Q(**{f"{prefix}date__lte": day}) & (Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gt": day}))


class DecisionQuerySet(ScopedQuerySet[Any]):
    right = Right.MEMBERS_VIEW

    def standing_on(self, day: date) -> Self:
        """Keep what holds on a day."""
        return self.filter(holding_on(day))


class DecisionRecord(PersonalRecord):
    """Base: holds from `date` until it is withdrawn, the day `until` not included."""

    until = models.DateField("止（不含当日）", null=True, blank=True)
    reason = models.CharField("原因", max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.date} {self.reason}"

    def holds_on(self, day: date) -> bool:
        """Say whether it holds on a day; as `holding_on`, for a row that was read already."""
        return self.date <= day and (self.until is None or day < self.until)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, True)


class Exemption(DecisionRecord):
    """Nothing is asked of a member who is old, frail or sick (不作要求, 《党员教育管理工作条例》第二十三条).

    Rolls that are called while it holds note it instead of an absence; rules of hours and attendance pass them over.
    """

    page = "exemption"

    member = models.ForeignKey(Member, models.PROTECT, related_name="exemptions", verbose_name="党员")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "不作要求"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["member", "date"], name="one_exemption_of_a_member_a_day"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("date")), name="exemption_in_order"),
        ]


class DuesWaiver(DecisionRecord):
    """A decision that a member pays less dues, or none, for some months (《党费收缴、使用和管理的规定》第七条).

    `date` and `until` say from which month on, and up to which not any more; `amount` is what is still owed a month.
    """

    page = "waiver"

    member = models.ForeignKey(Member, models.PROTECT, related_name="dues_waivers", verbose_name="党员")
    amount = models.DecimalField(
        "每月仍交（元）", max_digits=8, decimal_places=2, default=Decimal(0), validators=[MinValueValidator(0)]
    )
    decided_on = models.DateField("决定日期")
    authority = models.CharField("决定机关", max_length=100, blank=True)
    document = models.CharField("文号", max_length=60, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "党费减免"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["member", "date"], name="one_waiver_of_a_member_a_day"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("date")), name="waiver_in_order"),
        ]

    def covers(self, month: date) -> bool:
        """Say whether it holds for the dues of a month, given by its first day."""
        return self.date.replace(day=1) <= month and (self.until is None or month < self.until)


class TemporaryAttachment(DecisionRecord):
    """A member who takes part in a temporary branch (`organization`) for a time, and stays in their own branch.

    《中国共产党支部工作条例（试行）》: the membership is not transferred; dues, admissions, transfers and elections are
    the own branch's business, and the member counts there only.
    """

    page = "attachment"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="attachments", verbose_name="临时党支部"
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="temporary_attachments", verbose_name="党员")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "临时党支部编入党员"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "member", "date"], name="one_attachment_of_a_member_a_day"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("date")), name="attachment_in_order"
            ),
        ]
