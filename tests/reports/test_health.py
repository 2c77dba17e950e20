"""Whether the process is up and whether it can serve."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import keys
from accounts.models import KeyFingerprint
from ledgers import progress, upkeep, workers
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
def test_not_ready_with_a_migration_to_apply(client, caplog):
    last = MigrationRecorder.Migration.objects.filter(app="members").order_by("name").last()
    last.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["ready"]
    assert answer.json()["reason"] == "尚未就绪，详情见日志。"
    assert f"members.{last.name}" in caplog.text, "who runs the portal reads which"


def test_not_ready_without_a_database(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("could not connect to postgres://portal:secret@db")

    monkeypatch.setattr(health, "MigrationExecutor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "连接不上数据库" in answer.json()["reason"]
    assert "secret" not in answer.content.decode()


@pytest.mark.django_db
def test_not_ready_where_files_cannot_be_kept(client, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = str(tmp_path / "file" / "media")  # a folder below a file: not even root can make it
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "MEDIA_ROOT 不能写入" in answer.json()["reason"]
    assert str(tmp_path) not in answer.content.decode()


@pytest.mark.django_db
def test_not_ready_where_little_space_is_left(client, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(upkeep, "LEAST_FREE", 1 << 60)
    assert "请清理" in client.get("/readyz").json()["reason"]


@pytest.mark.django_db
def test_work_goes_on_where_its_progress_cannot_be_kept(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "file" / "cache"),
        }
    }
    progress.report("import-1", progress.Progress(1, 2, "正在写入"))
    assert "CACHE_DIR 不能写入" in health.obstacle()


OTHER = "ab" * 32


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["zz", OTHER])
def test_keys_that_are_not_those_of_the_database_are_seen_before_people_do(client, settings, caplog, wrong):
    settings.FIELD_KEYS = [wrong]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "密钥与数据库不符，详情见日志。"
    assert "FIELD_KEYS" in caplog.text and OTHER not in caplog.text
    said = run_checks(include_deployment_checks=True)
    assert any("FIELD_KEYS" in each.msg for each in said)
    assert not any(OTHER in each.msg for each in said)


@pytest.mark.django_db
def test_a_key_put_in_front_is_remembered_and_may_not_be_dropped_again(client, settings):
    old = settings.FIELD_KEYS
    settings.AUDIT_KEYS = [OTHER]
    KeyFingerprint.objects.all().delete()
    keys.remember()
    settings.FIELD_KEYS = [OTHER, *old]
    assert client.get("/readyz").json() == {"ready": True}
    keys.remember()
    settings.FIELD_KEYS = old
    assert "少了密钥" in keys.fault()
    keys.remember()
    settings.FIELD_KEYS = [*old, OTHER]
    assert "最后一把不是" in keys.fault()


@pytest.mark.django_db
def test_a_key_of_the_audit_trail_that_was_dropped_is_missed(settings):
    settings.AUDIT_KEYS = [OTHER]
    assert "AUDIT_KEYS" in keys.fault()


@pytest.mark.django_db
def test_the_check_of_a_deployment_names_folders_that_cannot_be_written(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = str(tmp_path / "file" / "media")
    assert any("MEDIA_ROOT" in each.msg for each in run_checks(include_deployment_checks=True))


@pytest.mark.django_db
def test_tasks_that_nobody_does_are_a_warning(client):
    task = DBTaskResult.objects.create(task_path="x.y", args_kwargs={"args": [], "kwargs": {}}, backend_name="default")
    assert client.get("/readyz").json() == {"ready": True}
    DBTaskResult.objects.filter(pk=task.pk).update(enqueued_at=timezone.now() - timedelta(minutes=2))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "后台服务没有运行" in answer.json()["warnings"][0]
    workers.beat("one")
    assert client.get("/readyz").json() == {"ready": True}
