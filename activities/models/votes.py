"""What a meeting decided: votes with their counts, and the matters resolved with who sees to them until when."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.permissions import Right
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .records import Activity

COUNTS = ("in_favour", "against", "abstained")


class OfMeetings(models.Manager[Any]):
    """Manager of what hangs on a meeting, read along with it: its day and place are always asked for."""

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("activity__organization")


class VoteQuerySet(ScopedQuerySet["Vote"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW


class Vote(Record):
    """One vote of a general meeting.

    Who had the right to vote and who of them came is worked out on the register and the roll; the numbers noted here
    stand only where the activity has no roll.
    """

    class Kind(models.TextChoices):
        DECISION = "decision", "决定"
        ELECTION = "election", "选举"

    class Method(models.TextChoices):
        HANDS = "hands", "举手"
        BALLOT = "ballot", "无记名投票"
        VOICE = "voice", "口头"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="votes", verbose_name="会议")
    matter = models.CharField("表决事项", max_length=200)
    kind = models.CharField("表决类型", max_length=10, choices=Kind, default=Kind.DECISION)
    method = models.CharField("表决方式", max_length=10, choices=Method, default=Method.HANDS)
    entitled_stated = models.PositiveIntegerField("有表决权人数", null=True, blank=True)
    present_stated = models.PositiveIntegerField("到会有表决权人数", null=True, blank=True)
    in_favour = models.PositiveIntegerField("赞成")
    against = models.PositiveIntegerField("反对", default=0)
    abstained = models.PositiveIntegerField("弃权", default=0)
    passed = models.BooleanField("通过", default=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = OfMeetings.from_queryset(VoteQuerySet)()

    class Meta:
        verbose_name = "表决"
        ordering = ["activity", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "matter"],
                name="one_vote_per_matter",
                violation_error_message="这次会议已经登记过这个表决事项",
            ),
            models.CheckConstraint(
                condition=Q(entitled_stated__isnull=True)
                | Q(present_stated__isnull=True)
                | Q(entitled_stated__gte=F("present_stated")),
                name="vote_present_within_entitled",
            ),
            models.CheckConstraint(
                condition=Q(present_stated__isnull=True)
                | Q(present_stated__gte=F("in_favour") + F("against") + F("abstained")),
                name="vote_counts_within_present",
            ),
        ]

    def __str__(self) -> str:
        return self.matter

    def get_absolute_url(self) -> str:
        return f"{self.activity.get_absolute_url()}#votes"

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        entitled, present = values.get("entitled_stated"), values.get("present_stated")
        cast = sum(values.get(name) or 0 for name in COUNTS)
        if entitled is not None and present is not None and present > entitled:
            yield "present_stated", f"不能多于有表决权人数 {entitled}"
        elif present is not None and cast > present:
            yield "in_favour", f"赞成、反对、弃权共 {cast} 人，多于到会有表决权的 {present} 人"

    def touches(self) -> Iterator[Touch]:
        yield from self.activity.touches()

    def audit_path(self) -> str:
        return self.activity.organization.path


class ResolutionQuerySet(ScopedQuerySet["Resolution"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW

    def undone(self) -> Self:
        """Keep what is not done yet."""
        return self.filter(done_on__isnull=True)

    def overdue_on(self, day: date) -> Self:
        """Keep what should have been done before that day and is not."""
        return self.undone().filter(due_on__lt=day)


class Resolution(Record):
    """One matter that a meeting resolved, followed until it is done."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="resolutions", verbose_name="会议")
    matter = models.CharField("决议事项", max_length=200)
    responsible = models.CharField("责任人", max_length=60, blank=True)
    due_on = models.DateField("完成时限", null=True, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)
    note = models.CharField("落实情况", max_length=300, blank=True)

    objects = OfMeetings.from_queryset(ResolutionQuerySet)()

    class Meta:
        verbose_name = "决议事项"
        ordering = ["activity", "pk"]
        indexes = [models.Index(fields=["due_on"], condition=Q(done_on__isnull=True), name="resolution_undone")]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "matter"],
                name="one_resolution_per_matter",
                violation_error_message="这次会议已经登记过这个决议事项",
            ),
        ]

    def __str__(self) -> str:
        return self.matter

    def get_absolute_url(self) -> str:
        return f"{self.activity.get_absolute_url()}#resolutions"

    @staticmethod
    def faults(values: Mapping[str, Any], held: date | None = None) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together, or not with the day of the meeting."""
        due, done = values.get("due_on"), values.get("done_on")
        if due and held and due < held:
            yield "due_on", f"完成时限早于开会那天 {held}"
        if done and held and done < held:
            yield "done_on", f"完成日期早于开会那天 {held}"
        if done and done > timezone.localdate():
            yield "done_on", "完成日期在今天之后；还没有完成的先空着"

    @property
    def state(self) -> tuple[str, str]:
        """The colour and the word of how far it is today."""
        if self.done_on:
            return "ok", "已落实"
        if self.due_on and self.due_on < timezone.localdate():
            return "bad", "逾期"
        return "warn", "落实中"

    def touches(self) -> Iterator[Touch]:
        yield from self.activity.touches()

    def audit_path(self) -> str:
        return self.activity.organization.path
