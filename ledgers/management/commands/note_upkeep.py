"""Note how a timed job of the server ended."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledgers import upkeep
from ledgers.models import Upkeep


class Command(BaseCommand):
    """Called by systemd after the job (`ExecStopPost=`), which tells in SERVICE_RESULT how it ended."""

    help = "记下定时任务（每晚的检查、备份）是否完成，供“后台任务”页面和 /readyz 显示"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the job."""
        parser.add_argument("job", choices=Upkeep.Job.values)

    def handle(self, *args: Any, job: str, **options: Any) -> None:
        """Note it; without systemd it counts as done."""
        upkeep.note(Upkeep.Job(job), succeeded=os.environ.get("SERVICE_RESULT", "success") == "success")
