"""Makers of what is kept beside activities, recorded the way the portal records it."""

from datetime import date
from decimal import Decimal
from typing import Any

from activities.models import (
    Activity,
    Certificate,
    Criticism,
    DemocraticReview,
    Promise,
    StudySeries,
    StudyTheme,
)
from tests.factories import ActivityFactory


def review(member: Any, grade: str = "qualified", year: int = 2026, **fields: Any) -> DemocraticReview:
    own = {"organization": member.branch, "member": member, "grade": grade, "year": year, "date": date(2026, 9, 1)}
    return DemocraticReview(**own | fields).record()


def life_meeting(branch: Any, day: date = date(2026, 8, 1), **fields: Any) -> Activity:
    return ActivityFactory(organization=branch, kind="life", date=day, **fields)


def criticise(meeting: Activity, member: Any, speaker: Any = None, **fields: Any) -> Criticism:
    own = {"kind": "mutual" if speaker else "self", "content": "学习不够"}
    return Criticism(activity=meeting, member=member, speaker=speaker, **own | fields).record()


def promise(meeting: Activity, owner: Any = None, **fields: Any) -> Promise:
    own = {"item": "补交学习笔记", "measure": "每周一篇", "deadline": date(2026, 10, 1)}
    return Promise(activity=meeting, owner=owner, **own | fields).record()


def certificate(member: Any, hours: str = "24", day: date = date(2026, 8, 20), **fields: Any) -> Certificate:
    own = {"organization": member.branch, "member": member, "title": "区委党校培训班", "date": day}
    return Certificate(hours=Decimal(hours), **own | fields).record()


def theme(organization: Any, **fields: Any) -> StudyTheme:
    return StudyTheme(**{"organization": organization, "year": 2026, "title": "党史学习"} | fields).record()


def series(organization: Any, **fields: Any) -> StudySeries:
    return StudySeries(**{"organization": organization, "year": 2026, "title": "春季轮训"} | fields).record()
