"""The year's plan of organisational life: what an organisation means to hold on which day, and what became of it."""

from collections.abc import Iterator
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .records import Activity


class PlannedActivityQuerySet(ScopedQuerySet["PlannedActivity"]):
    right = Right.ACTIVITIES_VIEW

    def open(self) -> Self:
        """Keep what nothing on record has become of yet."""
        return self.filter(activity__isnull=True)

    def between(self, first: date, last: date) -> Self:
        """Keep what is planned from one day to another, both included."""
        return self.filter(date__range=(first, last))


class PlannedActivity(Record):
    """One activity planned for a day, and the activity that it became."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="plans", verbose_name="组织")
    kind = models.CharField("活动类型", max_length=20, choices=Activity.Kind)
    date = models.DateField("计划日期")
    topic = models.CharField("主题", max_length=200, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    activity = models.OneToOneField(
        Activity, models.SET_NULL, null=True, blank=True, editable=False, related_name="plan", verbose_name="登记的活动"
    )

    objects = PlannedActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "计划"
        ordering = ["date", "organization__path", "kind"]
        indexes = [models.Index(fields=["date", "kind"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "date"],
                name="one_plan_of_a_kind_a_day",
                violation_error_message="这一天已经计划了同类活动",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("activities:planned", args=[self.pk])

    @property
    def title(self) -> str:
        """What it is called: kind and topic."""
        return f"{self.get_kind_display()}：{self.topic}" if self.topic else self.get_kind_display()

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of what has become of it by today."""
        if self.activity_id:
            return "ok", "已登记"
        return ("bad", "过期未登记") if self.date < timezone.localdate() else ("none", "计划")

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)


def state_condition(value: str, today: date) -> Q:
    """Return the condition of a state's word in addresses: held, open, missed. Raises KeyError."""
    return {
        "held": Q(activity__isnull=False),
        "open": Q(activity__isnull=True),
        "missed": Q(activity__isnull=True, date__lt=today),
    }[value]
