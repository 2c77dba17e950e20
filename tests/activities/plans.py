"""Makers of votes, resolutions and plans."""

from datetime import date
from typing import Any

from activities.models import Activity, PlannedActivity, Resolution, Vote
from branches.models import Organization


def make_vote(activity: Activity, matter: str = "通过工作计划", in_favour: int = 1, **fields: Any) -> Vote:
    """Return a vote of a meeting."""
    return Vote(activity=activity, matter=matter, in_favour=in_favour, **fields).record()


def make_resolution(activity: Activity, matter: str = "整修活动室", **fields: Any) -> Resolution:
    """Return a matter that a meeting resolved."""
    return Resolution(activity=activity, matter=matter, **fields).record()


def make_plan(organization: Organization, day: date, kind: str = "theme-day", **fields: Any) -> PlannedActivity:
    """Return a planned activity."""
    return PlannedActivity(organization=organization, date=day, kind=kind, **fields).record()
