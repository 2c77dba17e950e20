"""Photos on their way in and out: made anew without what a camera writes into them, and drawn small for pages.

A phone notes where a photo was taken. Only the picture and the day are kept: everything else would tell every reader
of the minutes where people live and work.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from accounts.encryption import decrypt_bytes
from accounts.sealed_files import write_sealed

from .caching import if_it_can_be_kept

FORMATS = ("JPEG", "PNG")
PHONE_FORMATS = ("HEIF", "WEBP")
"""What phones write by default; kept as JPEG, which everything opens."""
MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "HEIF": 25_000_000, "WEBP": 25_000_000}
"""Pixels of a picture that is opened. A JPEG, as cameras make them, is unpacked no larger than needed; a PNG only as a
whole, four bytes a pixel, and half a megabyte of one made to fill the memory can hold a hundred million."""
MAX_SIDE = 2560
"""Pixels of the longer side that is kept: a sign-in sheet stays readable, a photo takes about one megabyte."""
QUALITY, SMALL_QUALITY = 85, 75
# EXIF: the camera's own notes, when taken, when last written, how it was held
_CAMERA, _TAKEN, _CHANGED, _ORIENTATION = 0x8769, 0x9003, 0x0132, 0x0112
_BEGINNINGS, _ENDS = (b"\xff\xd8\xff", b"\x89PNG"), (b"\xff\xd9", b"IEND")
_MIXABLE = ("L", "LA", "RGB", "RGBA")  # modes whose neighbouring pixels can be averaged
BROKEN = "打不开，可能没有传完整，请重新拍照或另存后再上传。"
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, struct.error, Image.DecompressionBombError)


register_heif_opener()


class NoPicture(ValueError):
    """The file cannot be drawn. The message says why, in Chinese, to follow the file's name."""


@dataclass(frozen=True)
class Photo:
    """A photo as it is kept, and the day its camera says it was taken."""

    data: bytes
    taken_on: date | None


def prepared(data: bytes) -> Photo:
    """Return the photo upright, at most `MAX_SIDE` long, with nothing in it but the picture. Raises NoPicture."""
    # Pillow would say so itself, but WeasyPrint tells it for the whole process to make do with half a picture. An end
    # in the first half is that of the small picture which cameras put in front.
    if data.startswith(_BEGINNINGS) and max(data.rfind(end) for end in _ENDS) < len(data) // 2:
        raise NoPicture(BROKEN)
    try:
        with Image.open(io.BytesIO(data), formats=(*FORMATS, *PHONE_FORMATS)) as photo:
            taken_on = _taken_on(photo)
            kind = "PNG" if photo.format == "PNG" else "JPEG"
            drawn = _drawn(photo, (MAX_SIDE, MAX_SIDE), keep_holes=kind == "PNG")
    except NoPicture:
        raise
    except _BROKEN as error:
        raise NoPicture(BROKEN) from error
    target = io.BytesIO()
    drawn.save(target, kind, **({"quality": QUALITY, "progressive": True} if kind == "JPEG" else {}))
    return Photo(target.getvalue(), taken_on)


def _taken_on(photo: Image.Image) -> date | None:
    """Return the day on which the camera says that it took the photo; None where it says nothing that makes sense."""
    try:
        exif = photo.getexif()
        said = exif.get_ifd(_CAMERA).get(_TAKEN) or exif.get(_CHANGED) or ""
        return date.fromisoformat(str(said)[:10].replace(":", "-"))
    except (*_BROKEN, KeyError, IndexError):
        return None


def _drawn(photo: Image.Image, size: tuple[int, int], *, keep_holes: bool = False) -> Image.Image:
    """Return the picture alone, upright and fitting in `size`.

    It is made smaller before it is turned and converted: each of these makes a copy.
    """
    most = MAX_PIXELS[photo.format or "PNG"]
    if photo.width * photo.height > most:
        raise NoPicture(f"尺寸太大（{photo.width}×{photo.height}），请缩小到 {most // 10_000} 万像素以内再上传。")
    photo.draft("RGB", size)  # a JPEG is unpacked no larger than needed
    holes = keep_holes and ("A" in photo.getbands() or "transparency" in photo.info)
    mode = "RGBA" if holes else "RGB"
    lies = photo.getexif().get(_ORIENTATION, 1) > 4  # to be turned by a quarter
    as_it_is = photo.mode in _MIXABLE and "transparency" not in photo.info
    drawn: Image.Image = photo if as_it_is else photo.convert(mode)
    drawn.thumbnail(size[::-1] if lies else size)
    drawn = ImageOps.exif_transpose(drawn).convert(mode)
    drawn.info.clear()  # what is left here would be written again: comments, colour profiles, texts
    return drawn


def small(digest: str, read: Callable[[], bytes], size: tuple[int, int]) -> bytes:
    """Return a JPEG that fits in `size` of the stored photo which `read` returns; drawn once and kept encrypted.

    Raises NoPicture, or what `read` raises.
    """
    place = _place(digest, size)
    if place.exists():
        return decrypt_bytes(place.read_bytes())
    data = read()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as photo:
            drawn = _drawn(photo, size)
    except NoPicture:
        raise
    except _BROKEN as error:
        raise NoPicture("打不开，不能预览。") from error
    target = io.BytesIO()
    drawn.save(target, "JPEG", quality=SMALL_QUALITY)
    with if_it_can_be_kept("a small picture"):
        write_sealed(place, target.getvalue())
    return target.getvalue()


def _place(digest: str, size: tuple[int, int]) -> Path:
    return Path(settings.MEDIA_ROOT) / "thumbnails" / digest[:2] / digest[2:4] / f"{digest}-{size[0]}"
