"""The units that a joint branch (联合党支部) covers, each from a day to another."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.spans import lasting
from ledgers.models import Record
from ledgers.scope import ScopedQuerySet

from .tree import Organization

MOST_UNITS = 5
"""Units that one joint branch may cover (《中国共产党支部工作条例（试行）》)."""


def covered_on(day: date) -> Q:
    """Return the condition that a unit was covered on a day."""
    return lasting(day, "start", "end")


class JointUnitQuerySet(ScopedQuerySet["JointUnit"]):
    def covered_on(self, day: date) -> Self:
        """Keep the units that were covered on a day; the last day no longer counts."""
        return self.filter(covered_on(day))


class JointUnit(Record):
    """One unit without a branch of its own whose members a joint branch takes in."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="joint_units", verbose_name="联合党支部"
    )
    name = models.CharField("单位名称", max_length=100)
    unit_kind = models.CharField("单位类别", max_length=20, choices=Organization.UnitKind, blank=True)
    start = models.DateField("覆盖日期")
    end = models.DateField("退出日期", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    objects = JointUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "联合党支部所含单位"
        ordering = ["organization__path", "start", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="joint_unit_ends_later"),
            models.UniqueConstraint(
                fields=["organization", "name", "start"],
                name="one_joint_unit_per_start",
                violation_error_message="这个单位同一天已经登记过",
            ),
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=Q(end__isnull=True),
                name="one_open_joint_unit",
                violation_error_message="这个单位已在这个联合党支部名下",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("branches:joint-unit-edit", args=[self.pk])

    @property
    def is_covered(self) -> bool:
        """Whether it is covered today."""
        today = timezone.localdate()
        return self.start <= today and (self.end is None or self.end > today)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        start, end = values.get("start"), values.get("end")
        if start and start > timezone.localdate():
            yield "start", "日期不能晚于今天"
        if start and end and end <= start:
            yield "end", f"退出日期应晚于覆盖日期 {start}"
