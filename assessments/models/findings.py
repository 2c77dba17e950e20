"""What is wrong and who sees to it: findings, the runs that found them, the street's own numbers."""

from collections.abc import Iterator

from django.db import models
from django.db.models import Q
from django.urls import reverse

from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.period import Period
from members.models import Member

from ..querysets import FindingQuerySet, LocalSettingQuerySet


class Severity(models.TextChoices):
    """How bad it is to break a rule."""

    SERIOUS = "serious", "严重"
    MINOR = "minor", "一般"


class Finding(Record):
    """One rule broken by one organisation, or one member of it, in one period: found by a check, seen to by people.

    Findings are kept for each quarter, which is how the office works, and for a year where the rule is annual. A
    check makes, updates and clears them (`findings.sync`); people take them in hand, exempt them or close them.
    `exempted_for` keeps the months, cases and number of records that an exemption was given for: what goes missing
    later is a breach all the same where scores are counted.
    """

    DERIVED = True
    """Worked out by the portal from records: no use that somebody made of them."""
    DATED = False

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        IN_HAND = "in-hand", "处理中"
        CLOSED = "closed", "已销号"
        EXEMPTED = "exempted", "免于处理"

        @classmethod
        def waiting(cls) -> tuple["Finding.State", ...]:
            """The states of what is still to be seen to."""
            return (cls.OPEN, cls.IN_HAND)

    class Kind(models.TextChoices):
        MISSED = "missed", "按期事项"  # something was not done in its month, quarter or year
        STATE = "state", "当前状态"  # something is wrong as of the last day

    rule = models.CharField("规则", max_length=8)
    kind = models.CharField("类型", max_length=8, choices=Kind)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="findings", verbose_name="党组织")
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="findings", verbose_name="党员"
    )
    period = models.CharField("时期", max_length=7)
    detail = models.CharField("情况", max_length=300)
    value = models.DecimalField("现值", max_digits=10, decimal_places=1, null=True)
    required = models.DecimalField("要求", max_digits=10, decimal_places=1, null=True)
    months = models.JSONField("所缺月份", default=list)
    cases = models.JSONField("涉及的发展对象", default=list)
    records = models.PositiveIntegerField("涉及的记录数", default=1)
    exempted_for = models.JSONField("免于处理的范围", default=dict)
    severity = models.CharField("程度", max_length=8, choices=Severity)
    state = models.CharField("状态", max_length=8, choices=State, default=State.OPEN)
    cleared = models.BooleanField("数据补齐自动销号", default=False)
    first_seen = models.DateField("首次发现")
    last_seen = models.DateField("最近核对")
    closed_on = models.DateField("销号日期", null=True)
    owner = models.CharField("责任人", max_length=60, blank=True)
    deadline = models.DateField("完成时限", null=True)
    note = models.CharField("说明", max_length=300, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = "预警"
        ordering = ["rule", "organization__path", "pk"]
        indexes = [models.Index(fields=["period", "organization", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "organization", "period"], condition=Q(member=None), name="one_finding_per_organization"
            ),
            models.UniqueConstraint(
                fields=["rule", "organization", "member", "period"],
                condition=Q(member__isnull=False),
                name="one_finding_per_member",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "in-hand"], closed_on=None, cleared=False)
                | Q(state__in=["closed", "exempted"], closed_on__isnull=False),
                name="finding_closed_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.rule} {self.organization}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:finding", args=[self.pk])

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.first_seen, True)

    @property
    def caption(self) -> str:
        """What people read in its place: the rule, and when it was broken."""
        from .. import engine

        return f"{engine.get(self.rule).title}（{self.when.label}）"

    @property
    def when(self) -> Period:
        """The quarter or year that it belongs to."""
        return Period.parse(self.period)

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be seen to."""
        return self.state in self.State.waiting()


class CheckRun(models.Model):
    """The last check of a subtree in a period, and how far the records had come by then.

    `position` maps a street's id to the length of its chain of the audit trail that the check could see: nothing
    recorded since means nothing to do.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", verbose_name="党组织")
    period = models.CharField("时期", max_length=7)
    day = models.DateField("核对日期")
    position = models.JSONField("审计链末端", default=dict)
    ran_at = models.DateTimeField("核对时间", auto_now=True)

    class Meta:
        verbose_name = "规则核对"
        constraints = [models.UniqueConstraint(fields=["organization", "period"], name="one_run_per_period")]

    def __str__(self) -> str:
        return f"{self.organization} {self.period}"


class LocalSetting(Record):
    """A number that a street has set for itself, in place of the default of `assessments.local`."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="local_settings", verbose_name="街道")
    key = models.CharField("项目", max_length=40)
    value = models.PositiveIntegerField("数值")

    objects = LocalSettingQuerySet.as_manager()

    class Meta:
        verbose_name = "本街道规定"
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="one_local_setting_per_key")]

    def __str__(self) -> str:
        return f"{self.organization} {self.key}"
