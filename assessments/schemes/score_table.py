"""Reads an office's own 评分表 (one row an indicator) as a scheme: wording that says a formula is proposed as that
formula, the rest is scored by hand. A person confirms: what is read is a draft.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import PurePath
from typing import Any

from ledgers.reading import HeaderMatch, NoHeader, Unreadable, data_rows, find_header, read_workbook
from members.models.register import pinyin_of

from .document import Document, read
from .reading import SchemeRefused, plain

COLUMNS: dict[str, tuple[str, ...]] = {
    "group": ("一级指标", "考核项目", "考核类别", "项目", "类别"),
    "title": ("二级指标", "考核内容", "考核指标", "指标", "内容", "考评内容"),
    "points": ("分值", "标准分", "分数", "满分", "基本分"),
    "standard": ("评分标准", "考核标准", "工作要求", "标准要求", "标准"),
    "deduction": ("扣分办法", "评分办法", "计分办法", "计分方法", "评分细则", "扣分标准"),
    "method": ("考核方式", "考核方法", "查看方式"),
    "scorer": ("评分科室", "考核科室", "责任科室", "考核部门"),
}
FACTS: tuple[tuple[str, str], ...] = (
    ("主题党日", "meetings.theme_day"),
    ("党员大会|支部大会", "meetings.general"),
    ("支委会|支部委员会", "meetings.committee"),
    ("党小组会", "meetings.group"),
    ("党课", "meetings.lecture"),
    ("组织生活会", "meetings.life"),
    ("联席会", "cobuild.joint_meetings"),
    ("党建工作例会|党建例会", "meetings.work"),
    ("集中学习|理论学习|学习教育", "study.sessions"),
    ("业务培训|专题培训", "training.sessions"),
    ("志愿服务|为民服务|服务活动", "services.events"),
    ("谈心谈话", "talks.held"),
)
"""Words of an indicator → the fact that it speaks of; the first that fits."""
RATES: tuple[tuple[str, str], ...] = (
    ("到会率|出勤率|参会率|参加率", "attendance.rate"),
    ("办结率", "concerns.resolution"),
    ("满意率|满意度", "concerns.satisfaction"),
    ("组建率|覆盖率", "enterprises.coverage"),
)
EVERY = (("每月|按月", "month"), ("每季|按季", "quarter"), ("每半年", "half"), ("每年|全年", "year"))
LENGTHS = ("month", "quarter", "half", "year")
NUMBER = r"(\d+(?:\.\d+)?)"
NUMERALS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_MISS = re.compile(
    rf"每?(?:少|缺)[^，,；;。\d]{{0,6}}?(?:一|1)?(?:(次|场)|(?:个)?(月|季度|季|期))[^，,；;。\d]{{0,4}}[，,]?\s*扣\s*{NUMBER}\s*分"
)
_TIMES = re.compile(r"(?:至少|不少于)[^，,；;。\d一二两三四五六]{0,8}(\d+|[一二两三四五六])\s*(?:次|场)")
_FULL = re.compile(rf"(?:达到|达)\s*{NUMBER}\s*[%％][^，,；;。]{{0,4}}[，,]?\s*(?:得|计)满分")
_NONE = re.compile(rf"(?:低于|不足|不到)\s*{NUMBER}\s*[%％][^，,；;。]{{0,4}}[，,]?\s*(?:不得分|得\s*0\s*分)")
_EACH_PLUS = re.compile(rf"每[^，,；;。\d]{{0,8}}(?:加|得)\s*{NUMBER}\s*分")
_EACH_MINUS = re.compile(rf"每[^，,；;。\d]{{0,8}}扣\s*{NUMBER}\s*分")


def is_table(content: bytes) -> bool:
    """Say whether a file is a workbook rather than a scheme in JSON."""
    return content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def read_table(content: bytes, filename: str) -> Document:
    """Read a 评分表. Raises SchemeRefused, naming the row."""
    try:
        match = find_header(read_workbook(content, filename), COLUMNS, {"title", "points"})
    except NoHeader:
        raise SchemeRefused("没有找到表头：评分表应有“一级指标、二级指标、分值、评分标准、扣分办法”等列") from None
    except Unreadable as unreadable:
        raise SchemeRefused(str(unreadable)) from unreadable
    if match.missing:
        raise SchemeRefused(f"评分表缺“{COLUMNS[match.missing[0]][0]}”一列")
    title = _title(match, filename)
    length = _length(title)
    groups: dict[str, list[dict[str, Any]]] = {}
    for number, row in _rows(match):
        indicators = groups.setdefault(row["group"], [])
        letter = chr(ord("A") + list(groups).index(row["group"]) % 26)
        indicators.append(_indicator(f"{letter}{len(indicators) + 1}", number, row, length))
    if not groups:
        raise SchemeRefused("评分表里没有指标")
    base = sum((one["points"] for group in groups.values() for one in group if _in_base(one)), start=Decimal(0))
    return read(
        {
            "code": (pinyin_of(re.sub(r"[^一-龥]", "", title))[1].upper() or "KH")[:12],
            "title": title,
            "period": length,
            "applies_to": ["社区党委"] if "社区" in title and "支部" not in title else ["党支部", "联合党支部"],
            "base": base or Decimal(100),
            "groups": [{"title": heading, "indicators": lines} for heading, lines in groups.items()],
        }
    )


def _in_base(indicator: dict[str, Any]) -> bool:
    return indicator["formula"]["kind"] not in ("bonus", "penalty")


def _title(match: HeaderMatch, filename: str) -> str:
    """Return the title above the header, or the file's name."""
    above = match.sheet.rows[: match.header_rows[0] - match.sheet.first_row]
    texts = [str(cell).strip() for row in above for cell in row if isinstance(cell, str) and len(cell.strip()) > 3]
    return (texts[0] if texts else PurePath(filename).stem)[:100]


