"""A signed report gives out tasks, and the next one says how many of them were done."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from assessments.findings import sync
from assessments.models import Measure
from ledgers.period import Period
from reports.investigation.building import build
from reports.models import InvestigationReport
from tests.factories import ActivityFactory, sign_in, street

pytestmark = pytest.mark.django_db
Q3, Q4 = Period.parse("2026Q3"), Period.parse("2026Q4")


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 10, 8))


@pytest.fixture
def place():
    place = street(1, 2)
    ActivityFactory(organization=place.branch, kind="theme-day", date=date(2026, 6, 1))  # records reach back
    return place


def signed(client, place):
    sync(place.committee, Q3)
    report = InvestigationReport.drafted(place.committee, Q3)
    client.post(reverse("reports:investigation-sign", args=[report.pk]), {"digest": report.digest})
    report.refresh_from_db()
    assert not report.is_draft
    return report


def test_what_a_report_means_to_do_becomes_tasks(client, place, today):
    sign_in(client, Role.OFFICE, place.committee)
    report = signed(client, place)
    annex = next(one for one in report.composed.report.annexes if one.kind == "measures")
    given = Measure.objects.filter(kind="report")
    assert given.count() >= len(annex.rows) > 0
    general = given.get(organization=place.branch, title__contains="党员大会")
    row = next(one for one in annex.rows if place.branch.name in one.cells[3] and "党员大会" in one.cells[6])
    assert (general.measure, general.owner, general.set_by) == (row.cells[2], row.cells[4], place.committee)
    assert general.finding is not None and general.finding.rule == "R01"


def test_the_records_settle_a_task_and_the_next_report_says_so(client, place, today):
    sign_in(client, Role.OFFICE, place.committee)
    signed(client, place)
    for branch in place.branches:
        ActivityFactory(organization=branch, kind="general", date=date(2026, 9, 1))
    sync(place.committee, Q3)
    done = Measure.objects.filter(kind="report", done_on__isnull=False)
    assert {one.organization for one in done} >= set(place.branches)
    number = Measure.objects.filter(kind="report").count()
    texts = [statement.text for statement in build(place.committee, Q4).statements()]
    assert any(f"报告提出措施{number}项，已完成{done.count()}项" in text for text in texts)


def test_what_was_left_out_gives_nobody_a_task(client, place, today):
    sign_in(client, Role.OFFICE, place.committee)
    sync(place.committee, Q3)
    report = InvestigationReport.drafted(place.committee, Q3)
    key = next(one.key for one in report.composed.report.statements() if one.key.startswith("measure.R"))
    report.drop(key)
    report = InvestigationReport.objects.get(pk=report.pk)
    client.post(reverse("reports:investigation-sign", args=[report.pk]), {"digest": report.digest})
    code = key.partition(".")[2]
    assert Measure.objects.filter(kind="report").exists()
    assert not Measure.objects.filter(kind="report", finding__rule=code).exists()


def test_a_second_press_gives_out_nothing_more(client, place, today):
    sign_in(client, Role.OFFICE, place.committee)
    report = signed(client, place)
    number = Measure.objects.count()
    client.post(reverse("reports:investigation-sign", args=[report.pk]), {"digest": report.digest})
    assert Measure.objects.count() == number
