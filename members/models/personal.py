"""What is kept of one member beside the register: talks, major matters reported, honours and sanctions, achievements.

Each belongs to the branch that the member was in on its day, and happens on that day.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right, access_of
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .register import Member


class PersonalRecord(Record):
    """Base of what is kept of one member; `page` is the name of its address."""

    page = ""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="所在党支部")
    date = models.DateField("日期")

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        return reverse(f"members:{self.page}", args=[self.pk])

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.date, False)


class TalkQuerySet(ScopedQuerySet["Talk"]):
    right = Right.TALKS_READ

    def heart_to_heart(self) -> Self:
        """Keep the talks that R09 asks for."""
        return self.filter(kind=Talk.Kind.HEART)

    def to_follow_up(self, until: date) -> Self:
        """Keep those whose follow-up is due by a day and not done."""
        return self.filter(follow_up_by__lte=until, followed_up_on__isnull=True)


class Talk(PersonalRecord):
    """One talk of somebody with a member. What was said is for those with the right to read talks only."""

    class Kind(models.TextChoices):
        HEART = "heart", "谈心谈话"
        REMINDER = "reminder", "提醒谈话"
        APPOINTMENT = "appointment", "任前谈话"
        INTEGRITY = "integrity", "廉政谈话"
        ADMONITION = "admonition", "诫勉谈话"
        OTHER = "other", "其他谈话"

    SENSITIVE = ("content", "follow_up")
    page = "talk"

    kind = models.CharField("谈话类型", max_length=12, choices=Kind, default=Kind.HEART)
    talker = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="talks_given", verbose_name="谈话人"
    )
    talker_name = models.CharField("谈话人姓名", max_length=60)
    member = models.ForeignKey(Member, models.PROTECT, related_name="talks", verbose_name="谈话对象")
    content = EncryptedTextField("谈话内容", blank=True)
    follow_up = EncryptedTextField("后续要做的事", blank=True)
    follow_up_by = models.DateField("办理期限", null=True, blank=True)
    followed_up_on = models.DateField("办结日期", null=True, blank=True)

    objects = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = "谈话"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"]), models.Index(fields=["follow_up_by"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "date", "kind", "talker_name", "member"], name="one_talk_of_two_a_day"
            ),
            models.CheckConstraint(
                condition=Q(talker__isnull=True) | ~Q(talker=F("member")), name="nobody_talks_with_themselves"
            ),
            models.CheckConstraint(
                condition=Q(followed_up_on__isnull=True) | Q(followed_up_on__gte=F("date")),
                name="talk_followed_up_after_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.talker is not None:
            self.talker_name = self.talker.name
        super().save(*args, **kwargs)


class MatterQuerySet(ScopedQuerySet["MatterReport"]):
    right = Right.SANCTIONS_READ


class MatterReport(PersonalRecord):
    """A personal matter that a member reported to the organisation; `date` is the day of the report."""

    class Kind(models.TextChoices):
        MARRIAGE = "marriage", "婚姻变化"
        ABROAD = "abroad", "出国（境）"
        FAMILY_ABROAD = "family-abroad", "配偶子女移居国（境）外"
        FAMILY_WORK = "family-work", "配偶子女从业"
        PROPERTY = "property", "房产和投资"
        CEREMONY = "ceremony", "婚丧喜庆事宜"
        LEGAL = "legal", "涉法涉诉"
        OTHER = "other", "其他重大事项"

    SENSITIVE = ("content", "opinion")
    page = "matter"

    kind = models.CharField("事项类别", max_length=14, choices=Kind)
    member = models.ForeignKey(Member, models.PROTECT, related_name="matters", verbose_name="报告人")
    occurred_on = models.DateField("发生日期", null=True, blank=True)
    content = EncryptedTextField("报告内容", blank=True)
    opinion = EncryptedTextField("组织意见", blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)

    objects = MatterQuerySet.as_manager()

    class Meta:
        verbose_name = "重大事项报告"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "date", "kind", "member"], name="one_matter_a_day"),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | Q(answered_on__gte=F("date")), name="matter_answered_after_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


def in_sight(user: Any, path: str = "organization__path") -> Q:
    """Return the condition on honours and sanctions: honours with the register, sanctions with their own right."""
    access = access_of(user)
    honors = access.scope(Right.MEMBERS_VIEW, path) & Q(nature=Honor.Nature.HONOR)
    return honors | (access.scope(Right.SANCTIONS_READ, path) & Q(nature=Honor.Nature.SANCTION))


class HonorQuerySet(ScopedQuerySet["Honor"]):
    right = Right.MEMBERS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep what the user may see; sanctions need their own right whatever else is asked."""
        seen = self.filter(in_sight(user))
        return seen.filter(access_of(user).scope(right, self.path)) if right else seen


class Honor(PersonalRecord):
    """An honour given to, or a sanction imposed on, a member; an honour may be the branch's own (no member)."""

    class Nature(models.TextChoices):
        HONOR = "honor", "奖励"
        SANCTION = "sanction", "惩处"

    class Level(models.TextChoices):
        NATIONAL = "national", "国家级"
        PROVINCE = "province", "省级"
        CITY = "city", "市级"
        DISTRICT = "district", "区级"
        STREET = "street", "街道级"
        COMMUNITY = "community", "社区级"
        OTHER = "other", "其他"

    page = "honor"

    nature = models.CharField("奖惩", max_length=8, choices=Nature)
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="honors", verbose_name="党员"
    )
    title = models.CharField("名称", max_length=100)
    level = models.CharField("级别", max_length=10, choices=Level, blank=True)
    authority = models.CharField("决定机关", max_length=100, blank=True)
    document = models.CharField("文号", max_length=60, blank=True)
    reason = models.CharField("事由", max_length=300, blank=True)
    ends_on = models.DateField("影响期满日期", null=True, blank=True)

    objects = HonorQuerySet.as_manager()

    class Meta:
        verbose_name = "奖惩"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date", "nature"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "date", "nature", "title", "member"], name="one_honor_of_a_name_a_day"
            ),
            models.UniqueConstraint(
                fields=["organization", "date", "title"],
                condition=Q(member__isnull=True),
                name="one_honor_of_a_branch_a_day",
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | Q(nature="honor"), name="sanction_is_of_a_member"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("date")), name="sanction_ends_after_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.title}"


class PerformanceQuerySet(ScopedQuerySet["PerformanceRecord"]):
    right = Right.MEMBERS_VIEW


class PerformanceRecord(PersonalRecord):
    """One entry of a cadre's record of achievements (实绩档案), which the annual review reads."""

    class Area(models.TextChoices):
        PARTY_BUILDING = "party-building", "党的建设"
        GOVERNANCE = "governance", "基层治理"
        LIVELIHOOD = "livelihood", "民生服务"
        ECONOMY = "economy", "经济发展"
        SAFETY = "safety", "安全稳定"
        URGENT = "urgent", "急难险重"
        OTHER = "other", "其他"

    page = "achievement"

    member = models.ForeignKey(Member, models.PROTECT, related_name="achievements", verbose_name="干部")
    area = models.CharField("领域", max_length=16, choices=Area)
    title = models.CharField("实绩", max_length=100)
    content = models.TextField("具体情况", max_length=2000, blank=True)
    evidence = models.CharField("佐证材料", max_length=300, blank=True)

    objects = PerformanceQuerySet.as_manager()

    class Meta:
        verbose_name = "实绩"
        ordering = ["-date", "-pk"]
        indexes = [models.Index(fields=["organization", "date"])]
        constraints = [
            models.UniqueConstraint(fields=["organization", "date", "title", "member"], name="one_achievement_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.title}"
