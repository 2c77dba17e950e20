"""Bar charts for documents: one geometry, drawn as SVG on a page and in a PDF, and as PNG for Word."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from reports.document import Annex, Row

WIDTH, STEP, LABEL, ROOM = 720, 30, 190, 90
"""Pixels of a chart, of one bar with its gap, of the labels at the left, and of the numbers at the right."""
THICK = 18
_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
)


@dataclass(frozen=True)
class Mark:
    """One bar drawn: its label, its number as shown, where it stands and how long it is."""

    label: str
    shown: str
    url: str
    top: int
    length: float

    @property
    def base(self) -> int:
        """Where the letters stand."""
        return self.top + THICK - 4


@dataclass(frozen=True)
class Chart:
    """One chart, its bars from the top."""

    title: str
    marks: Sequence[Mark]
    width: int = WIDTH
    left: int = LABEL
    thick: int = THICK

    @property
    def height(self) -> int:
        """Pixels."""
        return STEP * len(self.marks)


def charts(annex: Annex) -> list[Chart]:
    """Return the charts of the annex of charts, whose rows are chart, label, number as shown and its value."""
    found = []
    for title, rows in groupby(annex.rows, key=lambda row: row.cells[0]):
        kept = list(rows)
        most = max(_value(row) for row in kept) or 1
        reach = WIDTH - LABEL - ROOM
        marks = [
            Mark(row.cells[1], row.cells[2], row.url, STEP * place + 6, round(reach * _value(row) / most, 1))
            for place, row in enumerate(kept)
        ]
        found.append(Chart(title, marks))
    return found


def _value(row: Row) -> float:
    return float(row.cells[3])


@cache
def _font(size: int) -> Any:
    """Return a font that has Chinese, None where none is installed."""
    path = next((path for path in _FONTS if Path(path).exists()), None)
    return ImageFont.truetype(path, size, index=2 if path.endswith("CJK-Regular.ttc") else 0) if path else None


def picture(chart: Chart, scale: int = 3) -> bytes | None:
    """Return a chart as PNG, None where no font can write its labels: the table says the same."""
    font = _font(14 * scale)
    if font is None:
        return None
    image = Image.new("RGB", (chart.width * scale, chart.height * scale), "white")
    draw = ImageDraw.Draw(image)
    for mark in chart.marks:
        y = mark.top * scale
        label = mark.label if len(mark.label) <= 12 else f"{mark.label[:11]}…"
        draw.text(((LABEL - 10) * scale, y), label, font=font, fill="black", anchor="ra")
        right = (LABEL + mark.length) * scale
        draw.rectangle((LABEL * scale, y, right, y + THICK * scale), fill=(125, 125, 125))
        draw.text((right + 8 * scale, y), mark.shown, font=font, fill="black")
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()
