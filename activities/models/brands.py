"""Brand projects (党建品牌) and service projects (特色服务), with all that belongs to them and what they spread to."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Organization
from branches.spans import EVER_SINCE, lasting
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .records import Activity

MILESTONE_WARNED_BEFORE = timedelta(days=30)
"""How long before its day a milestone is reminded of."""


class BrandQuerySet(ScopedQuerySet["BrandProject"]):
    right = Right.ACTIVITIES_VIEW

    def live_on(self, day: date) -> Self:
        """Keep what had begun by a day and had not ended by it."""
        return self.filter(lasting(day, "start", "end"))


class BrandProject(Record):
    """One brand or service project of one organisation; `source` is the project that it was replicated from."""

    class Kind(models.TextChoices):
        BRAND = "brand", "党建品牌"
        SERVICE = "service", "特色服务"

    class Stage(models.TextChoices):
        PLANNING = "planning", "谋划"
        BUILDING = "building", "创建"
        RUNNING = "running", "成型"
        SPREADING = "spreading", "推广"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="brand_projects", verbose_name="社区（党组织）"
    )
    name = models.CharField("项目名称", max_length=100)
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.BRAND)
    stage = models.CharField("阶段", max_length=10, choices=Stage, default=Stage.PLANNING)
    lead = models.CharField("负责人", max_length=60, blank=True)
    budget = models.DecimalField(
        "预算（元）", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    start = models.DateField("启动日期")
    end = models.DateField("结束日期", null=True, blank=True)
    summary = models.TextField("主要内容", max_length=2000, blank=True)
    source = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="copies", verbose_name="复制自"
    )
    note = models.CharField("备注", max_length=300, blank=True)

    objects = BrandQuerySet.as_manager()

    class Meta:
        verbose_name = "品牌项目"
        ordering = ["organization__path", "kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_brand_per_name",
                violation_error_message="这个社区已经登记过同名的项目",
            ),
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="brand_ends_later"),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gte=0), name="brand_budget_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("activities:brand", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        start, end, budget = (values.get(name) for name in ("start", "end", "budget"))
        if start and end and end <= start:
            yield "end", f"结束日期应晚于启动日期 {start}"
        if budget is not None and budget < 0:
            yield "budget", "预算不能是负数"

    @property
    def state(self) -> tuple[str, str]:
        """Colour and word of its state today."""
        today = timezone.localdate()
        if self.end and self.end <= today:
            return "none", "已结束"
        if self.start > today:
            return "none", "未启动"
        return "ok", self.get_stage_display()

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.start, True)


class OfProject(Record):
    """Base of what belongs to a project; it is shown on the project's page."""

    anchor = ""

    class Meta:
        abstract = True

    project: Any

    def get_absolute_url(self) -> str:
        return f"{self.project.get_absolute_url()}#{self.anchor}"

    def audit_path(self) -> str:
        path: str = self.project.organization.path
        return path


class MilestoneQuerySet(ScopedQuerySet["Milestone"]):
    path = "project__organization__path"
    right = Right.ACTIVITIES_VIEW

    def open_on(self, day: date) -> Self:
        """Keep those not reached, of projects that go on."""
        return self.filter(Q(project__end__isnull=True) | Q(project__end__gt=day), done_on__isnull=True)

    def late(self, day: date) -> Self:
        """Keep those that should have been reached before a day."""
        return self.open_on(day).filter(due__lt=day)

    def soon(self, day: date) -> Self:
        """Keep those due from a day on, within 30 days."""
        return self.open_on(day).filter(due__range=(day, day + MILESTONE_WARNED_BEFORE))


