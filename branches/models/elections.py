"""Elections (选举): the meeting with its turnout, and the candidates with their votes."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import LessThan
from django.urls import reverse
from django.utils import timezone

from ledgers import facts
from ledgers.models import Record, Touch
from ledgers.scope import ScopedQuerySet

from .tree import Committee, CommitteeSeat, Organization

COUNTS = ("voters", "present", "issued", "collected", "valid")
"""Fields that count people and ballots, each at most the one before it."""


def turnout_short() -> Q:
    """Return the condition that fewer than four fifths came to an election."""
    return Q(LessThan(F("present") * 5, F("voters") * 4))


TURNOUT_PERCENT = 80
"""Four fifths, as a percent."""


def turnout_needed(voters: int) -> int:
    """Return how many must come for an election to be valid: at least four fifths of those with the right to vote."""
    return -(-voters * 4 // 5)


class ElectionQuerySet(ScopedQuerySet["Election"]):
    """Elections, by the organisation that held them."""


class Election(Record):
    """One election held by the general meeting or congress of an organisation. It is a fact of its day."""

    class Kind(models.TextChoices):
        TERM = "term", "换届选举"
        FIRST = "first", "成立选举"
        BY_ELECTION = "by-election", "届中补选"

    class Method(models.TextChoices):
        DIFFERENTIAL = "differential", "差额选举"
        EQUAL = "equal", "等额选举"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="elections", verbose_name="党组织")
    on = models.DateField("选举日期")
    kind = models.CharField("选举类型", max_length=12, choices=Kind, default=Kind.TERM)
    method = models.CharField("选举方式", max_length=14, choices=Method, default=Method.DIFFERENTIAL)
    committee = models.ForeignKey(
        Committee, models.SET_NULL, null=True, blank=True, related_name="elections", verbose_name="选出的班子"
    )
    places = models.PositiveSmallIntegerField("应选名额")
    voters = models.PositiveIntegerField("应到人数", help_text="有选举权的党员，预备党员不算。")
    present = models.PositiveIntegerField("实到人数", help_text="到会的有选举权的党员，须达到应到的五分之四。")
    issued = models.PositiveIntegerField("发出选票")
    collected = models.PositiveIntegerField("收回选票", help_text="多于发出的选票，选举无效。")
    valid = models.PositiveIntegerField("有效选票")
    document = models.CharField("批复文号", max_length=100, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)

    objects = ElectionQuerySet.as_manager()

    class Meta:
        verbose_name = "选举"
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "on"],
                name="one_election_per_day",
                violation_error_message="这个组织这一天已经登记过选举",
            ),
            models.CheckConstraint(
                condition=Q(voters__gte=F("present"))
                & Q(present__gte=F("issued"))
                & Q(issued__gte=F("collected"))
                & Q(collected__gte=F("valid")),
                name="election_counts_do_not_grow",
            ),
            models.CheckConstraint(condition=Q(places__gte=1), name="election_has_places"),
        ]

    def __str__(self) -> str:
        return f"{self.organization.label} {self.on} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("branches:election", args=[self.pk])

    @staticmethod
    def faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong) of fields that do not go together."""
        if (on := values.get("on")) and on > timezone.localdate():
            yield "on", "选举还没有到日期，开过以后再登记"
        if values.get("places") == 0:
            yield "places", "应选名额至少 1 名"
        if values.get("voters") == 0:
            yield "voters", "应到人数至少 1 名"
        labels = {name: str(Election._meta.get_field(name).verbose_name) for name in COUNTS}  # type: ignore[union-attr]
        for more, less in pairwise(COUNTS):
            above, below = values.get(more), values.get(less)
            if above is not None and below is not None and below > above:
                yield less, f"{labels[less]}不能多于{labels[more]} {above}"

    @property
    def turnout_needed(self) -> int:
        """How many must have come."""
        return turnout_needed(self.voters)

    @property
    def is_quorate(self) -> bool:
        """Whether enough came (《中国共产党基层组织选举工作条例》)."""
        return self.present >= self.turnout_needed

    @property
    def percent(self) -> Decimal:
        """Turnout in percent, never shown as reached where it is not."""
        return facts.percent(Decimal(self.present) / self.voters, TURNOUT_PERCENT) if self.voters else Decimal(0)

    def touches(self) -> Iterator[Touch]:
        yield Touch(self.organization_id, self.on, False)


class CandidateQuerySet(ScopedQuerySet["Candidate"]):
    path = "election__organization__path"


class Candidate(Record):
    """One person who stood in an election: for which post, with how many votes, elected or not."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="candidates", verbose_name="选举")
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="candidacies", verbose_name="党员"
    )
    name = models.CharField("姓名", max_length=60)
    post = models.CharField("职务", max_length=20, choices=CommitteeSeat.Post, default=CommitteeSeat.Post.MEMBER)
    votes = models.PositiveIntegerField("得票")
    elected = models.BooleanField("当选", default=False)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = "候选人"
        ordering = ["election", "-elected", "-votes", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["election", "post", "name"],
                name="one_candidacy_per_post_and_name",
                violation_error_message="这个人已经登记过这个职务",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.name}"

    def get_absolute_url(self) -> str:
        return self.election.get_absolute_url()

    def audit_path(self) -> str:
        return self.election.organization.path

    @property
    def has_majority(self) -> bool:
        """Whether more than half of those who came voted for this person."""
        return self.votes * 2 > self.election.present
