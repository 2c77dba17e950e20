"""Papers of activities: what may be uploaded, where it is kept, and how it is handed out again.

A file is known by the SHA-256 of its content and kept encrypted under it, so that one paper uploaded twice lies once.
"""

import hashlib
import io
import os
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts import audit
from accounts.encryption import decrypt_bytes, encrypt_bytes
from accounts.models import User

from . import photos
from .minutes import Unreadable, extract_text
from .models import Activity, Attachment, PendingUpload

PDF, JPEG, PNG, TEXT = "application/pdf", "image/jpeg", "image/png", "text/plain"
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES: dict[str, tuple[str, ...]] = {
    DOCX: (".docx",),
    PDF: (".pdf",),
    JPEG: (".jpg", ".jpeg", ".png"),
    PNG: (".png", ".jpg", ".jpeg"),  # phones and chat programs mix the two up
    XLSX: (".xlsx",),
    DOC: (".doc",),
    TEXT: (".txt",),
}
ACCEPT = ",".join(dict.fromkeys(suffix for suffixes in SUFFIXES.values() for suffix in suffixes))
"""For the `accept` of a file input."""
WORDS = "Word、PDF、照片（jpg、png）、Excel（xlsx）和 txt"

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_PARTS = 2000
MAX_UNPACKED = 200 * 1024 * 1024  # bytes of all parts of a zip
SOLID = 20 * 1024 * 1024  # bytes that any document may unpack to
MAX_RATIO = 100  # beyond that, how many times its size
THUMBNAIL, PREVIEW = (320, 320), (1600, 1600)
UNUSED_SECONDS = 24 * 3600
"""How long a file is left that nothing refers to: its row may not be written yet."""


class Refused(ValueError):
    """The file is not taken. The message is for the person, in Chinese."""


@dataclass(frozen=True)
class Paper:
    """A file that was taken and stored; the fields are those of an attachment."""

    digest: str
    filename: str
    content_type: str
    size: int
    text: str = ""
    taken_on: date | None = None


def take(upload: UploadedFile) -> tuple[Paper, bytes]:
    """Check an uploaded file and store it; return what it is and its content. Raises Refused.

    A photo is stored anew, without what its camera wrote into it (`photos.prepared`).
    """
    name = clean_name(upload.name or "")
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        raise Refused(f"“{name}”超过 {limit} MB，请压缩图片或拆分后再上传。")
    data = upload.read()
    if not data:
        raise Refused(f"“{name}”是空文件，请重新选择。")
    content_type, taken_on = content_type_of(data, name), None
    if content_type in (JPEG, PNG):
        try:
            photo = photos.prepared(data)
        except photos.NoPicture as reason:
            raise Refused(f"图片“{name}”{reason}") from reason
        data, taken_on = photo.data, photo.taken_on
    return Paper(store(data), name, content_type, len(data), taken_on=taken_on), data


def read(paper: Paper, data: bytes) -> tuple[Paper, str]:
    """Return the paper with the text in it, and the reason, in Chinese, why it could not be read, or ""."""
    try:
        if paper.content_type == TEXT:
            return replace(paper, text=decode(data) or ""), ""
        return replace(paper, text=extract_text(data, paper.filename)), ""
    except Unreadable as reason:
        return paper, str(reason)


def paper_of(upload: PendingUpload) -> Paper:
    """Return the file of an upload that waits."""
    return Paper(upload.digest, upload.filename, upload.content_type, upload.size, upload.text, upload.taken_on)


def clean_name(name: str) -> str:
    """Return a file name that is only a name: no folders, nothing invisible, at most 200 characters."""
    name = PurePath(name.replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip()
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[: 199 - len(suffix)]}.{suffix}" if dot and len(suffix) <= 10 else name[:200] or "未命名"


def content_type_of(data: bytes, name: str) -> str:
    """Return the type that the content shows. Raises Refused for what is not taken, or claims to be something else."""
    suffix = PurePath(name).suffix.lower()
    found = _sniff(data, name)
    if not found and suffix == ".txt" and _is_text(data):
        found = TEXT
    if not found:
        raise Refused(f"“{name}”不是可以上传的文件，只收{WORDS}。")
    if suffix not in SUFFIXES[found]:
        raise Refused(f"“{name}”的内容和扩展名对不上，请用原来的软件重新保存后再上传。")
    return found


def _sniff(data: bytes, name: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        return _office_type(data, name)
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused(f"“{name}”设了密码，请去掉密码后再上传。")
        return DOC if "WordDocument".encode("utf-16-le") in data else ""
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    return PNG if data.startswith(b"\x89PNG\r\n\x1a\n") else ""


def _office_type(data: bytes, name: str) -> str:
    """Tell a .docx from an .xlsx by its parts; refuse macros and what unpacks beyond reason."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refused(f"“{name}”已经损坏，请重新保存后再上传。") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > min(MAX_UNPACKED, max(SOLID, MAX_RATIO * len(data))):
        raise Refused(f"“{name}”解压后太大，不像正常的文档，没有收下。")
    names = {part.filename for part in parts}
    if any(part.endswith("vbaProject.bin") for part in names):
        raise Refused(f"“{name}”带有宏，请另存为不带宏的文档后再上传。")
    if "[Content_Types].xml" not in names:
        return ""
    folders = {part.partition("/")[0] for part in names}
    return DOCX if "word" in folders else XLSX if "xl" in folders else ""


def _is_text(data: bytes) -> bool:
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", data) and decode(data) is not None


def decode(data: bytes) -> str | None:
    """Return the text of a .txt as Chinese offices write it, or None where it is no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


# Keeping


def _place(digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / "attachments" / digest[:2] / digest[2:4] / digest


def store(data: bytes) -> str:
    """Keep the content, encrypted, and return its SHA-256."""
    digest = hashlib.sha256(data).hexdigest()
    place = _place(digest)
    if place.exists():
        os.utime(place)  # somebody needs it again: not for `clear_unused` now
        return digest
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{digest[:16]}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(encrypt_bytes(data))
    fresh.replace(place)  # whole or not at all
    return digest


def content_of(digest: str) -> bytes:
    """Return the content. Raises FileNotFoundError, or `accounts.encryption.Undecryptable`."""
    return decrypt_bytes(_place(digest).read_bytes())


def clear_unused(used: Collection[str]) -> int:
    """Delete the files, older than a day, whose digest is not in `used`, and their small pictures; return how many."""
    before = timezone.now().timestamp() - UNUSED_SECONDS
    count = 0
    media = Path(settings.MEDIA_ROOT)
    for path in (media / "attachments").glob("??/??/*"):
        if path.name not in used and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            count += 1
    for path in (media / "thumbnails").glob("??/??/*"):
        if path.name.partition("-")[0] not in used:
            path.unlink(missing_ok=True)
    return count


# On an activity


@transaction.atomic
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


@transaction.atomic
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


def download(digest: str, filename: str, content_type: str) -> HttpResponse:
    """Answer with a paper to be saved, never shown: whatever it holds, no browser runs it."""
    response = HttpResponse(content_of(digest), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return _locked(response)


def picture(digest: str, size: tuple[int, int]) -> HttpResponse:
    """Answer with a JPEG of a photo that fits in `size`. Raises Refused where it cannot be drawn."""
    try:
        drawn = photos.small(digest, lambda: content_of(digest), size)
    except photos.NoPicture as error:
        raise Refused(f"这张图片{error}") from error
    response = HttpResponse(drawn, content_type=JPEG)
    response["Cache-Control"] = "private, max-age=600"
    return _locked(response)


def _locked(response: HttpResponse) -> HttpResponse:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
