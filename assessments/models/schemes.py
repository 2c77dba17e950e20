"""Assessment schemes as they are kept: one version a row, with its classes, grades, vetoes, groups and indicators."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record
from ledgers.period import Period, PeriodKind

from ..querysets import SchemeQuerySet


class Scheme(Record):
    """One version of an assessment scheme of a street: a draft, in force from a period on, or retired.

    In force it covers the periods from `since` to `until` (first and last day); one version of a code at a time.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_FORCE = "in-force", "执行中"
        RETIRED = "retired", "已停用"

    class Kind(models.TextChoices):
        MONTH = "month", "月度"
        QUARTER = "quarter", "季度"
        HALF = "half", "半年"
        YEAR = "year", "年度"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="schemes", verbose_name="制定单位")
    code = models.CharField("方案编号", max_length=20)
    edition = models.PositiveIntegerField("版次")
    title = models.CharField("方案名称", max_length=100)
    period_kind = models.CharField("考核周期", max_length=8, choices=Kind)
    state = models.CharField("状态", max_length=8, choices=State, default=State.DRAFT)
    since = models.DateField("执行起始", null=True, blank=True)
    until = models.DateField("执行截止", null=True, blank=True)
    base = models.DecimalField("基础分", max_digits=7, decimal_places=2)
    not_applicable = models.CharField(
        "不适用的项", max_length=8, choices=[("scale", "按其余各项折算"), ("full", "按满分计")], default="scale"
    )
    days = models.JSONField("各环节工作日", default=dict)
    applies_to = models.JSONField("考核对象", default=list)
    tie_break = models.JSONField("同分依次比较", default=list)

    UNTRACKED = (*Record.UNTRACKED, "days", "applies_to", "tie_break")
    """What is told by a code: never changed in a version, and its own page says it in words."""
    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = "考核方案"
        ordering = ["organization__path", "code", "-edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code", "edition"],
                name="one_scheme_per_version",
                violation_error_message="这个方案已有这一版",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", since=None) | (~Q(state="draft") & Q(since__isnull=False)),
                name="scheme_in_force_since_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}（第 {self.edition} 版）"

    def get_absolute_url(self) -> str:
        return reverse("assessments:scheme", args=[self.pk])

    @property
    def period(self) -> PeriodKind:
        """The length of the periods that it scores."""
        return LENGTHS[self.Kind(self.period_kind)]

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.state == self.State.DRAFT

    def covers(self, period: Period) -> bool:
        """Say whether it is, or was, in force in a period."""
        since, until = self.since, self.until
        return since is not None and since <= period.start and (until is None or period.end <= until)

    def decided_ranks(self, period: Period) -> dict[int, int]:
        """Return organisation id → rank of a period that was decided; nothing where it was not. One query."""
        decided = self.assessments.filter(period=period.code, decided_on__isnull=False)
        return {pk: rank for pk, rank in decided.values_list("organization_id", "rank") if rank is not None}

    def as_written(self) -> dict[str, Any]:
        """Return the scheme in its written form. Five queries, none where the parts were loaded with it."""
        kinds, units = dict(Organization.Kind.choices), dict(Organization.UnitKind.choices)
        groups = {group.pk: {"title": group.title, "indicators": []} for group in self.groups.all()}
        for one in self.indicators.all():
            groups[one.group_id]["indicators"].append(one.as_written())  # type: ignore[attr-defined]
        return {
            "code": self.code,
            "title": self.title,
            "period": self.period_kind,
            "days": self.days,
            "applies_to": [kinds[kind] for kind in self.applies_to],
            "base": self.base,
            "not_applicable": self.not_applicable,
            "tie_break": self.tie_break,
            "classes": [
                {"title": one.title, "unit_kinds": [units[kind] for kind in one.unit_kinds]}
                for one in self.classes.all()
            ],
            "grades": [
                {"title": grade.title, "from": grade.least}
                | ({} if grade.at_most_percent is None else {"at_most_percent": grade.at_most_percent})
                for grade in self.grades.all()
            ],
            "vetoes": [
                {
                    "code": veto.code,
                    "title": veto.title,
                    "when": {"rules": veto.rules} if veto.rules else "entered",
                    "not_above": veto.not_above,
                }
                for veto in self.vetoes.all()
            ],
            "groups": list(groups.values()),
        }

    @atomic
    def put_in_force(self, since: Period) -> "Scheme":
        """Let a draft hold from a period on; the version that held until then ends with the period before.

        Raises ValueError with a Chinese message.
        """
        if not self.is_draft:
            raise ValueError("只有草稿可以开始执行")
        if since.kind != self.period:
            raise ValueError(
                f"{self.get_period_kind_display()}考核不能从{since.label}起执行：应是{self.get_period_kind_display()}的时期"
            )
        others = type(self).objects.filter(organization=self.organization_id, code=self.code)
        others = others.exclude(state=self.State.DRAFT).select_for_update(of=("self",), no_key=True)
        for other in others:
            if other.since and other.since >= since.start:
                raise ValueError(f"第 {other.edition} 版已从 {other.since} 起执行，新版应从以后的时期开始")
            if other.until is None or other.until >= since.start:
                other.state, other.until = self.State.RETIRED, since.previous().end
                other.record("retire")
        self.state, self.since = self.State.IN_FORCE, since.start
        return self.record("put-in-force")

    @atomic
    def retire(self, last: date) -> "Scheme":
        """Let it hold no longer than to a day, the last of a period."""
        self.state, self.until = self.State.RETIRED, last
        return self.record("retire")


