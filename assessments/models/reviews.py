"""Work reviews (述职评议): each year every secretary accounts for the Party-building work, and is voted on."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from branches.models import Organization
from ledgers.models import Record, Touch
from members.models import Member

from ..querysets import ReviewBallotsQuerySet, WorkReviewQuerySet
from .votes import VoteCount, weighted_share


class WorkReview(Record):
    """What one secretary accounted for in one year, what was said to it, and how the votes fell."""

    class Form(models.TextChoices):
        ON_SITE = "on-site", "现场述职"
        WRITTEN = "written", "书面述职"

    class Grade(models.TextChoices):
        GOOD = "good", "好"
        FAIR = "fair", "较好"
        AVERAGE = "average", "一般"
        POOR = "poor", "差"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="work_reviews", verbose_name="党组织")
    year = models.PositiveSmallIntegerField("年度")
    secretary = models.CharField("书记姓名", max_length=60)
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="work_reviews", verbose_name="花名册里的党员"
    )
    form = models.CharField("述职方式", max_length=8, choices=Form, default=Form.ON_SITE)
    statement = models.TextField("述职报告", max_length=20000, blank=True)
    held_on = models.DateField("评议日期", null=True, blank=True)
    comment = models.TextField("上级点评", max_length=2000, blank=True)
    grade = models.CharField("综合评价", max_length=8, choices=Grade, blank=True)
    feedback = models.TextField("反馈意见", max_length=2000, blank=True)

    objects = WorkReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "述职评议"
        ordering = ["-year", "organization__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year", "secretary"],
                name="one_work_review_a_year",
                violation_error_message="这名书记这一年度的述职评议已经登记过",
            ),
            models.CheckConstraint(
                condition=Q(grade="") | Q(form="on-site", held_on__isnull=False), name="written_review_without_grade"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}{self.year}年度述职评议"

    def get_absolute_url(self) -> str:
        return reverse("assessments:review-record", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        held, year = values.get("held_on"), values.get("year")
        if values.get("grade") and values.get("form") == WorkReview.Form.WRITTEN:
            yield "grade", "书面述职的不评定等次（任职不满半年的书面述职）"
        elif values.get("grade") and not held:
            yield "held_on", "已经评定的，请填评议日期"
        if held and held > timezone.localdate():
            yield "held_on", "评议日期不能晚于今天"
        if year is not None and not 2000 <= year <= timezone.localdate().year:
            yield "year", "年度应是四位数的年份，不晚于今年"
        elif held and year and not year <= held.year <= year + 1:
            yield "held_on", f"{year} 年度的述职评议应在当年或者次年进行"

    @property
    def share(self) -> Decimal | None:
        """The part of the points that the votes give, exact; None without votes. A group without votes drops out."""
        return weighted_share(self.ballots.all())

    def touches(self) -> Iterator[Touch]:
        if self.held_on:
            yield Touch(self.organization_id, self.held_on, False)


class ReviewBallots(VoteCount, Record):
    """The votes of one group of voters (领导班子, 党员代表, 群众代表) on one secretary."""

    review = models.ForeignKey(WorkReview, models.CASCADE, related_name="ballots", verbose_name="述职评议")
    group = models.CharField("投票人", max_length=40)

    DATED = False
    objects = ReviewBallotsQuerySet.as_manager()

    class Meta:
        verbose_name = "述职测评票数"
        ordering = ["-weight", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "group"],
                name="one_ballot_count_a_group",
                violation_error_message="这类投票人的票数已经登记过",
            ),
            models.CheckConstraint(condition=Q(weight__gt=0), name="ballot_weight_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.review} {self.group}"

    def get_absolute_url(self) -> str:
        return self.review.get_absolute_url()

    def audit_path(self) -> str:
        return self.review.audit_path()