def _length(title: str) -> str:
    words = (("季", "quarter"), ("半年", "half"), ("月", "month"))
    return next((length for word, length in words if word in title), "year")


def _rows(match: HeaderMatch) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield sheet row and the texts of each row with an indicator; a heading holds for the rows below it."""
    heading = "考核内容"
    for part in match.parts:
        for number, cells in data_rows(part):
            row = {name: str(cells[column]).strip() for column, name in part.mapping.items() if column < len(cells)}
            row = dict.fromkeys(COLUMNS, "") | row
            heading = row["group"] = re.sub(r"[（(]\s*\d+\s*分\s*[)）]", "", row["group"]).strip()[:40] or heading
            if row["title"]:
                yield number, row


def _indicator(code: str, number: int, row: dict[str, str], length: str) -> dict[str, Any]:
    try:
        points = abs(Decimal(row["points"].removesuffix("分").strip()))
    except InvalidOperation:
        raise SchemeRefused(f"第 {number} 行的“分值”应是数字，写成了“{row['points'][:20]}”") from None
    if not points:
        raise SchemeRefused(f"第 {number} 行的“分值”应大于 0")
    words = "；".join(filter(None, (row["standard"], row["deduction"])))
    return {
        "code": code,
        "title": row["title"][:200],
        "points": points,
        "standard": words[:1000],
        "method": row["method"][:40],
        "scorer": row["scorer"][:60],
        "formula": proposed(row["group"], row["title"], words, points, length),
    }


def proposed(heading: str, title: str, standard: str, points: Decimal, length: str) -> dict[str, Any]:
    """Propose the formula that the wording of one indicator says, or scoring by hand."""
    words = f"{title}；{standard}"
    if "加分" in heading and (each := _EACH_PLUS.search(words)):
        return {"kind": "bonus", "each": Decimal(each[1])}
    if re.search("扣分|减分|负面", heading) and (each := _EACH_MINUS.search(words)):
        return {"kind": "penalty", "each": Decimal(each[1])}
    if (rate := _first(RATES, words)) and (full := _FULL.search(words)):
        none = _NONE.search(words)
        zero, reached = (Decimal(one[1]) / 100 if one else Decimal(0) for one in (none, full))
        if zero != reached:
            return {"kind": "rate", "rate": rate, "zero": zero, "full": reached}
    fact, miss = _first(FACTS, title) or _first(FACTS, words), _MISS.search(words)
    if fact and miss:
        every = _first(EVERY, words) or "period"
        if every != "period" and LENGTHS.index(every) > LENGTHS.index(length):
            return {"kind": "manual"}
        times = _TIMES.search(words)
        least = NUMERALS.get(times[1]) or int(times[1]) if times else 1
        counted = "times" if miss[1] else "units"
        formula = {"kind": "required", "fact": fact, "at_least": least, "every": every, "deduct": Decimal(miss[3])}
        return formula | ({"count": counted} if counted == "times" else {})
    return {"kind": "manual"}


def _first(offered: Iterable[tuple[str, str]], words: str) -> str:
    return next((code for pattern, code in offered if re.search(pattern, words)), "")


def told(document: Document) -> str:
    """Say how many formulas were proposed, for the person who confirms them."""
    lines = document.indicators
    by_hand = sum(one.formula.kind == "manual" for one in lines)
    read_as = f"读出 {len(lines)} 项指标（基础分 {plain(document.base)} 分）"
    return f"{read_as}，{len(lines) - by_hand} 项按文字认出了计分公式，{by_hand} 项由人评分，请逐项核对"
