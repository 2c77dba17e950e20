"""Premises (阵地) of Party organisations, and which communities are short of them."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from branches.spans import EVER_SINCE, lasting
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .tree import Organization

LEASE_WARNED_BEFORE = timedelta(days=90)
"""How long before its end a lease should be renewed."""


class VenueQuerySet(ScopedQuerySet["Venue"]):
    def in_use_on(self, day: date) -> Self:
        """Keep the venues in use on a day."""
        return self.filter(lasting(day, "opened_on", "closed_on"))

    def lease_ends_soon(self, day: date) -> Self:
        """Keep those whose lease has ended by that day or ends within 90 days of it."""
        return self.filter(lease_end__lte=day + LEASE_WARNED_BEFORE)


class Venue(Record):
    """One place where a Party organisation meets and works. Areas are in square metres."""

    class Tenure(models.TextChoices):
        OWN = "own", "自有"
        RENTED = "rented", "租赁"
        BORROWED = "borrowed", "借用"
        SHARED = "shared", "共用"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="venues", verbose_name="党组织")
    name = models.CharField("阵地名称", max_length=100)
    tenure = models.CharField("性质", max_length=10, choices=Tenure)
    area = models.DecimalField("面积（平方米）", max_digits=8, decimal_places=2, null=True, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    functions = models.CharField("功能", max_length=200, blank=True)
    owner = models.CharField("产权单位", max_length=100, blank=True)
    lease_start = models.DateField("租借开始", null=True, blank=True)
    lease_end = models.DateField("租借到期", null=True, blank=True)
    opened_on = models.DateField("启用日期", null=True, blank=True)
    closed_on = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = "阵地"
        ordering = ["organization__path", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_venue_per_name",
                violation_error_message="这个组织已经登记过同名的阵地",
            ),
            models.CheckConstraint(condition=Q(area__isnull=True) | Q(area__gt=0), name="venue_area_above_zero"),
            models.CheckConstraint(
                condition=~Q(tenure="own") | Q(lease_start__isnull=True, lease_end__isnull=True),
                name="own_venue_has_no_lease",
            ),
            models.CheckConstraint(
                condition=Q(lease_start__isnull=True) | Q(lease_end__isnull=True) | Q(lease_end__gte=F("lease_start")),
                name="venue_lease_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(opened_on__isnull=True) | Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="venue_closed_after_opened",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("branches:venue", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        area, start, end = (values.get(name) for name in ("area", "lease_start", "lease_end"))
        if area is not None and area <= 0:
            yield "area", "面积应大于 0，单位是平方米"
        if values.get("tenure") == Venue.Tenure.OWN and (start or end):
            yield "lease_end" if end else "lease_start", "自有的阵地不填租借日期；是租来的请把性质改为“租赁”"
        elif start and end and end < start:
            yield "lease_end", f"租借到期早于租借开始 {start}"
        opened, closed = values.get("opened_on"), values.get("closed_on")
        if opened and closed and closed <= opened:
            yield "closed_on", f"停用日期应晚于启用日期 {opened}"

    @property
    def is_in_use(self) -> bool:
        """Whether it is in use today."""
        today = timezone.localdate()
        return (self.opened_on or today) <= today and (self.closed_on is None or self.closed_on > today)

    @property
    def lease_days_left(self) -> int | None:
        """Days from today to the end of the lease; negative once it is over; None without one, or out of use."""
        if self.lease_end is None or not self.is_in_use:
            return None
        return (self.lease_end - timezone.localdate()).days

    @property
    def lease_tone(self) -> str:
        """The colour of the lease's tag."""
        left = self.lease_days_left
        if left is None:
            return "none"
        return "bad" if left < 0 else "warn" if left <= LEASE_WARNED_BEFORE.days else "ok"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.opened_on or EVER_SINCE, True)


class ShortageQuerySet(ScopedQuerySet["Shortage"]):
    def open_on(self, day: date) -> Self:
        """Keep what was not solved on a day."""
        return self.filter(lasting(day, "since", "solved_on"))


class Shortage(Record):
    """An organisation marked short of premises, from a day until it was solved, and how."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="shortages", verbose_name="党组织")
    since = models.DateField("认定日期")
    situation = models.CharField("不足情况", max_length=200)
    missing_area = models.DecimalField("缺口面积（平方米）", max_digits=8, decimal_places=2, null=True, blank=True)
    plan = models.CharField("解决办法", max_length=200, blank=True)
    solved_on = models.DateField("解决日期", null=True, blank=True)

    objects = ShortageQuerySet.as_manager()

    class Meta:
        verbose_name = "阵地不足"
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "since"],
                name="one_shortage_per_day",
                violation_error_message="这个组织这一天已经登记过阵地不足",
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(solved_on__isnull=True),
                name="one_open_shortage",
                violation_error_message="这个组织已有一条没有解决的记录，请在那一条里补充",
            ),
            models.CheckConstraint(
                condition=Q(solved_on__isnull=True) | (Q(solved_on__gt=F("since")) & ~Q(plan="")),
                name="shortage_solved_later_and_somehow",
            ),
            models.CheckConstraint(
                condition=Q(missing_area__isnull=True) | Q(missing_area__gt=0), name="missing_area_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}阵地不足"

    def get_absolute_url(self) -> str:
        return reverse("branches:shortage", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        since, solved, area = (values.get(name) for name in ("since", "solved_on", "missing_area"))
        if area is not None and area <= 0:
            yield "missing_area", "缺口面积应大于 0，单位是平方米"
        if since and solved and solved <= since:
            yield "solved_on", f"解决日期应晚于认定日期 {since}"
        if solved and not values.get("plan"):
            yield "plan", "已经解决的，请写明是怎样解决的"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.since, True)