class Milestone(OfProject):
    """One thing to be reached by a day."""

    anchor = "milestones"

    project = models.ForeignKey(BrandProject, models.CASCADE, related_name="milestones", verbose_name="项目")
    title = models.CharField("节点", max_length=100)
    due = models.DateField("计划完成日期")
    done_on = models.DateField("实际完成日期", null=True, blank=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = "项目节点"
        ordering = ["due", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "title"],
                name="one_milestone_per_title",
                violation_error_message="这个项目已经有同名的节点",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong)."""
        done = values.get("done_on")
        if done and done > timezone.localdate():
            yield "done_on", "实际完成日期不能晚于今天"

    @property
    def state(self) -> tuple[str, str]:
        """Colour and word of its state today."""
        if self.done_on:
            return "ok", "已完成"
        return ("bad", "逾期") if self.due < timezone.localdate() else ("none", "进行中")


class ParticipantQuerySet(ScopedQuerySet["Participant"]):
    right = Right.ACTIVITIES_VIEW


class Participant(OfProject):
    """A unit, a merchant or a team of volunteers that takes part in a project from a day to another."""

    class Kind(models.TextChoices):
        UNIT = "unit", "单位"
        MERCHANT = "merchant", "商户"
        VOLUNTEERS = "volunteers", "志愿者"

    anchor = "participants"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", editable=False, verbose_name="社区（党组织）"
    )
    project = models.ForeignKey(BrandProject, models.CASCADE, related_name="participants", verbose_name="项目")
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    offer = models.CharField("提供什么", max_length=200, blank=True)
    since = models.DateField("加入日期", null=True, blank=True)
    until = models.DateField("退出日期", null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "参与单位"
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_participant_per_name",
                violation_error_message="这个项目已经登记过同名的参与者",
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gt=F("since")),
                name="participant_left_later",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.organization_id = self.project.organization_id
        super().save(*args, **kwargs)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        since, until = values.get("since"), values.get("until")
        if since and until and until <= since:
            yield "until", f"退出日期应晚于加入日期 {since}"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.since or EVER_SINCE, True)


class ServiceEventQuerySet(ScopedQuerySet["ServiceEvent"]):
    right = Right.ACTIVITIES_VIEW


class ServiceEvent(OfProject):
    """One service of a project on one day, and how many people it reached."""

    anchor = "services"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", editable=False, verbose_name="社区（党组织）"
    )
    project = models.ForeignKey(BrandProject, models.PROTECT, related_name="services", verbose_name="项目")
    date = models.DateField("日期")
    content = models.CharField("服务内容", max_length=200)
    place = models.CharField("地点", max_length=100, blank=True)
    served = models.PositiveIntegerField("服务人次")
    volunteers = models.PositiveIntegerField("参与志愿者", null=True, blank=True)
    activity = models.ForeignKey(
        Activity, models.PROTECT, null=True, blank=True, related_name="services", verbose_name="相关活动"
    )

    objects = ServiceEventQuerySet.as_manager()

    class Meta:
        verbose_name = "服务活动"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "date", "content"],
                name="one_service_a_day",
                violation_error_message="这个项目这一天的这次服务已经登记过",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.content}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.organization_id = self.project.organization_id
        super().save(*args, **kwargs)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that cannot be."""
        on = values.get("date")
        if on and on > timezone.localdate():
            yield "date", "日期不能晚于今天"
        for name in ("served", "volunteers"):
            number = values.get(name)
            if number is not None and number < 0:
                yield name, "人数不能是负数"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)


class StoryQuerySet(ScopedQuerySet["Story"]):
    path = "project__organization__path"
    right = Right.ACTIVITIES_VIEW


class Story(OfProject):
    """A story of a project, with photos."""

    project = models.ForeignKey(BrandProject, models.CASCADE, related_name="stories", verbose_name="项目")
    date = models.DateField("日期")
    title = models.CharField("标题", max_length=100)
    content = models.TextField("内容", max_length=5000, blank=True)

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name = "项目故事"
        ordering = ["-date", "-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activities:story", args=[self.pk])


class PhotoQuerySet(ScopedQuerySet["StoryPhoto"]):
    path = "story__project__organization__path"
    right = Right.ACTIVITIES_VIEW


class StoryPhoto(models.Model):
    """A photo of a story, stored under the SHA-256 of its content and shown only through the scope."""

    story = models.ForeignKey(Story, models.CASCADE, related_name="photos", verbose_name="故事")
    digest = models.CharField("SHA-256", max_length=64)
    filename = models.CharField("文件名", max_length=200)
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    uploaded_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, related_name="+", verbose_name="上传人"
    )

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = "故事照片"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["story", "digest"], name="one_photo_per_digest")]

    def __str__(self) -> str:
        return self.filename
