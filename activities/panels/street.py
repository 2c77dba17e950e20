"""A street's own meetings on its page and its workbench; where its tours went."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from branches.panels.registry import Panel
from branches.panels.todos import Todo, days_left
from branches.panels.tree import Figure
from ledgers import facts
from ledgers.period import Period
from ledgers.scope import may

from ..models import Activity, TourStop
from ..models.tours import communities_of
from ..workflow import Allowed
from .sections import Section

Kind = Activity.Kind
STREET = Organization.Kind.WORKING_COMMITTEE
OWN = ("observation.tours", "observation.stops", "study.theory_group", "study.reading", "training.exchanges")
TOURS_SHOWN = 4


def _meetings(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """The street's work meetings month by month, what else it held itself, and which communities its tours reached."""
    if organization.kind != STREET or not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    months = period.months()
    counted = facts.of_each_period([organization.pk], [*months, period], own=True)
    work, own = facts.get("meetings.work"), counted[period][organization.pk]
    figures = [Figure(f.title, own[f.code], f.unit, f.url(organization, period, own=True)) for f in map(facts.get, OWN)]
    reached = TourStop.objects.filter(activity__organization=organization).counted().made_in(period)
    communities = list(communities_of(organization, period.end))
    seen = set(reached.values_list("community_id", flat=True))
    return {
        "months": [
            (month, counted[month][organization.pk][work.code], work.url(organization, month, own=True))
            for month in months
        ],
        "figures": figures,
        "toured": len(seen),
        "communities": len(communities),
        "missed": [one for one in communities if one.pk not in seen] if own["observation.tours"] else [],
        "create": _new(organization, Kind.WORK_MEETING) if may(user, Right.ACTIVITIES_EDIT, organization) else "",
        "note": period.label,
    }


def _toured(organization: Organization, period: Period, user: User) -> Mapping[str, Any] | None:
    """When tours came to a community, and what they saw."""
    if organization.kind != Organization.Kind.COMMUNITY_COMMITTEE:
        return None
    if not may(user, Right.ACTIVITIES_VIEW, organization):
        return None
    stops = TourStop.objects.filter(community=organization).counted().select_related("activity")
    rows = list(stops.order_by("-activity__date")[:TOURS_SHOWN])
    return {"rows": rows} if rows else None


def _new(organization: Organization, kind: Kind) -> str:
    return f"{reverse('activities:create')}?{urlencode({'organization': organization.code, 'kind': kind.value})}"


def _stops(activity: Activity, user: User) -> Mapping[str, Any] | None:
    """The communities of a tour, and the way to the form."""
    if activity.kind != Kind.OBSERVATION:
        return None
    rows = list(activity.stops.select_related("community"))
    edit = reverse("activities:tour", args=[activity.pk]) if Allowed.of(activity, user).edit else ""
    return {"rows": rows, "edit": edit, "note": f"{len(rows)} 个" if rows else ""}


PANELS = (
    Panel("街道会议", "activities/panels/street.html", _meetings, order=28),
    Panel("被观摩", "activities/panels/toured.html", _toured, order=48),
)
SECTIONS = (Section("观摩的社区", "activities/sections/tour.html", _stops, order=20),)


def street_meetings(organization: Organization, user: User, today: date) -> Iterator[Todo]:
    """Yield what a street has still to hold this month and quarter: its work meeting, its tour; four queries at most.

    What was missed in months that are over the rules find (R50).
    """
    if organization.kind != STREET or not organization.is_live or not may(user, Right.ACTIVITIES_VIEW, organization):
        return
    edits = may(user, Right.ACTIVITIES_EDIT, organization)
    month, quarter = Period.containing(today), Period.containing(today, Period.QUARTER)
    held = Activity.objects.filter(organization=organization).counted()
    if not held.filter(kind=Kind.WORK_MEETING).held_in(month).exists():
        url = _new(organization, Kind.WORK_MEETING)
        url = url if edits else facts.get("meetings.work").url(organization, month, own=True)
        yield Todo("warn", "本月", f"{month.number}月党建工作例会还没开", url, days_left(month.end, today))
    tours = list(held.filter(kind=Kind.OBSERVATION).held_in(quarter).order_by("-date")[:1])
    if not tours:
        url = _new(organization, Kind.OBSERVATION)
        url = url if edits else facts.get("observation.tours").url(organization, quarter, own=True)
        yield Todo("warn", "本季", "本季度的逐社区观摩还没有记录", url, days_left(quarter.end, today))
        return
    seen = TourStop.objects.filter(activity__organization=organization).counted().made_in(quarter)
    reached = set(seen.values_list("community_id", flat=True))
    missed = [one.label for one in communities_of(organization, today) if one.pk not in reached]
    if missed:
        names = "、".join(missed) if len(missed) <= 3 else f"{len(missed)} 个社区"
        url = reverse("activities:tour", args=[tours[0].pk]) if edits else tours[0].get_absolute_url()
        yield Todo("warn", "本季", f"本季度观摩还没有走到{names}", url, days_left(quarter.end, today))
