"""How far long work has come: seen from other requests while its transaction is still open."""

import logging
import time
from dataclasses import asdict, dataclass, field

from django.core.cache import cache

KEPT_SECONDS = 24 * 3600
QUIET_SECONDS = 300
"""How long work done in a request may say nothing: longer than a web server lets any request run."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps, in words, and where to go when all is done."""

    done: int = 0
    total: int = 100
    words: str = "排队中"
    url: str = ""
    failed: bool = False
    at: float = field(default_factory=time.time)

    @property
    def percent(self) -> int:
        """Whole percent done."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def over(self) -> bool:
        """Whether nothing more will come: the work is done and says where its result is, or it failed.

        A full bar alone does not end it: what is written must still be committed.
        """
        return self.failed or bool(self.url)

    @property
    def silent(self) -> bool:
        """Whether work that is not over has said nothing for so long that whoever did it must be gone."""
        return not self.over and time.time() - self.at > QUIET_SECONDS


def report(key: str, progress: Progress) -> None:
    """Say how far the work named `key` has come. Kept outside the database, which the work may hold locked.

    Where that cannot be kept the work goes on all the same; the log says why nobody sees how far.
    """
    try:
        cache.set(f"progress:{key}", asdict(progress), KEPT_SECONDS)
    except OSError:
        logger.exception("progress cannot be kept: is CACHE_DIR writable?")


def read(key: str) -> Progress | None:
    """Return what was last reported, or None."""
    kept = cache.get(f"progress:{key}")
    return Progress(**kept) if kept else None


def forget(key: str) -> None:
    """Say nothing more of work that was done."""
    try:
        cache.delete(f"progress:{key}")
    except OSError:
        logger.exception("progress cannot be forgotten: is CACHE_DIR writable?")
