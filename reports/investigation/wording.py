"""How the report puts numbers, names and periods into plain official Chinese. No database here."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from branches.models import Organization
from ledgers.facts import Number
from ledgers.period import Period
from reports.document import Figure
from reports.layout import chinese_date

Part = str | Figure
Parts = tuple[Part, ...]
Loose: TypeAlias = "str | Figure | Iterable[Loose]"

Kind = Organization.Kind
_TAILS = ("街道工作委员会", "街道党工委", "街道党委", "街道工委", "社区党委", "社区党总支", "社区委员会", "区委")
_KEPT = {"街": "街道", "社": "社区", "区": "区"}
_WHOLE = {Kind.DISTRICT_COMMITTEE, Kind.WORKING_COMMITTEE, Kind.COMMUNITY_COMMITTEE}
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_GAP = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")


def place(organization: Organization) -> str:
    """Return the place that an organisation stands for: 和平街道 for 和平街道党工委; a branch keeps its name."""
    if organization.kind not in _WHOLE:
        return organization.name
    name = organization.name.removeprefix("中国共产党").removeprefix("中共")
    tail = next((tail for tail in _TAILS if name.endswith(tail) and name != tail), None)
    return name.removesuffix(tail) + _KEPT[tail[0]] if tail else name


def source_of(organization: Organization, period: Period) -> str:
    """Return what tasks that a report gives out name as their source."""
    return f"{period.label}{title(organization)}"[:200]


def title(organization: Organization) -> str:
    """Return the report's title."""
    work = "基层党建工作" if organization.kind in _WHOLE else "党建工作"
    return f"关于{place(organization)}{work}情况的调研报告"


@dataclass(frozen=True)
class Times:
    """How the text speaks of a period and of the one before it."""

    period: Period

    @property
    def this(self) -> str:
        """本季度, 本月, 本年度, 下半年."""
        if self.period.kind == Period.HALF:
            return "上半年" if self.period.number == 1 else "下半年"
        return f"本{self.period.name}"

    @property
    def until(self) -> str:
        """（截至11月26日） of a running period, nothing of one that is over."""
        day = self.period.as_of()
        return "" if self.period.is_over() else f"（截至{day.month}月{day.day}日）"

    @property
    def now(self) -> str:
        """本季度 of a period that is over, 截至11月26日 of a running one."""
        return self.this if self.period.is_over() else self.until.strip("（）")

    @property
    def opening(self) -> str:
        """The words that open a point: 本季度, or 截至11月26日，."""
        return self.this if self.period.is_over() else f"{self.now}，"

    @property
    def last(self) -> str:
        """上季度, 上月, 上年度, 上半年; 上年下半年 seen from a first half."""
        if self.period.kind == Period.HALF:
            return "上年下半年" if self.period.number == 1 else "上半年"
        return f"上{self.period.name}"

    @property
    def running(self) -> str:
        """连续两个季度, 连续两个月, 连续两年."""
        return {12: "连续两年", 6: "连续两个半年", 3: "连续两个季度", 1: "连续两个月"}[self.period.kind]


def number(value: Number) -> str:
    """Return a number as the text shows it: whole, or with its decimals but no idle zeros."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def money(value: Number) -> str:
    """Return yuan as documents write them: whole, or with both decimals."""
    return f"{value:.2f}" if Decimal(value) % 1 else f"{Decimal(value):.0f}"


def difference(now: Number, before: Number) -> str:
    """Return by how much two numbers differ, as the text shows it."""
    return number(abs(Decimal(now) - Decimal(before)))


def in_wan(value: Number) -> str:
    """Return a headcount as documents write it: 4.76万 from ten thousand on, else in full."""
    if value < 10_000:
        return number(value)
    return f"{(Decimal(value) / 10_000).quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}万"


def change(now: Number, before: Number, unit: str, last: str) -> str:
    """Return 较上季度增加3次, 较上季度减少1次 or 与上季度持平."""
    if now == before:
        return f"与{last}持平"
    return f"较{last}{'增加' if now > before else '减少'}{difference(now, before)}{unit}"


def change_of_percent(now: Decimal, before: Decimal, last: str) -> str:
    """Return 较上季度下降1.2个百分点, from percents as they are shown, so that a reader who subtracts agrees."""
    if now == before:
        return f"与{last}持平"
    return f"较{last}{'上升' if now > before else '下降'}{abs(now - before)}个百分点"


def inside_quotes(words: str) -> str:
    """Return words that themselves quote as they stand inside quotation marks."""
    return words.replace("“", "‘").replace("”", "’")


def committee(organization: Organization) -> str:
    """Return what the titles call the organisation itself: 街道党工委, 社区党委, 党支部."""
    return {
        Kind.WORKING_COMMITTEE: "街道党工委",
        Kind.DISTRICT_COMMITTEE: "区委",
        Kind.COMMUNITY_COMMITTEE: "社区党委",
    }.get(Kind(organization.kind), organization.get_kind_display())


def tidy(text: str) -> str:
    """Return a line of the rulebook as a document prints it: Chinese dates, no spaces around numbers."""
    text = _ISO_DATE.sub(lambda found: chinese_date(date.fromisoformat(found[0])), text)
    return _GAP.sub("", text)


def listed(items: Sequence[Loose], mark: str = "、") -> Parts:
    """Return items with a mark between them."""
    return flat(mark if i % 2 else items[i // 2] for i in range(2 * len(items) - 1))


def flat(items: Iterable[Loose]) -> Parts:
    """Return parts of parts as one row of parts, texts that meet joined."""
    joined: list[Part] = []
    for part in _unpacked(items):
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def str_of(part: Part) -> str:
    """Return a part as it reads."""
    return part if isinstance(part, str) else part.text


def _unpacked(items: Iterable[Loose]) -> Iterator[Part]:
    for item in items:
        if isinstance(item, str | Figure):
            yield item
        else:
            yield from _unpacked(item)
