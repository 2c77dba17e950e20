"""Where members are when they are not here: floating out, out of contact; and floating members of other places."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record
from ledgers.scope import ScopedQuerySet

from .register import Member, mask_id, mask_phone

Span = tuple[date, date | None]
"""From a day up to but not including another; None means that it goes on."""


def without(span: Span, other: Span) -> Iterator[Span]:
    """Yield what is left of a span of days once another is taken out of it."""
    start, end = span
    before = other[0] if end is None else min(end, other[0])
    if start < before:
        yield start, before
    if other[1] is not None and (end is None or other[1] < end):
        yield max(start, other[1]), end


class WhereaboutsQuerySet(ScopedQuerySet["Whereabouts"]):
    path = "place_path"
    right = Right.MEMBERS_VIEW

    def placed(self) -> Self:
        """Add whose record it is today: the member's branch, or the organisation that a guest lives with."""
        return self.annotate(
            place_path=Coalesce("member__branch__path", "organization__path"),
            place_pk=Coalesce("member__branch_id", "organization_id"),
            place_name=Coalesce("member__branch__name", "organization__name"),
        )

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep the records of the organisations that the user's postings cover."""
        return super(WhereaboutsQuerySet, self.placed()).visible_to(user, right)

    def under(self, organization: Organization, on: date | None = None) -> Self:
        """Keep the records of the subtree."""
        return super(WhereaboutsQuerySet, self.placed()).under(organization, on)

    def standing_on(self, day: date) -> Self:
        """Keep what was so on that day."""
        return self.filter(standing_on(day))

    def open_ones(self) -> Self:
        """Keep what has no end yet."""
        return self.filter(until__isnull=True)

    def with_last_contact(self, by: date | None = None) -> Self:
        """Add `last_contact` and `last_way`: when (up to a day, where given) and how the person was last reached."""
        reached = Contact.objects.filter(whereabouts=OuterRef("pk"), reached=True).order_by("-on", "-pk")
        reached = reached.filter(on__lte=by) if by else reached
        return self.annotate(
            last_contact=Subquery(reached.values("on")[:1]), last_way=Subquery(reached.values("way")[:1])
        )


