"""The page of background tasks."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.permissions import ROLE_RIGHTS, Right
from accounts.roles import Role
from ledgers import background, upkeep, workers
from ledgers.models import ImportBatch, Upkeep
from ledgers.tasks import apply_batch, undo_batch
from tests.factories import PostingFactory, UserFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db
URL = "/ledgers/background/"


def queue(user: Any, task: Any = apply_batch, **fields: Any) -> DBTaskResult:
    """Put a task of an import of members into the queue, in whatever state."""
    batch = ImportBatch.objects.create(ledger="members", user=user, filename="张三的表.xlsx", digest="0")
    return DBTaskResult.objects.create(
        task_path=task.module_path,
        args_kwargs={"args": [batch.pk, "", "/", user.pk], "kwargs": {}},
        backend_name="default",
        **{"exception_class_path": "", "traceback": "", **fields},
    )


def somebody(place: Any, name: str) -> Any:
    user = UserFactory(name=name)
    PostingFactory(user=user, role=Role.OFFICE, organization=place.committee)
    return user


def test_it_works(client: Client, text_of: Any) -> None:
    place = street()
    queue(somebody(place, "王等"))
    queue(
        somebody(place, "李败"), undo_batch, status="FAILED", exception_class_path="x.WorkerDied", worker_ids=["a", "b"]
    )
    queue(somebody(place, "赵成"), status="SUCCESSFUL", return_value=True)
    workers.beat("one")
    sign_in(client, Role.SYSTEM_ADMIN, place.committee)
    text = text_of(client.get(URL))
    assert "导入党员" in text and "王等 等待" in text
    assert "撤销导入党员" in text and "李败 失败 后台服务在它运行时中断，已放弃" in text
    assert "赵成 已结束 完成" in text
    assert "等待 1" in text and "失败 1" in text
    assert "张三" not in text, "a system administrator sees no members"
    assert "李败" not in text_of(client.get(URL, {"state": "READY"}))


def test_tasks_of_another_street_are_not_seen(client: Client, text_of: Any) -> None:
    here, there = street(1, 1), street(1, 1)
    queue(somebody(there, "外人"))
    sign_in(client, Role.SYSTEM_ADMIN, here.committee)
    assert "外人" not in text_of(client.get(URL))
    superuser(client)
    assert "外人" in text_of(client.get(URL))


def test_the_menu_counts_what_failed_and_what_waits_for_nobody() -> None:
    place = street()
    user = somebody(place, "王等")
    admin = UserFactory()
    PostingFactory(user=admin, role=Role.SYSTEM_ADMIN, organization=place.committee)
    task = queue(user)
    assert background.to_look_at(admin) == 0
    DBTaskResult.objects.filter(pk=task.pk).update(enqueued_at=timezone.now() - timedelta(minutes=2))
    assert background.to_look_at(admin) == 1
    workers.beat("one")
    assert background.to_look_at(admin) == 0
    queue(user, status="FAILED", finished_at=timezone.now())
    queue(user, status="FAILED", finished_at=timezone.now() - timedelta(days=2))
    assert background.to_look_at(admin) == 1


def test_more_tasks_take_no_more_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    user = somebody(street(), "王等")
    superuser(client)
    for _ in range(30):
        queue(user)
    with django_assert_max_num_queries(25):
        client.get(URL)


def test_only_who_runs_the_portal_may_see_them() -> None:
    assert {role for role, rights in ROLE_RIGHTS.items() if Right.BACKGROUND_VIEW in rights} == {Role.SYSTEM_ADMIN}


def test_who_runs_the_portal_sees_the_timed_jobs_and_the_space_left(
    client: Client, text_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = sign_in(client, Role.SYSTEM_ADMIN, street().committee)
    before = background.to_look_at(admin)
    text = text_of(client.get(URL))
    assert "每晚的检查还没有运行过" in text and "备份还没有运行过" in text and "磁盘还剩" in text
    call_command("note_upkeep", "nightly")
    monkeypatch.setenv("SERVICE_RESULT", "exit-code")
    call_command("note_upkeep", "backup")
    text = text_of(client.get(URL))
    assert "正常 每晚的检查，最近一次完成：" in text
    assert "备份最近一次没有完成。从来没有完成过。" in text and "portal-backup" in text
    assert background.to_look_at(admin) == before + 1
    monkeypatch.setenv("SERVICE_RESULT", "success")
    call_command("note_upkeep", "backup")
    assert background.to_look_at(admin) == before


def test_a_job_that_no_longer_runs_is_told(client: Client) -> None:
    upkeep.note(Upkeep.Job.NIGHTLY, succeeded=True)
    assert client.get("/readyz").json() == {"ready": True}
    long_ago = timezone.now() - timedelta(hours=37)
    Upkeep.objects.update(ended_at=long_ago, succeeded_at=long_ago)
    assert client.get("/readyz").json() == {"ready": True, "warnings": ["每晚的检查已超过 36 小时没有运行。"]}


def test_a_run_that_fails_keeps_when_it_last_went_well() -> None:
    upkeep.note(Upkeep.Job.BACKUP, succeeded=True)
    upkeep.note(Upkeep.Job.BACKUP, succeeded=False)
    (state,) = [state for state in upkeep.states() if state.job == Upkeep.Job.BACKUP]
    assert state.failed and state.succeeded_at is not None


def test_before_the_first_file_there_is_space_as_well(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "var" / "media")
    assert (upkeep.free_space() or 0) > 0
    assert not (tmp_path / "var").exists()
    settings.MEDIA_ROOT = str(tmp_path / ("x" * 300))  # no disk can hold such a name
    assert upkeep.free_space() is None
