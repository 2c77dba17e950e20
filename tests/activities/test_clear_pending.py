import json
import os
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from activities import attachments
from activities.models import PendingUpload
from ledgers import papers
from ledgers.papers import Paper
from tests.factories import ActivityFactory, UserFactory, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory()


def clear(capsys):
    call_command("clear_pending")
    return json.loads(capsys.readouterr().out)


def uploaded(user, data, days_ago):
    pending = PendingUpload.objects.create(
        user=user, digest=papers.store(data), filename="a.txt", content_type="text/plain", size=len(data)
    )
    PendingUpload.objects.filter(pk=pending.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    age(pending.digest, days_ago)
    return pending


def age(digest, days):
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(papers._place(digest), (then, then))


def test_it_works(user, capsys):
    old, young = uploaded(user, b"old", 7.01), uploaded(user, b"young", 6.99)
    assert clear(capsys) == {"uploads": 1, "files": 1}
    assert list(PendingUpload.objects.all()) == [young]
    assert papers.content_of(young.digest) == b"young"
    with pytest.raises(FileNotFoundError):
        papers.content_of(old.digest)


def test_a_paper_of_an_activity_stays(user, capsys):
    old = uploaded(user, b"paper", 30)
    activity = ActivityFactory(organization=street().branch)
    attachments.hang(activity, [Paper(old.digest, "a.txt", "text/plain", 5)], user)
    assert clear(capsys) == {"uploads": 1, "files": 0}
    assert papers.content_of(old.digest) == b"paper"


def test_a_file_whose_row_is_not_written_yet_stays(capsys):
    papers.store(b"just now")
    assert clear(capsys) == {"uploads": 0, "files": 0}


def test_a_file_that_is_needed_again_counts_as_new(capsys):
    digest = papers.store(b"again")
    age(digest, 3)
    papers.store(b"again")
    assert clear(capsys) == {"uploads": 0, "files": 0}