def standing_on(day: date) -> Q:
    """Return the condition that a record of whereabouts stands on that day; its `until` is not in it."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


class Whereabouts(Record):
    """One stretch of time in which a member was away (流出) or out of contact (失联), or a guest was here (流入).

    A record of floating out keeps the member's dated memberships in step (`Member.mark_floating`); a guest is on no
    register and counts nowhere; one out of contact counts as before until the Party organisation decides.
    """

    class Kind(models.TextChoices):
        OUT = "out", "流出"
        IN = "in", "流入"
        LOST = "lost", "失联"

    SENSITIVE = ("phone", "id_number")

    kind = models.CharField("类型", max_length=4, choices=Kind)
    member = models.ForeignKey(
        Member, models.CASCADE, null=True, blank=True, related_name="whereabouts", verbose_name="党员"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="guests", verbose_name="联系支部"
    )
    name = models.CharField("姓名", max_length=60, blank=True)
    id_number = EncryptedTextField("身份证号", blank=True)
    since = models.DateField("起始日期")
    until = models.DateField("结束日期", null=True, blank=True)
    destination = models.CharField("流向地", max_length=200, blank=True)
    host = models.CharField("对方党组织", max_length=100, blank=True)
    contact = models.CharField("联系人", max_length=60, blank=True)
    phone = EncryptedTextField("联系电话", blank=True)
    remarks = models.CharField("备注", max_length=300, blank=True)
    outcome = models.CharField("结束情况", max_length=200, blank=True)

    objects = WhereaboutsQuerySet.as_manager()

    class Meta:
        verbose_name = "去向登记"
        ordering = ["-since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="in", member__isnull=True, organization__isnull=False) & ~Q(name="")
                | Q(kind__in=["out", "lost"], member__isnull=False, organization__isnull=True, name=""),
                name="whereabouts_of_a_member_or_a_guest",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="whereabouts_until_after_since"
            ),
            models.UniqueConstraint(
                fields=["member", "kind"], condition=Q(until__isnull=True), name="one_open_whereabouts_of_a_kind"
            ),
            models.UniqueConstraint(fields=["member", "kind", "since"], name="one_whereabouts_per_start"),
        ]
        indexes = [models.Index(fields=["kind", "since"])]

    def __str__(self) -> str:
        return f"{self.person}{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("members:away", args=[self.pk])

    @property
    def person(self) -> str:
        """The name of whom it is about."""
        return self.member.name if self.member else self.name

    @property
    def place(self) -> Organization:
        """The organisation that keeps the record: the member's branch today, or the guest's."""
        place = self.member.branch if self.member else self.organization
        assert place is not None  # a constraint says so
        return place

    @property
    def masked_id(self) -> str:
        """The ID as screens show it."""
        return mask_id(self.member.id_number if self.member else self.id_number)

    @property
    def masked_phone(self) -> str:
        """The phone as screens show it."""
        return mask_phone(self.phone)

    @staticmethod
    def too_early(since: date, joined: date | None) -> str:
        """Return what is wrong with a first day before the person was a member, nothing where it can be."""
        return f"早于入党时间 {joined}，请核对" if joined and since < joined else ""

    @property
    def is_open(self) -> bool:
        """Whether it has no end yet."""
        return self.until is None

    def audit_path(self) -> str:
        return self.place.path

    @atomic
    def record(self, action: str = "") -> Self:
        """Save with its trace; a record of floating out takes the member's memberships along."""
        before = self.before()
        super().record(action)
        if self.kind == self.Kind.OUT and self.member:
            follow(self.member, (before.since, before.until) if before else None, (self.since, self.until))
        return self

    @atomic
    def erase(self) -> None:
        """Delete what was entered by mistake, and what followed from it."""
        member, span = self.member, (self.since, self.until)
        super().erase()
        if self.kind == self.Kind.OUT and member:
            follow(member, span, None)

    def end(self, on: date, outcome: str) -> Self:
        """Close the record on a day: back, found again, gone."""
        self.until, self.outcome = on, outcome[:200]
        return self.record("end")


def follow(member: Member, before: Span | None, after: Span | None) -> None:
    """Let the memberships follow a record of floating out that covered one span of days and now covers another."""
    lost = list(without(before, after)) if before and after else [before] if before else []
    gained = list(without(after, before)) if before and after else [after] if after else []
    for start, end in lost:
        member.mark_floating(start, end, away=False)
    others = member.whereabouts.filter(kind=Whereabouts.Kind.OUT).values_list("since", "until") if lost else []
    for start, end in [*gained, *others]:
        member.mark_floating(start, end, away=True)


class ContactQuerySet(ScopedQuerySet["Contact"]):
    right = Right.MEMBERS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep the entries of the records that the user may see."""
        return self.filter(whereabouts__in=Whereabouts.objects.visible_to(user, right))


class Contact(Record):
    """One attempt to reach somebody who is away: on a day, in some way, with success or without."""

    class Way(models.TextChoices):
        PHONE = "phone", "电话"
        MESSAGE = "message", "微信、短信"
        VIDEO = "video", "视频"
        VISIT = "visit", "上门走访"
        LETTER = "letter", "信函"
        VIA = "via", "通过亲友、单位"
        OTHER = "other", "其他"

    whereabouts = models.ForeignKey(Whereabouts, models.CASCADE, related_name="contacts", verbose_name="去向登记")
    on = models.DateField("日期")
    way = models.CharField("方式", max_length=8, choices=Way)
    reached = models.BooleanField("联系上了", default=True)
    note = models.CharField("情况", max_length=200, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "联系记录"
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.get_way_display()}"

    def get_absolute_url(self) -> str:
        return self.whereabouts.get_absolute_url()

    def audit_path(self) -> str:
        return self.whereabouts.audit_path()
