"""Two records of one person made into one: what was done, kept so that it can be taken back."""

from django.db import models
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Record
from ledgers.scope import ScopedQuerySet

from .register import Member


class MergeQuerySet(ScopedQuerySet["MergeRecord"]):
    path = "kept__branch__path"
    right = Right.MEMBERS_VIEW


class MergeRecord(Record):
    """One merge. `memory` is what undoing needs, as JSON: the record given up, what was moved and changed."""

    SENSITIVE = ("memory",)

    kept = models.ForeignKey(Member, models.PROTECT, related_name="merges", verbose_name="保留的记录")
    dropped_pk = models.BigIntegerField("并入的记录编号", db_index=True)
    dropped_name = models.CharField("并入的记录", max_length=60)
    dropped_branch = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="原在党支部")
    moved = models.JSONField("移过来的", default=dict)
    set_aside = models.JSONField("重复而收起的", default=dict)
    memory = EncryptedTextField("撤销所需")
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = "合并记录"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.dropped_name}（{self.dropped_branch.label}）并入{self.kept}"

    def get_absolute_url(self) -> str:
        return reverse("members:merged", args=[self.pk])

    def audit_path(self) -> str:
        return self.kept.branch.path
