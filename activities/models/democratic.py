"""The yearly democratic review of members (民主评议党员): how far a branch has come, and what became of each member."""

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
from members.models import Member

FIRST_YEAR, LAST_YEAR = 1990, 2100


class BranchReviewQuerySet(ScopedQuerySet["BranchReview"]):
    right = Right.MEMBERS_VIEW


class BranchReview(Record):
    """One branch's review of one year: the day on which each step of the procedure was taken."""

    STEPS = ("mobilised_on", "self_reviewed_on", "discussed_on", "balloted_on", "settled_on", "followed_up_on")

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="branch_reviews", verbose_name="党支部")
    year = models.PositiveSmallIntegerField("评议年度")
    mobilised_on = models.DateField("学习动员", null=True, blank=True)
    self_reviewed_on = models.DateField("个人自评", null=True, blank=True)
    discussed_on = models.DateField("党员互评", null=True, blank=True)
    balloted_on = models.DateField("民主测评", null=True, blank=True)
    settled_on = models.DateField("组织评定", null=True, blank=True)
    followed_up_on = models.DateField("表彰处置", null=True, blank=True)

    objects = BranchReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "支部民主评议"
        ordering = ["-year", "organization__path"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="one_branch_review_a_year"),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="branch_review_year"),
        ]

    def __str__(self) -> str:
        return f"{self.organization.label} {self.year} 年民主评议"

    def get_absolute_url(self) -> str:
        return reverse("activities:democratic-sheet", args=[self.organization.code, self.year])

    @property
    def steps(self) -> list[tuple[str, str, date | None]]:
        """Field, label and day of each step, in order."""
        return [(name, str(self._meta.get_field(name).verbose_name), getattr(self, name)) for name in self.STEPS]  # type: ignore[union-attr]

    @property
    def steps_taken(self) -> int:
        """How many steps have a day."""
        return sum(day is not None for _, _, day in self.steps)


class DemocraticReviewQuerySet(ScopedQuerySet["DemocraticReview"]):
    right = Right.MEMBERS_VIEW

    def graded(self, year: int) -> Self:
        """Keep those of a year with a grade."""
        return self.filter(year=year).exclude(grade="")


class DemocraticReview(Record):
    """One member's review in one branch and year. `date` is the day of the grade; without one, of the entry."""

    class Grade(models.TextChoices):
        EXCELLENT = "excellent", "优秀"
        QUALIFIED = "qualified", "合格"
        BASIC = "basic", "基本合格"
        UNQUALIFIED = "unqualified", "不合格"

    VOTES = ("votes_excellent", "votes_qualified", "votes_basic", "votes_unqualified")

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="所在党支部")
    year = models.PositiveSmallIntegerField("评议年度")
    member = models.ForeignKey(Member, models.PROTECT, related_name="democratic_reviews", verbose_name="党员")
    self_reviewed = models.BooleanField("个人自评", default=False)
    votes_excellent = models.PositiveSmallIntegerField("优秀票", default=0)
    votes_qualified = models.PositiveSmallIntegerField("合格票", default=0)
    votes_basic = models.PositiveSmallIntegerField("基本合格票", default=0)
    votes_unqualified = models.PositiveSmallIntegerField("不合格票", default=0)
    grade = models.CharField("评定等次", max_length=12, choices=Grade, blank=True)
    date = models.DateField("评定日期")
    decision = models.CharField("处置意见", max_length=200, blank=True)

    objects = DemocraticReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "民主评议"
        ordering = ["-year", "organization__path", "pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "year", "member"], name="one_democratic_review_a_year"),
            models.CheckConstraint(condition=Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="democratic_review_year"),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.year} 年民主评议"

    def get_absolute_url(self) -> str:
        return reverse("activities:democratic-review", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        today = timezone.localdate()
        year, day = values.get("year"), values.get("date")
        if year is not None and not FIRST_YEAR <= year <= today.year:
            yield "year", f"评议年度应在 {FIRST_YEAR} 到 {today.year} 之间"
        elif day and day > today:
            yield "date", "评定日期在今天之后"
        elif day and year and day.year < year:
            yield "date", f"评定日期早于评议年度 {year} 年"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)

    @property
    def votes(self) -> int:
        """Ballots counted."""
        return sum(getattr(self, name) for name in self.VOTES)
