"""Findings, asked in the office's words."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from accounts.permissions import Right
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet

if TYPE_CHECKING:
    from branches.models import Organization

    from .models import Finding, LocalSetting  # noqa: F401


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


class LocalSettingQuerySet(ScopedQuerySet["LocalSetting"]):
    right = Right.SETTINGS_MANAGE
