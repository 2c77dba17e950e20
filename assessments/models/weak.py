"""Weak branches (软弱涣散党组织): why one is held to be, who stands by it, what is done, when it is no longer."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from branches.models import Organization
from ledgers.models import Record, Touch

from ..querysets import WeakBranchQuerySet


class WeakBranch(Record):
    """One organisation held to be weak, from a day until it is struck off the list. Grounds are the street's own."""

    class Ground(models.TextChoices):
        NO_SECRETARY = "no-secretary", "书记出缺3个月以上"
        NO_LIFE = "no-life", "组织生活制度不落实"
        UNPOPULAR = "unpopular", "群众满意率低"
        LAST = "last", "考核连续末位"
        DISUNITED = "disunited", "班子不团结"
        OTHER = "other", "其他情形"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="weaknesses", verbose_name="党组织")
    ground = models.CharField("认定情形", max_length=16, choices=Ground)
    detail = models.CharField("具体表现", max_length=300, blank=True)
    found_on = models.DateField("认定日期")
    leader = models.CharField("包联领导", max_length=60, blank=True)
    partner = models.CharField("结对单位", max_length=100, blank=True)
    first_secretary = models.CharField("第一书记", max_length=60, blank=True)
    plan = models.TextField("整顿措施", max_length=2000, blank=True)
    due_on = models.DateField("整顿时限", null=True, blank=True)
    score = models.DecimalField("验收得分", max_digits=5, decimal_places=2, null=True, blank=True)
    votes = models.CharField("群众测评", max_length=100, blank=True)
    left_on = models.DateField("销号日期", null=True, blank=True)

    objects = WeakBranchQuerySet.as_manager()

    class Meta:
        verbose_name = "软弱涣散党组织"
        ordering = ["-found_on", "organization__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(left_on__isnull=True),
                name="one_open_weakness",
                violation_error_message="这个组织已在整顿中，请在那一条里补充",
            ),
            models.UniqueConstraint(
                fields=["organization", "found_on"],
                name="one_weakness_a_day",
                violation_error_message="这个组织这一天已经认定过",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gt=F("found_on")), name="weakness_left_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}整顿"

    def get_absolute_url(self) -> str:
        return reverse("assessments:weak-branch", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        found, due, left = (values.get(name) for name in ("found_on", "due_on", "left_on"))
        score = values.get("score")
        if found and due and due < found:
            yield "due_on", f"整顿时限早于认定日期 {found}"
        if found and left and left <= found:
            yield "left_on", f"销号日期应晚于认定日期 {found}"
        if left and not values.get("plan"):
            yield "plan", "销号的，请写明采取了哪些整顿措施"
        if score is not None and not 0 <= score <= 100:
            yield "score", "得分在 0 到 100 之间"

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of its tag."""
        return ("ok", "已销号") if self.left_on else ("bad", "整顿中")

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.found_on, True)
