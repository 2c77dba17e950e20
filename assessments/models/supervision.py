"""Supervision (督办): one matter handed to somebody with a deadline, signed for, answered, checked, closed."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.models import Organization
from ledgers.models import Record, Touch

from ..querysets import SupervisionQuerySet
from .findings import Finding
from .measures import Measure


class Supervision(Record):
    """One matter that an organisation is asked to see to: who asks, in what words, until when, and what came of it."""

    class Urgency(models.TextChoices):
        NORMAL = "normal", "一般"
        URGENT = "urgent", "紧急"
        AT_ONCE = "at-once", "特急"

    class Rung(models.TextChoices):
        """How hard it is pressed: each rung follows the one before."""

        NONE = "none", "交办"
        URGED = "urged", "催办"
        SUPERVISED = "supervised", "督办"
        NOTICE = "notice", "通报"
        TALK = "talk", "约谈"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="supervisions", verbose_name="承办单位")
    set_by = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="supervisions_set", verbose_name="交办单位"
    )
    number = models.CharField("立项编号", max_length=30, blank=True)
    subject = models.CharField("事项", max_length=300)
    words = models.TextField("批示和要求", max_length=1000, blank=True)
    urgency = models.CharField("紧急程度", max_length=8, choices=Urgency, default=Urgency.NORMAL)
    partners = models.CharField("协办单位", max_length=200, blank=True)
    owner = models.CharField("承办人", max_length=60, blank=True)
    sent_on = models.DateField("交办日期", null=True, blank=True)
    due_on = models.DateField("办结时限")
    signed_on = models.DateField("签收日期", null=True, blank=True)
    signed_by = models.CharField("签收人", max_length=60, blank=True)
    answer = models.TextField("办理情况", max_length=2000, blank=True)
    answered_on = models.DateField("反馈日期", null=True, blank=True)
    returned = models.CharField("退回重办原因", max_length=300, blank=True)
    rung = models.CharField("督办程度", max_length=12, choices=Rung, default=Rung.NONE)
    pressed_on = models.DateField("最近催办日期", null=True, blank=True)
    closed_on = models.DateField("办结日期", null=True, blank=True)
    opinion = models.CharField("审核意见", max_length=300, blank=True)
    finding = models.ForeignKey(
        Finding, models.SET_NULL, null=True, blank=True, related_name="supervisions", verbose_name="预警"
    )
    measure = models.ForeignKey(
        Measure, models.SET_NULL, null=True, blank=True, related_name="supervisions", verbose_name="任务"
    )

    DATED = False
    objects = SupervisionQuerySet.as_manager()

    class Meta:
        verbose_name = "督办"
        ordering = ["-sent_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "subject", "due_on"],
                name="one_supervision_of_a_matter",
                violation_error_message="这件事已经交办给这个组织，时限相同",
            ),
            models.CheckConstraint(
                condition=Q(sent_on__isnull=True) | Q(due_on__gte=F("sent_on")), name="supervision_due_after_sent"
            ),
            models.CheckConstraint(
                condition=Q(sent_on__isnull=False)
                | Q(signed_on__isnull=True, answered_on__isnull=True, closed_on__isnull=True),
                name="supervision_sent_before_answered",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("assessments:supervision", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        sent, due = values.get("sent_on"), values.get("due_on")
        if sent and due and due < sent:
            yield "due_on", f"办结时限早于交办日期 {sent}"
        for name, what in (("signed_on", "签收"), ("answered_on", "反馈"), ("closed_on", "办结")):
            day = values.get(name)
            if day and not sent:
                yield "sent_on", f"已经{what}的，请填交办日期"
                break
            if day and sent and day < sent:
                yield name, f"早于交办日期 {sent}"

    @property
    def next_rung(self) -> "Supervision.Rung | None":
        """The rung after the one that it stands on, None at the last."""
        rungs = list(self.Rung)
        place = rungs.index(self.Rung(self.rung)) + 1
        return rungs[place] if place < len(rungs) else None

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of its state, by today."""
        today = timezone.localdate()
        if self.closed_on:
            return "ok", "已办结"
        if self.sent_on is None:
            return "none", "拟办"
        if self.answered_on:
            return "warn", "待审核"
        if self.due_on < today:
            return "bad", "逾期"
        return ("warn", "办理中") if self.signed_on else ("warn", "待签收")

    def touches(self) -> Iterator[Touch]:
        for day in (self.sent_on, self.closed_on):
            if day:
                yield Touch(self.organization_id, day, False)
        if self.sent_on:
            yield Touch(self.organization_id, self.sent_on, True)


def supervised_overdue_on(day: date) -> Q:
    """Return the condition that a matter was past its deadline and not closed on a day."""
    return Q(sent_on__lte=day, due_on__lt=day) & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))
