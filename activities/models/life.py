"""What comes out of a life meeting (组织生活会): who criticised whom for what, and what was promised by when.

Both belong to the meeting, and are read only by those who may read talks.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet
from members.models import Member

from .records import Activity


class OfMeeting(Record):
    """Base of what hangs on one life meeting."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+", verbose_name="组织生活会")

    class Meta:
        abstract = True

    def audit_path(self) -> str:
        return self.activity.organization.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.activity.organization_id, self.activity.date, False)


class WithMeeting(models.Manager[Any]):
    """Loads the meeting with each record: what it counts towards is the meeting's."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().select_related("activity")


class CriticismQuerySet(ScopedQuerySet["Criticism"]):
    path = "activity__organization__path"
    right = Right.TALKS_READ


class Criticism(OfMeeting):
    """All that one member said about another at one meeting, or about themselves: then there is no `speaker`."""

    class Kind(models.TextChoices):
        SELF = "self", "自我批评"
        MUTUAL = "mutual", "相互批评"

    SENSITIVE = ("content",)

    kind = models.CharField("批评类型", max_length=8, choices=Kind)
    speaker = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="criticisms_given", verbose_name="批评人"
    )
    member = models.ForeignKey(Member, models.PROTECT, related_name="criticisms", verbose_name="批评对象")
    content = EncryptedTextField("批评意见")

    objects = WithMeeting.from_queryset(CriticismQuerySet)()

    class Meta:
        verbose_name = "批评意见"
        ordering = ["-activity__date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="self", speaker__isnull=True) | Q(kind="mutual", speaker__isnull=False),
                name="only_mutual_criticism_has_a_speaker",
            ),
            models.CheckConstraint(
                condition=Q(speaker__isnull=True) | ~Q(speaker=F("member")), name="criticism_of_another"
            ),
            models.UniqueConstraint(
                fields=["activity", "member"], condition=Q(kind="self"), name="one_self_criticism_a_meeting"
            ),
            models.UniqueConstraint(
                fields=["activity", "member", "speaker"],
                condition=Q(kind="mutual"),
                name="one_criticism_of_two_a_meeting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity.date} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("activities:criticism", args=[self.pk])


class PromiseQuerySet(ScopedQuerySet["Promise"]):
    path = "activity__organization__path"
    right = Right.TALKS_READ

    def open(self) -> Self:
        """Keep those not carried out yet."""
        return self.filter(done_on__isnull=True)

    def late_on(self, day: date) -> Self:
        """Keep those past their deadline on a day."""
        return self.open().filter(deadline__lt=day)


class Promise(OfMeeting):
    """One thing promised at a meeting: by whom (the committee as a whole where nobody is named), by when, and done."""

    SENSITIVE = ("item", "measure", "result")

    owner = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="promises", verbose_name="承诺人"
    )
    item = models.CharField("整改事项", max_length=100)
    measure = EncryptedTextField("整改措施", blank=True)
    deadline = models.DateField("整改时限")
    done_on = models.DateField("完成日期", null=True, blank=True)
    result = EncryptedTextField("完成情况", blank=True)

    objects = WithMeeting.from_queryset(PromiseQuerySet)()

    class Meta:
        verbose_name = "整改承诺"
        ordering = ["-activity__date", "pk"]
        indexes = [models.Index(fields=["deadline"])]
        constraints = [
            models.UniqueConstraint(fields=["activity", "item", "owner"], name="one_promise_of_an_owner"),
            models.UniqueConstraint(
                fields=["activity", "item"], condition=Q(owner__isnull=True), name="one_promise_of_the_committee"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity.date} 整改承诺"

    def get_absolute_url(self) -> str:
        return reverse("activities:promise", args=[self.pk])

    @property
    def whose(self) -> str:
        """Who promised it."""
        return self.owner.name if self.owner else "支部班子"

    def state_on(self, day: date) -> tuple[str, str]:
        """Return colour and word of how it stands on a day."""
        if self.done_on:
            return "ok", "已完成"
        return ("bad", "已超期") if self.deadline < day else ("warn", "在整改")

    @staticmethod
    def faults(values: Mapping[str, Any], held_on: date, today: date) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of days that do not go together."""
        deadline, done = values.get("deadline"), values.get("done_on")
        if deadline and deadline < held_on:
            yield "deadline", f"整改时限早于组织生活会 {held_on}"
        if done and done > today:
            yield "done_on", "这一天还没有到，完成以后再填"
        elif done and done < held_on:
            yield "done_on", f"完成日期早于组织生活会 {held_on}"
