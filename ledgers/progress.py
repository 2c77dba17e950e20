"""How far long work has come: seen from other requests while its transaction is still open."""

from dataclasses import asdict, dataclass

from django.core.cache import cache

KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps, in words, and where to go when all is done."""

    done: int = 0
    total: int = 100
    words: str = "排队中"
    url: str = ""
    failed: bool = False

    @property
    def percent(self) -> int:
        """Whole percent done."""
        return min(100, self.done * 100 // self.total) if self.total else 100


def report(key: str, progress: Progress) -> None:
    """Say how far the work named `key` has come. Kept outside the database, which the work may hold locked."""
    cache.set(f"progress:{key}", asdict(progress), KEPT_SECONDS)


def read(key: str) -> Progress | None:
    """Return what was last reported, or None."""
    kept = cache.get(f"progress:{key}")
    return Progress(**kept) if kept else None
