"""Charts as inline SVG: geometry worked out here, drawn by a template, coloured by our css, each mark a link.

No library: a bar and a line are a few coordinates, and a strict CSP wants neither styles nor scripts inside the SVG.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledgers.facts import Number

WIDTH, HEIGHT = 720, 170
TOP, BOTTOM = 10, 4
"""Room above the highest bar and below the axis."""


@dataclass(frozen=True)
class Value:
    """What happened in one month: a count and a percentage, each with the rows behind it; None where there is none."""

    label: str
    name: str
    count: Number
    count_url: str
    percent: Decimal | None
    percent_url: str


@dataclass(frozen=True)
class Mark:
    """One month drawn: its bar, and its point on the line (`y` is None where there is nothing to divide by)."""

    value: Value
    x: float
    left: float
    width: float
    top: float
    height: float
    y: float | None


@dataclass(frozen=True)
class Trend:
    """Bars of a count with a line of a percentage over them, month by month."""

    marks: Sequence[Mark]
    lines: Sequence[str]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened in any of the months."""
        return not any(mark.value.count for mark in self.marks)


def trend(values: Sequence[Value]) -> Trend:
    """Lay out a trend. Bars grow from zero; the line runs from 0 to 100 % over the same height."""
    high, step = HEIGHT - TOP - BOTTOM, WIDTH / len(values)
    most = max((float(v.count) for v in values), default=0) or 1
    marks = []
    for i, value in enumerate(values):
        x = step * (i + 0.5)
        tall = high * float(value.count) / most
        y = None if value.percent is None else TOP + high * (1 - float(value.percent) / 100)
        marks.append(
            Mark(
                value=value,
                x=round(x, 1),
                left=round(x - step * 0.3, 1),
                width=round(step * 0.6, 1),
                top=round(TOP + high - tall, 1),
                height=round(tall, 1),
                y=None if y is None else round(y, 1),
            )
        )
    return Trend(marks, _lines(marks))


def _lines(marks: Sequence[Mark]) -> list[str]:
    """Return the points of each unbroken stretch of the line: a month without a percentage breaks it."""
    stretches: list[list[str]] = [[]]
    for mark in marks:
        if mark.y is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{mark.x},{mark.y}")
    return [" ".join(points) for points in stretches if len(points) > 1]
