"""Co-building (共驻共建): partner units, the yearly agreements with them, and what each of them did."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from branches.models import Organization
from branches.spans import EVER_SINCE, lasting
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet
from members.models import mask_phone

from .records import Activity

RENEWED_BEFORE = timedelta(days=60)
"""How long before its end an agreement should be renewed."""
FIRST_YEAR, LAST_YEAR = 2000, 2100


def in_force(day: date) -> Q:
    """Return the condition that an agreement is in force on a day, its last one included.

    It is once it has begun and is signed, and no longer from the day on which the unit left.
    """
    return Q(start__lte=day, signed_on__lte=day, end__gte=day) & (
        Q(partner__left_on__isnull=True) | Q(partner__left_on__gt=day)
    )


def ending_soon(day: date) -> Q:
    """Return the condition that an agreement in force ends within 60 days and the unit has no later one."""
    later = Agreement.objects.filter(partner=OuterRef("partner"), end__gt=OuterRef("end"))
    return in_force(day) & Q(end__lte=day + RENEWED_BEFORE) & ~Q(Exists(later))


class PartnerQuerySet(ScopedQuerySet["PartnerUnit"]):
    right = Right.ACTIVITIES_VIEW

    def standing_on(self, day: date) -> Self:
        """Keep the units registered by a day that have not left by it."""
        return self.filter(lasting(day, "registered_on", "left_on"))


class PartnerUnit(Record):
    """One unit that builds together with an organisation; the same unit may be registered by several."""

    SENSITIVE = ("phone",)

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="partner_units", verbose_name="社区（党组织）"
    )
    name = models.CharField("单位名称", max_length=100)
    kind = models.CharField("单位类别", max_length=20, choices=Organization.UnitKind, blank=True)
    strengths = models.CharField("资源特长", max_length=200, blank=True)
    contact = models.CharField("联系人", max_length=60, blank=True)
    phone = EncryptedTextField("联系电话", blank=True)
    registered_on = models.DateField("登记日期", null=True, blank=True)
    left_on = models.DateField("退出日期", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = "共建单位"
        ordering = ["organization__path", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="one_partner_per_name",
                violation_error_message="这个社区已经登记过同名的共建单位",
            ),
            models.CheckConstraint(
                condition=Q(registered_on__isnull=True) | Q(left_on__isnull=True) | Q(left_on__gt=F("registered_on")),
                name="partner_left_after_registered",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("activities:partner", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        registered, left = values.get("registered_on"), values.get("left_on")
        if registered and left and left <= registered:
            yield "left_on", f"退出日期应晚于登记日期 {registered}"

    @property
    def masked_phone(self) -> str:
        """The phone as screens show it."""
        return mask_phone(self.phone)

    @property
    def has_left(self) -> bool:
        """Whether it has left by today."""
        return self.left_on is not None and self.left_on <= timezone.localdate()

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.registered_on or EVER_SINCE, True)


class AgreementQuerySet(ScopedQuerySet["Agreement"]):
    right = Right.ACTIVITIES_VIEW

    def in_force_on(self, day: date) -> Self:
        """Keep the agreements in force on a day."""
        return self.filter(in_force(day))

    def ending_soon(self, day: date) -> Self:
        """Keep those in force that end within 60 days and are not renewed."""
        return self.filter(ending_soon(day))


class Agreement(Record):
    """One year's agreement of an organisation with a unit. The lists hold one item a line."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="agreements", editable=False, verbose_name="社区（党组织）"
    )
    partner = models.ForeignKey(PartnerUnit, models.PROTECT, related_name="agreements", verbose_name="共建单位")
    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    number = models.CharField("协议编号", max_length=60, blank=True)
    signed_on = models.DateField("签订日期")
    start = models.DateField("开始日期")
    end = models.DateField("到期日期")
    needs = models.TextField("需求清单", max_length=2000, blank=True)
    resources = models.TextField("资源清单", max_length=2000, blank=True)
    projects = models.TextField("项目清单", max_length=2000, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "共驻共建协议"
        ordering = ["-year", "organization__path", "partner__name"]
        indexes = [models.Index(fields=["organization", "start", "end"])]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "year"],
                name="one_agreement_a_year",
                violation_error_message="和这个单位这一年度的协议已经登记过",
            ),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="agreement_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.partner.name} {self.year} 年协议"

    def get_absolute_url(self) -> str:
        return reverse("activities:agreement", args=[self.pk])

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.organization_id = self.partner.organization_id
        super().save(*args, **kwargs)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        year, signed, start, end = (values.get(name) for name in ("year", "signed_on", "start", "end"))
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            yield "year", "年度应写成四位数，如 2026"
            return
        if start and end and end < start:
            yield "end", f"到期日期早于开始日期 {start}"
        elif year and start and end and not start.year <= year <= end.year:
            yield "year", f"年度与协议期限 {start} 至 {end} 对不上"
        if signed and end and signed > end:
            yield "signed_on", f"签订日期晚于到期日期 {end}"

    @property
    def state(self) -> tuple[str, str]:
        """Colour and word of its state today."""
        today = timezone.localdate()
        if self.partner.has_left:
            return "none", "单位已退出"
        if self.end < today:
            return "none", "已到期"
        if max(self.start, self.signed_on) > today:
            return "none", "未生效"
        return ("warn", f"还有 {self.days_left} 天到期") if self.days_left <= RENEWED_BEFORE.days else ("ok", "有效")

    @property
    def days_left(self) -> int:
        """Days from today to its last one."""
        return (self.end - timezone.localdate()).days

    @property
    def lists(self) -> list[tuple[str, list[str]]]:
        """The three lists with their titles, item by item."""
        titles = (("needs", "需求清单"), ("resources", "资源清单"), ("projects", "项目清单"))
        return [(title, [line for line in getattr(self, name).splitlines() if line.strip()]) for name, title in titles]

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, max(self.start, self.signed_on), True)


