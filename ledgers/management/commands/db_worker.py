"""The worker of background tasks, in place of the one of django-tasks-db: it says while it works that it lives."""

from typing import Any

from django_tasks_db.management.commands import db_worker

from accounts import keys
from ledgers import workers
from ledgers.tasks import look_after


class Command(db_worker.Command):
    help = "Do background tasks, and take up those of workers that died."

    def handle(self, **options: Any) -> None:
        worker = options["worker_id"]
        keys.remember()
        workers.beat(worker)
        look_after()
        pulse = workers.Pulse(worker)
        pulse.start()
        try:
            super().handle(**options)
        finally:
            pulse.ended.set()
            pulse.join(workers.BEAT_SECONDS)
            workers.bury(worker)
