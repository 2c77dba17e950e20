"""What a report says, laid out for every format: its paragraphs with labels and figures, titles, annexes, signature.

The measures are those of GB/T 9704-2012. Nothing here reads the database or the network.
"""

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from reports.bars import Chart, charts
from reports.document import (
    Annex,
    Division,
    Evidence,
    Figure,
    Report,
    Statement,
    chinese_numeral,
    evidence,
    local,
)

# GB/T 9704-2012, 5.2: the page and its type area in millimetres, and the grid of lines and characters in it.
PAGE = (210, 297)
TOP, LEFT = 37, 28
AREA = (156, 225)
LINES, CHARACTERS = 22, 28
LINE_PITCH = 28.95  # points
BODY_SIZE = 16  # points, 三号
TITLE_SIZE = 22  # points, 二号
MM = 72 / 25.4  # points

TITLE_FONT, BODY_FONT, HEI, KAI, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
# What Word takes where the office has not bought or installed the font that the standard names.
SUBSTITUTES = {TITLE_FONT: "FZXiaoBiaoSong-B05S", BODY_FONT: "仿宋", KAI: "楷体", HEI: "SimHei", SONG: "SimSun"}

SIGNATURE_WIDTH = 15  # characters: a date of seven and four on either side
UNSIGNED = "（草稿，未签发）"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a line in one weight; `number` is the figure's row in the annex, 0 where it is no figure."""

    text: str
    strong: bool = False
    figure: Figure | None = None
    number: int = 0

    @property
    def url(self) -> str:
        """Where the figure's rows are, "" if there is no such page."""
        return self.figure.url if self.figure and is_of_this_site(self.figure.url) else ""


@dataclass(frozen=True, slots=True)
class LaidStatement:
    """A statement with its number or mark put in front, cut into the paragraphs that it prints as."""

    statement: Statement
    lines: list[list[Run]]
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of level 1 or 2 ("" for none) and what follows it up to the next heading; points run in."""

    level: int
    heading: str
    statements: list[LaidStatement]


@dataclass(frozen=True, slots=True)
class LaidAnnex:
    """An annex with its mark: 附件 where it is the only one, else 附件1. `apart` says that it is a file of its own."""

    label: str
    mention: str
    annex: Annex
    apart: bool = False

    @property
    def charts(self) -> list[Chart]:
        """What is drawn of it; none of a table."""
        return charts(self.annex) if self.annex.kind == "charts" else []


def width(text: str) -> float:
    """Return how many Chinese characters wide a text is; Latin letters and digits take half of one."""
    return sum(0.5 if unicodedata.east_asian_width(character) in "HNaNa" else 1 for character in text)


def chinese_date(day: date) -> str:
    """Return a date as documents write it: 2026年10月15日."""
    return f"{day.year}年{day.month}月{day.day}日"


_CUT_AFTER = (
    "的",
    "年",
    "年度",
    "季度",
    "半年",
    "月",
    "党委",
    "党工委",
    "党总支",
    "党支部",
    "街道",
    "社区",
    *"，、：；》）” ",
)
_CUT_BEFORE = ("关于", "调研报告", "《", "（", "“")
_NEVER_FIRST = "，、：；。》）”！？的"
_NEVER_LAST = "《（“"


def title_lines(title: str, widest: float = AREA[0] * MM / TITLE_SIZE) -> list[str]:
    """Break a title into lines of like length, where the meaning pauses, never inside a number or a Latin word."""
    lines: list[str] = []
    for rest in title.split("\n"):
        while width(rest) > widest:
            cut = _title_cut(rest, widest)
            lines.append(rest[:cut].strip())
            rest = rest[cut:].strip()
        lines.append(rest)
    return [line for line in lines if line]


def _title_cut(text: str, widest: float) -> int:
    """Return where the first line of a title ends: near an even share of the whole, at a pause if there is one."""
    whole = width(text)
    lines = math.ceil(whole / widest)
    fitting = [cut for cut in range(1, min(len(text), 2 * int(widest) + 1)) if width(text[:cut]) <= widest]

    def cost(cut: int) -> float:
        at_pause = text[:cut].endswith(_CUT_AFTER) or text.startswith(_CUT_BEFORE, cut)
        return abs(width(text[:cut]) - whole / lines) + (0 if at_pause else 5)

    def allowed(cut: int) -> bool:
        before, after = text[cut - 1], text[cut]
        in_word = before.isascii() and before.isalnum() and (before.isdigit() or after.isascii())
        room = whole - width(text[:cut]) <= (lines - 1) * widest
        return room and not in_word and before not in _NEVER_LAST and after not in _NEVER_FIRST

    return min(filter(allowed, fitting), key=cost, default=fitting[-1])


def lay_out(report: Report) -> list[Block]:
    """Return the body as numbered headings and paragraphs, ready to be set in any format."""
    numbers = (number for number, _ in report.figures())
    blocks = [Block(0, "", list(_laid(report.lead, numbers, report.length)))] if report.lead else []
    for section in report.sections:
        heading = f"{section.number}、{section.title}"
        blocks.append(Block(1, heading, list(_laid(section.statements, numbers, report.length))))
        for division in section.divisions:
            said = list(_laid(division.statements, numbers, report.length))
            for point in division.divisions:
                said += _laid(point.statements, numbers, report.length, point)
            blocks.append(Block(2, f"{division.number}{division.title}", said))
    return blocks


def _laid(
    statements: Iterable[Statement], numbers: Iterator[int], length: str, point: Division | None = None
) -> Iterator[LaidStatement]:
    """Yield paragraphs ready to be set: a point runs in with its title, items are counted unless there is only one."""
    statements = list(statements)
    counted = sum(statement.kind == "item" for statement in statements) > 1
    count = 0
    for place, statement in enumerate(statements):
        label, strong = "", 0
        if point and not place:
            label = f"{point.number}{point.title}。"
        if statement.kind in ("item", "measure"):
            strong = _lead(statement.text)
            if statement.kind == "item" and counted:
                count += 1
                label = f"{count}." if length == "full" else f"{chinese_numeral(count)}是"
        elif statement.kind == "note" and not statement.text.startswith(("注", "（")):
            label = "注："
        runs = [Run(label, strong=statement.kind != "note")] if label else []
        lines = [runs]
        for run in _runs(statement, strong, numbers):
            first, *others = run.text.split("\n") if run.figure is None else [run.text.replace("\n", " ")]
            lines[-1].append(Run(first, run.strong, run.figure, run.number))
            lines.extend([Run(other, run.strong)] for other in others)
        printed = [line for line in lines if "".join(run.text for run in line).strip()]
        yield LaidStatement(statement, printed, [one for one in statement.evidence if is_of_this_site(one.url)])


def _lead(text: str) -> int:
    """Return how many characters a paragraph runs in with: its first sentence, if something follows it."""
    lead = text.find("。") + 1
    return lead if 0 < lead < len(text.strip()) and lead <= CHARACTERS else 0


def _runs(statement: Statement, strong: int, numbers: Iterator[int]) -> Iterator[Run]:
    """Yield a statement's parts, the first `strong` characters of it in bold, figures with their numbers."""
    for part in statement.parts:
        if isinstance(part, Figure):
            yield Run(part.text, strong > 0, part, next(numbers))
            strong -= len(part.text)
            continue
        bold = max(0, strong)
        yield from (Run(text, heavy) for text, heavy in ((part[:bold], True), (part[bold:], False)) if text)
        strong -= len(part)


