"""What study is about and what members bring home from it: themes of the year, series, certificates of training."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.permissions import Right
from branches.models import Organization
from branches.querysets import SharedQuerySet
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet
from members.models import Member

YEARS = (MinValueValidator(1990), MaxValueValidator(2100))
IN_YEARS = Q(year__range=(1990, 2100))
MOST_HOURS = Decimal(500)


class StudyQuerySet(SharedQuerySet[Any]):
    """Themes and series: who is below studies them as well."""

    right = Right.ACTIVITIES_VIEW


class StudyTheme(Record):
    """What an organisation and all below it study in a year."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="党组织")
    year = models.PositiveSmallIntegerField("年度", validators=YEARS)
    title = models.CharField("学习主题", max_length=100)
    document = models.CharField("来源文件", max_length=200, blank=True)
    note = models.CharField("学习要求", max_length=500, blank=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name = "学习主题"
        ordering = ["-year", "organization__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year", "title"],
                name="one_theme_of_a_title_a_year",
                violation_error_message="这个组织这一年已经有同名的学习主题",
            ),
            models.CheckConstraint(condition=IN_YEARS, name="study_theme_year"),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年：{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("activities:theme", args=[self.pk])

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, date(self.year, 1, 1), True)


class StudySeries(Record):
    """Several activities that belong together, such as the sessions of one concentrated training (集中轮训)."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="党组织")
    year = models.PositiveSmallIntegerField("年度", validators=YEARS)
    title = models.CharField("系列名称", max_length=100)
    theme = models.ForeignKey(
        StudyTheme, models.SET_NULL, null=True, blank=True, related_name="series", verbose_name="学习主题"
    )
    concentrated = models.BooleanField("集中轮训", default=False)
    note = models.CharField("说明", max_length=500, blank=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name = "学习系列"
        ordering = ["-year", "organization__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year", "title"],
                name="one_series_of_a_title_a_year",
                violation_error_message="这个组织这一年已经有同名的学习系列",
            ),
            models.CheckConstraint(condition=IN_YEARS, name="study_series_year"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activities:series", args=[self.pk])


class CertificateQuerySet(ScopedQuerySet["Certificate"]):
    right = Right.MEMBERS_VIEW


class Certificate(Record):
    """Training that a member took elsewhere: its hours count into the year of its day."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="所在党支部")
    member = models.ForeignKey(Member, models.PROTECT, related_name="certificates", verbose_name="党员")
    title = models.CharField("培训名称", max_length=100)
    issuer = models.CharField("举办单位", max_length=100, blank=True)
    date = models.DateField("结业日期")
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)
    number = models.CharField("证书编号", max_length=60, blank=True)
    concentrated = models.BooleanField("集中轮训", default=False)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = "培训证书"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"]), models.Index(fields=["member", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "date", "title", "member"], name="one_certificate_a_day"),
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=MOST_HOURS),
                name="certificate_hours",
                violation_error_message=f"学时应大于 0，最多 {MOST_HOURS}",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("activities:certificate", args=[self.pk])

    @property
    def worth(self) -> str:
        """Its hours in words: 24 学时."""
        return f"{self.hours.normalize():f} 学时"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)
