from datetime import date

import pytest
from django.utils import timezone

from tests.assessments.factories import make_branch, make_street


@pytest.fixture
def street(db):
    return make_street()


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
