"""The papers that prove an activity, and minutes that were uploaded and wait to be confirmed."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.encryption import EncryptedTextField

from ..minutes import Minutes, read_minutes
from ..querysets import AttachmentQuerySet, PendingUploadQuerySet
from .records import Activity

GIVEN_UP_AFTER = timedelta(minutes=10)
"""After which nobody waits for a picture to be read any more."""
MAX_NOTE = 200
"""Characters of the reason why an upload could not be read."""


class Attachment(models.Model):
    """A paper of an activity, stored under the SHA-256 of its content and served only through the scope."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="attachments", verbose_name="活动")
    digest = models.CharField("SHA-256", max_length=64)
    filename = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    text = EncryptedTextField("读出的文字", blank=True)
    taken_on = models.DateField("拍摄日期", null=True, blank=True)
    replaces = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="replaced_by", verbose_name="替换的旧版本"
    )
    edition = models.PositiveSmallIntegerField("第几版", default=1)
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)
    uploaded_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, related_name="+", verbose_name="上传人"
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "附件"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "digest"], name="one_attachment_per_digest"),
            models.CheckConstraint(
                condition=models.Q(replaces=None, edition=1) | models.Q(replaces__isnull=False, edition__gt=1),
                name="an_edition_follows_another",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("activities:attachment", args=[self.pk])

    @property
    def is_image(self) -> bool:
        """Whether a small picture of it can be shown."""
        return self.content_type.startswith("image/")


class PendingUpload(models.Model):
    """Minutes that were uploaded and read, and wait for their uploader to confirm what was read.

    The file lies where attachments lie; the text is kept encrypted. Once confirmed it names the activity it became, so
    that the same page pressed again finds it. What was uploaded together as papers of one activity shares a `bundle`.
    """

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+", verbose_name="上传人")
    digest = models.CharField("SHA-256", max_length=64)
    filename = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("大小（字节）")
    text = EncryptedTextField("读出的文字", blank=True)
    taken_on = models.DateField("拍摄日期", null=True, blank=True)
    bundle = models.UUIDField("同一次上传", null=True, blank=True)
    note = models.CharField("没有读出的原因", max_length=MAX_NOTE, blank=True)
    reading_since = models.DateTimeField("开始识别", null=True, blank=True)
    """Set while the picture waits to be read, or is being read."""
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, related_name="+", verbose_name="活动")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = PendingUploadQuerySet.as_manager()

    class Meta:
        verbose_name = "待确认的会议记录"
        ordering = ["pk"]
        indexes = [models.Index(fields=["user", "activity"])]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("activities:pending", args=[self.pk])

    @property
    def is_image(self) -> bool:
        """Whether it is a photo or a scan."""
        return self.content_type.startswith("image/")

    @property
    def is_being_read(self) -> bool:
        """Whether its text is still to come: not for ever, where the worker is gone."""
        return self.reading_since is not None and timezone.now() - self.reading_since < GIVEN_UP_AFTER

    @cached_property
    def minutes(self) -> Minutes:
        """What its text says; where it could not be read, the reason is the only hint."""
        if not self.text and self.note:
            return Minutes(text="", hints=[self.note])
        found = read_minutes(self.text, kinds=Activity.Kind.labels, today=timezone.localdate(self.created_at))
        if self.note:  # which of the meetings of its file it is
            found.hints.insert(0, self.note)
        return found

    def activities_of_the_same_file(self) -> models.QuerySet["PendingUpload", Any]:
        """Return the ids of the activities that the other meetings of the same file have become."""
        if self.bundle is None:
            return PendingUpload.objects.none().values("activity")
        same = PendingUpload.objects.filter(bundle=self.bundle, digest=self.digest, activity__isnull=False)
        return same.values("activity")
