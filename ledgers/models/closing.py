"""Months that a street has locked (月度锁定), and what was entered into them afterwards (补录)."""

from typing import Any

from django.db import models

from accounts.models import User
from accounts.permissions import Right

from ..scope import ScopedQuerySet
from .batch import REASON
from .record import Record


class ClosedMonthQuerySet(ScopedQuerySet["ClosedMonth"]):
    path = "street__path"
    right = Right.ORGANIZATIONS_VIEW


class ClosedMonth(Record):
    """A month of a street that takes no silent edits any more: what comes later needs a reason and is marked.

    `month` is its first day.
    """

    street = models.ForeignKey(
        "branches.Organization", models.CASCADE, related_name="closed_months", verbose_name="街道"
    )
    month = models.DateField("月份")

    objects = ClosedMonthQuerySet.as_manager()

    class Meta:
        verbose_name = "月度锁定"
        ordering = ["-month"]
        constraints = [models.UniqueConstraint(fields=["street", "month"], name="month_closed_once")]

    def __str__(self) -> str:
        return f"{self.street} {self.month.year}年{self.month.month}月"

    def audit_path(self) -> str:
        return str(self.street.path)


class LateEntryQuerySet(ScopedQuerySet["LateEntry"]):
    path = "organization__path"
    right = Right.ORGANIZATIONS_VIEW

    def about(self, record: models.Model) -> "LateEntryQuerySet":
        """Keep what was done to one record after its month was locked."""
        return self.filter(model=record._meta.label, object_id=record.pk).select_related("by")


class LateEntry(models.Model):
    """One record that was entered, changed or deleted after its month was locked: who, when, why. Never changed.

    `what` names the kind of record and nothing of its content, which not everybody may read.
    """

    DERIVED = True

    class Act(models.TextChoices):
        CREATE = "create", "补录"
        CHANGE = "change", "更改"
        DELETE = "delete", "删除"
        IMPORT = "import", "导入"
        UNDO = "undo", "撤销导入"

    organization = models.ForeignKey("branches.Organization", models.CASCADE, related_name="+", verbose_name="党组织")
    month = models.DateField("所属月份", db_index=True)
    act = models.CharField("办理", max_length=8, choices=Act)
    what = models.CharField("内容", max_length=100)
    model = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    reason = models.CharField("补录原因", max_length=REASON)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="补录人")
    at = models.DateTimeField("补录时间", auto_now_add=True)

    objects = LateEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "补录"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["model", "object_id"])]
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="late_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.what} {self.get_act_display()}"

    @classmethod
    def of(cls, record: models.Model | None, what: str, **fields: Any) -> "LateEntry":
        """Return an entry, unsaved, about a record or about what has no page of its own."""
        label, pk = (record._meta.label, record.pk) if record is not None else ("", None)
        return cls(model=label, object_id=pk, what=what[:100], **fields)
