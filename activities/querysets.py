"""Activities and rolls, asked in the office's words."""

from typing import TYPE_CHECKING, Self

from accounts.permissions import Right
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet

if TYPE_CHECKING:
    from .models import Activity, Attachment, Attendance  # noqa: F401


class ActivityQuerySet(ScopedQuerySet["Activity"]):
    right = Right.ACTIVITIES_VIEW

    def counted(self) -> Self:
        """Keep what counts: submitted or confirmed."""
        return self.filter(status__in=self.model.Status.counted())

    def held_in(self, period: Period) -> Self:
        """Keep what was held in the period."""
        return self.filter(date__range=(period.start, period.end))


class AttendanceQuerySet(ScopedQuerySet["Attendance"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW

    def present(self) -> Self:
        """Keep who was there, late or not."""
        return self.filter(state__in=self.model.State.there())


class AttachmentQuerySet(ScopedQuerySet["Attachment"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW
