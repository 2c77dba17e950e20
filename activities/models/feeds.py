"""Calendar feeds (日历订阅): a secret address under which one user's calendar of one organisation can be read."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

from accounts import audit
from accounts.encryption import blind_index
from accounts.models import User
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from branches.models import Organization


def _digest(token: str) -> str:
    return blind_index(token, "calendar-feed")


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def visible_to(self, user: User) -> Self:
        """Keep the user's own."""
        return self.filter(user=user)

    def opened_by(self, token: str) -> "CalendarFeed | None":
        """Return the feed of a token, if its user may still see the calendar; the address alone gives nothing."""
        feed = self.select_related("user", "organization").filter(digest=_digest(token)).first()
        if feed is None or not feed.user.is_active or feed.user.must_change_password:
            return None
        return feed if access_of(feed.user).has_on(Right.ACTIVITIES_VIEW, feed.organization.path) else None


class CalendarFeed(models.Model):
    """One subscription. The token is told once, when it is made; only its keyed digest is kept."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="calendar_feeds", verbose_name="订阅人")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", verbose_name="组织")
    digest = models.CharField("密钥摘要", max_length=64, unique=True)
    created_at = models.DateTimeField("生成时间", auto_now_add=True)
    read_at = models.DateTimeField("最近读取", null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = "日历订阅"
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="one_feed_per_organization")]

    def __str__(self) -> str:
        return f"{self.organization.label}的日历订阅"

    @classmethod
    @atomic
    def issue(cls, user: User, organization: Organization) -> str:
        """Make the user's feed of an organisation, in place of an earlier one, and return its token."""
        token = secrets.token_urlsafe(32)
        feed, _ = cls.objects.update_or_create(
            user=user,
            organization=organization,
            defaults={"digest": _digest(token), "created_at": timezone.now(), "read_at": None},
        )
        audit.record("create", feed, organization_path=organization.path)
        return token

    @atomic
    def revoke(self) -> None:
        """Make the address lead nowhere from now on."""
        audit.record("delete", self, organization_path=self.organization.path)
        self.delete()

    def was_read(self, now: datetime) -> None:
        """Note that a calendar has fetched it."""
        CalendarFeed.objects.filter(pk=self.pk).update(read_at=now)
