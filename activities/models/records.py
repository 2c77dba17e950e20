"""What was done: activities of organisational life, and who attended."""

from collections.abc import Iterator
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.acting import current_actor
from accounts.transactions import atomic
from branches.models import Organization
from ledgers import closing
from ledgers.facts import mark_stale
from ledgers.models import Record, Touch
from members.models import Member

from ..querysets import ActivityQuerySet, AttendanceQuerySet, UnitedActivityQuerySet


class UnitedActivity(Record):
    """An activity that several branches held together (联合开展): entered once, one activity of each."""

    organizer = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="牵头组织")

    objects = UnitedActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "联合开展"

    def __str__(self) -> str:
        return f"{self.organizer}牵头联合开展"

    def audit_path(self) -> str:
        return self.organizer.path


class Activity(Record):
    """One activity of one organisation on one day. Counts once it is submitted or confirmed."""

    class Kind(models.TextChoices):
        GENERAL = "general", "支部党员大会"
        COMMITTEE = "committee", "支部委员会"
        GROUP = "group", "党小组会"
        LECTURE = "lecture", "党课"
        THEME_DAY = "theme-day", "主题党日"
        LIFE = "life", "组织生活会"
        REVIEW = "review", "民主评议"
        THEORY_GROUP = "theory-group", "理论中心组学习"
        STUDY = "study", "集中学习"
        READING = "reading", "读书活动"
        TRAINING = "training", "专题培训"
        MEETING_AS_TRAINING = "meeting-as-training", "以会代训"
        DISCUSSION = "discussion", "座谈研讨"
        EXCHANGE = "exchange", "体会交流"
        STUDY_VISIT = "study-visit", "参观见学"
        JOINT_MEETING = "joint-meeting", "党建联席会议"
        COBUILDING = "co-building", "共建活动"
        VOLUNTEERING = "volunteering", "志愿服务"
        WARNING = "warning", "警示教育"
        WORK_MEETING = "work-meeting", "党建工作例会"
        OBSERVATION = "observation", "观摩评比"
        WORK_REVIEW = "work-review", "述职评议会"
        VISIT = "visit", "走访调研"

        @classmethod
        def meetings(cls) -> tuple["Activity.Kind", ...]:
            """The six kinds that facts count as meetings."""
            return (cls.GENERAL, cls.COMMITTEE, cls.GROUP, cls.LECTURE, cls.THEME_DAY, cls.LIFE)

        @classmethod
        def studies(cls) -> tuple["Activity.Kind", ...]:
            """Study."""
            return (cls.THEORY_GROUP, cls.STUDY, cls.READING)

        @classmethod
        def trainings(cls) -> tuple["Activity.Kind", ...]:
            """Training."""
            return (cls.TRAINING, cls.MEETING_AS_TRAINING, cls.DISCUSSION, cls.EXCHANGE, cls.STUDY_VISIT)

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已提交"
        CONFIRMED = "confirmed", "已确认"
        RETURNED = "returned", "已退回"

        @classmethod
        def counted(cls) -> tuple["Activity.Status", ...]:
            """The states in which an activity counts."""
            return (cls.SUBMITTED, cls.CONFIRMED)

    number = models.CharField("活动编号", max_length=40, blank=True, db_index=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="activities", verbose_name="组织")
    kind = models.CharField("活动类型", max_length=20, choices=Kind)
    date = models.DateField("日期")
    year = models.PositiveSmallIntegerField(
        "年度",
        null=True,
        blank=True,
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
        help_text="组织生活会是哪一年度的；1、2月召开的不填，按上一年度算",
    )
    start_time = models.TimeField("开始时间", null=True, blank=True)
    topic = models.CharField("主题", max_length=200)
    place = models.CharField("地点", max_length=100, blank=True)
    chair = models.CharField("主持人", max_length=60, blank=True)
    recorder = models.CharField("记录人", max_length=60, blank=True)
    lecturer = models.CharField("主讲人", max_length=60, blank=True)
    hours = models.DecimalField(
        "学时",
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    series = models.ForeignKey(
        "activities.StudySeries",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name="学习系列",
    )
    united = models.ForeignKey(
        UnitedActivity,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="parts",
        verbose_name="联合开展",
    )
    expected_stated = models.PositiveIntegerField("应到人数", null=True, blank=True)
    present_stated = models.PositiveIntegerField("实到人数", null=True, blank=True)
    content = models.TextField("内容", blank=True)
    resolution = models.TextField("决议", blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name="提交人"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name="确认人"
    )
    return_reason = models.CharField("退回原因", max_length=300, blank=True, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "活动"
        ordering = ["-date", "-pk"]
        indexes = [
            models.Index(fields=["organization", "kind", "date"]),
            models.Index(fields=["date", "kind"]),
            models.Index(fields=["status"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], condition=~Q(number=""), name="one_activity_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}：{self.topic}"

    def get_absolute_url(self) -> str:
        return reverse("activities:detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether its branch may still change it: a draft, or returned."""
        return self.status in (self.Status.DRAFT, self.Status.RETURNED)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; one that the office gave no number gets one, for the attendance ledger names activities by it."""
        super().save(*args, **kwargs)
        if not self.number:
            self.number = self.given_number
            super().save(update_fields=["number"])

    @property
    def given_number(self) -> str:
        """The number of one that the office gave none."""
        return f"HD{self.pk:06}"

    @property
    def gaps(self) -> list[str]:
        """What R19 wants of minutes and is not there yet, beside the roll."""
        wanted = {"start_time": "开始时间", "place": "地点", "chair": "主持人", "content": "内容"}
        return [label for name, label in wanted.items() if not getattr(self, name)]

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)

    def submit(self) -> "Activity":
        """Hand in the minutes. Raises ValueError with a Chinese message unless it is a draft or returned."""
        if not self.is_open:
            raise ValueError(f"{self.get_status_display()}的记录不能再提交")
        self.status, self.submitted_by = self.Status.SUBMITTED, current_actor()
        self.submitted_at = self.submitted_at or timezone.now()  # what comes back better was in time if it was at first
        self.return_reason = ""
        return self.record("submit")

    def confirm(self) -> "Activity":
        """Accept the minutes that were handed in."""
        if self.status != self.Status.SUBMITTED:
            raise ValueError(f"{self.get_status_display()}的记录不能确认")
        self.status, self.confirmed_at, self.confirmed_by = self.Status.CONFIRMED, timezone.now(), current_actor()
        return self.record("confirm")

    def send_back(self, reason: str) -> "Activity":
        """Return the minutes to the branch with a reason; from then on they do not count."""
        if self.status not in self.Status.counted():
            raise ValueError(f"{self.get_status_display()}的记录不能退回")
        if not reason.strip():
            raise ValueError("请写明退回原因，让支部知道改什么")
        self.status, self.return_reason = self.Status.RETURNED, reason.strip()[:300]
        return self.record("return")


class Attendance(models.Model):
    """One line of the roll: one member at one activity."""

    class State(models.TextChoices):
        PRESENT = "present", "出席"
        LATE = "late", "迟到"
        LEAVE = "leave", "请假"
        ABSENT = "absent", "缺席"
        EXEMPT = "exempt", "不作要求"

        @classmethod
        def there(cls) -> tuple["Attendance.State", ...]:
            """The states of who was there."""
            return (cls.PRESENT, cls.LATE)

        @classmethod
        def asked(cls) -> tuple["Attendance.State", ...]:
            """The states of who was expected: all but the old, frail and sick of whom nothing is asked."""
            return (cls.PRESENT, cls.LATE, cls.LEAVE, cls.ABSENT)

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="roll", verbose_name="活动")
    member = models.ForeignKey(Member, models.PROTECT, related_name="attendances", verbose_name="党员")
    state = models.CharField("考勤", max_length=8, choices=State, default=State.PRESENT)
    reason = models.CharField("请假事由", max_length=100, blank=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = "考勤"
        ordering = ["activity", "pk"]
        constraints = [models.UniqueConstraint(fields=["activity", "member"], name="one_line_per_member")]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"


@atomic
def confirm_all(activities: ActivityQuerySet, versions: dict[int, int]) -> list[Activity]:
    """Confirm what was handed in and is still as it was read, in a handful of queries; return what was confirmed.

    `versions` maps the ids to the versions that the person saw: what changed since, or is no longer handed in, is left.
    """
    seen = activities.filter(pk__in=versions, status=Activity.Status.SUBMITTED)
    held = seen.select_related("organization").select_for_update(of=("self",), no_key=True)
    rows = [activity for activity in held if activity.version == versions[activity.pk]]
    changed = {"status": (Activity.Status.SUBMITTED.value, Activity.Status.CONFIRMED.value)}
    now, actor = timezone.now(), current_actor()
    Activity.objects.filter(pk__in=[a.pk for a in rows]).update(
        status=Activity.Status.CONFIRMED,
        confirmed_at=now,
        confirmed_by=actor,
        updated_at=now,
        updated_by=actor,
        version=F("version") + 1,
    )
    audit.record_many(
        audit.Event(action="confirm", obj=a, changes=changed, organization_path=a.audit_path()) for a in rows
    )
    touched = [(activity, list(activity.touches())) for activity in rows]
    closing.enter_rows(closing.Act.CHANGE, touched)
    mark_stale(touch for _, touches in touched for touch in touches)
    return rows


def traced(member_id: int, before: str | None, after: str | None) -> dict[str, tuple[str | None, str | None]]:
    """Return what the audit trail says of one line of a roll: whose, and the states in words."""
    old, new = (None if state is None else str(Attendance.State(state).label) for state in (before, after))
    return {audit.about(Member, member_id): (old, new)}


@atomic
def record_roll(activity: Activity, lines: dict[int, tuple[str, str]]) -> dict[str, tuple[Any, Any]]:
    """Replace an activity's roll by member id → (state, reason), touching only what differs; return the differences.

    The audit entry names who changed from what to what. A changed roll is a new version of its activity, so that of two
    people calling it the second is told.
    """
    held = {a.member_id: a for a in activity.roll.select_for_update(no_key=True)}
    new, changed = [], []
    changes: dict[str, tuple[Any, Any]] = {}
    for member_id, (state, reason) in lines.items():
        reason = reason if state == Attendance.State.LEAVE else ""
        line = held.pop(member_id, None)
        if line is None:
            new.append(Attendance(activity=activity, member_id=member_id, state=state, reason=reason))
            changes |= traced(member_id, None, state)
        elif (line.state, line.reason) != (state, reason):
            changes |= traced(member_id, line.state, state)
            line.state, line.reason = state, reason
            changed.append(line)
    Attendance.objects.bulk_create(new)
    Attendance.objects.bulk_update(changed, ["state", "reason"], batch_size=500)
    if held:
        for member_id, line in held.items():
            changes |= traced(member_id, line.state, None)
        Attendance.objects.filter(pk__in=[line.pk for line in held.values()]).delete()
    if changes:
        activity.version += 1
        Activity.objects.filter(pk=activity.pk).update(
            version=F("version") + 1, updated_at=timezone.now(), updated_by=current_actor()
        )
        audit.record("roll", activity, changes=changes, organization_path=activity.audit_path())
        closing.enter(closing.Act.CHANGE, "考勤", activity.touches(), activity)
        mark_stale(activity.touches())
    return changes
