"""Fingerprints of minutes, kept to find those that say nearly the same."""

from django.db import models

from accounts.permissions import Right
from ledgers.scope import ScopedQuerySet

from .records import Activity


class MinutesBandQuerySet(ScopedQuerySet["MinutesBand"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW


class MinutesBand(models.Model):
    """One band of the fingerprint of an activity's minutes; a text too short to compare has one that fits no other.

    What can be made again any time stands in nobody's way: an import is undone whether its minutes have fingerprints or
    not, and `clear_orphans` removes what is left of them.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+", db_constraint=False, verbose_name="活动")
    value = models.BigIntegerField("指纹")

    objects = MinutesBandQuerySet.as_manager()

    class Meta:
        verbose_name = "会议记录指纹"
        constraints = [models.UniqueConstraint(fields=["value", "activity"], name="one_band_per_value")]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.value}"
