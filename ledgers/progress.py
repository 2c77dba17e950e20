"""How far long work has come: seen from other requests while its transaction is still open."""

import time
from dataclasses import asdict, dataclass, field

from django.core.cache import cache

from .caching import if_it_can_be_kept

KEPT_SECONDS = 24 * 3600
QUIET_SECONDS = 300
"""How long work done in a request may say nothing: longer than a web server lets any request run."""


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

    Where that cannot be kept the work goes on all the same.
    """
    with if_it_can_be_kept("progress"):
        cache.set(f"progress:{key}", asdict(progress), KEPT_SECONDS)


def read(key: str) -> Progress | None:
    """Return what was last reported, or None."""
    kept = cache.get(f"progress:{key}")
    return Progress(**kept) if kept else None


def forget(key: str) -> None:
    """Say nothing more of work that was done."""
    with if_it_can_be_kept("that progress is over"):
        cache.delete(f"progress:{key}")
