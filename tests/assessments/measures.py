"""Makers of measures, recorded the way the portal records them."""

from datetime import date
from typing import Any

from assessments.models import Measure


def responsibility(organization: Any, title: str = "推进小区党支部全覆盖", **fields: Any) -> Measure:
    own = {"kind": "key", "owner": "王敏", "starts_on": date(2026, 3, 1), "due_on": date(2026, 8, 31)}
    return Measure(organization=organization, title=title, **own | fields).record()


def rectification(organization: Any, title: str = "会议记录不完整", **fields: Any) -> Measure:
    own = {"kind": "other", "pace": "by-date", "starts_on": date(2026, 7, 1), "due_on": date(2026, 9, 30)}
    return Measure(organization=organization, title=title, **own | fields).record()
