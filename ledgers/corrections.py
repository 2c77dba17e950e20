"""What somebody has put right in the preview of an import, cell by cell or a value throughout; the file stays as it is.

Kept encrypted with the batch, since a cell may hold a citizen ID, and laid over the file each time that it is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

MAX_LENGTH = 2000
Cell = tuple[str, int, str]
"""Name of the sheet, row in it, header of the ledger."""


@dataclass
class Corrections:
    """New texts by cell, and by header and the text that stood there; a cell's own wins."""

    cells: dict[Cell, str] = field(default_factory=dict)
    values: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def load(cls, kept: str) -> "Corrections":
        """Return what `dump` kept; none for an empty text."""
        if not kept:
            return cls()
        found = orjson.loads(kept)
        return cls(
            {(sheet, row, header): text for sheet, row, header, text in found["cells"]},
            {(header, old): text for header, old, text in found["values"]},
        )

    def dump(self) -> str:
        """Return the text to keep; empty for none."""
        if not self:
            return ""
        kept = {
            "cells": [[*cell, text] for cell, text in self.cells.items()],
            "values": [[*value, text] for value, text in self.values.items()],
        }
        return orjson.dumps(kept).decode()

    def __len__(self) -> int:
        return len(self.cells) + len(self.values)

    def put_right(self, cell: Cell, shown: str, text: str, *, throughout: bool) -> None:
        """Note that a cell, which shows `shown` now, or every cell of the column that does, is to say `text`."""
        text = text.strip()[:MAX_LENGTH]
        if not throughout:
            self.cells[cell] = text
            return
        header = cell[2]
        for known, now in self.values.items():
            if known[0] == header and now == shown:
                self.values[known] = text
        for other, now in self.cells.items():
            if other[2] == header and now == shown:
                self.cells[other] = text
        self.values[header, shown] = text

    def lay_over(self, rows: Iterable[Any], columns: Sequence[tuple[int, str]]) -> None:
        """Put the texts into the cells of the rows; `columns` are position and header."""
        if not self:
            return
        headers = {header for header, _ in self.values} | {header for _, _, header in self.cells}
        for index, header in columns:
            if header not in headers:
                continue
            for row in rows:
                held = row.cells[index] if index < len(row.cells) else ""
                text = self.cells.get((row.sheet, row.number, header), self.values.get((header, text_of(held))))
                if text is not None:
                    row.cells = [*row.cells, *[""] * (index + 1 - len(row.cells))]
                    row.cells[index] = text


def text_of(cell: Any) -> str:
    """Return what somebody sees in a cell: a number without the fraction that Excel adds."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def field_name(sheet: int, row: int, column: int) -> str:
    """Return the name of the field for a cell: the positions of the sheet, of the row in it, of the column."""
    return f"cell-{sheet}-{row}-{column}"


def given(details: Mapping[str, Any], post: Mapping[str, str]) -> list[tuple[Cell, str, str, bool]]:
    """Return (cell, what it shows, new text, whether throughout) of the wrong cells that somebody has changed.

    `details` is what the preview kept; a field that is none of its wrong cells is passed over.
    """
    found = []
    for row in details.get("rows", {}).get("wrong", ()):
        for column, cell in enumerate(row["cells"]):
            name = cell.get("name")
            if not name or (name not in post and post.get("use") != name):
                continue
            place = (row["of"], row["number"], details["headers"][column])
            if post.get("use") == name:
                found.append((place, cell["text"], cell.get("suggestion", cell["text"]), bool(cell["text"])))
            elif post[name].strip() != cell["text"].strip():
                found.append((place, cell["text"], post[name], f"all-{name}" in post and bool(cell["text"])))
    return found
