"""Signing in at the door: the sheet that is open while people come, who came when, and tries that did not fit."""

from typing import Self

from django.db import models
from django.utils import timezone

from accounts.permissions import Right
from ledgers.models import Record
from ledgers.scope import ScopedQuerySet
from members.models import Member

from .records import Activity, Attendance


class SignInSheetQuerySet(ScopedQuerySet["SignInSheet"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW

    def lying_open(self) -> Self:
        """Keep the sheets at which somebody may sign now: not closed, of today, the activity not handed in."""
        open_states = (Activity.Status.DRAFT, Activity.Status.RETURNED)
        return self.filter(
            closed_at__isnull=True, activity__date=timezone.localdate(), activity__status__in=open_states
        )


class SignInSheet(Record):
    """The sheet of one activity. While it lies open, people on the roll sign by the code that is shown in the room."""

    activity = models.OneToOneField(
        Activity, models.CASCADE, related_name="sign_in_sheet", verbose_name="活动", editable=False
    )
    opened_at = models.DateTimeField("开始签到")
    closed_at = models.DateTimeField("结束签到", null=True, blank=True)

    objects = SignInSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "签到"

    def __str__(self) -> str:
        return f"{self.activity}签到"

    def get_absolute_url(self) -> str:
        return self.activity.get_absolute_url()

    def audit_path(self) -> str:
        return self.activity.audit_path()


class Arrival(models.Model):
    """One member who signed by themselves, and when. The roll says whether that was in time."""

    sheet = models.ForeignKey(SignInSheet, models.CASCADE, related_name="arrivals", verbose_name="签到")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name="党员")
    at = models.DateTimeField("签到时间", auto_now_add=True)
    state = models.CharField("考勤", max_length=8, choices=Attendance.State)
    ticket = models.CharField("签到凭据", max_length=32)

    class Meta:
        verbose_name = "扫码签到"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "member"], name="one_arrival_per_member"),
            models.CheckConstraint(
                condition=models.Q(state__in=["present", "late"]), name="who_arrives_is_present_or_late"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"


class WrongTry(models.Model):
    """One try that fitted nobody; what was typed is not kept."""

    sheet = models.ForeignKey(SignInSheet, models.CASCADE, related_name="wrong_tries", verbose_name="签到")
    ticket = models.CharField("签到凭据", max_length=32)
    address = models.CharField("网络地址", max_length=64, blank=True)
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "没对上的签到"
        indexes = [models.Index(fields=["sheet", "ticket"])]

    def __str__(self) -> str:
        return f"{self.sheet} {self.at:%H:%M}"
