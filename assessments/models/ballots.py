"""Ballots (测评和投票): secret votes by slips with a link of their own, or on paper, counted by groups of voters.

A slip carries a random token; the database keeps its digest only, and nobody notes who was given which. A vote burns
the token and raises a counter in one transaction: no row says when, by which slip or by whom a vote was cast. Decision
record 0013 says what this protects and what not.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.models import Record, Touch
from ledgers.models.record import Conflict
from ledgers.period import Period

from ..querysets import BallotQuerySet
from .reviews import ReviewBallots, WorkReview
from .votes import ANSWERS, VoteCount, weighted_share

MOST_SLIPS = 500
"""Slips that are made at once."""


class Ballot(Record):
    """One vote on one matter. What the votes came to is shown once it is closed."""

    class Kind(models.TextChoices):
        SATISFACTION = "satisfaction", "群众满意度测评"
        WORK_REVIEW = "review", "述职测评"
        OTHER = "other", "其他测评"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="ballots", verbose_name="被测评组织")
    kind = models.CharField("类型", max_length=12, choices=Kind)
    title = models.CharField("题目", max_length=100)
    period = models.CharField("时期", max_length=7)
    review = models.ForeignKey(
        WorkReview, models.SET_NULL, null=True, blank=True, related_name="votes", verbose_name="述职评议"
    )
    closed_on = models.DateField("结束日期", null=True, blank=True, editable=False)

    objects = BallotQuerySet.as_manager()

    class Meta:
        verbose_name = "测评"
        ordering = ["-period", "organization__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "period", "title"],
                name="one_ballot_of_a_title",
                violation_error_message="这个组织这一期已有同题的测评",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("assessments:ballot", args=[self.pk])

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The answers that are offered: (name, word)."""
        words = (
            ("满意", "基本满意", "一般", "不满意")
            if self.kind == self.Kind.SATISFACTION
            else ("好", "较好", "一般", "差")
        )
        return tuple(zip(ANSWERS, words, strict=True))

    @property
    def share(self) -> Decimal | None:
        """The part of the points that the votes give, exact; None without votes or before the end."""
        if self.closed_on is None:
            return None
        return weighted_share(self.groups.all())

    @atomic
    def close(self) -> "Ballot":
        """End it: slips that were not used are void; the votes of a work review are entered in it."""
        self.closed_on = timezone.localdate()
        self.record("end")
        BallotSlip.objects.filter(group__ballot=self).delete()
        if self.review is not None:
            for group in self.groups.all():
                held = ReviewBallots.objects.filter(review=self.review, group=group.title).first()
                counted = held or ReviewBallots(review=self.review, group=group.title)
                counted.weight = group.weight
                for name in ANSWERS:
                    setattr(counted, name, getattr(group, name))
                counted.record()
        return self

    def touches(self) -> Iterator[Touch]:
        if self.closed_on:
            yield Touch(self.organization_id, self.closed_on, False)


class BallotGroup(VoteCount):
    """Voters whose votes are counted together: how many slips they were given, and what was voted."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="groups", verbose_name="测评")
    title = models.CharField("投票人", max_length=40)
    slips = models.PositiveIntegerField("发出的票", default=0)

    class Meta:
        verbose_name = "测评的一类投票人"
        ordering = ["-weight", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "title"], name="one_ballot_group_of_a_title"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="ballot_group_weight_above_zero"),
        ]

    def __str__(self) -> str:
        return self.title

    @atomic
    def issue(self, number: int) -> list[str]:
        """Make so many slips and return their tokens, which are told this once only; the trail keeps how many."""
        tokens = [secrets.token_urlsafe(16) for _ in range(number)]
        BallotSlip.objects.bulk_create(BallotSlip(group=self, digest=digest_of(token)) for token in tokens)
        BallotGroup.objects.filter(pk=self.pk).update(slips=F("slips") + number)
        path = self.ballot.organization.path
        audit.record("issue-slips", self.ballot, changes={"票": (None, number)}, organization_path=path)
        return tokens


class BallotSlip(models.Model):
    """One slip that was not used yet, by the digest of its token. Used, it is gone."""

    group = models.ForeignKey(BallotGroup, models.CASCADE, related_name="unused", verbose_name="投票人")
    digest = models.CharField("摘要", max_length=64, unique=True)

    class Meta:
        verbose_name = "未用的票"

    def __str__(self) -> str:
        return "票"


def digest_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def slip_of(token: str) -> BallotSlip | None:
    """Return the slip of a token, None where it was used, is void, or never was."""
    slips = BallotSlip.objects.select_related("group__ballot__organization")
    return slips.filter(digest=digest_of(token), group__ballot__closed_on__isnull=True).first()


@atomic
def cast(token: str, option: str) -> None:
    """Burn a slip and count its vote, both or neither. Raises Conflict where the slip is not good any more."""
    if option not in ANSWERS:
        raise Conflict("请选一项")
    slip = slip_of(token)
    burnt, _ = BallotSlip.objects.filter(digest=digest_of(token)).delete() if slip else (0, {})
    if slip is None or not burnt:
        raise Conflict("这张票已经用过，或者测评已经结束")
    BallotGroup.objects.filter(pk=slip.group_id).update(**{option: F(option) + 1})


def satisfaction(period: Period, places: list[int]) -> Mapping[int, Decimal]:
    """Return organisation id → the share of its satisfaction ballots closed for a period; the mean of several."""
    codes = {period.code}
    if period.kind >= Period.QUARTER:
        codes |= {part.code for part in period.split(Period.QUARTER)}
    rows = Ballot.objects.filter(
        organization__in=places, kind=Ballot.Kind.SATISFACTION, closed_on__isnull=False, period__in=codes
    ).prefetch_related("groups")
    found: dict[int, list[Decimal]] = {}
    for ballot in rows:
        if (share := ballot.share) is not None:
            found.setdefault(ballot.organization_id, []).append(share)
    return {pk: sum(shares, start=Decimal(0)) / len(shares) for pk, shares in found.items()}
