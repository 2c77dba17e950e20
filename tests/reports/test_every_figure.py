"""The reports of the demo street: every number opens exactly the rows that it counts, and the words are those that a
person read.
"""

import os
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from branches.models import Organization
from ledgers.period import Period
from reports.document import Report
from reports.investigation.building import BODY, build
from reports.investigation.saying import POINT
from reports.layout import lay_out
from tests.factories import sign_in

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 20)
GOLDEN = Path(__file__).parent / "golden" / "street-2026Q3.txt"
"""The standard report as a person read it. KEEP_GOLDEN=1 writes it anew: read the difference before you commit it."""


@pytest.fixture
def demo(settings, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Organization:
    """The demo street on a day in November."""
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(timezone, "localdate", lambda *args: UNTIL)
    call_command("load_demo", until=UNTIL, months=12, stdout=StringIO(), stderr=StringIO())
    return Organization.objects.get(code="HP")


@pytest.fixture
def office(client: Client, demo: Organization) -> Client:
    """The demo street, whose first branch was moved to another community in the autumn, and its office signed in."""
    moved, target = (Organization.objects.get(code=code) for code in ("HP0102", "HP03"))
    moved.move_under(target, date(2026, 10, 8))
    sign_in(client, Role.OFFICE, demo)
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


def as_text(report: Report) -> str:
    """The body as it prints, a paragraph a line."""
    lines = [report.title]
    for block in lay_out(report):
        lines += [block.heading] if block.heading else []
        lines += ["".join(run.text for run in line) for laid in block.statements for line in laid.lines]
    return "\n".join(lines) + "\n"


def test_the_standard_report_reads_as_a_person_read_it(demo: Organization) -> None:
    text = as_text(build(demo, Period.parse("2026Q3")))
    if os.environ.get("KEEP_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_keeps_to_its_lengths(demo: Organization) -> None:
    for code in ("HP", "HP01", "HP0101"):
        for period in ("2026Q3", "2026", "2026-10", "2026H1"):
            for length in ("brief", "standard"):
                report = build(Organization.objects.get(code=code), Period.parse(period), length=length)
                assert report.characters <= BODY[length]
                for division in report.divisions():
                    said = "".join(one.text for one in division.statements)
                    if division.number.endswith("是"):
                        assert len(f"{division.number}{division.title}。{said}") <= POINT[length]
                for one in report.statements():
                    assert all(len(sentence) <= 90 for sentence in one.text.split("。")), one.text
