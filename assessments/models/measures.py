"""Measures (任务): what somebody has to do by a day, from the list of responsibilities or to put right what was wrong.

A responsibility (责任清单) and a rectification (整改) are one record: who, what, by when, how far, accepted by whom.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.spans import EVER_SINCE
from ledgers.models import Record, Touch
from ledgers.workdays import workdays_between

from ..querysets import MeasureQuerySet, StageQuerySet
from .findings import Finding

WARNED_BEFORE = 7
"""Working days before a deadline from which the light is yellow."""


class Measure(Record):
    """One responsibility or rectification of an organisation.

    `due_on` is the deadline as it was set; `extended_to` the later one that was granted on `extended_on`, asked for
    before the deadline. Done is what its owner reports (`done_on`); accepted (`accepted_on`) what whoever set it says.
    A deadline that was missed stays on the record: `was_late`.
    """

    class Kind(models.TextChoices):
        ANNUAL = "annual", "年度工作要点"
        POST = "post", "一岗双责"
        PROJECT = "project", "书记项目"
        KEY = "key", "重点任务"
        ASSIGNED = "assigned", "上级交办"
        INSPECTION = "inspection", "巡察反馈"
        REPORT = "report", "报告措施"
        MEETING = "meeting", "会议议定"
        FINDING = "finding", "预警"
        SELF_CHECK = "selfcheck", "规范化自查"
        OBSERVATION = "observation", "观摩评比"
        REVIEW = "review", "述职评议"
        ASSESSMENT = "assessment", "考核反馈"
        LIFE = "life", "组织生活会"
        PATROL = "patrol", "巡察整改"
        AUDIT = "audit", "审计"
        PETITION = "petition", "信访"
        WARNING = "warning", "以案促改"
        OTHER = "other", "其他问题"

        @classmethod
        def responsibilities(cls) -> tuple["Measure.Kind", ...]:
            """The kinds of the list of responsibilities."""
            return cls.ANNUAL, cls.POST, cls.PROJECT, cls.KEY, cls.ASSIGNED, cls.INSPECTION, cls.REPORT, cls.MEETING

        @classmethod
        def rectifications(cls) -> tuple["Measure.Kind", ...]:
            """Where what is put right came from."""
            return tuple(kind for kind in cls if kind not in cls.responsibilities())

    class Rhythm(models.TextChoices):
        WEEK = "week", "周报"
        MONTH = "month", "月报"
        QUARTER = "quarter", "季报"

    class Pace(models.TextChoices):
        AT_ONCE = "at-once", "立行立改"
        BY_DATE = "by-date", "限期整改"
        LASTING = "lasting", "长期坚持"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="measures", verbose_name="责任单位")
    set_by = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="measures_set", verbose_name="交办单位"
    )
    number = models.CharField("编号", max_length=30, blank=True)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    title = models.CharField("事项", max_length=300)
    cause = models.TextField("原因分析", max_length=1000, blank=True)
    goal = models.CharField("目标要求", max_length=500, blank=True)
    measure = models.TextField("具体措施", max_length=2000, blank=True)
    criterion = models.CharField("完成标志", max_length=300, blank=True)
    area = models.CharField("业务领域", max_length=60, blank=True)
    source = models.CharField("来源文件或会议", max_length=200, blank=True)
    leader = models.CharField("责任领导", max_length=60, blank=True)
    owner = models.CharField("责任人", max_length=60, blank=True)
    partners = models.CharField("配合单位", max_length=200, blank=True)
    rhythm = models.CharField("推进频次", max_length=8, choices=Rhythm, blank=True)
    pace = models.CharField("整改类型", max_length=8, choices=Pace, blank=True)
    starts_on = models.DateField("开始日期", null=True, blank=True)
    due_on = models.DateField("完成时限", null=True, blank=True)
    asked_to = models.DateField("申请延期至", null=True, blank=True)
    asked_on = models.DateField("申请延期日期", null=True, blank=True, editable=False)
    asked_for = models.CharField("延期理由", max_length=300, blank=True)
    extended_to = models.DateField("延期至", null=True, blank=True)
    extended_on = models.DateField("延期批准日期", null=True, blank=True)
    percent = models.PositiveSmallIntegerField("进度（%）", default=0, validators=[MaxValueValidator(100)])
    progress = models.TextField("进展", max_length=1000, blank=True)
    unfinished = models.CharField("未完成原因", max_length=300, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)
    inspector = models.CharField("验收人", max_length=60, blank=True)
    accepted_on = models.DateField("验收日期", null=True, blank=True)
    opinion = models.CharField("验收意见", max_length=300, blank=True)
    returned = models.CharField("退回原因", max_length=300, blank=True)
    is_public = models.BooleanField("可以公开", default=False)
    finding = models.ForeignKey(
        Finding, models.SET_NULL, null=True, blank=True, related_name="measures", verbose_name="预警"
    )

    answer = models.ForeignKey(
        "SelfCheckAnswer", models.SET_NULL, null=True, blank=True, related_name="measures", verbose_name="自查条款"
    )
    review = models.ForeignKey(
        "WorkReview", models.SET_NULL, null=True, blank=True, related_name="measures", verbose_name="述职评议"
    )
    observation = models.ForeignKey(
        "CommunityObservation", models.SET_NULL, null=True, blank=True, related_name="measures", verbose_name="社区观摩"
    )

    DATED = False
    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = "任务"
        ordering = ["due_on", "organization__path", "pk"]
        indexes = [models.Index(fields=["kind", "due_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "title", "due_on"],
                name="one_measure_of_a_title_and_day",
                violation_error_message="这个组织已有同样事项、同样时限的任务",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(due_on__isnull=True) | Q(due_on__gte=F("starts_on")),
                name="measure_due_after_start",
            ),
            models.CheckConstraint(
                condition=Q(accepted_on__isnull=True) | Q(done_on__isnull=False, accepted_on__gte=F("done_on")),
                name="measure_accepted_once_done",
            ),
            models.CheckConstraint(
                condition=Q(extended_to__isnull=True, extended_on__isnull=True)
                | Q(extended_to__gt=F("due_on"), extended_on__isnull=False),
                name="measure_extended_beyond_its_day",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="measure_percent_at_most_100"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        name = "responsibility" if self.is_responsibility else "rectification"
        return reverse(f"assessments:{name}", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        start, due, done = (values.get(name) for name in ("starts_on", "due_on", "done_on"))
        longer, granted, accepted = (values.get(name) for name in ("extended_to", "extended_on", "accepted_on"))
        percent = values.get("percent")
        if start and due and due < start:
            yield "due_on", f"完成时限早于开始日期 {start}"
        if values.get("pace") == Measure.Pace.LASTING and due:
            yield "due_on", "长期坚持的不填时限；有时限的请选“限期整改”"
        if values.get("pace") in (Measure.Pace.AT_ONCE, Measure.Pace.BY_DATE) and not due:
            yield "due_on", "立行立改和限期整改的，请填时限"
        if done and start and done < start:
            yield "done_on", f"完成日期早于开始日期 {start}"
        if done and done > timezone.localdate():
            yield "done_on", "完成日期不能晚于今天"
        if accepted and not done:
            yield "accepted_on", "还没有完成的不能验收；已经完成的请先填完成日期"
        elif accepted and done and accepted < done:
            yield "accepted_on", f"验收日期早于完成日期 {done}"
        if longer and not due:
            yield "extended_to", "没有完成时限的不用延期"
        elif longer and due and longer <= due:
            yield "extended_to", f"应晚于原来的时限 {due}"
        if bool(longer) != bool(granted):
            yield ("extended_on" if longer else "extended_to"), "延期至和延期批准日期要一起填"
        if percent is not None and percent > 100:
            yield "percent", "进度是 0 到 100 的百分数"

    @property
    def is_responsibility(self) -> bool:
        """Whether it stands in the list of responsibilities; otherwise it puts something right."""
        return self.kind in self.Kind.responsibilities()

    @property
    def deadline(self) -> date | None:
        """The deadline that holds: the extended one, if one was granted."""
        return self.extended_to or self.due_on

    @property
    def is_open(self) -> bool:
        """Whether its owner has still to finish it."""
        return self.done_on is None

    @property
    def was_late(self) -> bool:
        """Whether a deadline was missed, be it made good since or extended afterwards."""
        if self.due_on is None:
            return False
        by = self.done_on or timezone.localdate()
        if self.extended_on is None or self.extended_to is None:
            return by > self.due_on
        return by > self.extended_to or (by > self.due_on and self.extended_on > self.due_on)

    @property
    def light(self) -> tuple[str, str]:
        """The colour of its tag and the word on it, by today."""
        today = timezone.localdate()
        if self.accepted_on:
            return "ok", "已验收（曾逾期）" if self.was_late else "已验收"
        if self.done_on:
            return "warn", "待验收（曾逾期）" if self.was_late else "待验收"
        nearest = min(
            (day for day in (self.deadline, *(s.due_on for s in self.stages.all() if not s.done_on)) if day),
            default=None,
        )
        if nearest is None:
            return "none", "长期坚持" if self.pace == self.Pace.LASTING else "进行中"
        if nearest < today:
            return "bad", "逾期"
        if workdays_between(today, nearest) <= WARNED_BEFORE:
            return "warn", "临近时限（曾逾期）" if self.was_late else "临近时限"
        return "ok", "按期推进（曾逾期）" if self.was_late else "按期推进"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.starts_on or EVER_SINCE, True)
        for day in (self.due_on, self.done_on, self.accepted_on):
            if day:
                yield Touch(self.organization_id, day, False)


def may_settle(user: Any, record: Any, right: Right = Right.MEASURES_SET) -> bool:
    """Say whether a user accepts what was set, sends it back and extends it: for whoever set it."""
    setter = record.set_by or record.organization
    return access_of(user).has_on(right, setter.path)


def setter_for(user: Any, place: Organization, right: Right = Right.MEASURES_SET) -> Organization:
    """Return on whose behalf a user sets a measure for a place: the highest organisation of theirs above it, or it."""
    paths = access_of(user).paths(right)
    above = Organization.objects.filter(path__in=Organization.paths_to(place.path)).order_by("path")
    return next((one for one in above if paths is None or one.path in paths), place)


class MeasureStage(Record):
    """One step of a measure with a deadline of its own."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="stages", verbose_name="任务")
    title = models.CharField("阶段", max_length=100)
    due_on = models.DateField("阶段时限")
    done_on = models.DateField("完成日期", null=True, blank=True)

    DATED = False
    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = "任务阶段"
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["measure", "title"], name="one_stage_of_a_title")]

    def __str__(self) -> str:
        return f"{self.measure}：{self.title}"

    def get_absolute_url(self) -> str:
        return self.measure.get_absolute_url()

    def audit_path(self) -> str:
        return self.measure.audit_path()


class MeasureReport(Record):
    """What was reported on a measure on one day; the latest stands on the measure itself."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="reports", verbose_name="任务")
    on = models.DateField("日期")
    percent = models.PositiveSmallIntegerField("进度（%）", validators=[MaxValueValidator(100)])
    progress = models.TextField("进展", max_length=1000)
    unfinished = models.CharField("未完成原因", max_length=300, blank=True)

    DATED = False
    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = "任务进展"
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.percent}%"

    def get_absolute_url(self) -> str:
        return self.measure.get_absolute_url()

    def audit_path(self) -> str:
        return self.measure.audit_path()
