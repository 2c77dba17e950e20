"""Several meetings in one file: where one ends and the next begins."""

import re
from collections.abc import Sequence
from datetime import date

from .moments import dates_in
from .sections import LABEL, NUMBERING, field_of
from .spelling import PLAIN

MAX_MEETINGS = 40
_MAX_TITLE = 40
_NEAR = 10
"""Lines below a title within which its day must stand."""
_KIND = (
    "党员大会|支部大会|支部委员会|支委会|党小组会|党课|主题党日|党日活动|组织生活会|民主评议|中心组学习|集中学习|读书|培训|座谈|研讨|"
    "联席会|共建活动|志愿服务|警示教育|例会|述职"
)
_TITLE = re.compile(
    rf"(?:{_KIND}).{{0,16}}$|(?:会议|活动|学习|党课)(?:记录|纪要|情况)(?:[（(].{{0,16}}[）)])?$|^(?:会议|活动)?记录\s*[（(]?[一二三四五六\d]"
)
_PROSE = re.compile(r"[。；;！!，,]|传达|要求|通过|同意|安排了|学习了|讨论|审议|布置")
_HELD = re.compile(f"(?:召开|举行|开展|组织|举办|进行|过|开了|上了)[^。\n]{{0,40}}(?:{_KIND})|(?:{_KIND})")
_RULE = re.compile(r"^\s*[-—=＝_*＊~～]{4,}\s*$")


def divided(text: str, today: date) -> list[str]:
    """Cut the text of a file into that of its meetings, in their order; most files hold one.

    A meeting begins with a title of its own that is followed by a day of its own, with a block of labels (time and
    place or chair) after such a block, or with a paragraph that says on which day what was held.
    """
    lines = text.split("\n")
    for beginnings in (_titles, _blocks, _paragraphs):
        starts = beginnings(lines, today)
        if 1 < len(starts) <= MAX_MEETINGS:
            starts[0] = 0
            ends = [*starts[1:], len(lines)]
            return ["\n".join(lines[start:end]).strip("\n") for start, end in zip(starts, ends, strict=True)]
    return [text]


def _titles(lines: Sequence[str], today: date) -> list[int]:
    found: list[int] = []
    candidates = [i for i, line in enumerate(lines) if _is_title(line)]
    for place, i in enumerate(candidates):
        following = candidates[place + 1] if place + 1 < len(candidates) else len(lines)
        below = lines[i + 1 : min(following, i + 1 + _NEAR)]
        numbered = bool(NUMBERING.match(lines[i].strip()))
        labelled = any(_label_of(line) in ("when", "when_where") and _has_day(line, today) for line in below)
        opens = any(re.match(r"^.{0,12}?\d{1,2}\s*月\s*\d{1,2}\s*[日号]", line.strip()) for line in below[:2])
        if labelled or (not numbered and (_has_day(lines[i], today) or opens)):
            found.append(i)
    # Two titles that stand together (organisation, then 会议记录) are one.
    return [i for place, i in enumerate(found) if not place or i - found[place - 1] > 2]


def _is_title(line: str) -> bool:
    line = line.translate(PLAIN).strip().strip("【】[]")
    compact = re.sub(r"\s", "", NUMBERING.sub("", line, count=1))
    if not 2 < len(compact) <= _MAX_TITLE or _PROSE.search(compact) or re.search("[:：]", compact):
        return False
    return bool(_TITLE.search(compact)) and not _label_of(line)


def _label_of(line: str) -> str:
    found = LABEL.match(line.translate(PLAIN))
    return field_of(found) if found else ""


def _has_day(line: str, today: date) -> bool:
    return next(dates_in(line.translate(PLAIN), today), None) is not None


def _blocks(lines: Sequence[str], today: date) -> list[int]:
    """Return where blocks begin that have a time and also a place, chair, kind or topic of their own."""
    labels = [_label_of(line) for line in lines]
    days = [i for i, name in enumerate(labels) if name in ("when", "when_where") and _has_day(lines[i], today)]
    starts = []
    for place, i in enumerate(days):
        end = days[place + 1] if place + 1 < len(days) else len(lines)
        if not {"place", "chair", "kind", "topic", "attendees"} & {*labels[i:end]}:
            continue
        start = i
        while start > 0 and (labels[start - 1] in ("kind", "name", "organization") or _is_title(lines[start - 1])):
            start -= 1
        starts.append(start)
    return starts


def _paragraphs(lines: Sequence[str], today: date) -> list[int]:
    """Return the paragraphs that begin with a day and say what was held on it, where no labels give the time."""
    if any(_label_of(line) in ("when", "when_where") for line in lines):
        return []
    found: dict[tuple[date, str], int] = {}
    for i, line in enumerate(lines):
        head = NUMBERING.sub("", line.translate(PLAIN).strip(), count=1)[:60]
        day = next(dates_in(head[:24], today), None)
        if day and re.match(r".{0,8}\d{1,2}\s*[月.．/]", head) and (held := _HELD.search(head)):
            found.setdefault((day[0], held[0][-4:]), i)
    return sorted(found.values())
