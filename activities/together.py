"""Activities that several branches hold together (联合开展): entered once, one activity of each, linked.

Facts and rules see nothing but the parts. Everything here makes a number of queries that does not grow with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from accounts import audit
from accounts.models import User
from accounts.transactions import atomic
from branches.models import Organization
from ledgers.recording import record_all

from .models import Activity, Attendance, UnitedActivity, traced
from .panels.sections import Section
from .planning import adopt
from .roll import called_each

Marks = Mapping[int, tuple[str, str]]
"""Member id → (state, reason)."""


def holding(organization: Organization, partners: Iterable[Organization]) -> list[Organization]:
    """Return those who hold an activity together, whoever enters it first; nobody where one holds it by itself.

    A committee that brings branches together holds no activity of its own.
    """
    others = [one for one in partners if one.pk != organization.pk]
    if not others:
        return []
    return [organization, *others] if organization.is_branch else others


def begin(activity: Activity, together: Sequence[Organization]) -> None:
    """Make an activity that is not on record yet the first part of a united one."""
    activity.united = UnitedActivity(organizer=activity.organization).record()
    activity.organization = together[0]


@atomic
def share(activity: Activity, together: Sequence[Organization], by_part: Mapping[int, Marks]) -> list[Activity]:
    """Record the other parts of a united activity like the first one, each with its own roll; return them."""
    parts = []
    for organization in together[1:]:
        part = copy(activity)
        part._state = copy(activity._state)
        part.pk, part.version, part.number, part.organization = None, 1, "", organization
        part._state.adding = True
        parts.append(part)
    record_all(parts)
    for part in parts:
        part.number = part.given_number
    Activity.objects.bulk_update(parts, ["number"])
    lines = [
        Attendance(activity=part, member_id=member, state=state, reason=reason)
        for part in parts
        for member, (state, reason) in by_part[part.organization_id].items()
    ]
    Attendance.objects.bulk_create(lines, batch_size=500)
    audit.record_many(
        audit.Event(
            action="roll",
            obj=part,
            changes=_said(by_part[part.organization_id]),
            organization_path=part.audit_path(),
        )
        for part in parts
    )
    adopt([part.organization_id for part in parts], activity.date, activity.date)
    return parts


def split(activity: Activity, together: Sequence[Organization], marks: Marks) -> dict[int, dict[int, tuple[str, str]]]:
    """Return organisation id → the marks of those whom it calls; whoever was added by hand is on the first roll."""
    found: dict[int, dict[int, tuple[str, str]]] = {one.pk: {} for one in together}
    of_whom: dict[int, int] = {}
    called = called_each([(one, activity.kind, activity.date) for one in together])
    for organization, lines in zip(together, called, strict=True):
        for line in lines:
            of_whom.setdefault(line.member_id, organization.pk)
    for member, mark in marks.items():
        found[of_whom.get(member, together[0].pk)][member] = mark
    return found


def _said(marks: Marks) -> dict[str, tuple[str | None, str | None]]:
    said: dict[str, tuple[str | None, str | None]] = {}
    for member, (state, _) in marks.items():
        said |= traced(member, None, state)
    return said


def parts_of(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """Return the parts of a united activity for the page of one of them, each with its roll in numbers."""
    if activity.united_id is None:
        return None
    seen = set(Activity.objects.visible_to(user).filter(united=activity.united_id).values_list("pk", flat=True))
    united = UnitedActivity.objects.select_related("organizer").get(pk=activity.united_id)
    parts = list(united.parts.select_related("organization").order_by("organization__path"))
    counts: dict[int, list[int]] = {part.pk: [0, 0] for part in parts}
    for part, state in Attendance.objects.filter(activity__in=parts).values_list("activity_id", "state"):
        counts[part][0] += state in Attendance.State.asked()
        counts[part][1] += state in Attendance.State.there()
    expected, present = (sum(count[place] for count in counts.values()) for place in (0, 1))
    rows = [(part, part.pk in seen, *counts[part.pk]) for part in parts]
    return {"united": united, "parts": rows, "expected": expected, "present": present, "here": activity.pk}


SECTIONS = (Section("联合开展", "activities/sections/united.html", parts_of, order=5),)
