"""Activities and rolls, asked in the office's words."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.permissions import Right
from ledgers.period import Period
from ledgers.scope import ScopedQuerySet

from .fulltext import COMMON, PROBED, holding, reading

if TYPE_CHECKING:
    from .models import Activity, Attachment, Attendance, PendingUpload, UnitedActivity  # noqa: F401


def of_year(year: int) -> models.Q:
    """Return the condition that an activity is for a year; see `ActivityQuerySet.of_year`."""
    if not 1900 <= year <= 2100:
        return models.Q(pk__in=[])
    unsaid = models.Q(year__isnull=True, date__range=(date(year, 3, 1), date(year + 1, 3, 1) - timedelta(days=1)))
    return models.Q(year=year) | unsaid


class ActivityQuerySet(ScopedQuerySet["Activity"]):
    right = Right.ACTIVITIES_VIEW

    def counted(self) -> Self:
        """Keep what counts: submitted or confirmed."""
        return self.filter(status__in=self.model.Status.counted())

    def waiting(self) -> Self:
        """Keep what was handed in and waits to be confirmed, the longest waiting first."""
        return self.filter(status=self.model.Status.SUBMITTED).order_by("submitted_at", "pk")

    def held_in(self, period: Period) -> Self:
        """Keep what was held in the period."""
        return self.filter(date__range=(period.start, period.end))

    def of_year(self, year: int) -> Self:
        """Keep what is for a year: the one noted; without one, what was held from its March to next February."""
        return self.filter(of_year(year))

    def saying(self, words: Sequence[str]) -> Self:
        """Keep those in whose topic, content, resolution, place or chair every word (`fulltext.words_of`) stands."""
        return self.filter(holding(words, self.db))

    def latest_saying(self, words: Sequence[str]) -> Self:
        """Keep the same, the latest first, to show the first few hundred. Asks one query, of the newest.

        Of a word that is in many, the index would offer most of the log to be sorted; reading back from the newest
        has soon found enough.
        """
        rows = self.order_by("-date", "-pk")
        newest = self.model.objects.filter(pk__in=rows.values("pk")[:PROBED])
        is_common = newest.filter(reading(words)).count() >= COMMON
        return rows.filter(reading(words)) if is_common else rows.saying(words)


class UnitedActivityQuerySet(ScopedQuerySet["UnitedActivity"]):
    path = "organizer__path"
    right = Right.ACTIVITIES_VIEW


class AttendanceQuerySet(ScopedQuerySet["Attendance"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW

    def present(self) -> Self:
        """Keep who was there, late or not."""
        return self.filter(state__in=self.model.State.there())


class AttachmentQuerySet(ScopedQuerySet["Attachment"]):
    path = "activity__organization__path"
    right = Right.ACTIVITIES_VIEW


class PendingUploadQuerySet(models.QuerySet["PendingUpload"]):
    def visible_to(self, user: Any) -> Self:
        """Only who uploaded it sees it."""
        return self.filter(user=user)

    def unconfirmed(self) -> Self:
        """Keep what still waits."""
        return self.filter(activity__isnull=True)
