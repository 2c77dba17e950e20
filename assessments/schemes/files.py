"""A scheme from a file, whichever of the two forms it has: written by the portal, or an office's own 评分表."""

from .document import Document, load
from .score_table import is_table, read_table


def read_scheme(content: bytes, filename: str) -> Document:
    """Read a scheme. Raises SchemeRefused, naming the place."""
    return read_table(content, filename) if is_table(content) else load(content)
