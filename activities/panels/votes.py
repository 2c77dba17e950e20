"""What stands on an activity's page of how it decided: who came, what was voted on, what was resolved."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo
from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from ledgers.scope import may

from ..models import Activity, Resolution
from ..quorums import Outcome, quorum_of, with_turnout
from ..workflow import Allowed
from .sections import Section

DECIDING = (Activity.Kind.GENERAL, Activity.Kind.COMMITTEE, Activity.Kind.GROUP, Activity.Kind.LIFE)
"""Kinds of meeting that resolve things; another one's page has the section once something is noted."""


def _quorum(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """Whether enough came, and the votes; of a general or a committee meeting."""
    if activity.kind not in (Activity.Kind.GENERAL, Activity.Kind.COMMITTEE):
        return None
    votes = list(with_turnout(activity.votes.all())) if activity.kind == Activity.Kind.GENERAL else []
    return {
        "activity": activity,
        "quorum": quorum_of(activity),
        "votes": [(vote, Outcome.of(vote)) for vote in votes],
        "takes_votes": activity.kind == Activity.Kind.GENERAL,
        "may_edit": Allowed.of(activity, user).edit,
    }


def _resolutions(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """What was resolved, with how far it is."""
    resolutions = list(activity.resolutions.all())
    if not resolutions and activity.kind not in DECIDING:
        return None
    return {
        "activity": activity,
        "resolutions": resolutions,
        "may_edit": may(user, Right.ACTIVITIES_EDIT, activity.organization),
    }


SECTIONS = (
    Section("到会与表决", "activities/sections/quorum.html", _quorum, order=10, aside=True),
    Section("决议事项", "activities/sections/resolutions.html", _resolutions, order=10),
)


SHOWN = 8


def _panel(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """Votes and resolutions of the period, and what of the resolutions of any time is still to be done."""
    if not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    numbers = facts.of(organization, period)
    undone = Resolution.objects.visible_to(user).under(organization).undone()
    rows = list(undone.order_by(F("due_on").asc(nulls_last=True), "pk")[:SHOWN])
    figures = [(facts.get(code), numbers[code]) for code in ("votes.held", "resolutions.made", "resolutions.done")]
    if not rows and not any(number for _, number in figures):
        return None
    return {
        "note": period.label,
        "figures": [(fact.title, number, fact.unit, fact.url(organization, period)) for fact, number in figures],
        "rows": rows,
        "open": ledgers.get("resolutions").url(Query(organization, filters={"state": "open"})) + "&period=all",
    }


PANELS = (Panel("决议与落实", "activities/panels/decisions.html", _panel, order=31),)


def overdue(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield one line for the resolutions that should have been done. One query."""
    late = Resolution.objects.visible_to(user).under(organization).overdue_on(today).order_by("due_on")
    rows = list(late.values_list("matter", "activity_id", "due_on"))
    if not rows:
        return
    url = ledgers.get("resolutions").url(Query(organization, filters={"state": "overdue"})) + "&period=all"
    text = f"决议事项“{rows[0][0][:30]}”还没有落实" if len(rows) == 1 else f"{len(rows)} 件决议事项过了时限还没有落实"
    yield Todo("bad", "逾期", text, url, f"最早 {rows[0][2]:%m-%d}")
