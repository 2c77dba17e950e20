"""Periods: the year, half year, quarter or month that a number, a finding or a report speaks of."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar

from django.utils import timezone


class PeriodKind(IntEnum):
    """The length of a period in months."""

    YEAR = 12
    HALF = 6
    QUARTER = 3
    MONTH = 1


_FORM = re.compile(r"(?P<year>\d{4})(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")
_ORDINAL = "一二三四"
_SPOKEN = (
    *((rf"年第?(?:{number}|{word})季度?$", f"Q{number}") for number, word in enumerate("一二三四", 1)),
    (r"年上半年$", "H1"),
    (r"年下半年$", "H2"),
    (r"年(\d{1,2})月$", r"-\1"),
)
"""How people write a period → its written form."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A frozen value: `kind` is its length, `number` its place in the year from 1.

    Written `2026`, `2026H1`, `2026Q3` or `2026-09`.
    """

    year: int
    kind: PeriodKind
    number: int = 1

    YEAR: ClassVar[PeriodKind] = PeriodKind.YEAR
    HALF: ClassVar[PeriodKind] = PeriodKind.HALF
    QUARTER: ClassVar[PeriodKind] = PeriodKind.QUARTER
    MONTH: ClassVar[PeriodKind] = PeriodKind.MONTH

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read the written form; raises ValueError with a Chinese message."""
        match = _FORM.fullmatch(text.strip().upper())
        if not match or not 1900 <= int(match["year"]) <= 2100:
            raise ValueError(f"看不懂的时期“{text}”：应写成 2026、2026H1、2026Q3 或 2026-09")
        year = int(match["year"])
        if match["half"]:
            return cls(year, PeriodKind.HALF, int(match["half"]))
        if match["quarter"]:
            return cls(year, PeriodKind.QUARTER, int(match["quarter"]))
        if match["month"]:
            return cls(year, PeriodKind.MONTH, int(match["month"]))
        return cls(year, PeriodKind.YEAR)

    @classmethod
    def read(cls, text: str) -> "Period":
        """Read a period as people write it, 2026年第三季度 or 2026年上半年 as well; raises ValueError."""
        spoken = re.sub(r"\s|(?<!半)年度?$", "", text.strip())
        for pattern, written in _SPOKEN:
            spoken = re.sub(pattern, written, spoken)
        spoken = re.sub(r"-(\d)$", r"-0\1", spoken)
        return cls.parse(spoken)

    @classmethod
    def containing(cls, day: date, kind: PeriodKind = PeriodKind.MONTH) -> "Period":
        """Return the period of this kind in which the day lies."""
        return cls(day.year, kind, (day.month - 1) // kind + 1)

    @property
    def code(self) -> str:
        """The written form that `parse` reads."""
        match self.kind:
            case PeriodKind.HALF:
                return f"{self.year}H{self.number}"
            case PeriodKind.QUARTER:
                return f"{self.year}Q{self.number}"
            case PeriodKind.MONTH:
                return f"{self.year}-{self.number:02}"
        return str(self.year)

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """As people read it: 2026年第三季度."""
        match self.kind:
            case PeriodKind.HALF:
                return f"{self.year}年{'上' if self.number == 1 else '下'}半年"
            case PeriodKind.QUARTER:
                return f"{self.year}年第{_ORDINAL[self.number - 1]}季度"
            case PeriodKind.MONTH:
                return f"{self.year}年{self.number}月"
        return f"{self.year}年"

    @property
    def name(self) -> str:
        """The kind of period in words that follow 本 or 上: 季度, 月, 半年, 年度."""
        return {12: "年度", 6: "半年", 3: "季度", 1: "月"}[self.kind]

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, (self.number - 1) * self.kind + 1, 1)

    @property
    def end(self) -> date:
        """Last day."""
        month = self.number * self.kind
        return date(self.year, month, monthrange(self.year, month)[1])

    def has_begun(self, today: date | None = None) -> bool:
        """Say whether anything of it can be on record: a period that has not begun has no facts and is not judged."""
        return self.start <= (today or timezone.localdate())

    def is_over(self, today: date | None = None) -> bool:
        """Say whether its last day is past; a running period is told as far as today, and says so."""
        return self.end < (today or timezone.localdate())

    def as_of(self, today: date | None = None) -> date:
        """Return the day of which its stocks are: the last one, of a running period today."""
        return min(self.end, today or timezone.localdate())

    def latest_month(self, today: date | None = None) -> "Period":
        """Return the month whose sheet holds its stocks: the last one that has begun, of a coming period the first."""
        months = self.months()
        return next((month for month in reversed(months) if month.has_begun(today)), months[0])

    def previous(self) -> "Period":
        """Return the period of the same kind just before."""
        if self.number > 1:
            return Period(self.year, self.kind, self.number - 1)
        return Period(self.year - 1, self.kind, 12 // self.kind)

    def following(self) -> "Period":
        """Return the period of the same kind just after."""
        if self.number < 12 // self.kind:
            return Period(self.year, self.kind, self.number + 1)
        return Period(self.year + 1, self.kind, 1)

    def split(self, kind: PeriodKind) -> tuple["Period", ...]:
        """Return the shorter periods of this kind that fill this one, in order; itself when it is of the kind."""
        if kind > self.kind:
            raise ValueError(f"{self.label}不能按{kind.name}拆分")
        count = self.kind // kind
        first = (self.number - 1) * count + 1
        return tuple(Period(self.year, kind, first + i) for i in range(count))

    def months(self) -> tuple["Period", ...]:
        """Return the months of this period, in order."""
        return self.split(PeriodKind.MONTH)

    def last(self, count: int) -> Iterator["Period"]:
        """Yield the last `count` periods of this kind that end with this one, oldest first."""
        run = [self]
        while len(run) < count:
            run.append(run[-1].previous())
        yield from reversed(run)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end