def is_of_this_site(url: str) -> bool:
    """Say whether a link stays on the portal, so that no report carries a foreign or a javascript: link."""
    return url.startswith("/") and not url.startswith(("//", "/\\"))


def laid_annexes(report: Report) -> list[LaidAnnex]:
    """Return the annexes in order with their marks; the evidence, which is the longest, is a file of its own."""
    annexes = [*([evidence(report)] if report.rests_on else []), *report.annexes]
    several = len(annexes) > 1
    laid = []
    for number, annex in enumerate(map(_of_this_site, annexes), 1):
        apart = annex.kind == "evidence"
        mention = f"{number}.{annex.title}" if several else annex.title
        laid.append(
            LaidAnnex(f"附件{number}" if several else "附件", mention + ("（另册）" if apart else ""), annex, apart)
        )
    return laid


def _of_this_site(annex: Annex) -> Annex:
    """Return an annex without links that leave the portal."""
    rows = (row if is_of_this_site(row.url) else replace(row, url="") for row in annex.rows)
    return replace(annex, rows=tuple(rows))


def signature(report: Report) -> str:
    """Return who stands under the report."""
    return report.signature or report.organization


def closing(report: Report) -> str:
    """Return the sentence that ends the annex: when the report was made and who signed it off."""
    made = local(report.made_at)
    signed = f"签发人：{report.signed_by}。" if report.signed_by and not report.draft else ""
    return f"本报告由台账数据生成，生成时间：{chinese_date(made)} {made:%H:%M}。{signed}"


def signing_date(report: Report) -> str:
    """Return the date under the organisation's name, or that the report is a draft."""
    return UNSIGNED if report.draft or report.signed_on is None else chinese_date(report.signed_on)


def period_line(report: Report) -> str:
    """Return the line under the title, "" where the title names the period already."""
    return "" if not report.period_label or report.period_label in report.title else f"（{report.period_label}）"
