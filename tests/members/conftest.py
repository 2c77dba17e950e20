import pytest
from django.utils import timezone

from ledgers.parsing import check_digit
from tests.factories import Street, sign_in, street


@pytest.fixture(autouse=True)
def day_stays(monkeypatch, request):
    """Let a module that has begun on a day end on it: a midnight in between changes nothing."""
    today, real = getattr(request.module, "TODAY", None), timezone.localdate
    if today is not None:
        monkeypatch.setattr(timezone, "localdate", lambda *args, **kwargs: real(*args, **kwargs) if args else today)


@pytest.fixture
def place() -> Street:
    """A street of two communities with two branches each."""
    return street(2, 2, code="S")


@pytest.fixture
def office(client, place):
    """Somebody of the street's office, signed in."""
    return sign_in(client, "office", place.committee, name="李办")


@pytest.fixture
def secretary(client, place):
    """The secretary of the first branch, signed in."""
    return sign_in(client, "branch-secretary", place.branch, name="周支书")


def citizen_id(born: str, order: str = "001") -> str:
    """Return a well-formed ID of nobody born on a day (19800102); the order's last digit is odd for a man."""
    first = f"990100{born}{order}"
    return first + check_digit(first)
