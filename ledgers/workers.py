"""The workers of background tasks: which of them live, and what becomes of the work of one that died.

A worker writes every few seconds that it lives. What a worker was running that is no longer seen is taken up again
once, and then given up: a file that kills its worker must not kill every other one after it. Tasks may therefore run
twice, and each makes sure that a second run does nothing.
"""

import logging
import threading
from datetime import timedelta

from django.db import DatabaseError, connection
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from accounts.transactions import atomic

from .models import Worker

BEAT_SECONDS = 5
DEAD_AFTER = timedelta(seconds=30)
"""How long a worker may be silent. With the beat in which it is noticed a lost task is known within a minute."""
TRIES = 2
"""How often a task is begun in all, where the worker dies under it."""
logger = logging.getLogger(__name__)


class WorkerDied(RuntimeError):
    """The worker of a task ended before the task did, each time it was begun."""


def used() -> bool:
    """Say whether background work is left to workers, and not done in the request."""
    return isinstance(task_backends["default"], DatabaseBackend)


def beat(worker: str) -> None:
    """Note that a worker lives."""
    now = timezone.now()
    if not Worker.objects.filter(pk=worker).update(seen_at=now):
        Worker.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
        Worker.objects.create(pk=worker, seen_at=now)


def bury(worker: str) -> None:
    """Note that a worker has ended in good order."""
    Worker.objects.filter(pk=worker).delete()


def alive() -> frozenset[str]:
    """Return the workers that were seen a moment ago."""
    return frozenset(Worker.objects.filter(seen_at__gte=timezone.now() - DEAD_AFTER).values_list("pk", flat=True))


def take_up_lost() -> None:
    """Queue again what a dead worker was running; give up what has been begun often enough."""
    if not DBTaskResult.objects.running().exists():
        return
    with atomic():
        running = list(DBTaskResult.objects.running().select_for_update(skip_locked=True))
        living = alive()
        for task in running:
            if task.worker_ids and task.worker_ids[-1] in living:
                continue
            if len(task.worker_ids) < TRIES:
                logger.warning("the worker of task %s died; it is queued again", task.pk)
                DBTaskResult.objects.filter(pk=task.pk).update(status="READY", started_at=None)
            else:
                logger.error("task %s is given up: its worker died %d times", task.pk, len(task.worker_ids))
                task.set_failed(WorkerDied(f"begun {len(task.worker_ids)} times"))


class Pulse(threading.Thread):
    """Beats for a worker beside its work, on a connection of its own, and looks after what others left."""

    def __init__(self, worker: str) -> None:
        super().__init__(name="pulse", daemon=True)
        self.worker = worker
        self.ended = threading.Event()

    def run(self) -> None:
        """Beat until told to end. A database that is away for a while is no reason to stop."""
        from .tasks import look_after

        while not self.ended.wait(BEAT_SECONDS):
            try:
                beat(self.worker)
                look_after()
            except DatabaseError as error:
                logger.error("the worker cannot say that it lives: %s", type(error).__name__)
                connection.close()
        connection.close()
