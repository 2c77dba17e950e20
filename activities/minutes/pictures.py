"""Text out of photographs and scans: what the engine read, put back into lines, columns and tables.

The engine (RapidOCR: PP-OCR models inside the package, onnxruntime on the CPU) runs in a process of its own, see
`eyes.py`: it takes half a gigabyte, and a picture sent by a stranger is opened nowhere else. Everything here is
geometry: boxes with words in, the lines of a page out.
"""

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pypdf import PdfReader

from .people import NAME_HEADS
from .sections import LABEL, NUMBERING, as_label
from .spelling import cleaned
from .text import Unreadable, table_lines

SECONDS_TO_LOAD, SECONDS_A_PAGE = 30, 30
MAX_PICTURES = 20
"""Pages that are read of one scan."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif")
MISSING = "这台机器没有安装图片识别，请对照原件填写。"
logger = logging.getLogger(__name__)
_EYES = Path(__file__).with_name("eyes.py")
_SIGNED = re.compile("签到|签名|签字|到会情况|出勤")


@dataclass(frozen=True)
class Word:
    """A stretch of text, where it stands in pixels of the upright page, and how sure the engine is of it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0

    @property
    def middle(self) -> float:
        """The height at which it stands."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """How high its characters are."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Cell:
    """One cell of a ruled table: where it stands, and whether there is ink in it."""

    left: float
    top: float
    right: float
    bottom: float
    inked: bool = False

    def holds(self, word: Word) -> bool:
        """Say whether a word stands in it."""
        across = (word.left + word.right) / 2
        return self.left <= across <= self.right and self.top <= word.middle <= self.bottom


@dataclass(frozen=True)
class Page:
    """What was seen on one page: its words, and the rows of cells of each ruled table."""

    words: tuple[Word, ...]
    tables: tuple[tuple[tuple[Cell, ...], ...], ...] = ()


def is_picture(filename: str) -> bool:
    """Say whether a file is a picture by its name."""
    return filename.lower().endswith(SUFFIXES)


def text_of_pictures(pictures: Sequence[bytes]) -> str:
    """Return the text of pictures of one record, page by page. Raises Unreadable, in Chinese."""
    return cleaned("\n".join(text_of_page(page) for page in seen(pictures)))


def scanned(data: bytes) -> list[bytes]:
    """Return the pictures of a PDF whose pages are scans, one a page; none of any other."""
    try:
        pages = PdfReader(io.BytesIO(data)).pages
        found = [max((image.data for image in page.images), key=len, default=b"") for page in pages[:MAX_PICTURES]]
    except Exception:
        return []
    return [picture for picture in found if picture]


