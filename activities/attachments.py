"""Papers of activities: hung on an activity, taken off, and photos made small. `ledgers.papers` keeps the files."""

import io
from collections.abc import Sequence

from django.db import transaction
from django.http import HttpResponse
from PIL import Image, ImageOps

from accounts import audit
from accounts.models import User
from ledgers.papers import (
    ACCEPT,
    JPEG,
    TEXT,
    WORDS,
    Paper,
    Refused,
    clear_unused,
    content_of,
    decode,
    download,
    locked,
    store,
    take,
)

from .models import Activity, Attachment

MAX_PIXELS = 100_000_000
THUMBNAIL, PREVIEW = (320, 320), (1600, 1600)


@transaction.atomic
def hang(activity: Activity, papers: Sequence[Paper], user: User) -> None:
    """Hang stored papers on an activity, with a trace; what hangs there already stays as it is."""
    held = set(activity.attachments.values_list("digest", flat=True))
    new = {paper.digest: paper for paper in papers if paper.digest not in held}.values()
    Attachment.objects.bulk_create(
        (
            Attachment(
                activity=activity,
                digest=paper.digest,
                filename=paper.filename,
                content_type=paper.content_type,
                size=paper.size,
                text=paper.text,
                uploaded_by=user,
            )
            for paper in new
        ),
        ignore_conflicts=True,
    )
    if new:
        names = "、".join(paper.filename for paper in new)
        audit.record("attach", activity, changes={"附件": (None, names)}, organization_path=activity.audit_path())


@transaction.atomic
def take_off(attachment: Attachment) -> None:
    """Take a paper off its activity, with a trace; the file goes with the next `clear_pending`."""
    activity = attachment.activity
    audit.record(
        "detach", activity, changes={"附件": (attachment.filename, None)}, organization_path=activity.audit_path()
    )
    attachment.delete()


# Handing out


def picture(digest: str, size: tuple[int, int]) -> HttpResponse:
    """Answer with a JPEG of a photo that fits in `size`. Raises Refused where it cannot be drawn."""
    try:
        with Image.open(io.BytesIO(content_of(digest)), formats=("JPEG", "PNG")) as photo:
            if photo.width * photo.height > MAX_PIXELS:
                raise Refused("图片太大，不能预览。")
            photo.draft("RGB", size)
            drawn = ImageOps.exif_transpose(photo).convert("RGB")
            drawn.thumbnail(size)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused("这张图片打不开，不能预览。") from error
    target = io.BytesIO()
    drawn.save(target, "JPEG", quality=75)
    response = HttpResponse(target.getvalue(), content_type=JPEG)
    response["Cache-Control"] = "private, max-age=600"
    return locked(response)


__all__ = [
    "ACCEPT", "PREVIEW", "TEXT", "THUMBNAIL", "WORDS", "Paper", "Refused", "clear_unused", "content_of", "decode",
    "download", "hang", "picture", "store", "take", "take_off",
]  # fmt: skip
