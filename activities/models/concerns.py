"""What residents asked for (群众诉求): who handles it, by which day an answer is due, what became of it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.encryption import EncryptedTextField, Index
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.facts import mark_stale
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet
from ledgers.workdays import add_workdays, is_announced, workdays_between
from members.models import mask_address, mask_phone

from .visits import Visit

ANSWER_DAYS = 15
"""Working days within which a concern is answered, where the street has set nothing else."""
SOON = 3
"""Working days before the last one from which on people are reminded."""

Limits = Callable[[], Callable[[str], int]]
"""Reads the streets' own limits, and returns what gives the limit for an organisation's tree path."""
_limits: list[Limits] = []


def register_answer_days(limits: Limits) -> None:
    """Say where the streets' own limits are kept; called by their owner's `ready`."""
    _limits[:] = [limits]


def answer_days() -> Callable[[str], int]:
    """Return what gives the working days allowed for an answer in the organisation with a tree path. One query."""
    return _limits[0]() if _limits else lambda path: ANSWER_DAYS


def mask_name(name: str) -> str:
    """Return a resident's name with only the first character shown: 张**."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


PHONE = Index("phone_index", "phone", lambda number: number.replace("-", ""))
"""By which a resident's phone is found, with dashes or without."""


def open_on(day: date) -> Q:
    """Return the condition that a concern was received by a day and had no answer yet on it."""
    return Q(received_on__lte=day) & (Q(answered_on__isnull=True) | Q(answered_on__gt=day))


def overdue_on(day: date) -> Q:
    """Return the condition that a concern had no answer on a day that is past its last one."""
    return open_on(day) & Q(due_on__lt=day)


def unresolved_on(day: date) -> Q:
    """Return the condition that a concern was received by a day and not resolved yet on it."""
    return Q(received_on__lte=day) & (Q(resolved_on__isnull=True) | Q(resolved_on__gt=day))


def late_between(start: date, day: date) -> Q:
    """Return the condition that a concern was answered too late since `start`, or is overdue on `day`."""
    answered_late = Q(answered_on__gt=F("due_on"), answered_on__gte=start)
    return Q(due_on__lt=day, received_on__lte=day) & (Q(answered_on__isnull=True) | answered_late)


class ConcernQuerySet(ScopedQuerySet["Concern"]):
    right = Right.ACTIVITIES_VIEW

    def open_on(self, day: date) -> Self:
        """Keep what had no answer on a day."""
        return self.filter(open_on(day))

    def escalated_on(self, day: date) -> Self:
        """Keep what was with the street on a day: handed up by then, and not resolved."""
        return self.filter(unresolved_on(day), escalated_on__lte=day)


