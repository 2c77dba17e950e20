"""Practices worth telling (经验做法): written once with their evidence, offered to the street, accepted or returned."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet, may

from .records import Activity

JUDGE = Right.REPORTS_SIGN
"""The right to take a practice up for the street, into what its reports say."""


class PracticeQuerySet(ScopedQuerySet["Practice"]):
    right = Right.ACTIVITIES_VIEW

    def accepted_in(self, period: Period) -> Self:
        """Keep what the street accepted in the period."""
        return self.filter(accepted_on__range=(period.start, period.end))


class State(models.TextChoices):
    """How far a practice has come; it follows from its dates."""

    DRAFT = "draft", "草稿"
    OFFERED = "offered", "已报送"
    ACCEPTED = "accepted", "已采用"
    RETURNED = "returned", "已退回"

    def condition(self) -> Q:
        """Return the condition that a practice is in this state."""
        return {
            State.DRAFT: Q(offered_on__isnull=True, return_reason=""),
            State.OFFERED: Q(offered_on__isnull=False, accepted_on__isnull=True),
            State.ACCEPTED: Q(accepted_on__isnull=False),
            State.RETURNED: Q(offered_on__isnull=True) & ~Q(return_reason=""),
        }[self]

    @property
    def tone(self) -> str:
        """The colour of its tag."""
        return {State.ACCEPTED: "ok", State.OFFERED: "warn", State.RETURNED: "bad"}.get(self, "none")


class Practice(Record):
    """What an organisation does well. `wording` is what the office makes of it; reports quote it word for word."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="practices", verbose_name="组织")
    title = models.CharField("经验名称", max_length=100)
    written_on = models.DateField("总结日期")
    method = models.TextField("做法", max_length=3000)
    result = models.TextField("成效", max_length=1000, blank=True)
    offered_on = models.DateField("报送日期", null=True, blank=True)
    accepted_on = models.DateField("采用日期", null=True, blank=True)
    wording = models.TextField("采用文字", max_length=1000, blank=True)
    return_reason = models.CharField("退回原因", max_length=300, blank=True)

    objects = PracticeQuerySet.as_manager()

    class Meta:
        verbose_name = "经验做法"
        ordering = ["-written_on", "-pk"]
        indexes = [models.Index(fields=["organization", "accepted_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "title"],
                name="one_practice_per_title",
                violation_error_message="这个组织已经有同名的经验做法，请打开那一条修改",
            ),
            models.CheckConstraint(
                condition=Q(offered_on__isnull=True) | Q(offered_on__gte=F("written_on"), return_reason=""),
                name="practice_offered_once_written",
            ),
            models.CheckConstraint(
                condition=Q(accepted_on__isnull=True)
                | (Q(offered_on__isnull=False, accepted_on__gte=F("offered_on")) & ~Q(wording="")),
                name="practice_accepted_once_offered",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activities:practice", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        days = {name: values.get(name) for name in ("written_on", "offered_on", "accepted_on")}
        for name, day in days.items():
            if day and day > timezone.localdate():
                yield name, "这一天还没有到"
        written, offered, accepted = days.values()
        if written and offered and offered < written:
            yield "offered_on", f"报送日期早于总结日期 {written}"
        if accepted and not offered:
            yield "offered_on", "已经采用的，请填报送日期"
        elif accepted and accepted < offered:
            yield "accepted_on", f"采用日期早于报送日期 {offered}"
        if accepted and not values.get("wording"):
            yield "wording", "已经采用的，请填采用文字，调研报告会原样引用"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.written_on, True)

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.accepted_on:
            return State.ACCEPTED
        if self.offered_on:
            return State.OFFERED
        return State.RETURNED if self.return_reason else State.DRAFT

    @property
    def is_open(self) -> bool:
        """Whether its writers may still change it."""
        return self.offered_on is None

    # its way

    def offer(self, on: date) -> Self:
        """Send it to the street. Raises ValueError with a Chinese message where it is there already."""
        if not self.is_open:
            raise ValueError(f"这一条{self.state.label}，不用再报送")
        if on < self.written_on:
            raise ValueError(f"报送日期早于总结日期 {self.written_on}")
        self.offered_on, self.return_reason = on, ""
        return self.record("submit")

    def accept(self, on: date, wording: str) -> Self:
        """Take it up, in the office's words; once accepted, the words can be changed."""
        if self.offered_on is None:
            raise ValueError("还没有报送，不能采用")
        self.accepted_on, self.wording = self.accepted_on or on, wording
        return self.record("confirm")

    def send_back(self, reason: str) -> Self:
        """Return it to its writers with a reason."""
        if self.is_open:
            raise ValueError(f"{self.state.label}的经验做法不能退回")
        if not reason.strip():
            raise ValueError("请写明退回原因，让支部知道改什么")
        self.offered_on = self.accepted_on = None
        self.return_reason = reason.strip()[:300]
        return self.record("return")


def may_judge(user: User, organization: Organization) -> bool:
    """Say whether the user decides for the street on the practices of an organisation: who signs its reports does."""
    return may(user, JUDGE, organization)


class EvidenceQuerySet(ScopedQuerySet["PracticeEvidence"]):
    path = "practice__organization__path"
    right = Right.ACTIVITIES_VIEW


class PracticeEvidence(Record):
    """One thing that a practice rests on: an activity, a finding that was put right, or a fact of a period."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="evidence", verbose_name="经验做法")
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="活动")
    finding = models.ForeignKey(
        "assessments.Finding", models.CASCADE, null=True, blank=True, related_name="+", verbose_name="已销号的预警"
    )
    fact = models.CharField("指标", max_length=40, blank=True)
    period = models.CharField("时期", max_length=7, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = "经验做法的依据"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(activity__isnull=False, finding__isnull=True, fact="", period="")
                | Q(activity__isnull=True, finding__isnull=False, fact="", period="")
                | (Q(activity__isnull=True, finding__isnull=True) & ~Q(fact="") & ~Q(period="")),
                name="practice_evidence_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["practice", "activity"],
                condition=Q(activity__isnull=False),
                name="one_evidence_per_activity",
            ),
            models.UniqueConstraint(
                fields=["practice", "finding"], condition=Q(finding__isnull=False), name="one_evidence_per_finding"
            ),
            models.UniqueConstraint(
                fields=["practice", "fact", "period"], condition=~Q(fact=""), name="one_evidence_per_fact"
            ),
        ]

    def __str__(self) -> str:
        return str(self.activity or self.finding or f"{self.fact} {self.period}")

    def get_absolute_url(self) -> str:
        return self.practice.get_absolute_url()

    def audit_path(self) -> str:
        return self.practice.audit_path()
