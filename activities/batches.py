"""Many minutes at once: read side by side, those beyond doubt made activities of together, the rest one by one."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.recording import record_all

from . import roll as rolls
from .attachments import paper_of
from .minutes import Minutes, match_organization
from .models import Activity, Attachment, Attendance, PendingUpload, traced
from .roll import Roll

SHOWN = 60
"""Uploads that one table shows."""
KINDS = {label: value for value, label in Activity.Kind.choices}
NAMES = ("date", "start_time", "place", "chair", "recorder", "lecturer", "topic", "content", "resolution")
_WANTED = {"start_time": "时间", "place": "地点", "chair": "主持人"}


def fields_of(minutes: Minutes) -> dict[str, Any]:
    """Return the fields of an activity as minutes give them, cut to what the register holds."""
    values: dict[str, Any] = {name: getattr(minutes, name) for name in NAMES}
    for column in Activity._meta.concrete_fields:
        if column.name in NAMES and column.max_length:
            values[column.name] = values[column.name][: column.max_length]
    return values | {"kind": KINDS.get(minutes.kind, "")}


def place_of(minutes: Minutes, known: Sequence[tuple[int, str, str]]) -> int | None:
    """Return which of the organisations (id, name, short name) minutes speak of, None where that is not certain."""
    found = match_organization(minutes.organization_text, known) if minutes.organization_text else None
    return found or (match_organization(minutes.text, known) if minutes.text else None)


@dataclass
class ReadUpload:
    """One row of the table: an upload, what it says, what speaks against taking it as it is, what is worth a look."""

    upload: PendingUpload
    organization: Organization | None
    values: dict[str, Any]
    roll: Roll = field(default_factory=Roll)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """Whether it may be taken as it was read."""
        return not self.problems

    @property
    def is_beyond_doubt(self) -> bool:
        """Whether it may be ticked before anybody has looked: nothing at all is open, not even what is worth a look."""
        return self.is_ready and not self.notes

    @property
    def kind_label(self) -> str:
        """The kind of activity, "" where it is not certain."""
        return Activity.Kind(self.values["kind"]).label if self.values["kind"] else ""

    @property
    def identity(self) -> tuple[int, str, Any] | None:
        """What tells one activity from another at first sight; None where it is not known."""
        if self.organization is None or not self.values["kind"] or self.values["date"] is None:
            return None
        return self.organization.pk, self.values["kind"], self.values["date"]


def read_all(uploads: Sequence[PendingUpload], user: User) -> list[ReadUpload]:
    """Return a row for each upload, with a fixed number of queries."""
    editable = Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT).undissolved()
    by_pk = {organization.pk: organization for organization in editable}
    known = [(o.pk, o.name, o.short_name) for o in by_pk.values()]
    rows = []
    for upload in uploads:
        place = place_of(upload.minutes, known)
        if place is None and len(known) == 1 and not upload.minutes.organization_text:
            place = known[0][0]
        rows.append(ReadUpload(upload, by_pk.get(place or 0), fields_of(upload.minutes)))
    _call(rows)
    _doubt(rows, user)
    return rows


def _call(rows: Sequence[ReadUpload]) -> None:
    """Put the rolls on the rows: who was due, marked as the minutes say."""
    placed = [row for row in rows if row.identity]
    wanted = [(row.organization, row.values["kind"], row.values["date"]) for row in placed if row.organization]
    for row, lines in zip(placed, rolls.called_each(wanted), strict=True):
        row.roll = Roll(lines)
    rolls.excuse_each([(row.roll.lines, row.values["date"]) for row in placed])
    posts = rolls.posts_each(wanted)
    for row, held in zip(placed, posts, strict=True):
        row.roll.posts = held
        row.values |= rolls.officers(row.roll, row.upload.minutes)
        rolls.fill_from(row.roll, row.upload.minutes)


def _doubt(rows: Sequence[ReadUpload], user: User) -> None:
    """Say of each row what a person must decide, and what is only worth a look."""
    identities = Counter(row.identity for row in rows if row.identity)
    held = set(
        Activity.objects.visible_to(user)
        .filter(organization__in={i[0] for i in identities}, date__in={i[2] for i in identities})
        .values_list("organization_id", "kind", "date")
    )
    digests = {row.upload.digest for row in rows}
    bundles = {row.upload.bundle for row in rows if row.upload.bundle}
    siblings = PendingUpload.objects.filter(bundle__in=bundles, digest__in=digests, activity__isnull=False)
    papers = Attachment.objects.visible_to(user).filter(digest__in=digests)
    hung = set(papers.exclude(activity__in=siblings.values("activity")).values_list("digest", flat=True))
    today = timezone.localdate()
    for row in rows:
        minutes, values, day, say = row.upload.minutes, row.values, row.values["date"], row.problems.append
        if not row.upload.text:
            say("正在识别图片" if row.upload.is_being_read else "读不出文字")
            continue
        if row.organization is None:
            say("没有认出组织")
        if not values["kind"]:
            say("没有认出活动类型")
        if day is None:
            say("没有读出日期")
        elif day > today:
            say("日期在今天之后")
        elif row.organization and row.organization.established and day < row.organization.established:
            say("日期在组织成立之前")
        if not values["topic"]:
            say("没有读出主题")
        if not values["content"]:
            say("没有读出内容")
        if row.identity in held:
            say("同一天已经登记过同类活动")
        elif row.identity and identities[row.identity] > 1:
            say("表里还有同一天的同类活动")
        if row.upload.digest in hung:
            say("这份文件已经在别的活动里")
        if row.identity:
            _doubt_roll(row, minutes)
        row.notes += [f"没有{label}" for name, label in _WANTED.items() if not values[name]]


def _doubt_roll(row: ReadUpload, minutes: Minutes) -> None:
    """Say what the roll leaves open."""
    counts = row.roll.counts
    if row.values["kind"] == Activity.Kind.GROUP and row.organization and row.organization.is_branch:
        row.problems.append("要选定是哪个党小组")
    if row.roll.questions:
        row.problems.append("名单里有同名或名字相近的党员")
    if row.roll.unknown:
        row.problems.append(f"花名册里没有：{'、'.join(row.roll.unknown[:3])}{'等' if row.roll.unknown[3:] else ''}")
    for word, stated, counted in (
        ("应到", minutes.expected, counts["expected"]),
        ("实到", minutes.present_count, counts["present"]),
    ):
        if stated is not None and row.roll.lines and stated != counted:
            row.problems.append(f"写明{word} {stated} 人，对上的是 {counted} 人")
    if row.roll.unmentioned:
        row.notes.append(f"{len(row.roll.unmentioned)} 名党员没有提到，按缺席记")
    if row.roll.unmarked:
        row.problems.append(f"没有读到出席名单，{len(row.roll.unmarked)} 人要点名")
    if not row.roll.lines:
        row.notes.append("没有名单")


@atomic
def confirm(pks: Collection[int], user: User) -> list[Activity]:
    """Make activities, handed in, with roll and paper, of the user's uploads among `pks` that are beyond doubt.

    They are read again here: what was registered meanwhile, or is in doubt now, is left. A handful of queries for all.
    """
    waiting = PendingUpload.objects.visible_to(user).unconfirmed().filter(pk__in=pks)
    rows = [row for row in read_all(list(waiting.select_for_update(no_key=True)[:SHOWN]), user) if row.is_ready]
    now = timezone.now()
    made = [
        Activity(
            organization=row.organization,
            **row.values,
            expected_stated=row.upload.minutes.expected,
            present_stated=row.upload.minutes.present_count,
            status=Activity.Status.SUBMITTED,
            submitted_at=now,
            submitted_by=user,
        )
        for row in rows
    ]
    record_all(made, "submit")
    for activity in made:
        activity.number = activity.given_number
    Activity.objects.bulk_update(made, ["number"])
    Attendance.objects.bulk_create(
        Attendance(activity=activity, member_id=member, state=state, reason=reason)
        for activity, row in zip(made, rows, strict=True)
        for member, (state, reason) in row.roll.marks.items()
    )
    papers = [paper_of(row.upload) for row in rows]
    Attachment.objects.bulk_create(
        Attachment(activity=activity, uploaded_by=user, **vars(paper))
        for activity, paper in zip(made, papers, strict=True)
    )
    for activity, row in zip(made, rows, strict=True):
        row.upload.activity = activity
    PendingUpload.objects.bulk_update([row.upload for row in rows], ["activity"])
    audit.record_many(
        event
        for activity, row, paper in zip(made, rows, papers, strict=True)
        for event in (
            audit.Event(
                action="roll",
                obj=activity,
                changes=dict(
                    line
                    for member, (state, _) in row.roll.marks.items()
                    for line in traced(member, None, state).items()
                ),
                organization_path=activity.audit_path(),
            ),
            audit.Event(
                action="attach",
                obj=activity,
                changes={"附件": (None, paper.filename)},
                organization_path=activity.audit_path(),
            ),
        )
    )
    return made
