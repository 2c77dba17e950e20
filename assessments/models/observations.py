"""Observation (逐社区观摩): each quarter every community is visited in turn; judges score items, a ranking follows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period
from ledgers.recording import record_all

from ..querysets import JudgeQuerySet, ObservationQuerySet, ObservationRoundQuerySet

LEFT_OUT_FROM = 5
"""From so many scores of a group on, its highest and its lowest are left out."""
CENT = Decimal("0.01")
SALT = "observation-judge"


def judged(groups: Iterable[tuple[Decimal, Collection[Decimal]]]) -> Decimal | None:
    """Return what several groups of judges give, each as (weight, totals): the weighted mean of their means.

    Of a group of five or more the highest and the lowest total are left out; a group without totals drops out.
    Half up to 0.01; None where nobody has scored.
    """
    found = []
    for weight, totals in groups:
        ordered = sorted(totals)
        kept = ordered[1:-1] if len(ordered) >= LEFT_OUT_FROM else ordered
        if kept:
            found.append((weight, sum(kept, start=Decimal(0)) / len(kept)))
    weights = sum((weight for weight, _ in found), start=Decimal(0))
    if not weights:
        return None
    return (sum((w * mean for w, mean in found), start=Decimal(0)) / weights).quantize(CENT, ROUND_HALF_UP)


class ObservationRound(Record):
    """One round of a street in one quarter: what is scored, and who judges. Closed, its links are dead."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="observation_rounds", verbose_name="街道"
    )
    period = models.CharField("季度", max_length=7)
    title = models.CharField("名称", max_length=100)
    closed_on = models.DateField("结束日期", null=True, blank=True, editable=False)

    DATED = False
    objects = ObservationRoundQuerySet.as_manager()

    class Meta:
        verbose_name = "观摩评比"
        ordering = ["-period", "organization__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period"],
                name="one_round_a_quarter",
                violation_error_message="这个季度的观摩评比已经建立",
            )
        ]

    def __str__(self) -> str:
        return f"{self.when.label}{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:observation-round", args=[self.pk])

    @property
    def when(self) -> Period:
        """The quarter."""
        return Period.parse(self.period)

    @property
    def full(self) -> Decimal:
        """The points of all items."""
        return sum((item.points for item in self.items.all()), start=Decimal(0))

    @atomic
    def close(self) -> "ObservationRound":
        """End the scoring: keep each community's points and rank. Scores given are kept, links die."""
        self.closed_on = timezone.localdate()
        self.record("end")
        rows, full = list(self.results()), self.full
        places = sorted((points for _, points in rows if points is not None), reverse=True)
        for stop, points in rows:
            stop.points, stop.full = points, full
            stop.rank = None if points is None else places.index(points) + 1
            stop.visited_on = stop.visited_on or self.closed_on
        record_all([stop for stop, _ in rows])
        return self

    def results(self) -> Iterator[tuple["CommunityObservation", Decimal | None]]:
        """Yield each community of the route with what the judges give it so far. Three queries."""
        stops = list(self.stops.select_related("organization"))
        scored: dict[int, dict[int, list[Decimal]]] = {}
        given = JudgeSheet.objects.filter(stop__round=self)
        for place, group, total in given.values_list("stop", "judge__group", "total"):
            scored.setdefault(place, {}).setdefault(group, []).append(total)
        groups = list(self.groups.all())
        for stop in stops:
            held = scored.get(stop.pk, {})
            yield stop, judged((group.weight, held.get(group.pk, ())) for group in groups)


class ObservationItem(models.Model):
    """One thing that judges score. Written with its round."""

    class Part(models.TextChoices):
        SITE = "site", "现场"
        SPOKEN = "spoken", "汇报"

    round = models.ForeignKey(ObservationRound, models.CASCADE, related_name="items", verbose_name="观摩评比")
    position = models.PositiveSmallIntegerField("顺序")
    title = models.CharField("评分项", max_length=100)
    points = models.DecimalField("分值", max_digits=6, decimal_places=2)
    part = models.CharField("环节", max_length=8, choices=Part, default=Part.SITE)

    class Meta:
        verbose_name = "观摩评分项"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "title"], name="one_observation_item_of_a_title"),
            models.CheckConstraint(condition=Q(points__gt=0), name="observation_item_above_zero"),
        ]

    def __str__(self) -> str:
        return self.title