class Concern(Record):
    """One concern of a resident. It is open until answered; resolved once what it is about has been put right.

    `due_on`, the last day for an answer, is `answer_days` working days after `received_on`.
    """

    class Source(models.TextChoices):
        VISIT = "visit", "走访"
        PHONE = "phone", "电话"
        COUNTER = "counter", "来访"
        HOTLINE = "hotline", "12345 热线"
        ONLINE = "online", "网络、微信群"
        MEETING = "meeting", "居民议事会"
        OTHER = "other", "其他"

    class Kind(models.TextChoices):
        PROPERTY = "property", "物业管理"
        ENVIRONMENT = "environment", "环境卫生"
        FACILITIES = "facilities", "设施维修"
        PARKING = "parking", "停车和交通"
        CARE = "care", "养老托幼"
        RELIEF = "relief", "救助和就业"
        DISPUTE = "dispute", "矛盾纠纷"
        SAFETY = "safety", "安全隐患"
        POLICY = "policy", "政策咨询"
        OTHER = "other", "其他"

    class Satisfaction(models.TextChoices):
        SATISFIED = "satisfied", "满意"
        FAIR = "fair", "基本满意"
        DISSATISFIED = "dissatisfied", "不满意"

        @classmethod
        def content(cls) -> tuple["Concern.Satisfaction", ...]:
            """The grades that count as satisfied."""
            return (cls.SATISFIED, cls.FAIR)

    SENSITIVE = ("resident", "phone", "address", "phone_index")
    UNTRACKED = (*Record.UNTRACKED, "number", "phone_index", "answer_days", "due_on")

    number = models.CharField("诉求编号", max_length=40, blank=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="concerns", verbose_name="受理组织")
    received_on = models.DateField("受理日期")
    source = models.CharField("来源", max_length=8, choices=Source, default=Source.OTHER)
    kind = models.CharField("类别", max_length=12, choices=Kind, default=Kind.OTHER)
    title = models.CharField("诉求事项", max_length=200)
    content = models.TextField("具体情况", max_length=2000, blank=True)
    resident = EncryptedTextField("居民姓名", blank=True)
    phone = EncryptedTextField("联系电话", blank=True, index=PHONE)
    phone_index = models.CharField(max_length=32, blank=True, editable=False)
    address = EncryptedTextField("住址", blank=True)
    visit = models.ForeignKey(
        Visit, models.SET_NULL, null=True, blank=True, related_name="concerns", verbose_name="走访记录"
    )
    handler = models.CharField("承办单位（人）", max_length=100, blank=True)
    answer_days = models.PositiveSmallIntegerField("答复期限（工作日）", default=ANSWER_DAYS, editable=False)
    due_on = models.DateField("最迟答复日期", editable=False)
    escalated_on = models.DateField("上报街道日期", null=True, blank=True)
    escalation = models.CharField("上报原因", max_length=300, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)
    answer = models.TextField("答复内容", max_length=2000, blank=True)
    resolved_on = models.DateField("办结日期", null=True, blank=True)
    satisfaction = models.CharField("满意度", max_length=12, choices=Satisfaction, blank=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        verbose_name = "群众诉求"
        ordering = ["-received_on", "-pk"]
        indexes = [
            models.Index(fields=["organization", "received_on"]),
            models.Index(fields=["due_on"]),
            models.Index(fields=["phone_index"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], condition=~Q(number=""), name="one_concern_per_number"
            ),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | Q(answered_on__gte=F("received_on")),
                name="concern_answered_after_receipt",
            ),
            models.CheckConstraint(
                condition=Q(resolved_on__isnull=True)
                | (Q(answered_on__isnull=False) & Q(resolved_on__gte=F("answered_on"))),
                name="concern_resolved_after_answer",
            ),
            models.CheckConstraint(
                condition=Q(satisfaction="") | Q(answered_on__isnull=False), name="concern_rated_once_answered"
            ),
            models.CheckConstraint(
                condition=Q(escalated_on__isnull=True, escalation="") | Q(escalated_on__gte=F("received_on")),
                name="concern_escalated_after_receipt",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activities:concern", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        today = timezone.localdate()
        days = {name: values.get(name) for name in ("received_on", "answered_on", "resolved_on", "escalated_on")}
        for name, day in days.items():
            if day and day > today:
                yield name, "这一天还没有到"
        received, answered, resolved, escalated = days.values()
        if received and answered and answered < received:
            yield "answered_on", f"答复日期早于受理日期 {received}"
        if resolved and not answered:
            yield "answered_on", "已经办结的，请填答复日期"
        elif resolved and resolved < answered:
            yield "resolved_on", f"办结日期早于答复日期 {answered}"
        if values.get("satisfaction") and not answered:
            yield "satisfaction", "答复以后才能评价，请填答复日期"
        if received and escalated and escalated < received:
            yield "escalated_on", f"上报日期早于受理日期 {received}"
        if values.get("escalation") and not escalated:
            yield "escalated_on", "填了上报原因，请填上报日期"

    def derive(self) -> None:
        """Fill what follows from other fields: the last day for an answer, the index of the phone."""
        self.due_on = add_workdays(self.received_on, self.answer_days)
        self.phone_index = PHONE.of(self.phone)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; one that the office gave no number gets one."""
        self.derive()
        super().save(*args, **kwargs)
        if not self.number:
            self.number = f"SQ{self.pk:06}"
            super().save(update_fields=["number"])

    def record(self, action: str = "") -> Self:
        """Save with its trace; a new concern, or one that moves, gets the limit of its street."""
        before = self.before(lock=False)
        if before is None or (before.organization_id != self.organization_id and not self.answered_on):
            self.answer_days = answer_days()(self.organization.path)
        return super().record(action)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.received_on, True)

    # how it stands

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_on is None

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as the colour and the word of a tag."""
        if self.resolved_on:
            return "ok", "已办结"
        if self.answered_on:
            return "none", "已答复，未办结"
        return ("bad", "超期未答复") if self.days_left < 0 else ("warn", "待答复")

    @property
    def days_left(self) -> int:
        """Working days from today to the last one; negative once it is past."""
        today = timezone.localdate()
        left = workdays_between(today, self.due_on)
        return min(left, -1) if today > self.due_on else left

    @property
    def was_late(self) -> bool:
        """Whether the answer came after the last day."""
        return self.answered_on is not None and self.answered_on > self.due_on

    @property
    def is_reckoned(self) -> bool:
        """Whether the holidays up to the last day are known; if not, Monday to Friday were counted."""
        return is_announced(self.due_on)

    @property
    def masked_resident(self) -> str:
        """The name as screens show it."""
        return mask_name(self.resident)

    @property
    def masked_phone(self) -> str:
        """The phone as screens show it."""
        return mask_phone(self.phone)

    @property
    def masked_address(self) -> str:
        """The address as screens show it."""
        return mask_address(self.address)

    # what is done with it

    @atomic
    def hand_over(self, step: "HandOver") -> Self:
        """Record who handed it to whom; from then on the taker handles it."""
        step.concern = self
        step.record()
        self.handler = step.taker
        return self.record("hand-over")

    @atomic
    def escalate(self, on: date, reason: str, giver: str = "") -> Self:
        """Hand it up to the street. Raises ValueError with a Chinese message where that makes no sense."""
        if self.escalated_on:
            raise ValueError(f"已经在 {self.escalated_on} 上报街道")
        if self.resolved_on:
            raise ValueError("已经办结的诉求不用上报")
        if on < self.received_on:
            raise ValueError(f"上报日期早于受理日期 {self.received_on}")
        HandOver(concern=self, on=on, giver=giver, taker="街道党建办", note=reason, is_escalation=True).record()
        self.escalated_on, self.escalation = on, reason
        return self.record("escalate")


class HandOverQuerySet(ScopedQuerySet["HandOver"]):
    path = "concern__organization__path"
    right = Right.ACTIVITIES_VIEW


class HandOver(Record):
    """One step of a concern's way: on a day somebody handed it to somebody else."""

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="steps", verbose_name="群众诉求")
    on = models.DateField("日期")
    giver = models.CharField("转出人", max_length=60, blank=True)
    taker = models.CharField("转给（单位或人）", max_length=100)
    note = models.CharField("交办要求", max_length=300, blank=True)
    is_escalation = models.BooleanField("上报街道", default=False, editable=False)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = "诉求转办"
        ordering = ["on", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(taker=""), name="concern_handed_to_somebody")]

    def __str__(self) -> str:
        return f"{self.on} 转{self.taker}"

    def get_absolute_url(self) -> str:
        return self.concern.get_absolute_url()

    def audit_path(self) -> str:
        return self.concern.audit_path()


@atomic
def renew_answer_days(organization: Organization) -> None:
    """Reckon anew by which day what is open below an organisation is to be answered; a handful of queries for all.

    The street may have set another limit since, or the holidays of another year may have been announced.
    """
    limit, changed = answer_days(), []
    held = Concern.objects.filter(answered_on__isnull=True).under(organization)
    for concern in held.select_related("organization").select_for_update(of=("self",), no_key=True):
        before = concern.answer_days, concern.due_on
        concern.answer_days = limit(concern.organization.path)
        concern.derive()
        if (concern.answer_days, concern.due_on) != before:
            changed.append(concern)
    Concern.objects.bulk_update(changed, ["answer_days", "due_on"], batch_size=500)
    mark_stale(touch for concern in changed for touch in concern.touches())