class ContributionQuerySet(ScopedQuerySet["Contribution"]):
    right = Right.ACTIVITIES_VIEW


class Contribution(Record):
    """One thing that a unit did, at an activity or by itself. Money is in yuan."""

    class Kind(models.TextChoices):
        PROJECT = "project", "实施项目"
        RESOURCE = "resource", "提供资源"
        NEED = "need", "解决需求"
        SERVICE = "service", "志愿服务"
        OTHER = "other", "其他"

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="contributions", editable=False, verbose_name="社区（党组织）"
    )
    partner = models.ForeignKey(PartnerUnit, models.PROTECT, related_name="contributions", verbose_name="共建单位")
    date = models.DateField("日期")
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.PROJECT)
    content = models.CharField("内容", max_length=200)
    money = models.DecimalField(
        "投入资金（元）", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    people = models.PositiveIntegerField("受益人数", null=True, blank=True)
    activity = models.ForeignKey(
        Activity, models.PROTECT, null=True, blank=True, related_name="contributions", verbose_name="相关活动"
    )

    objects = ContributionQuerySet.as_manager()

    class Meta:
        verbose_name = "共建实事"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "date", "content"],
                name="one_contribution_a_day",
                violation_error_message="这个单位这一天的这件事已经登记过",
            ),
            models.CheckConstraint(
                condition=Q(money__isnull=True) | Q(money__gte=0), name="contribution_money_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.content}"

    def get_absolute_url(self) -> str:
        return f"{self.partner.get_absolute_url()}#contributions"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.organization_id = self.partner.organization_id
        super().save(*args, **kwargs)

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that cannot be."""
        on, money, people = (values.get(name) for name in ("date", "money", "people"))
        if on and on > timezone.localdate():
            yield "date", "日期不能晚于今天"
        if money is not None and money < 0:
            yield "money", "资金不能是负数"
        if people is not None and people < 0:
            yield "people", "人数不能是负数"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)
