"""Who uses the portal, in which role on which organisation, and what they did."""

from __future__ import annotations

import json
from datetime import UTC, date
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.actions import ACTIONS
from accounts.encryption import signature
from accounts.permissions import Access, Right, access_of
from accounts.roles import Role
from accounts.streets import NONE

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

GENESIS = "0" * 64
"""What the first entry of the audit trail names as the digest before it."""


class UserQuerySet(models.QuerySet["User"]):
    """Accounts, as those who manage them see them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Keep the accounts this user manages.

        That is: at least one posting within their reach, and none outside it that has not ended. Superusers are
        seen only by superusers, or a reset of their password would hand over everything.
        """
        access = access_of(user)
        if access.everything:
            return self
        if not access.has(Right.ACCOUNTS_MANAGE):
            return self.none()
        theirs, within = Posting.objects.filter(user=OuterRef("pk")), access.grantable_postings()
        beyond = theirs.not_ended(timezone.localdate()).exclude(within)
        return self.filter(Exists(theirs.filter(within)), ~Exists(beyond), is_superuser=False)


class AccountManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes accounts with hashed passwords; nothing that migrations need."""

    use_in_migrations = False


class User(AbstractUser):
    """A person who signs in. What they may do comes from their postings, never from Django's permissions."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=50, blank=True, db_index=True)
    must_change_password = models.BooleanField("须修改密码", default=False)
    one_time_until = models.DateTimeField("一次性密码有效至", null=True, blank=True, editable=False)

    objects: ClassVar[AccountManager] = AccountManager()
    _access: tuple[date, Access] | None = None

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """Return the name people read."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the name people read."""
        return str(self)


class PostingQuerySet(models.QuerySet["Posting"]):
    """Postings by time."""

    def not_ended(self, day: date) -> Self:
        """Keep those in force on the day or beginning later."""
        return self.filter(Q(end=None) | Q(end__gte=day))

    def in_force(self, day: date) -> Self:
        """Keep those in force on the day; the first and the last day count, one that waits for a second person not."""
        return self.not_ended(day).filter(start__lte=day, waits=False)

    def waiting_for(self, user: User | AnonymousUser) -> Self:
        """Keep those that wait for a second person whom this user may be: somebody else than who gave them."""
        waiting = self.filter(waits=True).exclude(given_by=user.pk).exclude(user=user.pk)
        return waiting.filter(access_of(user).confirmable_postings()).not_ended(timezone.localdate())


class Posting(models.Model):
    """One role of one user on one organisation and all that is under it, from the first to the last day inclusive."""

    user = models.ForeignKey(User, models.CASCADE, related_name="postings", verbose_name="账号")
    organization = models.ForeignKey(
        "branches.Organization", models.PROTECT, related_name="postings", verbose_name="党组织"
    )
    role = models.CharField("角色", max_length=30, choices=Role.choices)
    start = models.DateField("任职开始", default=timezone.localdate)
    end = models.DateField("任职结束", null=True, blank=True)
    waits = models.BooleanField("待另一人确认", default=False, editable=False)
    given_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="任命人"
    )

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["-start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end=None) | Q(end__gte=F("start")),
                name="posting_ends_after_start",
                violation_error_message="任职结束不能早于任职开始。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization} {Role(self.role).label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let the user at hand be asked afresh what they may do."""
        super().save(*args, **kwargs)
        self.user._access = None

    @property
    def state(self) -> str:
        """Whether it is to come, in force or ended, in a word."""
        today = timezone.localdate()
        if self.end is not None and self.end < today:
            return "已卸任"
        if self.waits:
            return "待确认"
        return "未到任" if self.start > today else "在任"


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """The audit trail: read and appended to, nothing else."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Keep what the auditor's organisations did, and what belongs to none (failed sign-ins, the command line)."""
        access = access_of(user)
        if not access.has(Right.AUDIT_READ):
            return self.none()
        if access.everything:
            return self
        return self.filter(access.scope(Right.AUDIT_READ, "organization_path") | Q(organization_path=""))

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly


class AppendOnly(TypeError):
    """Somebody tried to change or delete an entry of the audit trail."""

    def __init__(self) -> None:
        super().__init__("the audit trail is append-only; write entries with accounts.audit.record")


class AuditEntry(models.Model):
    """One thing that was done. Each entry carries a keyed digest over itself and the entry before it in its chain.

    There is a chain for each street, numbered by `seq`, so that streets do not wait for one another. `changes` maps a
    field name to [before, after]; sensitive values stand there as keyed digests only. The name and the path are copies
    from the time of writing, so that a later rename or move leaves the chain whole.
    """

    id = models.BigAutoField("序号", primary_key=True)
    street_id = models.BigIntegerField(default=NONE)  # a copy as well: the chain outlives the organisation
    seq = models.BigIntegerField("链内序号")
    at = models.DateTimeField("时间", db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    actor_name = models.CharField("操作人姓名", max_length=210)
    address = models.CharField("来源地址", max_length=64)
    action = models.CharField("操作", max_length=40, db_index=True)
    model = models.CharField("对象类型", max_length=100)
    object_id = models.CharField("对象编号", max_length=64)
    label = models.CharField("对象", max_length=200)
    organization_path = models.CharField(max_length=255, db_index=True)
    changes = models.JSONField("变更")
    key = models.CharField(max_length=8)  # id of the key that signed it
    digest = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["-id"]
        indexes = [models.Index(fields=["model", "object_id"], name="audit_by_object")]
        constraints = [models.UniqueConstraint(fields=["street_id", "seq"], name="audit_one_chain_a_street")]

    def __str__(self) -> str:
        return f"{self.pk} {self.action} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: entries are written by `accounts.audit.record`, in order."""
        raise AppendOnly

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly

    def digest_after(self, previous: str) -> str:
        """Return the HMAC-SHA256, under the entry's key, of the digest before and the entry as canonical JSON.

        Raises encryption.Undecryptable where the key is not among AUDIT_KEYS.
        """
        content = {
            "seq": self.seq,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor_id,
            "actor_name": self.actor_name,
            "address": self.address,
            "action": self.action,
            "model": self.model,
            "object_id": self.object_id,
            "label": self.label,
            "organization_path": self.organization_path,
            "changes": self.changes,
            "key": self.key,
        }
        if self.street_id:
            content["street"] = self.street_id
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return signature(previous + canonical, self.key)

    @property
    def action_label(self) -> str:
        """What users call what was done."""
        return ACTIONS.get(self.action, self.action)

    @property
    def model_name(self) -> str:
        """What users call the kind of object."""
        try:
            return str(apps.get_model(self.model)._meta.verbose_name)
        except (LookupError, ValueError):
            return self.model


class AuditHead(models.Model):
    """Where a street's chain of the trail ends: locked to append, compared to notice a cut tail.

    It is signed: who can write to the database alone cannot set it back to where the trail once ended.
    """

    street_id = models.BigIntegerField(unique=True, default=NONE)
    count = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default=GENESIS)
    key = models.CharField(max_length=8, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计链末端"

    def sealed(self) -> str:
        """Return the signature of what the row says now."""
        of = f" of {self.street_id}" if self.street_id else ""
        return signature(f"head {self.count} {self.digest}{of}", self.key)


class KeyFingerprint(models.Model):
    """The id of a key that the database was written with; the key itself is never kept here."""

    purpose = models.CharField("用途", max_length=8)
    key_id = models.CharField("编号", max_length=8)
    first_used_at = models.DateTimeField("首次使用", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "密钥编号"
        constraints = [models.UniqueConstraint(fields=["purpose", "key_id"], name="key_fingerprint_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.key_id}"
