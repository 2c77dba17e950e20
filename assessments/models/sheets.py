"""Assessment sheets (考核表): one organisation in one period, what people say to its lines, every step taken."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import models
from django.urls import reverse

from accounts.models import User
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period

from ..querysets import AssessmentQuerySet
from .schemes import Scheme


class Assessment(Record):
    """The sheet of one organisation in one period.

    Until the decision (审定) what was computed follows the records; then total, grade and rank are frozen. `due` is the
    last day of the step that it waits in, `ends_on` that of the period.
    """

    class State(models.TextChoices):
        SELF = "self", "待自评"
        COMMUNITY = "community", "待社区党委初审"
        STREET = "street", "待党建办复核"
        DECISION = "decision", "待会议审定"
        NOTICE = "notice", "公示中"
        LOCKED = "locked", "已锁定"

        @classmethod
        def frozen(cls) -> tuple["Assessment.State", ...]:
            """The states in which numbers no longer move."""
            return (cls.NOTICE, cls.LOCKED)

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="assessments", verbose_name="考核方案")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="assessments", verbose_name="党组织")
    community = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="所在社区"
    )
    period = models.CharField("时期", max_length=7)
    ends_on = models.DateField("考核期末")
    state = models.CharField("状态", max_length=10, choices=State, default=State.SELF)
    due = models.DateField("办理期限", null=True, blank=True)
    class_title = models.CharField("考核类别", max_length=40, blank=True)
    total = models.DecimalField("总分", max_digits=9, decimal_places=2, null=True)
    grade = models.CharField("等次", max_length=20, blank=True)
    rank = models.PositiveIntegerField("名次", null=True)
    rank_in_community = models.PositiveIntegerField("社区内名次", null=True)
    decided_on = models.DateField("审定日期", null=True, blank=True)
    decided_in = models.CharField("会议纪要文号", max_length=60, blank=True)
    notice_until = models.DateField("公示截止", null=True, blank=True)

    DATED = False
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = "考核表"
        ordering = ["organization__path"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "organization", "period"], name="one_sheet_per_period"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["notice", "locked"]) | models.Q(decided_on__isnull=False),
                name="sheet_decided_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.when.label} {self.scheme.title}"

    def get_absolute_url(self) -> str:
        return f"{reverse('assessments:sheet', args=[self.scheme_id, self.organization.code])}?period={self.period}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the last day follows the period."""
        self.ends_on = self.when.end
        super().save(*args, **kwargs)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.ends_on, False)

    @property
    def when(self) -> Period:
        """The period that it is about."""
        return Period.parse(self.period)

    @property
    def is_frozen(self) -> bool:
        """Whether its numbers no longer move."""
        return self.state in self.State.frozen()

    def is_late(self, today: date) -> bool:
        """Say whether the step that it waits in should have been taken by now."""
        return self.due is not None and self.due < today and not self.is_frozen


class SheetLine(models.Model):
    """One line of a sheet, by the code of its indicator: what was computed, what people say to it.

    `share` is the part of the points that a reviewer gave to a line that people score; `left_out` that it does not
    apply, with `reason`. `adjusted` stands in place of the computed score, with its own reason. What was computed is
    kept from the decision on.
    """

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="lines", verbose_name="考核表")
    code = models.CharField("指标编号", max_length=20)
    self_score = models.DecimalField("自评分", max_digits=9, decimal_places=2, null=True)
    self_note = models.CharField("自评说明", max_length=300, blank=True)
    share = models.DecimalField("评定比例", max_digits=12, decimal_places=9, null=True)
    left_out = models.BooleanField("不适用", default=False)
    reason = models.CharField("评定理由", max_length=300, blank=True)
    adjusted = models.DecimalField("调整得分", max_digits=9, decimal_places=2, null=True)
    adjusted_for = models.CharField("调整理由", max_length=300, blank=True)
    scored_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="评分人")
    computed = models.DecimalField("计算得分", max_digits=9, decimal_places=2, null=True)
    applies = models.BooleanField("适用", default=True)
    value = models.FloatField("取数", null=True)
    why = models.CharField("依据", max_length=1000, blank=True)

    class Meta:
        verbose_name = "考核表的一项"
        constraints = [models.UniqueConstraint(fields=["assessment", "code"], name="one_line_per_indicator")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.code}"


class SheetStep(models.Model):
    """One step of a sheet that was taken, forward or back: who, when, and why. Never changed."""

    class Act(models.TextChoices):
        DRAWN = "drawn", "生成"
        SELF = "self", "提交自评"
        COMMUNITY = "community", "社区党委初审"
        STREET = "street", "党建办复核"
        RETURNED = "returned", "退回"
        DECIDED = "decided", "会议审定"
        APPEALED = "appealed", "申诉"
        ANSWERED = "answered", "答复申诉"
        LOCKED = "locked", "锁定"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="steps", verbose_name="考核表")
    act = models.CharField("环节", max_length=10, choices=Act)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="办理人")
    at = models.DateTimeField("办理时间", auto_now_add=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "考核表的办理"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.get_act_display()}"


class SheetEntry(Record):
    """One matter that adds points to a sheet or takes some off, or keeps it from a better grade (加减分事项).

    `code` is that of an indicator or a veto, `item` the level or the reason for a deduction that it is counted under,
    `times` how many. An organisation claims what adds (加分申报); what the street enters counts at once.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", "待审核"
        ACCEPTED = "accepted", "采纳"
        DECLINED = "declined", "不采纳"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="entries", verbose_name="考核表")
    code = models.CharField("指标编号", max_length=20)
    item = models.CharField("等次或事项", max_length=200, blank=True)
    matter = models.CharField("事由", max_length=200)
    times = models.DecimalField("次数", max_digits=7, decimal_places=2, default=1)
    document = models.CharField("文件文号", max_length=60, blank=True)
    on = models.DateField("日期")
    state = models.CharField("状态", max_length=10, choices=State, default=State.CLAIMED)
    reason = models.CharField("审核意见", max_length=300, blank=True)

    class Meta:
        verbose_name = "加减分事项"
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="declined") | ~models.Q(reason=""), name="entry_declined_with_a_reason"
            ),
            models.CheckConstraint(condition=models.Q(times__gt=0), name="entry_some_times"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment} {self.matter}"

    def audit_path(self) -> str:
        return self.assessment.organization.path


class Appeal(Record):
    """What an organisation objects to while the result is public, and the answer."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="appeals", verbose_name="考核表")
    code = models.CharField("指标编号", max_length=20)
    text = models.CharField("申诉理由", max_length=500)
    on = models.DateField("申诉日期")
    answer = models.CharField("答复", max_length=500, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)

    class Meta:
        verbose_name = "考核申诉"
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answer="", answered_on=None)
                | (~models.Q(answer="") & models.Q(answered_on__isnull=False)),
                name="appeal_answered_on_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.assessment} {self.code}"

    def audit_path(self) -> str:
        return self.assessment.organization.path

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be answered."""
        return self.answered_on is None
