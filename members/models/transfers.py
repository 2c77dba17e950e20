"""Transfers of membership (组织关系转接): the letter, and what its receipt does to the register."""

from datetime import date, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.encryption import EncryptedTextField
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record
from ledgers.scope import ScopedQuerySet

from .register import Member, Membership, mask_id

TAKEN_IN_WITHIN = 90
"""Days from issue within which a letter should be taken in (R34)."""


class TransferQuerySet(ScopedQuerySet["Transfer"]):
    """A letter belongs to the organisation that keeps it; the one it is addressed to sees it as well."""

    right = Right.MEMBERS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep what the user's organisations issued, and what is or was addressed to them and not called back."""
        access, right = access_of(user), right or self.right
        if access.paths(right) is None:
            return self.all()
        addressed = access.scope(right, "receiver__path") & ~Q(state=Transfer.State.CANCELLED)
        return self.filter(access.scope(right, self.path) | addressed)

    def kept_by(self, user: Any, right: Right | None = None) -> Self:
        """Keep what the user's organisations issued."""
        return super().visible_to(user, right)

    def inbox_of(self, user: Any) -> Self:
        """Keep the letters that wait for the user to take them in, the oldest first."""
        waiting = self.filter(state=Transfer.State.ISSUED)
        addressed = waiting.filter(access_of(user).scope(Right.MEMBERS_EDIT, "receiver__path"))
        return addressed.order_by("issued_on", "pk")

    def waiting(self) -> Self:
        """Keep the letters that are neither taken in nor sent back."""
        return self.filter(state=Transfer.State.ISSUED)

    def open_on(self, day: date) -> Self:
        """Keep the letters that were issued and not yet dealt with on that day."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day), issued_on__lte=day)


class Transfer(Record):
    """One letter (介绍信). Until its receipt is confirmed the member belongs, and counts, where they were.

    `organization` keeps the letter: the branch that a member leaves, or that takes somebody in from elsewhere. Inside
    the portal `receiver` is the branch addressed; otherwise `elsewhere` names the organisation at the other end.
    """

    class Kind(models.TextChoices):
        INSIDE = "inside", "内部转接"
        OUT = "out", "转出"
        IN = "in", "转入"

    class State(models.TextChoices):
        ISSUED = "issued", "待接收"
        RECEIVED = "received", "已接收"
        REFUSED = "refused", "已退回"
        CANCELLED = "cancelled", "已撤销"

    SENSITIVE = ("id_number",)

    kind = models.CharField("类型", max_length=6, choices=Kind, default=Kind.INSIDE)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="transfers", verbose_name="办理党支部")
    receiver = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="transfers_in", verbose_name="接收党支部"
    )
    elsewhere = models.CharField("对方党组织", max_length=100, blank=True)
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="transfers", verbose_name="党员"
    )
    name = models.CharField("姓名", max_length=60)
    id_number = EncryptedTextField("身份证号", blank=True)
    letter_number = models.CharField("介绍信编号", max_length=60)
    issued_on = models.DateField("开具日期")
    valid_days = models.PositiveSmallIntegerField("有效期（天）", default=TAKEN_IN_WITHIN)
    dues_paid_until = models.DateField("党费交至", null=True, blank=True)
    reason = models.CharField("转接原因", max_length=100, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.ISSUED)
    closed_on = models.DateField("办结日期", null=True, blank=True)
    note = models.CharField("办结说明", max_length=200, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = "组织关系转接"
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="inside", receiver__isnull=False, elsewhere="")
                | Q(kind__in=["out", "in"], receiver__isnull=True) & ~Q(elsewhere=""),
                name="transfer_names_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(receiver__isnull=True) | ~Q(receiver=F("organization")), name="transfer_goes_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(state="issued", closed_on__isnull=True)
                | ~Q(state="issued") & Q(closed_on__isnull=False, closed_on__gte=F("issued_on")),
                name="transfer_closed_with_its_day",
            ),
            models.CheckConstraint(condition=~Q(kind="in", state="issued"), name="transfer_in_is_on_receipt"),
            models.UniqueConstraint(
                fields=["member"], condition=Q(state="issued"), name="one_transfer_under_way_per_member"
            ),
            models.UniqueConstraint(
                fields=["organization", "letter_number", "issued_on"], name="one_transfer_per_letter"
            ),
        ]
        indexes = [models.Index(fields=["state", "issued_on"])]

    def __str__(self) -> str:
        return f"{self.name} {self.letter_number}"

    def get_absolute_url(self) -> str:
        return reverse("members:transfer", args=[self.pk])

    def audit_path(self) -> str:
        return self.organization.path

    @property
    def source(self) -> str:
        """Where the member comes from, by name."""
        return self.elsewhere if self.kind == self.Kind.IN else self.organization.name

    @property
    def target(self) -> str:
        """Where the member goes, by name."""
        if self.kind == self.Kind.INSIDE and self.receiver:
            return self.receiver.name
        return self.organization.name if self.kind == self.Kind.IN else self.elsewhere

    @property
    def masked_id(self) -> str:
        """The ID as screens show it."""
        return mask_id(self.id_number)

    @property
    def valid_until(self) -> date:
        """The last day on which the letter is good."""
        return self.issued_on + timedelta(days=self.valid_days)

    @property
    def is_waiting(self) -> bool:
        """Whether it is neither taken in nor sent back."""
        return self.state == self.State.ISSUED

    @property
    def crosses_streets(self) -> bool:
        """Whether the two branches belong to different streets: then it is a transfer out of one and into the other."""
        return self.receiver is not None and street_of(self.organization) != street_of(self.receiver)

    @atomic
    def issue(self) -> Self:
        """Record a new letter for a member, who stays in the branch until it is taken in.

        Raises ValueError with a Chinese message where another letter is under way.
        """
        assert self.member_id is not None
        member = (
            Member.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=self.member_id)
        )
        if other := member.transfers.waiting().first():
            raise ValueError(f"{member.name}有一封介绍信（{other.letter_number}）还没有办结，请先办结或撤销那一封")
        self.member, self.organization = member, member.branch
        self.name, self.id_number = member.name, member.id_number
        return self.record("issue")

    def correct(self) -> Self:
        """Record a corrected letter. Raises ValueError with a Chinese message once it was dealt with."""
        if not self.is_waiting:
            raise ValueError(f"这封介绍信{self.get_state_display()}，不能再改")
        return self.record()

    @atomic
    def receive(self, on: date, note: str = "") -> Self:
        """Take the member in, or note that the place outside has: letter and register in one transaction.

        Inside a street the membership moves; across streets it is a transfer out here and a transfer in there; outside
        the portal the member leaves the register. Raises ValueError with a Chinese message where that cannot be.
        """
        self._check_waiting(on)
        member = self.member
        if member is None or member.left_on:
            raise ValueError("这名党员已不在登记册里，请由转出支部撤销介绍信")
        self.state, self.closed_on, self.note = self.State.RECEIVED, on, note
        member.basis = f"介绍信 {self.letter_number}"
        if self.receiver is None:
            member.leave(Member.Leave.TRANSFERRED, on)
        elif self.receiver_id == member.branch_id:
            raise ValueError("这名党员已经在接收支部里，请由转出支部撤销介绍信")
        else:
            left_by, came_by = self.events
            member.hand_over(self.receiver, on, left_by, came_by)
        return self.record("receive")

    @property
    def events(self) -> tuple[str, str]:
        """What ends the membership here and what begins the one there."""
        if self.crosses_streets:
            return Member.Leave.TRANSFERRED.value, Membership.Event.TRANSFERRED_IN.value
        return Membership.Event.MOVED.value, Membership.Event.MOVED.value

    def refuse(self, on: date, note: str) -> Self:
        """Send the letter back with a reason: the member stays where they are."""
        self._check_waiting(on)
        self.state, self.closed_on, self.note = self.State.REFUSED, on, note
        return self.record("return")

    def cancel(self, on: date, note: str) -> Self:
        """Call the letter back: the member stays."""
        self._check_waiting(on)
        self.state, self.closed_on, self.note = self.State.CANCELLED, on, note
        return self.record("cancel")

    def _check_waiting(self, on: date) -> None:
        if not self.is_waiting:
            raise ValueError(f"这封介绍信{self.get_state_display()}，不能再办理")
        if on < self.issued_on:
            raise ValueError(f"日期不能早于介绍信的开具日期 {self.issued_on}")


def street_of(organization: Organization) -> str:
    """Return the tree path of the street (the working committee) that an organisation belongs to; its root without."""
    path, step = organization.path, Organization.steplen
    line = [path[:end] for end in range(step, len(path) + 1, step)]
    streets = Organization.objects.filter(path__in=line, kind=Organization.Kind.WORKING_COMMITTEE)
    return streets.order_by("-depth").values_list("path", flat=True).first() or line[0]
