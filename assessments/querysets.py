"""Findings, asked in the office's words."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from accounts.permissions import Right, access_of, under_any
from branches.querysets import SharedQuerySet
from ledgers.period import Period
from ledgers.scope import M, ScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from branches.models import Organization

    from .models import (  # noqa: F401
        Assessment,
        Ballot,
        BranchStars,
        CommunityObservation,
        Demonstration,
        Finding,
        Judge,
        LocalSetting,
        Measure,
        MeasureStage,
        MemberStar,
        ObservationRound,
        RequestReport,
        ReviewBallots,
        Scheme,
        SelfCheck,
        SelfCheckAnswer,
        Standard,
        Supervision,
        WeakBranch,
        WorkReview,
    )


def standing_on(day: date) -> Q:
    """Return the condition that a finding was on the book on that day.

    What was missed in a month, quarter or year stays on the book. What is a state (a term run out) is found anew each
    quarter, so of those only the quarter of that day counts.
    """
    from .models import Finding

    quarter = Period.containing(day, Period.QUARTER).code
    return Q(first_seen__lte=day) & (Q(kind=Finding.Kind.MISSED) | Q(period=quarter))


def unclosed_on(day: date) -> Q:
    """Return the condition that a finding on the book still waited to be closed on that day.

    One that went because the data were completed never was true, and so did not wait on any day.
    """
    return Q(cleared=False) & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))


class FindingQuerySet(ScopedQuerySet["Finding"]):
    right = Right.FINDINGS_VIEW

    def of(self, *periods: Period) -> Self:
        """Keep the findings of these periods."""
        return self.filter(period__in=[period.code for period in periods])

    def waiting(self) -> Self:
        """Keep what is not closed or exempted."""
        return self.filter(state__in=self.model.State.waiting())

    def standing_in(self, organization: "Organization", period: Period) -> Self:
        """Keep what stands unclosed on a period's last day, of whatever period: what the fact findings.open counts."""
        return self.under(organization, period.end).filter(standing_on(period.end), unclosed_on(period.end))

    def to_show(self) -> Self:
        """Load what a list shows of organisation and member: their names, nothing sensitive."""
        return self.select_related("organization", "member").only(
            *(field.name for field in self.model._meta.concrete_fields if not field.is_relation),
            "updated_by_id",
            *(f"organization__{name}" for name in ("path", "depth", "numchild", "code", "name", "short_name", "kind")),
            "member__name",
        )


class AssessmentQuerySet(ScopedQuerySet["Assessment"]):
    right = Right.ASSESSMENTS_VIEW

    def decided_under(self, scheme: "Scheme") -> Self:
        """Keep what was decided under any version of a scheme, the newest first."""
        same = self.filter(scheme__code=scheme.code, scheme__organization=scheme.organization_id)
        return same.filter(decided_on__isnull=False).select_related("scheme", "organization").order_by("-ends_on")

    def to_review(self, user: "User | AnonymousUser") -> Self:
        """Keep what a user reviews in its present step, as `assessing.may_review` says of one."""
        access = access_of(user)
        community = Q(state="community") & access.scope(Right.ASSESSMENTS_REVIEW, "community__path")
        street = Q(state="street") & access.scope(Right.ASSESSMENTS_DECIDE, "organization__path")
        return self.filter((community & access.scope(Right.ASSESSMENTS_REVIEW, "organization__path")) | street)


class SchemeQuerySet(ScopedQuerySet["Scheme"]):
    right = Right.ASSESSMENTS_VIEW

    def visible_to(self, user: "User | AnonymousUser", right: Right | None = None) -> Self:
        """Keep what was made where the user holds the right, or above: a branch reads what it is scored by.

        Drafts are for those who may change them.
        """
        from branches.models import Organization

        if right is not None and right != self.right:
            return super().visible_to(user, right)
        paths = access_of(user).paths(self.right)
        if paths is None:
            return self.all()
        above = {end for path in paths for end in Organization.paths_to(path)}
        reached = self.filter(under_any(paths, "organization__path") | Q(organization__path__in=above))
        drafts = access_of(user).scope(Right.SCHEMES_MANAGE, "organization__path")
        return reached.filter(~Q(state="draft") | drafts)

    def above(self, organization: "Organization") -> Self:
        """Keep those of an organisation and of what lies above it: what it is scored by."""
        from branches.models import Organization

        return self.filter(organization__path__in=Organization.paths_to(organization.path))

    def with_parts(self) -> Self:
        """Load all that hangs on a version."""
        return self.select_related("organization").prefetch_related(
            "groups", "indicators", "grades", "classes", "vetoes"
        )

    def for_period(self, code: str, period: Period) -> "Scheme | None":
        """Return the version of a code in force in a period, else the newest draft; of the nearest organisation."""
        versions = list(self.filter(code=code).with_parts().order_by("-organization__depth", "-edition"))
        fitting = [one for one in versions if one.covers(period)]
        return next(iter(fitting), None) or next((one for one in versions if one.is_draft), None)


