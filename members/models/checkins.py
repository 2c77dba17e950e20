"""In-service members who checked in to a community (双报到), and the hours they served that were noted by hand."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.parsing import parted
from ledgers.scope import ScopedQuerySet, subtree

from .register import Member

MOST_HOURS = 100
"""Hours that one entry by hand may hold at most."""


def standing(day: date) -> Q:
    """Return the condition that a check-in stands on a day; the day on which it ends is not in it."""
    return Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))


def places(community: Organization) -> list[int]:
    """Return the keys of a community and all below it; kept on the object, so that an import asks once for each."""
    kept: list[int] | None = community.__dict__.get("_places")
    if kept is None:
        kept = list(Organization.objects.filter(subtree("path", community.path)).values_list("pk", flat=True))
        community.__dict__["_places"] = kept
    return kept


class CheckInQuerySet(ScopedQuerySet["CommunityCheckIn"]):
    path = "community__path"
    right = Right.MEMBERS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep what belongs to a community within reach, or is of a member within reach, wherever they went."""
        access, right = access_of(user), right or self.right
        return self.filter(access.scope(right, self.path) | access.scope(right, "member__branch__path"))

    def standing_on(self, day: date) -> Self:
        """Keep the check-ins that stand on a day."""
        return self.filter(standing(day))

    def with_home(self) -> Self:
        """Add `home`: the branch of the register that the person belongs to, or the one they named."""
        return self.annotate(home=Coalesce(F("member__branch__name"), F("party_branch")))


class CommunityCheckIn(Record):
    """Somebody in service who reported to a community: a member of this register, or one registered elsewhere.

    `name` repeats the member's; `posts` holds the posts claimed, as `ledgers.parsing.joined` writes them. It stands
    from `start` up to, but not including, `end`.
    """

    class Post(models.TextChoices):
        POLICY = "policy", "政策宣传岗"
        CIVILITY = "civility", "文明劝导岗"
        PATROL = "patrol", "治安巡逻岗"
        MEDIATION = "mediation", "矛盾调解岗"
        CARE = "care", "帮困助学岗"
        ENVIRONMENT = "environment", "环境保护岗"
        HEALTH = "health", "医疗保健岗"
        LAW = "law", "法律咨询岗"
        REPAIR = "repair", "便民维修岗"
        OTHER = "other", "其他岗位"

    SENSITIVE = ("phone",)

    community = models.ForeignKey(Organization, models.PROTECT, related_name="checkins", verbose_name="报到社区")
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="checkins", verbose_name="党员"
    )
    name = models.CharField("姓名", max_length=60)
    workplace = models.CharField("工作单位", max_length=120, blank=True)
    party_branch = models.CharField("组织关系所在党支部", max_length=100, blank=True)
    phone = EncryptedTextField("联系电话", blank=True)
    specialty = models.CharField("特长", max_length=100, blank=True)
    posts = models.CharField("认领岗位", max_length=120, blank=True)
    start = models.DateField("报到日期")
    end = models.DateField("结束日期", null=True, blank=True)
    remarks = models.CharField("备注", max_length=300, blank=True)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = "社区报到"
        ordering = ["-start", "-pk"]
        indexes = [models.Index(fields=["community", "start", "end"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="checkin_end_after_start"
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(end__isnull=True, member__isnull=False), name="one_open_checkin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.start}"

    def get_absolute_url(self) -> str:
        return reverse("members:checkin", args=[self.pk])

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.member is not None:
            self.name = self.member.name
        super().save(*args, **kwargs)

    @property
    def claimed(self) -> list[str]:
        """What the claimed posts are called."""
        return [self.Post(post).label for post in parted(self.posts)]

    def get_posts_display(self) -> str:
        """The claimed posts as people read them."""
        return "、".join(self.claimed)

    def audit_path(self) -> str:
        return self.community.path

    def touches(self) -> Iterator[Touch]:
        # Hours come from the rolls of the community and of what lies below it: each of these counts them for itself.
        for pk in places(self.community):
            yield Touch(pk, self.start, True)


class ServiceQuerySet(ScopedQuerySet["ServiceEntry"]):
    path = "checkin__community__path"
    right = Right.MEMBERS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep what belongs to a check-in within reach."""
        return self.filter(checkin__in=CommunityCheckIn.objects.visible_to(user, right or self.right))


class ServiceEntry(Record):
    """Hours that somebody served and that no roll of an activity shows."""

    checkin = models.ForeignKey(CommunityCheckIn, models.CASCADE, related_name="entries", verbose_name="报到人")
    date = models.DateField("日期")
    hours = models.DecimalField(
        "时数", max_digits=4, decimal_places=1, validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(100)]
    )
    content = models.CharField("服务内容", max_length=200)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "服务时数"
        ordering = ["-date", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=0, hours__lte=MOST_HOURS), name="service_hours_1_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.checkin.name} {self.date} {self.hours}"

    def get_absolute_url(self) -> str:
        return self.checkin.get_absolute_url()

    def audit_path(self) -> str:
        return self.checkin.community.path

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.checkin.community_id, self.date, False)