class JudgeGroup(models.Model):
    """Judges whose scores are put together before they are weighted. Written with its round."""

    round = models.ForeignKey(ObservationRound, models.CASCADE, related_name="groups", verbose_name="观摩评比")
    title = models.CharField("评委组", max_length=40)
    weight = models.DecimalField("权重", max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = "评委组"
        ordering = ["-weight", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "title"], name="one_judge_group_of_a_title"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="judge_group_weight_above_zero"),
        ]

    def __str__(self) -> str:
        return self.title


class Judge(models.Model):
    """Somebody who scores on a phone by a signed link, without an account; not their own community."""

    group = models.ForeignKey(JudgeGroup, models.CASCADE, related_name="judges", verbose_name="评委组")
    name = models.CharField("评委", max_length=60)
    community = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="所在社区"
    )

    objects = JudgeQuerySet.as_manager()

    class Meta:
        verbose_name = "评委"
        ordering = ["group", "pk"]
        constraints = [models.UniqueConstraint(fields=["group", "name"], name="one_judge_of_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        """What the link carries: signed, so that nobody makes one up."""
        return signing.dumps(self.pk, salt=SALT)

    def judges(self, stop: "CommunityObservation") -> bool:
        """Say whether this judge scores a community: nobody scores their own."""
        return stop.organization_id != self.community_id


class CommunityObservation(Record):
    """One community in one quarter's round: where it was visited, what it reached, what was said."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="observations", verbose_name="社区")
    period = models.CharField("季度", max_length=7)
    round = models.ForeignKey(
        ObservationRound, models.SET_NULL, null=True, blank=True, related_name="stops", verbose_name="观摩评比"
    )
    position = models.PositiveSmallIntegerField("行程顺序", default=0)
    spots = models.CharField("观摩点位", max_length=300, blank=True)
    visited_on = models.DateField("观摩日期", null=True, blank=True)
    points = models.DecimalField("得分", max_digits=7, decimal_places=2, null=True, blank=True)
    full = models.DecimalField("满分", max_digits=7, decimal_places=2, default=100)
    rank = models.PositiveSmallIntegerField("名次", null=True, blank=True)
    comment = models.TextField("点评", max_length=1000, blank=True)
    problem = models.CharField("存在问题", max_length=300, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = "社区观摩"
        ordering = ["-period", "position", "organization__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period"],
                name="one_observation_a_quarter",
                violation_error_message="这个社区这个季度的观摩已经登记过",
            ),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__gte=0, points__lte=F("full")), name="points_within_full"
            ),
            models.CheckConstraint(condition=Q(full__gt=0), name="observation_full_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{Period.parse(self.period).label}观摩{self.organization}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:observation", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        points, full, day = values.get("points"), values.get("full"), values.get("visited_on")
        try:
            quarter = Period.parse(values.get("period") or "")
        except ValueError:
            quarter = None
        if quarter is None or quarter.kind != Period.QUARTER:
            yield "period", "季度写成“2026年第三季度”"
        elif day and not quarter.start <= day <= quarter.end:
            yield "visited_on", f"观摩日期不在{quarter.label}"
        if full is not None and full <= 0:
            yield "full", "满分应大于 0"
        elif points is not None and points < 0:
            yield "points", "得分不能小于 0"
        elif points is not None and full is not None and points > full:
            yield "points", f"得分不能高于满分 {full}"
        if points is not None and not day:
            yield "visited_on", "有得分的，请填观摩日期"

    @property
    def share(self) -> Decimal | None:
        """The part of the full points that it reached, exact."""
        return None if self.points is None else self.points / self.full

    def touches(self) -> Iterator[Touch]:
        if self.visited_on:
            yield Touch(self.organization_id, self.visited_on, False)


class JudgeSheet(models.Model):
    """What one judge gives one community: item id → points, their sum, and a remark. Kept until the round is closed."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="sheets", verbose_name="评委")
    stop = models.ForeignKey(CommunityObservation, models.CASCADE, related_name="sheets", verbose_name="社区观摩")
    scores = models.JSONField("各项得分", default=dict)
    total = models.DecimalField("合计", max_digits=7, decimal_places=2)
    remark = models.CharField("点评", max_length=300, blank=True)
    given_at = models.DateTimeField("评分时间", auto_now=True)

    class Meta:
        verbose_name = "评分表"
        constraints = [models.UniqueConstraint(fields=["judge", "stop"], name="one_sheet_a_judge_and_community")]

    def __str__(self) -> str:
        return f"{self.judge} {self.stop}"
