"""Minutes out of a file against the registers: which organisation, who came, who is a guest, what stays open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import Any

from django.db.models import Q

from branches.models import Organization
from ledgers.papers import decode
from members.models import Membership

from . import roll as rolls
from .batches import KINDS, place_of
from .minutes import Minutes, Unreadable, extract_text, match_roster, read_meetings
from .minutes.people import bare_name
from .minutes.pictures import is_picture, scanned, text_of_pictures
from .minutes.registers import with_names_parted
from .models import Activity
from .roll import Line, Roll


@dataclass
class Reading:
    """What one meeting's minutes say, in names of the register; who is in none of the lists was not spoken of."""

    minutes: Minutes
    organization: Organization | None = None
    officers: Mapping[str, str] = field(default_factory=dict)
    present: list[str] = field(default_factory=list)
    leave: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the entry that `read_minutes` prints: "" for what was not read."""
        found = self.minutes
        return {
            "organization": self.organization.code if self.organization else "",
            "kind": found.kind,
            "date": found.date.isoformat() if found.date else "",
            "time": f"{found.start_time:%H:%M}" if found.start_time else "",
            "place": found.place,
            "chair": self.officers.get("chair", found.chair),
            "recorder": self.officers.get("recorder", found.recorder),
            "lecturer": self.officers.get("lecturer", found.lecturer),
            "topic": found.topic,
            "expected": "" if found.expected is None else found.expected,
            "present": self.present,
            "leave": self.leave,
            "absent": self.absent,
            "guests": self.guests,
            "unmatched": self.unmatched,
            "hints": [*found.hints, *self.hints],
        }


def text_in(data: bytes, filename: str) -> str:
    """Return the text of a .docx, .pdf, .txt or a picture. Raises Unreadable, in Chinese."""
    if is_picture(filename):
        return text_of_pictures([data])
    if PurePath(filename).suffix.lower() != ".txt":
        found = extract_text(data, filename)
        return text_of_pictures(pages) if not found.strip() and (pages := scanned(data)) else found
    text = decode(data)
    if text is None:
        raise Unreadable("这不是文本文件，或者编码认不出来，请另存为 UTF-8 或 GBK 的 txt 后再上传。")
    return text


def meetings_in(data: bytes, filename: str, organizations: Sequence[Organization], today: date) -> list[Reading]:
    """Read the meetings of a file held by one of these organisations; one empty entry with a hint if unreadable.

    A file that names no organisation is of the only one, or of the first, which the others lie under.
    """
    try:
        text = text_in(data, filename)
    except Unreadable as reason:
        return [Reading(Minutes(text="", hints=[str(reason)]))]
    if not text.strip():
        return [Reading(Minutes(text="", hints=["文件里没有可以读取的文字（可能是扫描件或照片），请对照原件填写。"]))]
    if is_picture(filename):
        text = with_names_parted(text, _names_under(organizations))
    known = [(one.pk, one.name, one.short_name) for one in organizations]
    by_pk = {one.pk: one for one in organizations}
    readings = []
    for minutes in read_meetings(text, kinds=Activity.Kind.labels, today=today):
        place = by_pk.get(place_of(minutes, known) or 0)
        hints = []
        if place is None:
            place = organizations[0] if organizations else None
            if minutes.organization_text and place:
                hints.append(f"记录里的组织“{minutes.organization_text[:30]}”没有对上，先按{place.name}读。")
        readings.append(Reading(minutes, place, hints=hints))
    for reading in readings:
        _attend(reading, today)
    return readings


def _attend(reading: Reading, today: date) -> None:
    """Say who of the register was there, away or a guest, and whom the register does not know."""
    minutes, organization = reading.minutes, reading.organization
    if organization is None:
        return
    day = minutes.date or today
    due = rolls.called(organization, KINDS.get(minutes.kind, ""), day)
    own = _of_subtree(organization, day, {line.member_id for line in due})
    roll = Roll(due, posts=rolls.posts_in(organization, day))
    known = Roll([*due, *own], posts=roll.posts)
    everyone = minutes.everyone
    rolls.fill_from(roll, minutes)
    if everyone and roll.unmarked:
        reading.hints.append("记录说全部到会，人数却对不上，没有记谁出席，请核对。")
    reading.officers = rolls.officers(known, minutes)
    guests = {bare_name(name) for name in minutes.observers}
    # Who was named, wherever in the subtree they are; of the rest only those that “everyone” takes in.
    written = [*minutes.attendees, *filter(None, (minutes.chair, minutes.recorder))]
    away = dict(minutes.leave)
    names = {line.member_id: line.name for line in known.lines}
    match = match_roster([*written, *away, *minutes.absent], list(names.items()), roll.posts)
    # Two of one name in the subtree: the one who was due is meant.
    due_names = {line.name.replace(" ", "").replace("\u3000", ""): line.name for line in due}

    def known_as(name: str) -> str:
        if name in match.matched:
            return names[match.matched[name]]
        if name in match.namesakes:
            return due_names.get(name, names[match.namesakes[name][0]])
        return ""

    reading.leave = {known_as(name): reason for name, reason in away.items() if known_as(name)}
    reading.absent = list(dict.fromkeys(known_as(name) for name in minutes.absent if known_as(name)))
    gone = {*reading.leave, *reading.absent}
    came = [known_as(name) for name in written if bare_name(name) not in guests]
    came += [line.name for line in roll.lines if everyone and line.state in rolls.State.there()]
    reading.present = list(dict.fromkeys(name for name in came if name and name not in gone))
    reading.guests = [names[found] if (found := match.matched.get(name)) else name for name in minutes.observers]
    asked = [*written, *away, *minutes.absent]
    reading.unmatched = list(
        dict.fromkeys(name for name in asked if not known_as(name) and bare_name(name) not in guests)
    )
    for name, near in match.near.items():
        if name in reading.unmatched:
            reading.hints.append(f"花名册里没有“{name}”，是不是{'、'.join(other for _, other in near[:3])}？")
    if not minutes.tells_attendance:
        reading.hints.append("没有读到出席名单，没有记谁出席，请点名。")
    elif roll.unmentioned:
        reading.hints.append(f"{len(roll.unmentioned)} 名党员没有提到，没有记出席也没有记缺席，请核对。")


def _names_under(organizations: Sequence[Organization]) -> list[str]:
    """Return the names of the members of these organisations and of all below them."""
    below = Q()
    for one in organizations:
        below |= Q(branch__path__startswith=rolls.branch_path(one))
    members = Membership.objects.filter(below) if organizations else Membership.objects.none()
    return list(members.order_by().values_list("member__name", flat=True).distinct())


def _of_subtree(organization: Organization, day: date, but: set[int]) -> list[Line]:
    """Return the other members of the organisation's subtree on a day; a group's whole branch."""
    path = rolls.branch_path(organization)
    rows = Membership.objects.in_force_on(day).filter(Q(branch__path__startswith=path)).exclude(member__in=but)
    return [
        Line(*values)
        for values in rows.order_by("member_id").values_list("member_id", "member__name", "member__initials")
    ]
