"""Imports left to the background: queued once, watched to the end, and not lost with their worker."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from accounts.roles import Role
from ledgers import importing, progress, tasks, wizard, workers
from ledgers.models import ImportBatch, Worker
from members.models import Member
from tests.factories import MemberFactory, citizen_ids, sign_in, street
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db

HEADERS = ("姓名", "身份证号", "所在党支部", "党员类别")
IDS = [number for number, _ in zip(citizen_ids(), range(3), strict=False)]
State = ImportBatch.State


def _read_settings_again() -> None:
    vars(task_backends).pop("settings", None)
    task_backends._settings = None
    if hasattr(task_backends._connections, "default"):
        del task_backends["default"]


@pytest.fixture
def queue(settings: Any) -> Iterator[None]:
    """Leave background work to workers, as in production."""
    before = settings.TASKS
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    _read_settings_again()
    yield
    settings.TASKS = before
    _read_settings_again()


@pytest.fixture
def batch(client: Client, queue: None) -> ImportBatch:
    """Return an upload of one new member that waits for its button; its uploader is signed in."""
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    file = SimpleUploadedFile("表.xlsx", xlsx(HEADERS, ["张三", IDS[0], place.branch.name, "正式党员"]))
    client.post("/ledgers/members/import/", {"file": file})
    return ImportBatch.objects.get()


def at(batch: ImportBatch, page: str = "") -> str:
    return f"/ledgers/members/import/{batch.pk}/{page}"


def work() -> None:
    """Do what is queued, as the worker's service would, on the connection of the test."""
    with patch.object(db_worker, "close_old_connections"):
        call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)


def cut_off(task: DBTaskResult) -> None:
    """Leave a task as a worker leaves it that was killed."""
    DBTaskResult.objects.filter(pk=task.pk).update(status="RUNNING", worker_ids=[*task.worker_ids, "gone"])
    Worker.objects.update_or_create(pk="gone", defaults={"seen_at": timezone.now() - timedelta(seconds=31)})


def test_it_works(client: Client, batch: ImportBatch, text_of: Any) -> None:
    waiting = client.post(at(batch, "apply/"), follow=True)
    assert "后台服务没有运行" in text_of(waiting)
    assert 'hx-get="' + at(batch, "progress/") in waiting.content.decode()
    batch.refresh_from_db()
    assert batch.state == State.APPLYING
    work()
    answer = client.get(at(batch, "progress/"))
    assert answer["HX-Redirect"] == at(batch)
    assert "已导入" in text_of(client.get(at(batch)))
    assert Member.objects.get().name == "张三"
    assert not Worker.objects.exists(), "a worker that ends in good order says so"


def test_pressing_twice_queues_once(client: Client, batch: ImportBatch, text_of: Any) -> None:
    client.post(at(batch, "apply/"))
    again = client.post(at(batch, "apply/"), follow=True)
    assert DBTaskResult.objects.count() == 1
    assert "正在导入，不用再按" in text_of(again)
    assert "apply/" not in again.content.decode(), "there is nothing more to press"
    work()
    client.post(at(batch, "apply/"))
    assert DBTaskResult.objects.count() == 1


def test_what_a_dead_worker_ran_is_taken_up_again(client: Client, batch: ImportBatch, text_of: Any) -> None:
    client.post(at(batch, "apply/"))
    cut_off(DBTaskResult.objects.get())
    workers.beat("another")
    assert "中断过，没有写入任何内容，正在重新排队" in text_of(client.get(at(batch, "progress/")))
    assert DBTaskResult.objects.get().status == "READY"
    work()
    assert client.get(at(batch, "progress/"))["HX-Redirect"]
    assert Member.objects.count() == 1


def test_what_kills_its_worker_twice_is_given_up_and_the_person_is_told(
    client: Client, batch: ImportBatch, text_of: Any
) -> None:
    client.post(at(batch, "apply/"))
    for _ in range(2):
        cut_off(DBTaskResult.objects.get())
        answer = client.get(at(batch, "progress/"))
    assert DBTaskResult.objects.get().status == "FAILED"
    assert answer["HX-Redirect"] == at(batch)
    page = client.get(at(batch))
    assert "后台服务两次中断，导入没有完成" in text_of(page)
    assert "apply/" in page.content.decode(), "it can be pressed again"
    client.post(at(batch, "apply/"))
    work()
    assert Member.objects.count() == 1
    assert "没有完成" not in text_of(client.get(at(batch)))


