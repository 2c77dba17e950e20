from django.db import models


class Upkeep(models.Model):
    """One timed job of the server, such as the nightly checks: when it last ended, and when it last ended well."""

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
