from datetime import date

import pytest
from django.utils import timezone

from branches.models import Organization, PartyWorker
from tests.assessments.factories import hold, make_branch, make_street


@pytest.fixture
def street(db):
    return make_street()


@pytest.fixture
def reserve_cadre(street):
    """The street's community keeps a reserve cadre, so that R55 asks nothing of it."""
    community = Organization.objects.get(code=f"{street.code}C")
    day = date(2025, 1, 1)
    return PartyWorker(
        organization=community, name="赵后备", post=PartyWorker.Post.values[0], start=day, reserve_since=day
    ).record()


@pytest.fixture
def work_meetings(street):
    """The street held its work meeting in every month of 2026, so that R50 asks nothing of it."""
    return hold(street, "work-meeting", *(date(2026, month, 1) for month in range(1, 13)))


@pytest.fixture
def branch(street):
    return make_branch(street)


@pytest.fixture
def today(monkeypatch):
    """Set today's date: `today(date(2026, 10, 8))`."""

    def be(day: date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *args: day)

    be(date(2026, 10, 8))
    return be
