"""What is still to be checked: hints on an activity's page, to who hands it in and who judges it; uploads that wait."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.todos import Todo

from . import roll as rolls
from .handling import Allowed
from .hints import PaperRead, hints
from .likeness import alike
from .minutes import read_minutes
from .models import Activity, PendingUpload
from .sections import Section

PAPERS_READ = 5
KEPT_DAYS = 7
"""How long an upload waits before `clear_pending` throws it away."""


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


def unconfirmed(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield that minutes were uploaded and wait for this user, their uploader, to confirm them."""
    if not access_of(user).has(Right.ACTIVITIES_EDIT):
        return
    waiting = PendingUpload.objects.visible_to(user).unconfirmed().aggregate(count=Count("pk"), first=Min("created_at"))
    if waiting["count"]:
        until = timezone.localdate(waiting["first"]) + timedelta(days=KEPT_DAYS)
        text = f"{waiting['count']} 份上传的会议记录还没有核对"
        yield Todo("warn", "待核对", text, reverse("activities:batch"), f"{until} 起清除")


SECTIONS = (Section("请核对", "activities/sections/hints.html", to_check, order=10),)
