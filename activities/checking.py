"""The hints on an activity's page: before it is handed in to who keeps it, and at the review to who judges it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User

from . import roll as rolls
from .handling import Allowed
from .hints import PaperRead, hints
from .likeness import alike
from .minutes import read_minutes
from .models import Activity
from .sections import Section

PAPERS_READ = 5


def to_check(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """Return the hints and the minutes that are alike; nothing once the activity is confirmed, or for who only reads.

    Of other branches' minutes only those are named that the user may see.
    """
    allowed = Allowed.of(activity, user)
    if activity.status == Activity.Status.CONFIRMED or not (allowed.submit or allowed.confirm or allowed.edit):
        return None
    said = hints(activity, rolls.of_activity(activity).lines, _papers(activity))
    near = alike(activity, user)
    return {"hints": said, "alike": near, "note": "仅供参考，由人判断"} if said or near else None


def _papers(activity: Activity) -> list[PaperRead]:
    held = activity.attachments.filter(replaced_by=None)[:PAPERS_READ]
    today = timezone.localdate()
    return [
        PaperRead(
            paper.filename,
            paper.taken_on,
            read_minutes(paper.text, kinds=Activity.Kind.labels, today=today) if paper.text else None,
        )
        for paper in held
    ]


SECTIONS = (Section("请核对", "activities/sections/hints.html", to_check, order=10),)
