"""The papers of a development case: the application, reports of thought, the vetting file, minutes, approvals."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts import audit
from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from ledgers.papers import Paper
from ledgers.scope import ScopedQuerySet

from .development import DevelopmentCase, DevelopmentStep


class DevelopmentPaperQuerySet(ScopedQuerySet["DevelopmentPaper"]):
    path = "case__branch__path"
    right = Right.MEMBERS_EDIT  # they hold ID numbers in clear: for who keeps the records


class DevelopmentPaper(models.Model):
    """A paper of one step; of the application, which is the case itself, where it names no step.

    The file lies under the SHA-256 of its content and is served only through the scope.
    """

    case = models.ForeignKey(DevelopmentCase, models.CASCADE, related_name="papers", verbose_name="发展党员")
    step = models.ForeignKey(
        DevelopmentStep, models.CASCADE, null=True, related_name="papers", verbose_name="发展党员步骤"
    )
    digest = models.CharField("SHA-256", max_length=64)
    filename = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    uploaded_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, related_name="+", verbose_name="上传人"
    )

    objects = DevelopmentPaperQuerySet.as_manager()

    class Meta:
        verbose_name = "发展党员材料"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["step", "digest"], name="one_paper_per_step"),
            models.UniqueConstraint(
                fields=["case", "digest"], condition=Q(step__isnull=True), name="one_paper_per_application"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("members:development-paper", args=[self.pk])

    @property
    def record(self) -> DevelopmentCase | DevelopmentStep:
        """What it hangs on."""
        return self.step or self.case


@atomic
def hang(record: DevelopmentCase | DevelopmentStep, papers: Sequence[Paper], user: Any) -> None:
    """Hang stored papers on a step, or on the application, with a trace; what hangs there already stays as it is."""
    case, step = (record.case, record) if isinstance(record, DevelopmentStep) else (record, None)
    held = set(DevelopmentPaper.objects.filter(case=case, step=step).values_list("digest", flat=True))
    new = {paper.digest: paper for paper in papers if paper.digest not in held}.values()
    if not new:
        return
    DevelopmentPaper.objects.bulk_create(
        DevelopmentPaper(
            case=case,
            step=step,
            digest=paper.digest,
            filename=paper.filename,
            content_type=paper.content_type,
            size=paper.size,
            uploaded_by=user if isinstance(user, User) else None,
        )
        for paper in new
    )
    names = "、".join(paper.filename for paper in new)
    audit.record("attach", record, changes={"材料": (None, names)}, organization_path=record.audit_path())


@atomic
def take_off(paper: DevelopmentPaper) -> None:
    """Take a paper off, with a trace; the file goes with the next `clear_pending`."""
    path = paper.record.audit_path()
    audit.record("detach", paper.record, changes={"材料": (paper.filename, None)}, organization_path=path)
    paper.delete()
