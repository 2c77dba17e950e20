"""Pictures of minutes are read in the background: the engine is large, and a web process has no time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from ledgers.papers import PDF, content_of

from .minutes import Unreadable
from .minutes.pictures import scanned, text_of_pictures
from .models import PendingUpload
from .models.papers import MAX_NOTE

if TYPE_CHECKING:
    from uuid import UUID


def have_read(uploads: Sequence[PendingUpload]) -> None:
    """Have the pictures among these uploads read: those of one activity as one text, in their order."""
    groups: dict[UUID | int, list[int]] = {}
    for one in uploads:
        if settings.READ_PICTURES and not one.text and (one.is_image or one.content_type == PDF):
            groups.setdefault(one.bundle or one.pk, []).append(one.pk)
    PendingUpload.objects.filter(pk__in=[pk for pks in groups.values() for pk in pks]).update(
        reading_since=timezone.now()
    )
    for pks in groups.values():
        read_pictures.enqueue(pks)


@task()
def read_pictures(pks: list[int]) -> bool:
    """Read the pictures of one activity; their text goes to the first of them. Say whether anything was read.

    A second run reads again, and writes the same.
    """
    waiting = list(PendingUpload.objects.filter(pk__in=pks, activity=None).order_by("pk"))
    text, note = "", ""
    try:
        pictures: list[bytes] = []
        for one in waiting:
            data = content_of(one.digest)
            pictures += scanned(data) if one.content_type == PDF else [data]
        text = text_of_pictures(pictures) if pictures else ""
    except Unreadable as reason:
        note = str(reason)
    except FileNotFoundError:
        note = "文件已经不在，请重新上传。"
    for one in waiting[:1]:
        one.text, one.note = text, (note if not text else one.note)[:MAX_NOTE]
        one.save(update_fields=["text", "note"])
    PendingUpload.objects.filter(pk__in=pks).update(reading_since=None)
    return bool(text)
