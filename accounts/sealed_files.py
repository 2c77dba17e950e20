"""Files that are kept encrypted: written whole or not at all, readable by the portal only."""

import os
import secrets
from pathlib import Path

from .encryption import encrypt_bytes


def write_sealed(place: Path, data: bytes, times: tuple[float, float] | None = None) -> None:
    """Put `data`, sealed, where `place` says, with the times of access and change given, or now.

    Raises OSError, and leaves nothing behind: half a file would keep a full disk full.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name[:16]}.{secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(encrypt_bytes(data))
        if times is not None:
            os.utime(fresh, times)
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)
