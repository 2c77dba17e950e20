"""Demonstration (示范): communities, projects and members put forward as examples, from the claim to the naming."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from branches.models import Organization
from branches.spans import EVER_SINCE
from ledgers.models import Record, Touch
from members.models import Member

from ..querysets import DemonstrationQuerySet


class Demonstration(Record):
    """One example: claimed, helped along, accepted, named, looked at again, taken back."""

    class Kind(models.TextChoices):
        COMMUNITY = "community", "示范社区"
        PROJECT = "project", "典型项目"
        MEMBER = "member", "先进党员"

    class Level(models.TextChoices):
        STREET = "street", "街道级"
        DISTRICT = "district", "区级"
        CITY = "city", "市级"
        PROVINCE = "province", "省级"
        NATION = "nation", "国家级"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="demonstrations", verbose_name="党组织")
    kind = models.CharField("类别", max_length=10, choices=Kind)
    title = models.CharField("名称", max_length=100)
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="demonstrations", verbose_name="党员"
    )
    level = models.CharField("级别", max_length=10, choices=Level, default=Level.STREET)
    grounds = models.TextField("申报理由", max_length=2000, blank=True)
    claimed_on = models.DateField("申报日期")
    plan = models.TextField("培育计划", max_length=2000, blank=True)
    accepted_on = models.DateField("验收日期", null=True, blank=True)
    named_on = models.DateField("命名日期", null=True, blank=True)
    document = models.CharField("命名文号", max_length=60, blank=True)
    reviewed_on = models.DateField("复核日期", null=True, blank=True)
    withdrawn_on = models.DateField("撤销日期", null=True, blank=True)
    reason = models.CharField("撤销原因", max_length=200, blank=True)

    objects = DemonstrationQuerySet.as_manager()

    class Meta:
        verbose_name = "示范典型"
        ordering = ["-named_on", "-claimed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "title", "level"],
                name="one_demonstration_of_a_title",
                violation_error_message="这个组织已有同名、同级别的典型",
            ),
            models.CheckConstraint(
                condition=Q(named_on__isnull=True) | Q(named_on__gte=F("claimed_on")), name="named_after_claimed"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(named_on__isnull=False, withdrawn_on__gte=F("named_on")),
                name="withdrawn_after_named",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("assessments:demonstration", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        days = [(name, values.get(name)) for name in ("claimed_on", "accepted_on", "named_on")]
        known = [(name, day) for name, day in days if day]
        for (_, earlier), (name, later) in pairwise(known):
            if later < earlier:
                yield name, f"早于前一步的日期 {earlier}"
        named, gone = values.get("named_on"), values.get("withdrawn_on")
        if gone and not named:
            yield "withdrawn_on", "没有命名的不用撤销"
        elif gone and named and gone < named:
            yield "withdrawn_on", f"早于命名日期 {named}"
        if gone and not values.get("reason"):
            yield "reason", "请写明撤销的原因"

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of how far it has come."""
        if self.withdrawn_on:
            return "bad", "已撤销"
        if self.named_on:
            return "ok", "已命名"
        if self.accepted_on:
            return "warn", "待命名"
        return ("warn", "培育中") if self.plan else ("none", "已申报")

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.named_on or EVER_SINCE, True)


def named_on_day(day: date) -> Q:
    """Return the condition that something was named by a day and not taken back by it."""
    return Q(named_on__lte=day) & (Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=day))
