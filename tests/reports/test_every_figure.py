"""Every number of the demo's reports opens exactly the rows that it counts."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from branches.models import Organization
from ledgers.period import Period
from reports.investigation.building import build
from tests.factories import sign_in

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 20)


@pytest.fixture
def office(client: Client, settings, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The demo street, whose first branch was moved to another community in the autumn, and its office signed in."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(timezone, "localdate", lambda *args: UNTIL)
    call_command("load_demo", until=UNTIL, months=12, stdout=StringIO(), stderr=StringIO())
    moved, target = (Organization.objects.get(code=code) for code in ("HP0102", "HP03"))
    moved.move_under(target, date(2026, 10, 8))
    sign_in(client, Role.OFFICE, Organization.objects.get(code="HP"))
    return client


def test_each_opens_its_rows(office: Client) -> None:
    opened: dict[str, int] = {}
    wrong = []
    for code in ("HP", "HP01", "HP0101", "HP0102"):
        for period in ("2026Q3", "2026"):
            report = build(Organization.objects.get(code=code), Period.parse(period))
            for _, figure in report.figures():
                if not figure.url:
                    wrong.append((code, period, figure.title, figure.text, "no address"))
                    continue
                if figure.url not in opened:
                    page = office.get(figure.url)
                    assert page.status_code == 200, (figure.url, page.status_code)
                    opened[figure.url] = page.context["page"].paginator.count
                rows = opened[figure.url]
                if rows != figure.count:
                    wrong.append((code, period, figure.title, figure.text, figure.count, rows, figure.url))
    assert len(opened) > 300
    assert not wrong, "\n".join(map(str, wrong))
