"""Spreadsheets for tests, made as offices make them."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook


def xlsx(*rows: Sequence[Any], sheet: str = "Sheet1") -> bytes:
    """Return a workbook with these rows."""
    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
