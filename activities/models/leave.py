"""Leave (请假): who asked to be excused from which activity or days, and what the branch answered."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.acting import current_actor
from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet
from members.models import Member

from .records import Activity

LONGEST = 366
"""Days that one leave may last; for longer there is the register of floating members."""


class LeaveQuerySet(ScopedQuerySet["LeaveRequest"]):
    right = Right.ACTIVITIES_VIEW

    def waiting(self) -> Self:
        """Keep what has not been answered, the first day first."""
        return self.filter(state=LeaveRequest.State.ASKED).order_by("start", "pk")

    def granted(self) -> Self:
        """Keep what was granted."""
        return self.filter(state=LeaveRequest.State.GRANTED)

    def for_day(self, day: date, activity: Activity | None = None) -> Self:
        """Keep what excuses from an activity of that day: asked for this very one, or for days among which it is."""
        days = Q(activity__isnull=True, start__lte=day, end__gte=day)
        return self.filter(days | Q(activity=activity)) if activity and activity.pk else self.filter(days)


class LeaveRequest(Record):
    """One request of one member, for one activity or for some days, both the first and the last included."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        GRANTED = "granted", "已批准"
        REFUSED = "refused", "未批准"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="所在党支部")
    member = models.ForeignKey(Member, models.PROTECT, related_name="leave_requests", verbose_name="请假人")
    activity = models.ForeignKey(
        Activity, models.SET_NULL, null=True, blank=True, related_name="leave_requests", verbose_name="活动"
    )
    start = models.DateField("请假日期")
    end = models.DateField("截止日期")
    reason = models.CharField("请假事由", max_length=100)
    asked_on = models.DateField("申请日期")
    asked_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name="登记人"
    )
    state = models.CharField("状态", max_length=8, choices=State, default=State.ASKED)
    decided_by = models.CharField("批准人", max_length=60, blank=True)
    decided_on = models.DateField("批准日期", null=True, blank=True)
    note = models.CharField("批示", max_length=200, blank=True)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = "请假单"
        ordering = ["-start", "-pk"]
        indexes = [models.Index(fields=["organization", "start"]), models.Index(fields=["state", "start"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "member", "start"], name="one_leave_from_a_day"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="leave_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_on__isnull=True, decided_by="")
                | (~Q(state="asked") & Q(decided_on__isnull=False) & Q(decided_on__gte=F("asked_on"))),
                name="leave_is_decided_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days}请假"

    def get_absolute_url(self) -> str:
        return reverse("activities:leave", args=[self.pk])

    @property
    def days(self) -> str:
        """The day or days in words."""
        return f"{self.start}" if self.start == self.end else f"{self.start} 至 {self.end}"

    @property
    def tone(self) -> str:
        """The colour of the state's tag."""
        return {self.State.ASKED.value: "warn", self.State.GRANTED.value: "ok"}.get(self.state, "none")

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        start, end, asked, decided = (values.get(name) for name in ("start", "end", "asked_on", "decided_on"))
        if start and end and end < start:
            yield "end", f"截止日期早于请假日期 {start}"
        elif start and end and (end - start).days >= LONGEST:
            yield "end", "一次请假不超过一年；长期外出的请登记流动党员"
        state = values.get("state") or LeaveRequest.State.ASKED
        if state == LeaveRequest.State.ASKED:
            if decided or values.get("decided_by"):
                name = "decided_on" if decided else "decided_by"
                yield name, "填了批准人或批准日期，状态应是“已批准”或“未批准”"
        elif not decided:
            yield "decided_on", "已批准或未批准的，请填批准日期"
        elif asked and decided < asked:
            yield "decided_on", f"批准日期早于申请日期 {asked}"

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.start, False)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; who entered it first stays its registrar."""
        if self._state.adding and self.asked_by is None:
            self.asked_by = current_actor()
        super().save(*args, **kwargs)

    def decide(self, granted: bool, note: str = "") -> "LeaveRequest":
        """Grant or refuse in the actor's name, today. Raises ValueError with a Chinese message."""
        if self.state != self.State.ASKED:
            raise ValueError(f"这张请假单{self.get_state_display()}，要改请用“编辑”")
        if not granted and not note.strip():
            raise ValueError("不批准的，请写明原因，好告诉本人")
        actor = current_actor()
        self.state = self.State.GRANTED if granted else self.State.REFUSED
        self.decided_by = (actor.name or actor.username) if actor else ""
        self.decided_on = max(timezone.localdate(), self.asked_on)
        self.note = note.strip()[:200]
        return self.record("grant" if granted else "refuse")
