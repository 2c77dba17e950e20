from datetime import date

import pytest
from django.utils import timezone

from activities.models import Agreement, BrandProject, PartnerUnit
from branches.models import Organization, PartyWorker
from tests.assessments.factories import hold, make_branch, make_street
from tests.assessments.rounds import observe


@pytest.fixture
def street(db):
    return make_street()


@pytest.fixture
def in_company(street):
    """The street's community keeps an agreement, meets its partners each quarter and has a brand (R40, R41, R46)."""
    community = Organization.objects.get(code=f"{street.code}C")
    unit = PartnerUnit.objects.create(organization=community, name="供电所")
    days = {"signed_on": date(2025, 1, 1), "start": date(2025, 1, 1), "end": date(2027, 12, 31)}
    Agreement.objects.create(partner=unit, year=2025, **days)
    BrandProject.objects.create(organization=community, name="邻里红管家", start=date(2025, 1, 1))
    hold(community, "joint-meeting", *(date(year, month, 9) for year in (2025, 2026) for month in (2, 5, 8, 11)))


@pytest.fixture
def reserve_cadre(street, in_company):
    """The street's community keeps a reserve cadre, so that R55 asks nothing of it."""
    community = Organization.objects.get(code=f"{street.code}C")
    day = date(2025, 1, 1)
    return PartyWorker(
        organization=community, name="赵后备", post=PartyWorker.Post.values[0], start=day, reserve_since=day
    ).record()


@pytest.fixture
def work_meetings(street):
    """The street held its work meeting in every month of 2026 and visited its community each quarter: R50, R51."""
    community = Organization.objects.get(code=f"{street.code}C")
    for quarter, month in enumerate((2, 5, 8, 11), 1):
        observe(community, period=f"2026Q{quarter}", visited_on=date(2026, month, 1))
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
