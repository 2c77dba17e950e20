"""Makers of matters handed on, requests, examples, stars and weak branches, recorded as the portal records them."""

from datetime import date
from typing import Any

from assessments.models import BranchStars, Demonstration, MemberStar, RequestReport, Supervision, WeakBranch


def hand_on(organization: Any, subject: str = "消防通道堵塞整治", **fields: Any) -> Supervision:
    own = {"sent_on": date(2026, 9, 1), "due_on": date(2026, 9, 20)}
    return Supervision(organization=organization, subject=subject, **own | fields).record()


def request(organization: Any, **fields: Any) -> RequestReport:
    own = {"kind": "request", "subject": "关于换届的请示", "addressee": "街道党工委", "due_on": date(2026, 9, 10)}
    return RequestReport(organization=organization, **own | fields).record()


def example(organization: Any, title: str = "楼栋议事会", **fields: Any) -> Demonstration:
    own = {"kind": "project", "level": "street", "claimed_on": date(2026, 3, 1)}
    return Demonstration(organization=organization, title=title, **own | fields).record()


def claim(branch: Any, **fields: Any) -> BranchStars:
    own = {"period": "2026Q3", "claimed_on": date(2026, 10, 1)}
    return BranchStars(organization=branch, **own | fields).record()


def star(member: Any, title: str = "奉献之星", **fields: Any) -> MemberStar:
    own = {"organization": member.branch, "period": "2026Q3", "claimed_on": date(2026, 10, 1)}
    return MemberStar(member=member, title=title, **own | fields).record()


def weak(branch: Any, **fields: Any) -> WeakBranch:
    own = {"ground": "no-life", "found_on": date(2026, 6, 1)}
    return WeakBranch(organization=branch, **own | fields).record()
