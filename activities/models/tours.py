"""Observation tours (逐社区观摩): which communities a tour of the street went to, and what was seen there."""

from collections.abc import Iterator
from datetime import date
from typing import Self

from django.db import models

from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet

from .records import Activity


class TourStopQuerySet(ScopedQuerySet["TourStop"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW

    def counted(self) -> Self:
        """Keep the stops of tours that count: submitted or confirmed."""
        return self.filter(activity__status__in=Activity.Status.counted())

    def made_in(self, period: Period) -> Self:
        """Keep the stops of tours held in the period."""
        return self.filter(activity__date__range=(period.start, period.end))


class TourStop(Record):
    """One community that a tour (an activity of the kind 观摩评比) went to."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="stops", verbose_name="观摩活动")
    community = models.ForeignKey(Organization, models.PROTECT, related_name="tour_stops", verbose_name="社区")
    seen = models.CharField("观摩内容", max_length=300, blank=True)

    objects = TourStopQuerySet.as_manager()

    class Meta:
        verbose_name = "观摩行程"
        ordering = ["activity", "community__path"]
        constraints = [models.UniqueConstraint(fields=["activity", "community"], name="one_stop_per_community")]

    def __str__(self) -> str:
        return f"{self.activity.date} 观摩{self.community}"

    def get_absolute_url(self) -> str:
        return self.activity.get_absolute_url()

    def audit_path(self) -> str:
        return self.activity.audit_path()

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.activity.organization_id, self.activity.date, False)


def communities_of(organization: Organization, day: date) -> models.QuerySet[Organization]:
    """Return the communities of a street that are live on a day: those that a tour goes to."""
    below = Organization.objects.under(organization, day).live_on(day)
    return below.filter(kind=Organization.Kind.COMMUNITY_COMMITTEE)
