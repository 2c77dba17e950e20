"""Papers of activities: hung on an activity, taken off, and photos made small. `ledgers.papers` keeps the files."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.http import HttpResponse

from accounts import audit
from accounts.models import User
from accounts.transactions import atomic
from ledgers import photos
from ledgers.papers import JPEG, TEXT, Paper, Refused, content_of, decode, locked

from .minutes import MAX_TEXT, Unreadable, extract_text
from .models import Activity, Attachment, PendingUpload

THUMBNAIL, PREVIEW = (320, 320), (1600, 1600)


def read(paper: Paper, data: bytes) -> tuple[Paper, str]:
    """Return the paper with the text in it, and the reason, in Chinese, why it could not be read, or ""."""
    try:
        if paper.content_type == TEXT:
            return replace(paper, text=(decode(data) or "")[:MAX_TEXT]), ""
        return replace(paper, text=extract_text(data, paper.filename)), ""
    except Unreadable as reason:
        return paper, str(reason)


def paper_of(upload: PendingUpload) -> Paper:
    """Return the file of an upload that waits."""
    return Paper(upload.digest, upload.filename, upload.content_type, upload.size, upload.text, upload.taken_on)


@atomic
def hang(activity: Activity, papers: Sequence[Paper], user: User, replaces: Attachment | None = None) -> int:
    """Hang stored papers on an activity, with a trace, and return how many; what hangs there already stays as it is.

    With `replaces` the one paper is the newer version of that one, which stays to be looked up.
    """
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
                taken_on=paper.taken_on,
                replaces=replaces,
                edition=replaces.edition + 1 if replaces else 1,
                uploaded_by=user,
            )
            for paper in new
        ),
        ignore_conflicts=True,
    )
    if new:
        names = "、".join(paper.filename for paper in new)
        before = replaces.filename if replaces else None
        audit.record("attach", activity, changes={"附件": (before, names)}, organization_path=activity.audit_path())
    return len(new)


def with_versions(rows: Iterable[Attachment]) -> list[tuple[Attachment, list[Attachment]]]:
    """Return each paper in force with its earlier versions, the latest first."""
    held = {row.pk: row for row in rows}
    replaced = {row.replaces_id for row in held.values()}
    found = []
    for row in held.values():
        if row.pk in replaced:
            continue
        earlier, at = [], row.replaces_id
        while at in held:
            earlier.append(held[at])
            at = held[at].replaces_id
        found.append((row, earlier))
    return found


@atomic
def take_off(attachment: Attachment) -> None:
    """Take a paper off its activity, with a trace; the file goes with the next `clear_pending`.

    The version that it replaced is in force again.
    """
    activity = attachment.activity
    audit.record(
        "detach", activity, changes={"附件": (attachment.filename, None)}, organization_path=activity.audit_path()
    )
    attachment.delete()


# Handing out


def picture(digest: str, size: tuple[int, int]) -> HttpResponse:
    """Answer with a JPEG of a photo that fits in `size`. Raises Refused where it cannot be drawn."""
    try:
        drawn = photos.small(digest, lambda: content_of(digest), size)
    except photos.NoPicture as error:
        raise Refused(f"这张图片{error}") from error
    response = HttpResponse(drawn, content_type=JPEG)
    response["Cache-Control"] = "private, max-age=600"
    return locked(response)
