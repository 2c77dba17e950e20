"""Work that outlives a request: taking a file in, and taking a large one back."""

from collections.abc import Callable

from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from accounts.acting import acting_as, current_address
from accounts.models import User
from accounts.transactions import atomic, lost, tried_again

from . import closing, importing, progress, undoing, workers
from .models import ImportBatch
from .models.batch import UNDER_WAY

State = ImportBatch.State
UNDO_AT_ONCE = 2000
"""Rows that are taken back while the person waits; more are left to the background."""
LOST = "后台服务两次中断，{what}没有完成，也没有改动任何内容。请再按一次；还不行，请告诉系统管理员"


def _key(pk: int) -> str:
    return f"import-{pk}"


@task()
def apply_batch(pk: int, address: str, url: str, user: int | None = None) -> bool:
    """Apply an import batch, telling how far it has come; say whether it came to its end.

    A second run of the same batch does nothing. `user` pressed the button; what is written is the uploader's.
    """
    batch = ImportBatch.objects.select_related("user", "organization").get(pk=pk)
    return _run(batch, url, State.APPLIED, batch.user, address, "导入", lambda report: importing.apply(batch, report))


@task()
def undo_batch(pk: int, address: str, url: str, user: int, rest: bool = False) -> bool:
    """Take an applied batch back, or the `rest` that nobody has used, telling how far it has come.

    A second run does nothing.
    """
    batch = ImportBatch.objects.select_related("user", "organization").get(pk=pk)
    actor = User.objects.get(pk=user)
    return _run(
        batch,
        url,
        State.UNDONE,
        actor,
        address,
        "撤销",
        lambda report: tried_again(lambda: undoing.undo(batch, actor, report, rest=rest)),
    )


def _run(
    batch: ImportBatch,
    url: str,
    end: str,
    actor: User,
    address: str,
    what: str,
    work: Callable[[importing.Report], ImportBatch],
) -> bool:
    key = _key(batch.pk)

    def report(done: int, total: int, words: str) -> None:
        progress.report(key, progress.Progress(done, total, words))

    def give_up(words: str) -> None:
        _let_go(batch.pk)
        progress.report(key, progress.Progress(0, 1, words, url, failed=True))

    if batch.state != end:  # else a worker died after it had written all
        try:
            with acting_as(actor, address), closing.with_reason(batch.late_reason):
                work(report)
        except importing.CannotImport as error:
            give_up(str(error))
            return False
        except Exception as error:
            if lost(error):
                give_up(f"别人正在修改同一批记录，没有改动任何内容。请过一会儿再按一次{what}")
            else:
                give_up(
                    f"{what}出了问题，没有写入任何内容。请过一会儿再按一次{what}；还不行，请把文件名和时间告诉管理员"
                )
            raise
    progress.report(key, progress.Progress(1, 1, "已完成", url))
    return True


def start(batch: ImportBatch, work: "Task[..., bool]", user: User, url: str, *more: bool) -> bool:
    """Have `apply_batch` or `undo_batch` done once, with what it takes `more`; say whether that was still to be done.

    Where workers do it, the batch says from now on that it is under way, and whoever presses again is told.
    """
    under_way = State.APPLYING if work is apply_batch else State.UNDOING
    with atomic():
        held = ImportBatch.objects.select_for_update(no_key=True).only("state", "task").get(pk=batch.pk)
        if held.state != UNDER_WAY[under_way]:
            return False
        progress.report(_key(batch.pk), progress.Progress())
        if workers.used():
            held.state = under_way
            held.task = str(work.enqueue(batch.pk, current_address(), url, user.pk, *more).id)
            held.save(update_fields=["state", "task"])
            return True
    work.enqueue(batch.pk, current_address(), url, user.pk, *more)
    return True


def look_after() -> None:
    """Take up what dead workers left; let go of every batch whose task has come to nothing, and say so."""
    workers.take_up_lost()
    held = {pk: task for pk, task in ImportBatch.objects.filter(state__in=UNDER_WAY).values_list("pk", "task") if task}
    if not held:
        return
    tasks = DBTaskResult.objects.filter(pk__in=set(held.values()), status__in=("READY", "RUNNING"))
    under_way = {str(pk) for pk in tasks.values_list("pk", flat=True)}
    for pk, task_id in held.items():
        if task_id not in under_way and (what := _let_go(pk)):
            progress.report(_key(pk), progress.Progress(0, 1, LOST.format(what=what), failed=True))


def _let_go(pk: int) -> str:
    """Make a batch what it was before a task was begun that has not ended well; return what was begun, if anything."""
    for under_way, before in UNDER_WAY.items():
        if ImportBatch.objects.filter(pk=pk, state=under_way).update(state=before):
            return "导入" if under_way == State.APPLYING else "撤销"
    return ""


def progress_of(batch: ImportBatch) -> progress.Progress | None:
    """Return how far the work on a batch has come, in words for who waits; None where nothing was begun.

    In the process nobody tells that the work was cut off: there long silence does.
    """
    if batch.is_under_way:
        look_after()
        batch.refresh_from_db(fields=["state"])
    came = progress.read(_key(batch.pk))
    if batch.is_under_way:
        return _waiting(batch) or (came if came and not came.over else progress.Progress(0, 100, "正在处理"))
    if came is None or came.over:
        return came
    if workers.used():  # committed, and about to be told
        return None
    words = "好像中断了，没有写入任何内容。请再按一次"
    return progress.Progress(0, 1, words, failed=True) if came.silent else came


def _waiting(batch: ImportBatch) -> progress.Progress | None:
    """Return why the work on a batch has not begun; None where it has."""
    begun = DBTaskResult.objects.filter(pk=batch.task, status="READY").first()
    if begun is None:
        return None
    if not workers.alive():
        words = "已经排队，但后台服务没有运行，等它启动后自动开始；着急请告诉系统管理员"
    elif begun.worker_ids:
        words = "后台服务中断过，没有写入任何内容，正在重新排队"
    else:
        words = "排队中"
    return progress.Progress(0, 100, words)
