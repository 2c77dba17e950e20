"""Papers of whatever record: what may be uploaded, where it is kept, and how it is handed out again.

A file is known by the SHA-256 of its content and kept encrypted under it, so that one paper uploaded twice lies once.
"""

import hashlib
import io
import logging
import os
import re
import unicodedata
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.encryption import decrypt_bytes
from accounts.sealed_files import write_sealed

from . import photos

logger = logging.getLogger(__name__)
PDF, JPEG, PNG, TEXT = "application/pdf", "image/jpeg", "image/png", "text/plain"
PHONE_PHOTO = "image/x-phone"
"""Photos as phones write them by default; they are kept as JPEG."""
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES: dict[str, tuple[str, ...]] = {
    DOCX: (".docx",),
    PDF: (".pdf",),
    JPEG: (".jpg", ".jpeg", ".png"),
    PNG: (".png", ".jpg", ".jpeg"),  # phones and chat programs mix the two up
    PHONE_PHOTO: (".heic", ".heif", ".webp", ".jpg", ".jpeg"),
    XLSX: (".xlsx",),
    DOC: (".doc",),
    TEXT: (".txt",),
}
ACCEPT = ",".join(dict.fromkeys(suffix for suffixes in SUFFIXES.values() for suffix in suffixes))
"""For the `accept` of a file input."""
WORDS = "Word、PDF、照片（jpg、png、heic、webp）、Excel（xlsx）和 txt"

OLD = (".wps", ".wpt", ".dot")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_PARTS = 2000
MAX_UNPACKED = 200 * 1024 * 1024  # bytes of all parts of a zip
SOLID = 20 * 1024 * 1024  # bytes that any document may unpack to
MAX_RATIO = 100  # beyond that, how many times its size
UNUSED_SECONDS = 24 * 3600
"""How long a file is left that nothing refers to: its row may not be written yet."""


class Refused(ValueError):
    """The file is not taken. The message is for the person, in Chinese."""


@dataclass(frozen=True)
class Paper:
    """A file that was taken and stored; the fields are those of a record's attachment."""

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
    if content_type in (JPEG, PNG, PHONE_PHOTO):
        try:
            photo = photos.prepared(data)
        except photos.NoPicture as reason:
            raise Refused(f"图片“{name}”{reason}") from reason
        data, taken_on = photo.data, photo.taken_on
        if content_type == PHONE_PHOTO:
            content_type, name = JPEG, f"{name.rpartition('.')[0]}.jpg"
    try:
        digest = store(data)
    except OSError as error:
        logger.exception("an upload cannot be stored: is MEDIA_ROOT full or read-only?")
        raise Refused(f"服务器存储空间不足或不能写入，“{name}”没有保存，请稍后再试，并告诉系统管理员。") from error
    return Paper(digest, name, content_type, len(data), taken_on=taken_on), data


def clean_name(name: str) -> str:
    """Return a file name that is only a name: no folders, nothing invisible, at most 200 characters."""
    name = PurePath(name.replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip()
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[: 199 - len(suffix)]}.{suffix}" if dot and len(suffix) <= 10 else name[:200] or "未命名"


def content_type_of(data: bytes, name: str) -> str:
    """Return the type that the content shows. Raises Refused for what is not taken, or claims to be something else."""
    suffix = PurePath(name).suffix.lower()
    if suffix in OLD:
        raise Refused(f"“{name}”是 WPS 或旧版文档（{suffix}），读不出内容。请用 WPS 打开，另存为 .docx 后再上传。")
    if suffix == ".avif":
        raise Refused(f"“{name}”是 avif 格式的照片，这里打不开。请在手机上打开照片截一张图，成为 jpg 再上传。")
    found = _sniff(data, name)
    if not found and suffix == ".txt" and _is_text(data):
        found = TEXT
    if not found:
        raise Refused(f"“{name}”不是可以上传的文件，只收{WORDS}。")
    if suffix not in SUFFIXES[found]:
        raise Refused(f"“{name}”的内容和扩展名对不上，请用原来的软件重新保存后再上传。")
    return found


def _is_phone_photo(data: bytes) -> bool:
    is_heic = data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heif", b"hevc")
    return is_heic or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


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
    if _is_phone_photo(data):
        return PHONE_PHOTO
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
    write_sealed(place, data)
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


# Handing out


def download(digest: str, filename: str, content_type: str) -> HttpResponse:
    """Answer with a paper to be saved, never shown: whatever it holds, no browser runs it."""
    response = HttpResponse(content_of(digest), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return locked(response)


def locked(response: HttpResponse) -> HttpResponse:
    """Let no browser run what is handed out."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
