"""Notes of visits (走访调研): reports heard, papers read, residents called on; the basis of an investigation."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet


class VisitQuerySet(ScopedQuerySet["Visit"]):
    right = Right.ACTIVITIES_VIEW

    def made_between(self, start: date, end: date) -> Self:
        """Keep what was done from one day to another, both included."""
        return self.filter(date__range=(start, end))


class Visit(Record):
    """One note: on a day somebody heard a report, read papers or called on residents, and what they found.

    It belongs to the organisation that was looked at. `people` counts those who were talked with.
    """

    class Kind(models.TextChoices):
        REPORT = "report", "听取汇报"
        PAPERS = "papers", "查阅资料"
        RESIDENTS = "residents", "走访群众"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="visits", verbose_name="走访的组织")
    date = models.DateField("日期")
    kind = models.CharField("方式", max_length=10, choices=Kind)
    visitors = models.CharField("走访人", max_length=100)
    target = models.CharField("走访对象", max_length=200)
    people = models.PositiveSmallIntegerField("访谈人数", null=True, blank=True)
    content = models.TextField("了解到的情况", max_length=2000, blank=True)
    problem = models.CharField("发现的问题", max_length=300, blank=True)
    advice = models.CharField("意见建议", max_length=300, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = "走访记录"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date", "kind"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "date", "kind", "target"],
                name="one_visit_a_day",
                violation_error_message="这一天同样的走访已经登记过，请打开那一条补充",
            ),
            models.CheckConstraint(condition=Q(people__isnull=True) | Q(people__gt=0), name="visit_people_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}：{self.target}"

    def get_absolute_url(self) -> str:
        return reverse("activities:visit", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        if (day := values.get("date")) and day > timezone.localdate():
            yield "date", "这一天还没有到"
        people = values.get("people")
        if people is not None and not 0 < people <= 32767:
            yield "people", "访谈人数应大于 0；没有访谈的留空"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)
