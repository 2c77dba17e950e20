"""An import batch: one file on its way into a register, and the way back."""

from django.db import models

from accounts.acting import current_actor
from accounts.encryption import EncryptedTextField
from accounts.models import User
from accounts.permissions import Right, access_of

REASON = 200
"""Characters of a reason for what comes late."""


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, user: User) -> "ImportBatchQuerySet":
        """A batch holds other people's data: who uploaded it sees it, and only while they may still import there."""
        if user.is_superuser:
            return self
        access = access_of(user)
        may_import = access.scope(Right.IMPORT, "organization__path")
        if access.has(Right.IMPORT):
            may_import |= models.Q(organization__isnull=True) & access.scope(Right.IMPORT, "home_path")
        return self.filter(may_import, user=user)


class ImportBatch(models.Model):
    """One uploaded file: what was read, what was done with it, and what it takes to undo it.

    The file and the details are kept encrypted, since they hold citizen IDs in clear.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "已上传"
        PREVIEWED = "previewed", "待确认"
        APPLYING = "applying", "导入中"
        APPLIED = "applied", "已导入"
        UNDOING = "undoing", "撤销中"
        UNDONE = "undone", "已撤销"
        ABANDONED = "abandoned", "已放弃"

    ledger = models.SlugField("台账", max_length=40)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="导入人")
    organization = models.ForeignKey(
        "branches.Organization", models.PROTECT, null=True, related_name="+", verbose_name="导入范围"
    )
    home_path = models.CharField(max_length=255, blank=True)
    """Where the person who uploaded it held office then, as a tree path: it goes with that office."""
    state = models.CharField("状态", max_length=12, choices=State, default=State.UPLOADED)
    task = models.CharField("后台任务", max_length=36, blank=True)
    filename = models.CharField("文件名", max_length=255)
    digest = models.CharField("文件摘要", max_length=64)
    content = models.BinaryField("文件（加密）", null=True)
    sheet = models.CharField("工作表", max_length=100, blank=True)
    header_rows = models.CharField("表头行", max_length=20, blank=True)
    mapping = models.JSONField("表头对应", default=dict)
    constants = models.JSONField("整列填成", default=dict)
    corrections = EncryptedTextField("预览中更正", blank=True, default="")
    late_reason = models.CharField("补录原因", max_length=REASON, blank=True, default="")
    """Why it is taken in although months that it writes into are locked."""
    new = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("有变化", default=0)
    same = models.PositiveIntegerField("相同", default=0)
    wrong = models.PositiveIntegerField("有错", default=0)
    details = models.BinaryField("有错和有变化的行（加密）", null=True)
    undo = models.BinaryField("撤销所需（加密）", null=True)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    applied_at = models.DateTimeField("导入时间", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)

    let_go = ""
    """Of a batch just taken back: the records of people that pointed to its rows and do no more, 请假 2 条."""

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "导入批次"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.filename}（{self.get_state_display()}）"

    def because(self, reason: str) -> None:
        """Note why it writes into months that are locked."""
        self.late_reason = reason.strip()[:REASON]

    @property
    def is_under_way(self) -> bool:
        """Whether a background task is about to write it, or to take it back."""
        return self.state in UNDER_WAY

    @property
    def rows(self) -> int:
        """Rows of the file that hold data."""
        return self.new + self.changed + self.same + self.wrong

    @property
    def is_mine(self) -> bool:
        """Whether the person at the screen uploaded it."""
        return self.user == current_actor()


UNDER_WAY = {
    ImportBatch.State.APPLYING: ImportBatch.State.PREVIEWED,
    ImportBatch.State.UNDOING: ImportBatch.State.APPLIED,
}
"""States of a batch that a background task is at, and what the batch is again where the task comes to nothing."""
