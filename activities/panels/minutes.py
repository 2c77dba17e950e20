"""What is still to be checked: hints on an activity's page, to who hands it in and who judges it; uploads that wait."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.models import Organization
from branches.panels.todos import Todo

from .. import roll as rolls
from ..hints import PaperRead, contradictions, hints
from ..likeness import alike, is_behind
from ..minutes import read_minutes
from ..models import Activity, Attachment, PendingUpload
from ..quorums import without_quorum
from ..workflow import Allowed
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
    near, late = alike(activity, user), is_behind(activity)
    note = "仅供参考，由人判断"
    return {"hints": said, "alike": near, "behind": late, "note": note} if said or near or late else None


def _papers(activity: Activity) -> list[PaperRead]:
    return _read(activity.attachments.filter(replaced_by=None)[:PAPERS_READ])


def _read(papers: Iterable[Attachment]) -> list[PaperRead]:
    today = timezone.localdate()
    return [
        PaperRead(
            paper.filename,
            paper.taken_on,
            read_minutes(paper.text, kinds=Activity.Kind.labels, today=today) if paper.text else None,
        )
        for paper in papers
    ]


def open_questions(activities: Sequence[Activity]) -> dict[int, list[str]]:
    """Return, by id, what a person must look at in each of many records before it is accepted. Six queries for all."""
    ids = [activity.pk for activity in activities]
    lines = rolls.of_each(ids)
    papers: dict[int, list[Attachment]] = defaultdict(list)
    for paper in Attachment.objects.filter(activity__in=ids, replaced_by=None).order_by("pk"):
        if len(papers[paper.activity_id]) < PAPERS_READ:
            papers[paper.activity_id].append(paper)
    short = without_quorum(Activity.objects.filter(pk__in=ids))
    found = {}
    for activity in activities:
        said = contradictions(activity, lines[activity.pk], _read(papers[activity.pk]))
        if not lines[activity.pk] and activity.expected_stated is None:
            said.insert(0, "没有点名。")
        if activity.pk in short:
            said.insert(0, "到会不足半数。")
        found[activity.pk] = said
    return found


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