def seen(pictures: Sequence[bytes]) -> list[Page]:
    """Return what the engine sees on pictures. Raises Unreadable where there is none, or it takes too long."""
    sizes = json.dumps([len(picture) for picture in pictures[:MAX_PICTURES]]).encode()
    seconds = SECONDS_TO_LOAD + SECONDS_A_PAGE * len(pictures)
    try:
        answer = subprocess.run(  # noqa: S603 - our own program, the pictures on its standard input
            [sys.executable, "-I", str(_EYES)],
            input=b"\n".join([sizes, b"".join(pictures[:MAX_PICTURES])]),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable("图片识别超时，请拍得小一些、清楚一些再试，或者对照原件填写。") from error
    try:
        told: dict[str, Any] = json.loads(answer.stdout)
    except ValueError as error:
        raise Unreadable("图片识别没有完成，可能是图片太大，请对照原件填写。") from error
    if told.get("missing"):
        raise Unreadable(MISSING)
    if told.get("wrong"):
        raise Unreadable("图片打不开，可能已经损坏，请重新拍照或扫描后再上传。")
    logger.info("%d pictures read, %s MiB", len(told["pages"]), told["mebibytes"])
    return [
        Page(
            tuple(Word(*word) for word in page["words"]),
            tuple(tuple(tuple(Cell(*cell) for cell in row) for row in table) for table in page["tables"]),
        )
        for page in told["pages"]
    ]


def text_of_page(page: Page) -> str:
    """Return the lines of a page as they are read: tables by their cells, columns one after the other."""
    pieces: list[tuple[float, list[str]]] = []
    left = list(page.words)
    for table in page.tables:
        cells = [cell for row in table for cell in row]
        inside = [word for word in left if any(cell.holds(word) for cell in cells)]
        if len(inside) < 2:
            continue
        left = [word for word in left if word not in inside]
        pieces.append((min(cell.top for cell in cells), _of_table(table, inside)))
    marks = sorted(top for top, _ in pieces)
    for number, band in enumerate(_bands(left, marks)):
        if band:
            top = marks[number - 1] + 0.5 if number else float("-inf")
            pieces.append((top, _of_prose(band)))
    lines = [line for _, found in sorted(pieces, key=lambda piece: piece[0]) for line in found]
    return "\n".join(_ticked(_parted(line)) for line in lines)


_RUN_TOGETHER = re.compile(
    r"(?P<day>\d{4}[-/.]\d{1,2}[-/.]\d{2})(?P<clock>\d{1,2}[:：]\d{2})"
    r"|(?P<head>\d{4}[-/.]\d{1,2}[-/.])(?P<short>\d{1,2})(?P<hour>[01]\d|2[0-3])(?=[点时])"
)
# A label that follows what stands before it without a blank.
_RUN_IN = re.compile(
    "(?<=[\u4e00-\u9fff\\d）)])(?<!会议)(?<!活动)(?<!学习)(?=(?:(?:会议|活动)?(?:主持|记录|主讲|授课)人?|(?:会议|活动|学习)?(?:时间|地点)"
    "|(?:参加|出席|列席|请假|缺席)人员)[:：])"
)
_OPTIONS = re.compile("支部党员大会|党员大会|支部委员会|支委会|党小组会|党课|主题党日|组织生活会|民主评议党员|民主评议")
_EMPTY_BOX = "□☐口○〇▢"


def _parted(line: str) -> str:
    """Return a line with the blanks that the engine loses: between day and hour, and before a further label."""
    line = _RUN_TOGETHER.sub(
        lambda found: (
            f"{found['day']} {found['clock']}" if found["day"] else f"{found['head']}{found['short']} {found['hour']}"
        ),
        line,
    )
    head, *value = re.split("(?<=[:：])", line, maxsplit=1) if LABEL.match(line) else [line]
    return head + "".join(_RUN_IN.sub(" ", one) for one in value)


def _ticked(line: str) -> str:
    """Return a line of boxes with its tick: the engine sees the empty boxes, and nothing where one is ticked."""
    options = list(_OPTIONS.finditer(line))
    before = [line[: found.start()].rstrip()[-1:] for found in options]
    ticked = [found for found, mark in zip(options, before, strict=True) if mark not in _EMPTY_BOX or not mark]
    if len(options) < 3 or len(ticked) != 1:
        return line
    place = ticked[0].start()
    return f"{line[:place]}☑{line[place:]}"


def _bands(words: Sequence[Word], marks: Sequence[float]) -> list[list[Word]]:
    """Part the words outside tables into those above the first, between it and the second, and so on."""
    bands: list[list[Word]] = [[] for _ in range(len(marks) + 1)]
    for word in words:
        bands[sum(word.middle > mark for mark in marks)].append(word)
    return bands


# --- tables


def _of_table(table: Sequence[Sequence[Cell]], words: Sequence[Word]) -> list[str]:
    """Return the lines of a ruled table; of a sign-in sheet the rows that somebody has signed."""
    rows = [[_of_cell(cell, words) for cell in row] for row in table]
    head = next((i for i, row in enumerate(rows) if any(_bare(cell) in NAME_HEADS for cell in row)), None)
    if head is not None:
        rows = [*rows[: head + 1], *_signed(rows[head], table[head + 1 :], rows[head + 1 :])]
    return list(table_lines([row for row in rows if any(row)]))


def _of_cell(cell: Cell, words: Sequence[Word]) -> str:
    """Return what a cell says; a line that was broken at its edge goes on."""
    lines = lines_of([word for word in words if cell.holds(word)])
    said = ""
    for line, following in pairwise([*lines, []]):
        text = "".join(word.text for word in line)
        full = bool(following) and cell.right - line[-1].right < 1.5 * line[-1].height
        begins = bool(following) and bool(NUMBERING.match(following[0].text))
        is_open = sum(map(said.count, "（(《“")) < sum(map(text.count, "（(《“")) and not re.search("[）)》”]", text)
        ends = text.endswith(("。", "；", ";"))
        said += text if is_open or (full and not begins and not ends) else f"{text}\n"
    return said.strip()


def _bare(cell: str) -> str:
    return re.sub(r"\s", "", cell)


def _signed(head: Sequence[str], cells: Sequence[Sequence[Cell]], rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Yield the rows of a sign-in sheet, without the names beside which nobody has signed."""
    names = [i for i, cell in enumerate(head) if _bare(cell) in NAME_HEADS]
    for row, drawn in zip(rows, cells, strict=True):
        kept = list(row)
        for place, column in enumerate(names):
            end = names[place + 1] if place + 1 < len(names) else len(head)
            marks = [i for i in range(column + 1, min(end, len(row))) if _SIGNED.search(_bare(head[i]))]
            if column >= len(row) or not marks:
                continue
            remarks = [row[i] for i in range(column + 1, min(end, len(row))) if i not in marks]
            if not any(row[i] or drawn[i].inked for i in marks) and not any(remarks):
                kept[column] = ""
            elif any(re.search("假|缺|未到|×|✗|╳", said) for said in (*remarks, *(row[i] for i in marks))):
                continue
            else:
                for i in marks:
                    kept[i] = "√"
        if any(column < len(kept) and kept[column] for column in names):
            yield kept


# --- prose


def lines_of(words: Iterable[Word]) -> list[list[Word]]:
    """Put words into lines, from top to bottom, each from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda one: one.middle):
        line = next((one for one in reversed(lines[-3:]) if _is_level(one, word)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    for line in lines:
        line.sort(key=lambda one: one.left)
    return lines


def _is_level(line: Sequence[Word], word: Word) -> bool:
    """Say whether a word stands at the height of a line, and over none of its words."""
    middle, height = median(one.middle for one in line), median(one.height for one in line)
    if abs(word.middle - middle) > 0.55 * min(height, word.height):
        return False
    return all(word.left >= one.right - height or word.right <= one.left + height for one in line)


def _of_prose(words: Sequence[Word]) -> list[str]:
    """Return the lines of what stands outside tables, column by column where there are two."""
    lines = lines_of(words)
    if any(_bare(word.text) in NAME_HEADS for line in lines for word in line if len(line) > 1):
        return ["\t".join(word.text for word in line) for line in lines]
    gutter = _gutter(lines)
    if gutter is None:
        return _joined(lines)
    whole = [line for line in lines if any(word.left < gutter < word.right for word in line)]
    columns = min(one.middle for one in words if one.left >= gutter)
    above = [line for line in whole if line[0].middle < columns]
    below = [line for line in whole if line not in above]
    sides = [
        lines_of([word for line in lines if line not in whole for word in line if (word.left >= gutter) is right])
        for right in (False, True)
    ]
    return [*_joined(above), *_joined(sides[0]), *_joined(sides[1]), *_joined(below)]


def _gutter(lines: Sequence[Sequence[Word]]) -> float | None:
    """Return the x between two columns of prose, None where the page has one."""
    parted = [line for line in lines if len(line) == 2 and line[1].left - line[0].right > line[0].height]
    if len(parted) < 4 or len(parted) < 0.5 * len(lines):
        return None
    inner, outer = max(line[0].right for line in parted), min(line[1].left for line in parted)
    long = median(len(line[0].text) for line in parted) >= 8 and median(len(line[1].text) for line in parted) >= 8
    return (inner + outer) / 2 if inner < outer and long else None


def _joined(lines: Sequence[Sequence[Word]]) -> list[str]:
    """Return lines as text, those joined that were only broken at the right edge; wide gaps become tabs."""
    if not lines:
        return []
    edge = max(line[-1].right for line in lines)
    start = min(line[0].left for line in lines)
    size = median(word.height for line in lines for word in line)
    said = [""]
    for line, following in pairwise([*lines, []]):
        text = _spaced(line)
        said[-1] += text
        full = edge - line[-1].right < 1.6 * size and edge - start > 12 * size
        if not following or not full or not _goes_on(text, following, start, size):
            said.append("")
    return [line for line in said if line]


def _goes_on(text: str, following: Sequence[Word], start: float, size: float) -> bool:
    """Say whether the next line is the rest of this one: not indented, no label, no number of its own."""
    if re.search("[。；;：:！？]$", text):
        return False
    indented = following[0].left - start > 1.4 * size
    begins = NUMBERING.match(following[0].text) or LABEL.match(following[0].text) or as_label(following[0].text)
    return not indented and not begins


def _spaced(line: Sequence[Word]) -> str:
    """Return the words of a line, a tab where a column's gap parts them."""
    text = line[0].text
    for word, following in pairwise(line):
        gap = following.left - word.right
        text += ("\t" if gap > 1.2 * word.height else "") + following.text
    return text
