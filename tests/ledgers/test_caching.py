"""A cache that cannot be written is no reason to refuse anything."""

import pytest
from django.core.cache import caches
from django.urls import reverse

from accounts.roles import Role
from ledgers import photos, progress
from ledgers.period import Period
from reports.models import InvestigationReport
from tests.activities.conftest import photo
from tests.factories import sign_in, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(monkeypatch):
    """A disk without room for the cache."""

    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    for name in ("set", "add", "incr", "delete"):
        monkeypatch.setattr(type(caches["default"]), name, refuse)


def test_a_small_picture_is_drawn_and_not_kept(settings, tmp_path, monkeypatch):
    (tmp_path / "media").write_text("a file where a folder should be")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    data = photo()
    assert photos.small("ab" * 32, lambda: data, (80, 80)).startswith(b"\xff\xd8")


def test_a_wrong_address_of_a_calendar_is_still_not_there(client, full):
    assert client.get("/activities/calendar/bad.ics").status_code == 404


def test_progress_is_not_seen_and_nothing_fails(full):
    progress.report("work", progress.Progress(1, 2, "正在写入"))
    progress.forget("work")
    assert progress.read("work") is None


def test_a_report_is_printed_without_being_kept(client, full):
    place = street(communities=1, branches=1)
    sign_in(client, Role.OFFICE, place.committee)
    report = InvestigationReport.drafted(place.committee, Period.parse("2026Q3"))
    answer = client.get(reverse("reports:investigation-download", args=[report.pk, "pdf"]))
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF")
