"""Party workers (党务工作者): who is employed where, from when to when, what they were trained in."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.spans import lasting
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .tree import Organization


def reserve_on(day: date) -> Q:
    """Return the condition that a Party worker was a reserve cadre on a day."""
    return Q(reserve_since__isnull=False) & lasting(day, "reserve_since", "reserve_until")


def lost_by(day: date) -> Q:
    """Return the condition that a Party worker left in the 12 months that end on a day."""
    return Q(left_on__gt=day - relativedelta(years=1), left_on__lte=day)


class PartyWorkerQuerySet(ScopedQuerySet["PartyWorker"]):
    def employed_on(self, day: date) -> Self:
        """Keep who was employed on a day; the day of leaving no longer counts."""
        return self.filter(lasting(day, "start", "left_on"))


class PartyWorker(Record):
    """One person's time as a Party worker of one organisation."""

    class Post(models.TextChoices):
        SECRETARY = "secretary", "党组织书记"
        DEPUTY = "deputy", "党组织副书记"
        OFFICER = "officer", "党建专干"
        CLERK = "clerk", "党务干事"
        OTHER = "other", "其他"

    class PayBand(models.TextChoices):
        BELOW_3000 = "below-3000", "3000 元及以下"
        TO_4000 = "to-4000", "3001—4000 元"
        TO_5000 = "to-5000", "4001—5000 元"
        TO_6000 = "to-6000", "5001—6000 元"
        ABOVE_6000 = "above-6000", "6000 元以上"

    class Reason(models.TextChoices):
        RESIGNED = "resigned", "辞职"
        RECRUITED = "recruited", "考录机关事业单位"
        TRANSFERRED = "transferred", "调动"
        EXPIRED = "expired", "合同期满"
        RETIRED = "retired", "退休"
        DISMISSED = "dismissed", "辞退"
        OTHER = "other", "其他"

    SENSITIVE = ("pay_band",)

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="workers", verbose_name="党组织")
    name = models.CharField("姓名", max_length=60)
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="party_work", verbose_name="党员"
    )
    post = models.CharField("岗位", max_length=10, choices=Post)
    pay_band = models.CharField("薪酬档次", max_length=10, choices=PayBand, blank=True)
    start = models.DateField("到岗日期")
    left_on = models.DateField("离岗日期", null=True, blank=True)
    left_reason = models.CharField("离岗原因", max_length=12, choices=Reason, blank=True)
    reserve_since = models.DateField("列为后备干部日期", null=True, blank=True)
    reserve_until = models.DateField("不再列为后备日期", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = PartyWorkerQuerySet.as_manager()

    class Meta:
        verbose_name = "党务工作者"
        ordering = ["organization__path", "start", "pk"]
        indexes = [models.Index(fields=["left_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name", "start"],
                name="one_party_worker_per_start",
                violation_error_message="这个人同一天到岗的记录已经登记过",
            ),
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=Q(left_on__isnull=True),
                name="one_open_party_worker_per_name",
                violation_error_message="这个组织已有同名的人在岗；确实同名的，在姓名后加以区分，如“王芳（二网格）”",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True, left_reason="")
                | (Q(left_on__isnull=False, left_on__gt=F("start")) & ~Q(left_reason="")),
                name="party_worker_leaves_later_and_why",
            ),
            models.CheckConstraint(
                condition=Q(reserve_until__isnull=True)
                | Q(reserve_since__isnull=False, reserve_until__gt=F("reserve_since")),
                name="party_worker_reserve_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("branches:worker", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        start, left, reason = (values.get(name) for name in ("start", "left_on", "left_reason"))
        since, until = values.get("reserve_since"), values.get("reserve_until")
        if start and left and left <= start:
            yield "left_on", f"离岗日期应晚于到岗日期 {start}"
        if left and not reason:
            yield "left_reason", "请选离岗原因"
        if reason and not left:
            yield "left_on", "填了离岗原因，还要填离岗日期"
        if until and not since:
            yield "reserve_since", "请填列为后备干部的日期"
        if since and until and until <= since:
            yield "reserve_until", f"应晚于列为后备干部的日期 {since}"

    @property
    def is_employed(self) -> bool:
        """Whether they are employed today."""
        today = timezone.localdate()
        return self.start <= today and (self.left_on is None or self.left_on > today)

    @property
    def is_reserve(self) -> bool:
        """Whether they are employed today and a reserve cadre."""
        today = timezone.localdate()
        since, until = self.reserve_since, self.reserve_until
        return self.is_employed and since is not None and since <= today and (until is None or until > today)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.start, True)


class WorkerTrainingQuerySet(ScopedQuerySet["WorkerTraining"]):
    path = "worker__organization__path"


class WorkerTraining(Record):
    """One training that a Party worker took."""

    worker = models.ForeignKey(PartyWorker, models.CASCADE, related_name="trainings", verbose_name="党务工作者")
    on = models.DateField("日期")
    subject = models.CharField("培训内容", max_length=100)
    organizer = models.CharField("举办单位", max_length=100, blank=True)
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)

    objects = WorkerTrainingQuerySet.as_manager()

    class Meta:
        verbose_name = "党务工作者培训"
        ordering = ["-on", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(hours__gt=0), name="worker_training_hours_above_zero")]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return self.worker.get_absolute_url()

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong)."""
        if (hours := values.get("hours")) is not None and hours <= 0:
            yield "hours", "学时应大于 0"
        if (on := values.get("on")) and on > timezone.localdate():
            yield "on", "日期不能晚于今天"

    def audit_path(self) -> str:
        return self.worker.organization.path
