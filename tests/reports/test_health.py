"""Whether the process is up and whether it can serve."""

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder

from reports import health


def test_it_works(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_the_process_is_up_without_a_database(client):
    """No database mark: any query would fail the test."""
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_ready_when_every_migration_is_applied(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True}


@pytest.mark.django_db
def test_not_ready_with_a_migration_to_apply(client):
    last = MigrationRecorder.Migration.objects.filter(app="members").order_by("name").last()
    last.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["ready"]
    assert f"members.{last.name}" in answer.json()["reason"]
    assert "manage.py migrate" in answer.json()["reason"]


def test_not_ready_without_a_database(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect to postgres://portal:secret@db")

    monkeypatch.setattr(health, "MigrationExecutor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "连接不上数据库" in answer.json()["reason"]
    assert "secret" not in answer.content.decode()