LENGTHS = {
    Scheme.Kind.MONTH: Period.MONTH,
    Scheme.Kind.QUARTER: Period.QUARTER,
    Scheme.Kind.HALF: Period.HALF,
    Scheme.Kind.YEAR: Period.YEAR,
}


class Part(models.Model):
    """Base of what hangs on one version of a scheme, in its order. Written with the scheme, never by itself."""

    position = models.PositiveSmallIntegerField("顺序")
    title = models.CharField("名称", max_length=200)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class RankingClass(Part):
    """Organisations that are ranked among themselves."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="classes", verbose_name="考核方案")
    unit_kinds = models.JSONField("单位类别", default=list)

    class Meta(Part.Meta):
        verbose_name = "考核类别"


class Grade(Part):
    """A grade, from how many points on."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="grades", verbose_name="考核方案")
    least = models.DecimalField("分数线", max_digits=9, decimal_places=2)
    at_most_percent = models.DecimalField("比例不超过", max_digits=6, decimal_places=2, null=True)

    class Meta(Part.Meta):
        verbose_name = "考核等次"


class Veto(Part):
    """What keeps an organisation from a better grade."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="vetoes", verbose_name="考核方案")
    code = models.CharField("编号", max_length=20)
    rules = models.JSONField("规则", default=list)
    not_above = models.CharField("等次不高于", max_length=20)

    class Meta(Part.Meta):
        verbose_name = "一票否决"


class IndicatorGroup(Part):
    """A heading (一级指标)."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="groups", verbose_name="考核方案")

    class Meta(Part.Meta):
        verbose_name = "一级指标"


class Indicator(Part):
    """A line (二级指标) with its points and its formula."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="indicators", verbose_name="考核方案")
    group = models.ForeignKey(IndicatorGroup, models.CASCADE, related_name="indicators", verbose_name="一级指标")
    code = models.CharField("编号", max_length=20)
    points = models.DecimalField("分值", max_digits=9, decimal_places=2)
    standard = models.CharField("评分标准", max_length=1000, blank=True)
    method = models.CharField("考核方式", max_length=40, blank=True)
    scorer = models.CharField("评分科室", max_length=60, blank=True)
    formula = models.JSONField("计分公式")

    class Meta(Part.Meta):
        verbose_name = "考核指标"
        ordering = ["group__position", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["scheme", "code"], name="one_indicator_per_code")]

    def as_written(self) -> dict[str, Any]:
        """Return the line in its written form."""
        words = {"standard": self.standard, "method": self.method, "scorer": self.scorer}
        return {
            "code": self.code,
            "title": self.title,
            "points": self.points,
            **{key: text for key, text in words.items() if text},
            "formula": self.formula,
        }
