import pytest

from accounts.roles import Role
from tests.factories import sign_in, street


@pytest.fixture
def town(db):
    """A street of two communities with two branches each."""
    return street(code="S")


@pytest.fixture
def office(client, town):
    """The office of the street, signed in."""
    return sign_in(client, Role.OFFICE, town.committee, name="李办")


@pytest.fixture
def secretary(client, town):
    """The secretary of the first branch, signed in."""
    return sign_in(client, Role.BRANCH_SECRETARY, town.branch)


@pytest.fixture
def today(monkeypatch):
    """Today is 23 November 2026 for the pages."""
    from datetime import date

    from django.utils import timezone

    day = date(2026, 11, 23)
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)
    return day