def test_a_task_that_a_living_worker_runs_is_left_alone(client: Client, batch: ImportBatch) -> None:
    client.post(at(batch, "apply/"))
    cut_off(DBTaskResult.objects.get())
    workers.beat("gone")
    client.get(at(batch, "progress/"))
    assert DBTaskResult.objects.get().status == "RUNNING"


def test_a_worker_that_starts_takes_up_what_the_one_before_left(client: Client, batch: ImportBatch) -> None:
    client.post(at(batch, "apply/"))
    cut_off(DBTaskResult.objects.get())
    work()
    assert Member.objects.count() == 1


def test_a_worker_that_died_after_all_was_written_has_done_its_work(client: Client, batch: ImportBatch) -> None:
    client.post(at(batch, "apply/"))
    work()
    DBTaskResult.objects.update(worker_ids=[])
    cut_off(DBTaskResult.objects.get())
    work()
    assert DBTaskResult.objects.get().status == "SUCCESSFUL"
    came = progress.read(f"import-{batch.pk}")
    assert came is not None and not came.failed
    assert Member.objects.count() == 1


def test_a_failure_is_told_on_the_page_and_the_button_comes_back(
    client: Client, batch: ImportBatch, text_of: Any, monkeypatch: Any
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    client.post(at(batch, "apply/"))
    monkeypatch.setattr(importing, "apply", fail)
    work()
    assert client.get(at(batch, "progress/"))["HX-Redirect"] == at(batch)
    page = client.get(at(batch))
    assert "导入出了问题，没有写入任何内容" in text_of(page)
    batch.refresh_from_db()
    assert batch.state == State.PREVIEWED


def test_a_large_import_is_taken_back_in_the_background(
    client: Client, batch: ImportBatch, text_of: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(wizard, "UNDO_AT_ONCE", 0)
    client.post(at(batch, "apply/"))
    work()
    for _ in range(2):
        page = client.post(at(batch, "undo/"), follow=True)
    assert DBTaskResult.objects.count() == 2
    assert 'hx-get="' + at(batch, "progress/") in page.content.decode()
    assert Member.objects.exists()
    work()
    assert client.get(at(batch, "progress/"))["HX-Redirect"] == at(batch)
    assert "这次导入已撤销" in text_of(client.get(at(batch)))
    assert not Member.objects.exists()


def test_a_large_import_that_cannot_be_taken_back_stays_and_the_page_says_why(
    client: Client, batch: ImportBatch, text_of: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(wizard, "UNDO_AT_ONCE", 0)
    client.post(at(batch, "apply/"))
    work()
    client.post(at(batch, "undo/"))
    Member.objects.update(version=2)
    work()
    assert "已被使用或修改过" in text_of(client.get(at(batch)))
    batch.refresh_from_db()
    assert batch.state == State.APPLIED
    assert Member.objects.exists()


def test_the_bar_of_an_import_that_only_changes_rows_runs_on_to_the_result(client: Client, queue: None) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    MemberFactory(branch=place.branch, id_number=IDS[1], name="李四")
    file = SimpleUploadedFile("表.xlsx", xlsx(HEADERS, ["李四四", IDS[1], place.branch.name, "正式党员"]))
    client.post("/ledgers/members/import/", {"file": file})
    batch = ImportBatch.objects.get()
    told: list[tuple[int, int, str]] = []
    importing.apply(batch, lambda *step: told.append(step))
    assert told[-1] == (0, 1, "正在写入 1 行")
    assert not any(progress.Progress(*step).over for step in told), "only the task says when it is over"


def test_work_in_the_process_that_was_cut_off_is_said_to_be(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    file = SimpleUploadedFile("表.xlsx", xlsx(HEADERS, ["张三", IDS[2], place.branch.name, "正式党员"]))
    client.post("/ledgers/members/import/", {"file": file})
    batch = ImportBatch.objects.get()
    progress.report(f"import-{batch.pk}", progress.Progress(1, 3, "正在核对"))
    assert 'hx-get="' in client.get(at(batch, "progress/")).content.decode()
    long_ago = timezone.now().timestamp() - progress.QUIET_SECONDS - 1
    progress.report(f"import-{batch.pk}", progress.Progress(1, 3, "正在核对", at=long_ago))
    answer = client.get(at(batch, "progress/"))
    assert "好像中断了" in text_of(answer)
    assert answer["HX-Redirect"]


def test_looking_after_the_queue_costs_little_when_nothing_runs(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        tasks.look_after()
