"""Makers of projects and what belongs to them, each as the portal records it."""

from datetime import date
from itertools import count
from typing import Any

from activities.models import BrandProject, Milestone, Participant, ServiceEvent, Story
from branches.models import Organization

_numbers = count(1)


def make_brand(organization: Organization, name: str = "", **fields: Any) -> BrandProject:
    """A brand since 2024."""
    given = {"kind": "brand", "stage": "running", "start": date(2024, 3, 1)}
    return BrandProject(organization=organization, name=name or f"品牌{next(_numbers)}", **given | fields).record()


def make_milestone(project: BrandProject, **fields: Any) -> Milestone:
    """Something due on 30 June 2026."""
    given = {"title": f"节点{next(_numbers)}", "due": date(2026, 6, 30)}
    return Milestone(project=project, **given | fields).record()


def make_participant(project: BrandProject, **fields: Any) -> Participant:
    given = {"name": f"商户{next(_numbers)}", "kind": "merchant", "since": date(2025, 1, 1)}
    return Participant(project=project, **given | fields).record()


def make_service(project: BrandProject, **fields: Any) -> ServiceEvent:
    """A service of 5 August 2026 that reached 30 people."""
    given = {"date": date(2026, 8, 5), "content": f"义诊{next(_numbers)}", "served": 30}
    return ServiceEvent(project=project, **given | fields).record()


def make_story(project: BrandProject, **fields: Any) -> Story:
    given = {"date": date(2026, 8, 6), "title": "一碗热汤"}
    return Story(project=project, **given | fields).record()
