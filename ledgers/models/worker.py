"""A worker of background tasks, which says every few seconds that it lives."""

from django.db import models


class Worker(models.Model):
    """One process that does background tasks. What it runs is lost when it has not been seen for a while."""

    id = models.CharField("编号", max_length=64, primary_key=True)
    started_at = models.DateTimeField("启动时间", auto_now_add=True)
    seen_at = models.DateTimeField("最近一次", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "后台服务"

    def __str__(self) -> str:
        return self.id