def measure_unfinished_on(day: date) -> Q:
    """Return the condition that a measure was begun and not reported as done by a day."""
    begun = Q(starts_on__isnull=True) | Q(starts_on__lte=day)
    return begun & (Q(done_on__isnull=True) | Q(done_on__gt=day))


def measure_overdue_on(day: date) -> Q:
    """Return the condition that a measure was past its deadline and unfinished on a day: an extension holds from the
    day on which it was granted.
    """
    extended = Q(extended_on__isnull=True) | Q(extended_on__gt=day) | Q(extended_to__lt=day)
    return measure_unfinished_on(day) & Q(due_on__lt=day) & extended


class SetQuerySet(ScopedQuerySet[M]):
    """What one organisation sets for another, or for itself."""

    right = Right.MEASURES_VIEW

    def settled_by(self, user: "User | AnonymousUser") -> Self:
        """Keep what the user accepts: what was set where they may set measures."""
        access = access_of(user)
        own = Q(set_by__isnull=True) & access.scope(Right.MEASURES_SET, "organization__path")
        return self.filter(own | access.scope(Right.MEASURES_SET, "set_by__path"))


class MeasureQuerySet(SetQuerySet["Measure"]):
    def overdue_on(self, day: date) -> Self:
        """Keep what was past its deadline and unfinished on a day."""
        return self.filter(measure_overdue_on(day))

    def unfinished_on(self, day: date) -> Self:
        """Keep what was begun and not done by a day."""
        return self.filter(measure_unfinished_on(day))


class StageQuerySet(ScopedQuerySet["MeasureStage"]):
    path = "measure__organization__path"
    right = Right.MEASURES_VIEW


class WorkReviewQuerySet(ScopedQuerySet["WorkReview"]):
    right = Right.ASSESSMENTS_VIEW


class ReviewBallotsQuerySet(ScopedQuerySet["ReviewBallots"]):
    path = "review__organization__path"
    right = Right.ASSESSMENTS_VIEW


class ObservationRoundQuerySet(SharedQuerySet["ObservationRound"]):
    right = Right.ASSESSMENTS_VIEW


class ObservationQuerySet(SharedQuerySet["CommunityObservation"]):
    right = Right.ASSESSMENTS_VIEW

    def visited_in(self, period: Period) -> Self:
        """Keep what was visited in a quarter's round."""
        return self.filter(period=period.code, visited_on__isnull=False)


class JudgeQuerySet(ScopedQuerySet["Judge"]):
    path = "group__round__organization__path"
    right = Right.ASSESSMENTS_DECIDE


class StandardQuerySet(SharedQuerySet["Standard"]):
    right = Right.ASSESSMENTS_VIEW


class SelfCheckQuerySet(ScopedQuerySet["SelfCheck"]):
    right = Right.ASSESSMENTS_VIEW


class LocalSettingQuerySet(ScopedQuerySet["LocalSetting"]):
    right = Right.SETTINGS_MANAGE


class AnswerQuerySet(ScopedQuerySet["SelfCheckAnswer"]):
    path = "selfcheck__organization__path"
    right = Right.ASSESSMENTS_VIEW


class SupervisionQuerySet(SetQuerySet["Supervision"]):
    """Matters handed to somebody."""


class RequestQuerySet(ScopedQuerySet["RequestReport"]):
    right = Right.MEASURES_VIEW


class DemonstrationQuerySet(ScopedQuerySet["Demonstration"]):
    right = Right.ASSESSMENTS_VIEW


class BranchStarsQuerySet(ScopedQuerySet["BranchStars"]):
    right = Right.ASSESSMENTS_VIEW


class MemberStarQuerySet(ScopedQuerySet["MemberStar"]):
    right = Right.ASSESSMENTS_VIEW


class WeakBranchQuerySet(ScopedQuerySet["WeakBranch"]):
    right = Right.ASSESSMENTS_VIEW


class BallotQuerySet(ScopedQuerySet["Ballot"]):
    right = Right.ASSESSMENTS_VIEW
