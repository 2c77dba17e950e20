"""Whether the server looks after itself: the nightly checks, the backup, the space that is left for files.

The units of systemd note how each run ended (`note_upkeep`), so that who runs the portal reads on a page what
otherwise only `systemctl --failed` would tell.
"""

import shutil
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .models import Upkeep

LEAST_FREE = 200 * 1024**2
"""Bytes; an upload with its copy needs less."""


def note(job: Upkeep.Job, succeeded: bool) -> None:
    """Note that a job has ended now, well or not."""
    now = timezone.now()
    fields = {"ended_at": now} | ({"succeeded_at": now} if succeeded else {})
    Upkeep.objects.update_or_create(pk=job, defaults=fields)


def states() -> list[Upkeep]:
    """Return every job as it was last noted, unsaved where it never was; one query."""
    noted = Upkeep.objects.in_bulk()
    return [noted.get(job) or Upkeep(job=job) for job in Upkeep.Job]


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
