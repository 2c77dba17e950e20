from datetime import timedelta

from django.db import models
from django.utils import timezone

OVERDUE = timedelta(hours=36)
"""How long ago a job of every night may have ended: one night missed is told on the next day."""


class Upkeep(models.Model):
    """One timed job of the server, such as the nightly checks: when it last ended, and when it last ended well.

    One that was never noted has neither; it is not set up, and nothing is wrong with it.
    """

    class Job(models.TextChoices):
        NIGHTLY = "nightly", "每晚的检查"
        BACKUP = "backup", "备份"

    job = models.CharField("事项", max_length=20, primary_key=True, choices=Job.choices)
    ended_at = models.DateTimeField("最近一次结束")
    succeeded_at = models.DateTimeField("最近一次成功", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "定时任务"

    def __str__(self) -> str:
        return self.get_job_display()

    @property
    def failed(self) -> bool:
        """Whether the last run did not end well."""
        return self.ended_at != self.succeeded_at

    @property
    def wrong(self) -> str:
        """What is wrong with it, in Chinese; empty where nothing is."""
        if self.failed:
            return f"{self}最近一次没有完成。"
        overdue = self.ended_at is not None and self.ended_at < timezone.now() - OVERDUE
        return f"{self}已超过 36 小时没有运行。" if overdue else ""
