"""Give minutes that came in by import their fingerprints, so that copies of them are noticed."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from activities.likeness import catch_up, clear_orphans

AT_ONCE = 2000


class Command(BaseCommand):
    help = "给批量导入的会议记录补上指纹，供查找相似的记录；每晚运行一次"

    def handle(self, *args: Any, **options: Any) -> None:
        clear_orphans()
        signed = 0
        while count := catch_up(AT_ONCE):
            signed += count
        self.stdout.write(json.dumps({"signed": signed}))
