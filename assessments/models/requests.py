"""Requests and reports (请示报告): what must go up, to whom, by when, and what was answered."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.models import Organization
from branches.spans import EVER_SINCE
from ledgers.models import Record, Touch

from ..querysets import RequestQuerySet


class RequestReport(Record):
    """One request or report of an organisation to the one above: one matter, one addressee (一文一事)."""

    class Kind(models.TextChoices):
        REQUEST = "request", "请示"
        REPORT = "report", "报告"

    class Timing(models.TextChoices):
        BEFORE = "before", "事前"
        DURING = "during", "事中"
        AFTER = "after", "事后"

    class Part(models.TextChoices):
        FIRST = "first", "首报"
        MORE = "more", "续报"
        FINAL = "final", "终报"

    class Channel(models.TextChoices):
        WRITTEN = "written", "书面"
        SPOKEN = "spoken", "口头"

    class Level(models.TextChoices):
        COMMUNITY = "community", "社区党委"
        STREET = "street", "街道党工委"
        DISTRICT = "district", "区委"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="requests", verbose_name="党组织")
    kind = models.CharField("类型", max_length=8, choices=Kind)
    subject = models.CharField("事项", max_length=200)
    content = models.TextField("内容", max_length=4000, blank=True)
    timing = models.CharField("时机", max_length=8, choices=Timing, blank=True)
    part = models.CharField("报告次序", max_length=8, choices=Part, blank=True)
    channel = models.CharField("方式", max_length=8, choices=Channel, default=Channel.WRITTEN)
    level = models.CharField("决定层级", max_length=10, choices=Level, blank=True)
    addressee = models.CharField("主送", max_length=60)
    signer = models.CharField("签发人", max_length=60, blank=True)
    discussed_on = models.DateField("集体研究日期", null=True, blank=True)
    number = models.CharField("文号", max_length=60, blank=True)
    due_on = models.DateField("应报日期", null=True, blank=True)
    sent_on = models.DateField("报送日期", null=True, blank=True)
    answer_number = models.CharField("批复文号", max_length=60, blank=True)
    answered_on = models.DateField("批复日期", null=True, blank=True)
    answer = models.TextField("批复意见", max_length=2000, blank=True)
    outcome = models.CharField("落实情况", max_length=300, blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = "请示报告"
        ordering = ["-sent_on", "-due_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "subject", "due_on", "part"],
                name="one_request_of_a_matter",
                violation_error_message="这件事已经登记过",
            ),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | Q(sent_on__isnull=False, answered_on__gte=F("sent_on")),
                name="request_answered_once_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:request", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        sent, answered = values.get("sent_on"), values.get("answered_on")
        if any(mark in (values.get("addressee") or "") for mark in "、，,；;"):
            yield "addressee", "只写一个主送单位；要几家知道的，用抄送"
        if values.get("kind") == RequestReport.Kind.REQUEST and values.get("part"):
            yield "part", "首报、续报、终报只用于报告"
        if values.get("kind") == RequestReport.Kind.REQUEST and values.get("timing") not in (None, "", "before"):
            yield "timing", "请示应在事前"
        if sent and sent > timezone.localdate():
            yield "sent_on", "报送日期不能晚于今天"
        if answered and not sent:
            yield "sent_on", "已经批复的，请填报送日期"
        elif answered and sent and answered < sent:
            yield "answered_on", f"批复日期早于报送日期 {sent}"

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of its state, by today."""
        if self.answered_on:
            return "ok", "已批复"
        if self.sent_on:
            return ("warn", "待批复") if self.kind == self.Kind.REQUEST else ("ok", "已报送")
        if self.due_on and self.due_on < timezone.localdate():
            return "bad", "逾期未报"
        return "none", "待报送"

    def touches(self) -> Iterator[Touch]:
        if self.sent_on:
            yield Touch(self.organization_id, self.sent_on, False)
        if self.due_on:
            yield Touch(self.organization_id, self.due_on or EVER_SINCE, True)


def unsent_on(day: date) -> Q:
    """Return the condition that something should have gone up by a day and had not."""
    return Q(due_on__lt=day) & (Q(sent_on__isnull=True) | Q(sent_on__gt=day))
