"""The organisation tree, asked in the office's words."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Self

from dateutil.relativedelta import relativedelta
from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Length, Substr
from django.db.models.lookups import In
from django.utils import timezone
from treebeard.mp_tree import MP_NodeManager, MP_NodeQuerySet

from accounts.permissions import Right, access_of
from ledgers.scope import M, ScopedQuerySet

if TYPE_CHECKING:
    from .models import Committee, CommitteeSeat, Organization  # noqa: F401


class OrganizationQuerySet(MP_NodeQuerySet, ScopedQuerySet["Organization"]):
    path = "path"
    right = Right.ORGANIZATIONS_VIEW

    def live_on(self, day: date) -> Self:
        """Keep what was established by that day and not dissolved by it. An unknown day of founding counts."""
        return self.filter(live_on(day))

    def undissolved(self) -> Self:
        """Keep what is not dissolved by today, founded or still to be founded."""
        return self.exclude(dissolved_on__lte=timezone.localdate())

    def branches(self) -> Self:
        """Keep the Party branches of all three kinds."""
        return self.filter(kind__in=self.model.Kind.branches())

    def with_register_columns(self) -> Self:
        """Add what the register prints beside the fields: the parent's code, and whether it is live today."""
        today = timezone.localdate()
        parent = self.model.objects.filter(
            path=Substr(OuterRef("path"), 1, Length(OuterRef("path")) - self.model.steplen)
        ).order_by()
        return self.annotate(
            parent_code=Subquery(parent.values("code")[:1]),
            status=Case(
                When(live_on(today), then=Value("正常")),
                When(dissolved_on__isnull=False, then=Value("已撤销")),
                default=Value("未成立"),
            ),
        )

    def communities(self) -> Self:
        """Keep the community committees."""
        return self.filter(kind=self.model.Kind.COMMUNITY_COMMITTEE)


class OrganizationManager(MP_NodeManager.from_queryset(OrganizationQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> OrganizationQuerySet:
        return OrganizationQuerySet(self.model, using=self._db).order_by("path")


def live_on(day: date, prefix: str = "") -> Q:
    """Return the condition that an organisation, reached by `prefix`, is live on that day."""
    return (Q(**{f"{prefix}established__isnull": True}) | Q(**{f"{prefix}established__lte": day})) & (
        Q(**{f"{prefix}dissolved_on__isnull": True}) | Q(**{f"{prefix}dissolved_on__gt": day})
    )


def kind_on(day: date, kinds: Collection[str]) -> Q:
    """Return the condition that an organisation was of one of these kinds on a day: before its next change of kind."""
    from .models import OrganizationEvent

    changes = OrganizationEvent.objects.filter(
        kind=OrganizationEvent.Kind.KIND_CHANGED, organization=OuterRef("pk"), on__gt=day
    )
    then = Coalesce(Subquery(changes.order_by("on", "pk").values("old_kind")[:1]), F("kind"), output_field=CharField())
    return Q(In(then, [str(kind) for kind in kinds]))


def held_on(day: date) -> Q:
    """Return the condition that a seat of a committee in office was held on that day."""
    return (
        Q(committee__start__lte=day)
        & (Q(committee__ended_on__isnull=True) | Q(committee__ended_on__gt=day))
        & (Q(since__isnull=True) | Q(since__lte=day))
        & (Q(left_on__isnull=True) | Q(left_on__gt=day))
    )


class CommitteeQuerySet(ScopedQuerySet["Committee"]):
    def in_office_on(self, day: date) -> Self:
        """Keep the committees elected by that day and not succeeded by it; the term may have run out."""
        return self.filter(Q(start__lte=day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=day)))

    def term_ends_by(self, day: date) -> Self:
        """Keep those whose term, however many years it has, runs out on that day or before."""
        ends = Q(pk__in=[])
        for years in range(1, 11):
            start = day - relativedelta(years=years)
            leap = start + timedelta(days=1)
            if leap + relativedelta(years=years) <= day:  # 29 February falls on the 28th
                start = leap
            ends |= Q(term_years=years, start__lte=start)
        return self.filter(ends)


class CommitteeSeatQuerySet(ScopedQuerySet["CommitteeSeat"]):
    path = "committee__organization__path"

    def held_on(self, day: date) -> Self:
        """Keep the seats of committees in office that were held on that day."""
        return self.filter(held_on(day))


class SharedQuerySet(ScopedQuerySet[M]):
    """What an organisation sets for all below it: these read it as well."""

    def readable_by(self, user: Any) -> Self:
        """Keep what was set where the user holds the right to read it, or anywhere above."""
        from .models import Organization

        access = access_of(user)
        above = {end for path in access.paths(self.right) or () for end in Organization.paths_to(path)}
        return self.filter(access.scope(self.right, self.path) | Q(**{f"{self.path}__in": above}))

    def reaching(self, organization: "Organization") -> Self:
        """Keep what holds for an organisation: set there or above."""
        from .models import Organization

        return self.filter(**{f"{self.path}__in": Organization.paths_to(organization.path)})
