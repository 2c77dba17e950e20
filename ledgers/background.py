"""The page of background tasks: which wait, run, have failed or are done, and who began them. For who runs the portal.

It names the register and the person who pressed, never a file or a row: a system administrator sees no members.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.permissions import access_of

from . import ledger as ledgers
from . import upkeep, workers
from .models import ImportBatch, Worker
from .tasks import apply_batch, look_after, undo_batch

PAGE_SIZE = 50
STATES = {"READY": "等待", "RUNNING": "进行中", "FAILED": "失败", "SUCCESSFUL": "已结束"}
WORK = {apply_batch.module_path: "导入", undo_batch.module_path: "撤销导入"}
NOTICED = timedelta(minutes=1)
"""How long a task may wait for a worker before somebody should look."""


@dataclass(frozen=True)
class Line:
    """One task as the page shows it."""

    task: DBTaskResult
    what: str
    who: str

    @property
    def state(self) -> str:
        """What users call its state."""
        return STATES.get(self.task.status, "")

    @property
    def times(self) -> int:
        """How often it was begun."""
        return len(self.task.worker_ids)

    @property
    def outcome(self) -> str:
        """What came of it, in words; the reasons of a task that failed are in the log."""
        if self.task.status == "FAILED":
            died = self.task.exception_class_path.endswith(workers.WorkerDied.__name__)
            return "后台服务在它运行时中断，已放弃" if died else "程序出错，原因见日志"
        if self.task.status == "SUCCESSFUL":
            return "没有做成，原因已告诉本人" if self.task.return_value is False else "完成"
        if self.task.status == "READY" and self.times:
            return "后台服务中断过，等待重新开始"
        return ""


def visible_to(user: Any) -> QuerySet[DBTaskResult]:
    """Return the tasks that accounts of the user's reach have begun, the newest first."""
    tasks = DBTaskResult.objects.order_by("-enqueued_at")
    if access_of(user).everything:
        return tasks
    return tasks.filter(args_kwargs__args__3__in=list(User.objects.visible_to(user).values_list("pk", flat=True)))


def lines(tasks: Iterable[DBTaskResult]) -> list[Line]:
    """Return tasks as the page shows them; two queries however many."""
    tasks = list(tasks)
    keys = [[*task.args_kwargs["args"], None, None, None, None][:4] for task in tasks]
    registers = dict(ImportBatch.objects.filter(pk__in={key[0] for key in keys}).values_list("pk", "ledger"))
    users = User.objects.in_bulk({key[3] for key in keys if key[3]})
    found = []
    for task, (batch, _, _, user) in zip(tasks, keys, strict=True):
        slug = registers.get(batch)
        what = f"{WORK.get(task.task_path, '其他')}{ledgers.get(slug).title if slug else ''}"
        found.append(Line(task, what, str(users.get(user, ""))))
    return found


@require_GET
def tasks_page(request: HttpRequest) -> HttpResponse:
    """Show the background tasks, of one state where asked for, whether anybody does them, and the timed jobs."""
    look_after()
    tasks = visible_to(request.user)
    counts = dict(tasks.order_by().values_list("status").annotate(Count("pk")))
    state = request.GET.get("state", "")
    if state in STATES:
        tasks = tasks.filter(status=state)
    page = Paginator(tasks, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines(page.object_list),
        "states": [(key, label, counts.get(key, 0)) for key, label in STATES.items()],
        "state": state,
        "upkeep": upkeep.states(),
        "free": upkeep.free_space(),
        "least_free": upkeep.LEAST_FREE,
        "used": workers.used(),
        "alive": len(workers.alive()),
        "seen_at": Worker.objects.aggregate(last=Max("seen_at"))["last"],
    }
    return render(request, "ledgers/background.html", context)


def to_look_at(user: Any) -> int:
    """Count what should be looked at, for the navigation.

    That is what failed since yesterday, what waits though nobody does it, and the timed jobs that went wrong.
    """
    now = timezone.now()
    waiting = Q(status="READY", enqueued_at__lt=now - NOTICED)
    failed = Q(status="FAILED", finished_at__gte=now - timedelta(days=1))
    counts = visible_to(user).aggregate(failed=Count("pk", filter=failed), waiting=Count("pk", filter=waiting))
    waits = counts["waiting"] if counts["waiting"] and not workers.alive() else 0
    return counts["failed"] + waits + len(upkeep.wrongs())


def waits_in_vain() -> bool:
    """Say whether a task has waited for some time and no worker is there to do it."""
    late = DBTaskResult.objects.ready().filter(enqueued_at__lt=timezone.now() - NOTICED)
    return late.exists() and not workers.alive()
