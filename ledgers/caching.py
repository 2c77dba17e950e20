"""What is kept only to be quicker the next time: where it cannot be kept, the work goes on all the same."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


@contextmanager
def if_it_can_be_kept(what: str) -> Iterator[None]:
    """Pass over a cache that cannot be written, with one line in the log that says what is not kept and why."""
    try:
        yield
    except OSError as error:
        logger.warning("%s cannot be kept (%s): is CACHE_DIR writable?", what, error)
