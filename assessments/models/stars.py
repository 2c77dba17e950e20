"""Stars (夺旗争星): what branches and members claim, what was granted, and the flag that a branch's stars come to."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from branches.models import Organization
from ledgers import parsing
from ledgers.models import Record, Touch
from ledgers.period import Period
from members.models import Member

from ..querysets import BranchStarsQuerySet, MemberStarQuerySet


class Star(NamedTuple):
    """One star for branches: what it is called, and the rules that must hold for it."""

    code: str
    title: str
    rules: tuple[str, ...]


STARS = (
    Star("organization", "组织建设星", ("R01", "R02", "R05", "R10", "R12", "R13")),
    Star("members", "党员管理星", ("R16", "R32", "R35", "R36")),
    Star("service", "服务群众星", ("R42", "R54")),
    Star("cobuilding", "共建共治星", ("R19", "R17")),
    Star("discipline", "廉洁守纪星", ("R15", "R53")),
)
"""The stars for branches; names and rules are the office's custom."""
STAR_CHOICES = [(star.code, star.title) for star in STARS]


class BranchStars(Record):
    """What one branch claimed and was granted in one period. The flag follows from the number of stars granted."""

    class Flag(models.TextChoices):
        RED = "red", "红旗"
        BLUE = "blue", "蓝旗"
        YELLOW = "yellow", "黄旗"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="stars", verbose_name="党支部")
    period = models.CharField("时期", max_length=7)
    claimed = models.CharField("申报的星", max_length=200, blank=True)
    grounds = models.TextField("申报理由", max_length=1000, blank=True)
    claimed_on = models.DateField("申报日期")
    granted = models.CharField("授予的星", max_length=200, blank=True)
    granted_on = models.DateField("授予日期", null=True, blank=True)
    flag = models.CharField("旗", max_length=8, choices=Flag, blank=True)
    withdrawn_on = models.DateField("收回日期", null=True, blank=True)
    reason = models.CharField("未授予或收回的原因", max_length=300, blank=True)

    objects = BranchStarsQuerySet.as_manager()

    class Meta:
        verbose_name = "支部夺旗"
        ordering = ["-period", "organization__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period"],
                name="one_claim_of_stars_a_period",
                violation_error_message="这个支部这一期已经申报过",
            ),
            models.CheckConstraint(
                condition=Q(granted_on__isnull=False) | Q(granted="", flag=""), name="stars_granted_on_a_day"
            ),
            models.CheckConstraint(
                condition=Q(granted_on__isnull=True) | Q(granted_on__gte=F("claimed_on")), name="stars_after_claim"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}{Period.parse(self.period).label}夺旗争星"

    def get_absolute_url(self) -> str:
        return reverse("assessments:branch-stars", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        try:
            Period.parse(values.get("period") or "")
        except ValueError:
            yield "period", "时期写成“2026年第三季度”"
        claimed, granted = values.get("claimed_on"), values.get("granted_on")
        if values.get("granted") and not granted:
            yield "granted_on", "授予了星的，请填授予日期"
        if claimed and granted and granted < claimed:
            yield "granted_on", f"授予日期早于申报日期 {claimed}"
        if values.get("withdrawn_on") and not values.get("reason"):
            yield "reason", "收回的，请写明原因"

    def derive(self) -> None:
        """Give the flag that the stars granted come to: five 红旗, four 蓝旗, three 黄旗; none once taken back."""
        number = len(parsing.parted(self.granted)) if self.withdrawn_on is None else 0
        flags = {5: self.Flag.RED, 4: self.Flag.BLUE, 3: self.Flag.YELLOW}
        self.flag = flags.get(number, "") if self.granted_on else ""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the flag in step."""
        self.derive()
        super().save(*args, **kwargs)

    @property
    def titles(self) -> str:
        """The stars granted, in words."""
        known = dict(STAR_CHOICES)
        return "、".join(known.get(code, code) for code in parsing.parted(self.granted))

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of its tag."""
        if self.withdrawn_on:
            return "bad", "已收回"
        if self.granted_on:
            return "ok", self.get_flag_display() or f"{len(parsing.parted(self.granted))} 颗星"
        return "warn", "待审定"

    def touches(self) -> Iterator[Touch]:
        if self.granted_on:
            yield Touch(self.organization_id, self.granted_on, False)


class MemberStar(Record):
    """One star that one member claimed and was granted in one period."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="member_stars", verbose_name="党支部")
    member = models.ForeignKey(Member, models.CASCADE, related_name="stars", verbose_name="党员")
    period = models.CharField("时期", max_length=7)
    title = models.CharField("星", max_length=40)
    grounds = models.CharField("事迹", max_length=500, blank=True)
    claimed_on = models.DateField("申报日期")
    granted_on = models.DateField("授予日期", null=True, blank=True)
    withdrawn_on = models.DateField("收回日期", null=True, blank=True)
    reason = models.CharField("未授予或收回的原因", max_length=300, blank=True)

    objects = MemberStarQuerySet.as_manager()

    class Meta:
        verbose_name = "党员争星"
        ordering = ["-period", "organization__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "period", "title"],
                name="one_star_of_a_title_a_period",
                violation_error_message="这名党员这一期已经申报过这颗星",
            ),
            models.CheckConstraint(
                condition=Q(granted_on__isnull=True) | Q(granted_on__gte=F("claimed_on")), name="star_after_claim"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member.name} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:member-star", args=[self.pk])

    faults = BranchStars.faults

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of its tag."""
        if self.withdrawn_on:
            return "bad", "已收回"
        return ("ok", "已授予") if self.granted_on else ("warn", "待审定")

    def touches(self) -> Iterator[Touch]:
        if self.granted_on:
            yield Touch(self.organization_id, self.granted_on, False)


def standing_grant(day: date) -> Q:
    """Return the condition that what was granted had not been taken back by a day."""
    return Q(granted_on__isnull=False) & (Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=day))
