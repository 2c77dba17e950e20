"""A saved view (我的视图): how one person likes to look at one ledger."""

from typing import Any

from django.db import models

from accounts.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViewQuerySet":
        """Keep the user's own: a view is nobody else's business."""
        return self.filter(user=user)


class SavedView(models.Model):
    """A ledger's list as somebody wants it again: filters, sorting and columns, under a name.

    It says how to look and never whose rows: what is seen is what the person may see when they look. It holds no
    personal numbers; a search for one is not kept.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name="所有人")
    ledger = models.SlugField("台账", max_length=40)
    name = models.CharField("名称", max_length=20)
    query = models.JSONField("筛选和排序", default=dict)
    columns = models.JSONField("列", default=list)
    order = models.PositiveSmallIntegerField("次序", default=0)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = "视图"
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "ledger", "name"], name="saved_view_named_once")]

    def __str__(self) -> str:
        return self.name
