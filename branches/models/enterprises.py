"""Two-new organisations (两新组织): enterprises and social organisations, their Party building, instructors' visits."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.transactions import atomic
from branches.credit_codes import validate_credit_code
from branches.spans import EVER_SINCE, lasting
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .tree import Organization

ORGANISED_FROM = 3
"""Full members from which an enterprise should have a Party organisation (党章)."""


def organised_on(day: date) -> Q:
    """Return the condition that an enterprise, by its state on a day, had a Party organisation on it."""
    founded = Q(organised_since__isnull=True) | Q(organised_since__lte=day)
    return ~Q(organised=EnterpriseState.Organised.NONE) & founded


def instructed_on(day: date) -> Q:
    """Return the condition that an enterprise, by its state on a day, had an instructor on it."""
    return ~Q(instructor="") & (Q(instructor_since__isnull=True) | Q(instructor_since__lte=day))


class EnterpriseQuerySet(ScopedQuerySet["Enterprise"]):
    """Enterprises by where they stand today."""


class Enterprise(Record):
    """One enterprise or social organisation. `organization`, today's, repeats the last state's."""

    class Kind(models.TextChoices):
        PRIVATE = "private", "非公企业"
        SOCIAL = "social", "社会组织"

    credit_code = models.CharField(
        "统一社会信用代码",
        max_length=18,
        unique=True,
        validators=[validate_credit_code],
        error_messages={"unique": "这个代码不能用，请与街道党建办核对"},
    )
    name = models.CharField("名称", max_length=100, db_index=True)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="enterprises", verbose_name="属地党组织"
    )
    founded = models.DateField("成立日期", null=True, blank=True)
    address = models.CharField("地址", max_length=200, blank=True)
    head = models.CharField("负责人", max_length=60, blank=True)
    closed_on = models.DateField("注销或迁出日期", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = "两新组织"
        ordering = ["organization__path", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(founded__isnull=True) | Q(closed_on__isnull=True) | Q(closed_on__gt=F("founded")),
                name="enterprise_closed_after_founded",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("branches:enterprise", args=[self.pk])

    @property
    def state(self) -> "EnterpriseState":
        """The last state."""
        return self.states.order_by("-start")[0]

    def touches(self) -> Iterator[Touch]:
        for state in self.states.all():
            yield from state.touches()

    @atomic
    def enter(self, **held: Any) -> "Enterprise":
        """Record a new enterprise with its first state, which holds from its founding on."""
        self.record()
        start = self.founded or EVER_SINCE
        EnterpriseState(
            enterprise=self, organization=self.organization, start=start, end=self.closed_on, **held
        ).record()
        return self

    @atomic
    def amend(self, on: date, **held: Any) -> "Enterprise":
        """Record changes: what a state holds is so from a day on, or corrected where the last state began on it.

        Raises Conflict where somebody else changed the enterprise or its state after this object was read.
        """
        last = self.states.select_for_update(no_key=True).order_by("-start")[0]
        held["organization"] = self.organization
        changed = {name for name, value in held.items() if getattr(last, name) != value}
        self.record("change" if changed else "")
        if changed and on > last.start:
            values = {name: getattr(last, name) for name in EnterpriseState.HELD} | held
            last.end = on
            last.record()
            last = EnterpriseState(enterprise=self, start=on, **values)
        for name in changed:
            setattr(last, name, held[name])
        last.end = self.closed_on
        last.record()
        return self


class EnterpriseStateQuerySet(ScopedQuerySet["EnterpriseState"]):
    def in_force_on(self, day: date) -> Self:
        """Keep the states that hold on a day: one for each enterprise that there was."""
        return self.filter(lasting(day, "start", "end"))


class EnterpriseState(Record):
    """What an enterprise was like from `start` up to but not including `end`: members, organisation, instructor."""

    class Organised(models.TextChoices):
        NONE = "none", "未建立"
        ALONE = "alone", "单独建立"
        JOINT = "joint", "联合建立"

    HELD = (
        "organization",
        "employees",
        "party_members",
        "full_members",
        "organised",
        "organised_since",
        "party_organization",
        "reason",
        "instructor",
        "instructor_unit",
        "instructor_since",
    )
    """Fields whose change opens a new interval."""

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="states", verbose_name="两新组织")
    start = models.DateField("起")
    end = models.DateField("止", null=True, blank=True)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="属地党组织")
    employees = models.PositiveIntegerField("从业人数", null=True, blank=True)
    party_members = models.PositiveIntegerField("党员人数", default=0)
    full_members = models.PositiveIntegerField("正式党员人数", default=0)
    organised = models.CharField("党组织组建", max_length=8, choices=Organised, default=Organised.NONE)
    organised_since = models.DateField("党组织成立日期", null=True, blank=True)
    party_organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="covers", verbose_name="所在党组织"
    )
    reason = models.CharField("未建原因", max_length=200, blank=True)
    instructor = models.CharField("党建指导员", max_length=60, blank=True)
    instructor_unit = models.CharField("指导员单位及职务", max_length=100, blank=True)
    instructor_since = models.DateField("选派日期", null=True, blank=True)

    objects = EnterpriseStateQuerySet.as_manager()

    class Meta:
        verbose_name = "两新组织情况"
        ordering = ["enterprise", "start"]
        constraints = [
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="enterprise_state_ends"),
            models.CheckConstraint(condition=Q(full_members__lte=F("party_members")), name="enterprise_full_members"),
            models.CheckConstraint(
                condition=~Q(organised="none") | Q(party_organization__isnull=True, organised_since__isnull=True),
                name="enterprise_organised_or_not",
            ),
            models.UniqueConstraint(fields=["enterprise", "start"], name="one_enterprise_state_per_day"),
            models.UniqueConstraint(
                fields=["enterprise"], condition=Q(end__isnull=True), name="one_open_enterprise_state"
            ),
        ]
        indexes = [models.Index(fields=["start"])]

    def __str__(self) -> str:
        return f"{self.enterprise} {self.start}"

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together, those of the enterprise included."""
        total, full = values.get("party_members") or 0, values.get("full_members") or 0
        for name in ("employees", "party_members", "full_members"):
            if (values.get(name) or 0) < 0:
                yield name, "人数不能是负数"
        if full > total:
            yield "full_members", f"正式党员比党员人数 {total} 还多，请核对"
        organised = values.get("organised") or EnterpriseState.Organised.NONE
        if organised == EnterpriseState.Organised.NONE:
            for name in ("organised_since", "party_organization", "party_organization_id"):
                if values.get(name):
                    yield name, "填了党组织，请把“党组织组建”改为单独建立或联合建立"
            if full >= ORGANISED_FROM and not values.get("reason"):
                yield "reason", f"有 {full} 名正式党员还没有建立党组织，请写明原因"
        if values.get("instructor_since") and not values.get("instructor"):
            yield "instructor", "填了选派日期，还要填党建指导员姓名"
        founded, closed = values.get("founded"), values.get("closed_on")
        if founded and closed and closed <= founded:
            yield "closed_on", f"应晚于成立日期 {founded}"

    @property
    def lacks_organisation(self) -> bool:
        """Whether there should be a Party organisation today and is none (应建未建)."""
        return self.full_members >= ORGANISED_FROM and not self.is_organised

    @property
    def is_organised(self) -> bool:
        """Whether there is a Party organisation today."""
        since = self.organised_since
        return self.organised != self.Organised.NONE and (since is None or since <= timezone.localdate())

    def audit_path(self) -> str:
        return self.organization.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.start, True)


class InstructorVisitQuerySet(ScopedQuerySet["InstructorVisit"]):
    path = "enterprise__organization__path"


class InstructorVisit(Record):
    """One visit of an instructor to an enterprise: what was done, what came up, what became of it."""

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="visits", verbose_name="两新组织")
    on = models.DateField("走访日期")
    instructor = models.CharField("党建指导员", max_length=60)
    content = models.CharField("指导内容", max_length=300)
    problem = models.CharField("发现的问题", max_length=300, blank=True)
    result = models.CharField("办理结果", max_length=300, blank=True)

    objects = InstructorVisitQuerySet.as_manager()

    class Meta:
        verbose_name = "指导员走访"
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.instructor}"

    def get_absolute_url(self) -> str:
        return self.enterprise.get_absolute_url()

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong)."""
        if (on := values.get("on")) and on > timezone.localdate():
            yield "on", "走访日期不能晚于今天"

    def audit_path(self) -> str:
        return self.enterprise.organization.path
