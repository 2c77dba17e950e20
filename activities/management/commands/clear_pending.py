"""Throw away uploads that nobody confirmed, and the files that nothing refers to any more."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from activities.models import Attachment, PendingUpload, StoryPhoto
from activities.panels.minutes import KEPT_DAYS
from ledgers.papers import clear_unused
from members.models import DevelopmentPaper

KEPT = timedelta(days=KEPT_DAYS)
PAPERS = (Attachment, PendingUpload, StoryPhoto, DevelopmentPaper)
"""Models that refer to stored files by their digest."""


class Command(BaseCommand):
    help = "删除 7 天没有确认的会议记录上传，以及不再被引用的附件文件；每晚运行一次"

    def handle(self, *args: Any, **options: Any) -> None:
        old = PendingUpload.objects.filter(created_at__lt=timezone.now() - KEPT)
        removed, _ = old.delete()
        used = {digest for model in PAPERS for digest in model._default_manager.values_list("digest", flat=True)}
        self.stdout.write(json.dumps({"uploads": removed, "files": clear_unused(used)}))
