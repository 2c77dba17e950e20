"""Self-checks (规范化建设自查): an organisation held against a standard, checked, and what fails put right."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period

from ..querysets import AnswerQuerySet, SelfCheckQuerySet, StandardQuerySet

MODEL_FROM, MET_FROM, NEARLY_FROM = Decimal("0.95"), Decimal("0.85"), Decimal("0.6")
"""The rates from which a whole is 示范, 达标, 基本达标; custom of the offices."""


class Level(models.TextChoices):
    """What an item is found to be."""

    MET = "met", "达标"
    NEARLY = "nearly", "基本达标"
    MISSED = "missed", "不达标"
    NOT_ASKED = "not-asked", "不适用"


class Standard(Record):
    """One version of a standard of an organisation, for it and all below it, over a campaign of some years."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="standards", verbose_name="制定单位")
    title = models.CharField("标准名称", max_length=100)
    edition = models.CharField("版本", max_length=40)
    first_year = models.PositiveSmallIntegerField("行动起始年")
    last_year = models.PositiveSmallIntegerField("行动截止年")

    DATED = False
    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = "自查标准"
        ordering = ["organization__path", "-first_year", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "title", "edition"],
                name="one_standard_an_edition",
                violation_error_message="这个标准已有这一版",
            ),
            models.CheckConstraint(condition=Q(last_year__gte=F("first_year")), name="standard_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.title}（{self.edition}）"

    def get_absolute_url(self) -> str:
        return reverse("assessments:standard", args=[self.pk])


class StandardItem(models.Model):
    """One item of a standard. `rules` and `facts` say from which records it is filled in. Written with its standard."""

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="items", verbose_name="自查标准")
    position = models.PositiveSmallIntegerField("顺序")
    section = models.CharField("部分", max_length=60)
    code = models.CharField("条款编号", max_length=20)
    text = models.CharField("条款", max_length=300)
    proof = models.CharField("佐证材料", max_length=200, blank=True)
    is_core = models.BooleanField("核心项", default=False)
    rules = models.JSONField("规则", default=list)
    facts = models.JSONField("指标", default=list)

    class Meta:
        verbose_name = "自查条款"
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["standard", "code"], name="one_standard_item_a_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class SelfCheck(Record):
    """One organisation held against a standard in one round (a year or half a year).

    `met` and `asked` count its items by what was checked, or else by what it says of itself; they are kept in step
    with the answers by `recount`.
    """

    class Overall(models.TextChoices):
        MODEL = "model", "示范"
        MET = "met", "达标"
        NEARLY = "nearly", "基本达标"
        MISSED = "missed", "不达标"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="selfchecks", verbose_name="党组织")
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="selfchecks", verbose_name="自查标准")
    period = models.CharField("轮次", max_length=7)
    done_on = models.DateField("自查日期", null=True, blank=True)
    checked_on = models.DateField("核查日期", null=True, blank=True)
    overall = models.CharField("总体结论", max_length=8, choices=Overall, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    met = models.PositiveSmallIntegerField("达标项", default=0, editable=False)
    asked = models.PositiveSmallIntegerField("适用项", default=0, editable=False)

    objects = SelfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "规范化建设自查"
        ordering = ["-period", "organization__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "standard", "period"],
                name="one_selfcheck_a_round",
                violation_error_message="这个组织这一轮的自查已经登记过",
            ),
            models.CheckConstraint(
                condition=Q(checked_on__isnull=True) | Q(done_on__isnull=False, checked_on__gte=F("done_on")),
                name="selfcheck_checked_once_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}{self.when.label}规范化建设自查"

    def get_absolute_url(self) -> str:
        return reverse("assessments:selfcheck", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        done, checked = values.get("done_on"), values.get("checked_on")
        try:
            period = Period.parse(values.get("period") or "")
        except ValueError:
            period = None
        if period is None or period.kind < Period.HALF:
            yield "period", "轮次写成“2026年”或者“2026年上半年”"
        if done and done > timezone.localdate():
            yield "done_on", "自查日期不能晚于今天"
        if checked and not done:
            yield "checked_on", "还没有自查的不能核查"
        elif checked and done and checked < done:
            yield "checked_on", f"核查日期早于自查日期 {done}"
        if values.get("overall") and not checked:
            yield "overall", "核查以后才有总体结论"

    @property
    def when(self) -> Period:
        """The round."""
        return Period.parse(self.period)

    @property
    def rate(self) -> Decimal | None:
        """The part of the items asked that are met, exact; None before anything was answered."""
        return Decimal(self.met) / self.asked if self.asked else None

    def proposed(self, answers: Iterable["SelfCheckAnswer"]) -> str:
        """Return the overall finding that the answers come to: without every core item met, no better than 基本达标."""
        rate = self.rate
        if rate is None:
            return ""
        core = all(one.level in (Level.MET, Level.NOT_ASKED) for one in answers if one.item.is_core)
        if core and rate >= MODEL_FROM:
            return self.Overall.MODEL
        if core and rate >= MET_FROM:
            return self.Overall.MET
        return self.Overall.NEARLY if rate >= NEARLY_FROM else self.Overall.MISSED

    def recount(self) -> None:
        """Put the numbers in step with the answers, as the database holds them. One query; the caller records."""
        levels = [one.level for one in self.answers.all()]
        self.asked = sum(level not in ("", Level.NOT_ASKED) for level in levels)
        self.met = sum(level == Level.MET for level in levels)

    def touches(self) -> Iterator[Touch]:
        if self.done_on:
            yield Touch(self.organization_id, self.done_on, False)


class SelfCheckAnswer(Record):
    """What is said of one item: by the organisation itself, then by who checked."""

    selfcheck = models.ForeignKey(SelfCheck, models.CASCADE, related_name="answers", verbose_name="自查")
    item = models.ForeignKey(StandardItem, models.PROTECT, related_name="answers", verbose_name="条款")
    own = models.CharField("自评", max_length=10, choices=Level, blank=True)
    own_note = models.CharField("自评说明", max_length=300, blank=True)
    checked = models.CharField("核查", max_length=10, choices=Level, blank=True)
    check_note = models.CharField("核查说明", max_length=300, blank=True)

    DATED = False
    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = "自查条款结果"
        ordering = ["item__position", "pk"]
        constraints = [models.UniqueConstraint(fields=["selfcheck", "item"], name="one_answer_an_item")]

    def __str__(self) -> str:
        return f"{self.selfcheck} {self.item.code}"

    def get_absolute_url(self) -> str:
        return self.selfcheck.get_absolute_url()

    def audit_path(self) -> str:
        return self.selfcheck.audit_path()

    @property
    def level(self) -> str:
        """What counts: what was checked, or else what the organisation says itself."""
        return self.checked or self.own

    @property
    def fails(self) -> bool:
        """Whether it has to be put right."""
        return self.level in (Level.NEARLY, Level.MISSED)
