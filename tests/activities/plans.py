"""Makers of votes, resolutions and plans."""

from typing import Any

from activities.models import Activity, Resolution, Vote


def make_vote(activity: Activity, matter: str = "通过工作计划", in_favour: int = 1, **fields: Any) -> Vote:
    """Return a vote of a meeting."""
    return Vote(activity=activity, matter=matter, in_favour=in_favour, **fields).record()


def make_resolution(activity: Activity, matter: str = "整修活动室", **fields: Any) -> Resolution:
    """Return a matter that a meeting resolved."""
    return Resolution(activity=activity, matter=matter, **fields).record()
