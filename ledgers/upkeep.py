"""Whether the server looks after itself: the nightly checks, the backup, the space that is left for files.

The units of systemd note how each run ended (`note_upkeep`), so that who runs the portal reads on a page what
otherwise only `systemctl --failed` would tell.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .models import Upkeep

LEAST_FREE = 200 * 1024**2
"""Bytes; an upload with its copy needs less."""
OVERDUE = timedelta(hours=36)
"""How long ago a job of every night may have ended: one night missed is told on the next day."""


@dataclass(frozen=True)
class State:
    """How one job stands: never noted, failed, overdue or well."""

    job: Upkeep.Job
    ended_at: datetime | None = None
    succeeded_at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether the last run did not end well."""
        return self.ended_at is not None and self.ended_at != self.succeeded_at

    @property
    def overdue(self) -> bool:
        """Whether it has run, and then not for longer than it should."""
        return self.ended_at is not None and self.ended_at < timezone.now() - OVERDUE

    @property
    def wrong(self) -> str:
        """What is wrong with it, in Chinese; empty where nothing is. What never ran is not set up, and not wrong."""
        if self.failed:
            return f"{self.job.label}最近一次没有完成。"
        return f"{self.job.label}已超过 36 小时没有运行。" if self.overdue else ""


def note(job: Upkeep.Job, succeeded: bool) -> None:
    """Note that a job has ended now, well or not."""
    now = timezone.now()
    fields = {"ended_at": now} | ({"succeeded_at": now} if succeeded else {})
    Upkeep.objects.update_or_create(pk=job, defaults=fields)


def states() -> list[State]:
    """Return how each job stands; one query."""
    noted = Upkeep.objects.in_bulk()
    return [
        State(job, noted[job].ended_at, noted[job].succeeded_at) if job in noted else State(job) for job in Upkeep.Job
    ]


def wrongs() -> list[str]:
    """Return what is wrong with the jobs, in Chinese."""
    return [state.wrong for state in states() if state.wrong]


def free_space() -> int | None:
    """Return the bytes left where uploaded files are, or will be, kept; None where the disk cannot be asked."""
    folder = Path(settings.MEDIA_ROOT).absolute()
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())  # it is made with the first file
        return shutil.disk_usage(there).free
    except OSError:
        return None
