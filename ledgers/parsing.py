"""Reading single cells as offices fill them in: text, dates, citizen IDs, phones, yes and no, numbers, choices, codes.

Every parser takes a raw cell of `ledgers.reading` and returns a value, None (or "") for a blank, or raises Unparsable.
Messages never repeat an ID or a phone number. Dates and choices are cached by their text; IDs and phones never are.
"""

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from operator import mul

NUMBER_LOST = "Excel 已把号码变成数字，末几位丢失；请把该列设为“文本”后重填"
FIRST_YEAR, LAST_YEAR = 1900, 2100

_BLANKS = {"", "-", "--", "—", "——", "–", "/", "\\", "无"}


class Unparsable(Exception):
    """A cell that cannot be read. Its message is Chinese, for the person who filled it in."""


class Masked(Unparsable):
    """A cell with `*` in a sensitive column, as exports show it: an import leaves the stored value as it is."""

    def __init__(self) -> None:
        super().__init__("号码中有 *，是隐去后的号码，不能作为新值；已有的号码保持不变")


# Text

_HALF_WIDTH = {code: code - 0xFEE0 for low, high in ("０９", "ＡＺ", "ａｚ") for code in range(ord(low), ord(high) + 1)}
_UNSEEN = r"\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
_UNCLEAN = re.compile(rf"[{_UNSEEN}\s０-９Ａ-Ｚａ-ｚ]")
_REMOVED = re.compile(rf"[{_UNSEEN}]")
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?(?:\r\n|[\r\v\f\u2028\u2029\n]) ?")
_HAN = r"〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U000323af"
_NAME_SPACE = re.compile(rf"(?<=[{_HAN}·])\s+(?=[{_HAN}·])")
_NAME_DOT = re.compile(rf"(?<=[{_HAN}])\s*[·•・‧∙⋅.．｡･]\s*(?=[{_HAN}])")


def text(cell: object, max_length: int | None = None) -> str:
    """Return a cell as one would read it aloud: trimmed, inner spaces single, digits and Latin letters half-width.

    Chinese punctuation and line breaks stay; 123.0 is "123"; a date is "2021-07-01"; a blank is "". Raises Unparsable
    where the result has more than `max_length` characters.
    """
    value = cell if isinstance(cell, str) else _written(cell)
    if _UNCLEAN.search(value):
        value = _REMOVED.sub("", _LINE_ENDS.sub("\n", _SPACES.sub(" ", value))).translate(_HALF_WIDTH).strip()
    if max_length is not None and len(value) > max_length:
        raise Unparsable(f"最多 {max_length} 个字，现在有 {len(value)} 个字，请精简")
    return value


def _written(cell: object) -> str:
    """Return a cell that is not text as Excel would show it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d") if cell.time() == dt.time() else cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M")
    return str(cell)


def person_name(cell: object, max_length: int | None = None) -> str:
    """Return a person's name: no spaces between Chinese characters, one kind of middle dot (·) in minority names."""
    name = text(cell)
    if not name.isalpha():
        name = _NAME_SPACE.sub("", _NAME_DOT.sub("·", name))
    return text(name, max_length)


def code(cell: object, max_length: int | None = None) -> str:
    """Return a code (organisation, activity): half-width, without spaces; a number is its digits."""
    return text(_compact(cell), max_length)


def _compact(cell: object) -> str:
    """Return a cell's text in half-width, without spaces, invisible characters or the apostrophe of a text cell."""
    value = text(cell)
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
    return "".join(value.split()).lstrip("'‘’`")


# Dates

_EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's serials from 1 March 1900 on
_SERIALS = range(367, (dt.date(LAST_YEAR, 12, 31) - _EPOCH).days + 1)  # from 1901: smaller numbers are slips, not dates
_HOW = "请写成 2021-07-01 这样的日期"
_DAY = re.compile(
    r"(\d{4})\s*[-/.年—–、]\s*(\d{1,2})(?:\s*月|(?=\s*[-/.—–、]\s*\d)|(?![-/.\d]))"
    r"(?:\s*[-/.—–、]?\s*(\d{1,2})(?!\d)\s*[日号]?)?"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})?(?!\d)")
_AFTER_DAY = re.compile(
    r"[\sT]*(?:\(?(?:星期|周|礼拜)[\d日天]\)?)?\s*"
    r"(?:(?:上午|下午|晚上)?\s*\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d+)?)?|[时点](?:\d{1,2}分?(?:\d{1,2}秒)?|半|整)?))?"
)
_NUMERAL = {
    "元": 1,
    **{
        char: value
        for value, chars in enumerate(["〇○零", "一", "二", "三", "四", "五", "六", "七", "八", "九"])
        for char in chars
    },
}
_NUMERALS = re.compile("[〇○零元一二三四五六七八九十]+")


def date(cell: object) -> dt.date | None:
    """Return the date in a cell, or None for a blank ("-", "/" and 无 are blank too).

    Reads date cells, Excel serials, 2021-07-01, 2021/7/1, 2021.7.1, 20210701, 2021年7月1日, 二〇二一年七月一日, each
    with or without a weekday or a time after. A month alone (2021-07, 2021.07, 202107, 2021年7月) is its first day. The
    number 2021.1 is January, because Excel drops the last zero of a typed 2021.10 and nothing tells the two apart; as
    text, 2021.10 is October. Refuses two-digit years, years alone, days that do not exist and years outside 1900–2100.
    """
    if isinstance(cell, str):
        return _date_of_text(cell)
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        return _day(cell.year, cell.month, cell.day)
    if cell is None:
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _date_of_text(str(int(cell)) if cell == cell // 1 else repr(cell))
    raise Unparsable(f"这不是日期，{_HOW}")


@lru_cache(maxsize=65_536)
def _date_of_text(raw: str) -> dt.date | None:
    value = unicodedata.normalize("NFKC", text(raw)).lstrip("'’").strip()
    if value in _BLANKS:
        return None
    value = _NUMERALS.sub(_arabic, value)
    found = _DAY.match(value) or _DIGITS.match(value)
    if found and _AFTER_DAY.fullmatch(value, found.end()):
        year, month, day = found.groups()
        return _day(int(year), int(month), int(day or 1))
    if re.fullmatch(r"\d{1,5}(\.\d+)?", value) and int(float(value)) in _SERIALS:
        if FIRST_YEAR <= float(value) <= LAST_YEAR:
            raise Unparsable(f"只有年份，请补上月份，{_HOW}")
        return _EPOCH + dt.timedelta(days=int(float(value)))
    if re.fullmatch(r"\d{4}年?", value):
        raise Unparsable(f"只有年份，请补上月份，{_HOW}")
    if re.fullmatch(r"\d{2}\s*[-/.年]\s*\d{1,2}\s*(?:[-/.月]\s*(?:\d{1,2}\s*日?)?)?", value):
        raise Unparsable(f"年份要写四位数，{_HOW}")
    raise Unparsable(f"“{raw.strip()[:20]}”看不出是哪一天，{_HOW}")


_WITHOUT_YEAR = re.compile(r"(\d{1,2})(?:\.|/|-|月)(\d{1,2})[日号]?")


def day_of_year(cell: object, year: int | None) -> dt.date | None:
    """Return the day that a cell without a year names (11.19, 11月19日) in the year that its table is of, else None.

    The number 11.1 may have been typed as 11.10, whose zero Excel drops: that is nobody's to guess.
    """
    if year is None or not isinstance(cell, str | float):
        return None
    found = _WITHOUT_YEAR.fullmatch(unicodedata.normalize("NFKC", str(cell)).strip())
    if found is None or (isinstance(cell, float) and len(found[2]) < 2):
        return None
    try:
        return dt.date(year, int(found[1]), int(found[2]))
    except ValueError:
        return None


def check_year(year: int) -> None:
    """Raise Unparsable for a year that no record can be of; with others days may be added without a second thought."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unparsable(f"年份 {year} 不在 {FIRST_YEAR}—{LAST_YEAR} 年之间，请核对")


def numeral(text: str) -> int:
    """Return the number that Chinese numerals up to 99 write: 十二 is 12. Raises ValueError for anything else."""
    found = _NUMERALS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(_arabic(found))


def _arabic(numerals: re.Match[str]) -> str:
    """Return 二〇二一 as 2021, 十二 as 12, 二十一 as 21, 元 (of 元月) as 1."""
    tens, ten, ones = numerals[0].rpartition("十")
    digits = "".join(str(_NUMERAL[char]) for char in ones)
    if not ten:
        return digits
    return "".join(str(_NUMERAL.get(char, "")) for char in tens or "一") + (digits or "0")


def _day(year: int, month: int, day: int) -> dt.date:
    check_year(year)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise Unparsable(f"没有 {year}-{month:02d}-{day:02d} 这一天，请核对") from None


# Citizen IDs (GB 11643-1999) and phones

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+|\d{15,}\.0*")
_DASHES = re.compile(r"[-‐‑‒–—−()]")


def citizen_id(cell: object) -> str | None:
    """Return a citizen ID of 18 characters, or None for a blank; a 15-digit ID of the old kind is brought to 18.

    Raises Masked for a masked ID and Unparsable for a number cell, a wrong length, an impossible birth date or a wrong
    check digit.
    """
    if isinstance(cell, int | float | dt.date):
        raise Unparsable(NUMBER_LOST)
    number = _compact(cell).upper()
    if number in _BLANKS:
        return None
    if "*" in number:
        raise Masked
    if _SCIENTIFIC.fullmatch(number):
        raise Unparsable(NUMBER_LOST)
    if len(number) not in (15, 18):
        raise Unparsable(f"身份证号应为 18 位，现在是 {len(number)} 位，请核对")
    if not re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", number):
        raise Unparsable("身份证号只能是数字，最后一位可以是 X，请核对")
    if len(number) == 15:
        number = f"{number[:6]}19{number[6:]}"
        number += check_digit(number)
    try:
        birth = birth_date_of(number)
    except ValueError:
        birth = dt.date.min
    if not FIRST_YEAR <= birth.year <= LAST_YEAR:
        raise Unparsable("身份证号中的出生日期（第 7 至 14 位）不存在，请核对")
    expected = check_digit(number[:17])
    if number[17] != expected:
        if number.endswith("000"):
            raise Unparsable(NUMBER_LOST)
        raise Unparsable(f"第 18 位校验码应为 {expected}，请核对")
    return number


def check_digit(first17: str) -> str:
    """Return the 18th character that belongs to the first 17 digits of a citizen ID (GB 11643-1999)."""
    return "10X98765432"[sum(map(mul, map(int, first17), _WEIGHTS)) % 11]


def birth_date_of(number: str) -> dt.date:
    """Return the birth date in an 18-character citizen ID. Raises ValueError where there is no such day."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def gender_of(number: str) -> str:
    """Return 男 or 女 as the 17th digit of an 18-character citizen ID says."""
    return "男" if int(number[16]) % 2 else "女"


def phone(cell: object) -> str | None:
    """Return a mobile number as 11 digits or a landline as 0371-65550000, or None for a blank.

    Number cells, spaces, dashes, brackets and +86 are taken. Raises Masked for a masked number, else Unparsable.
    """
    if isinstance(cell, bool):
        raise Unparsable("这不是电话号码，请核对")
    number = _compact(cell)
    if number in _BLANKS:
        return None
    if "*" in number:
        raise Masked
    digits = re.sub(r"^(?:\+|00)?86(?=1\d{10}$|0\d{9,})", "", _DASHES.sub("", number))
    if re.fullmatch(r"1[3-9][0-9]{9}", digits):
        return digits
    if landline := re.fullmatch(r"(0(?:10|2[0-9])|0[3-9][0-9]{2})([2-9][0-9]{6,7})", digits):
        return f"{landline[1]}-{landline[2]}"
    if _SCIENTIFIC.fullmatch(number):
        raise Unparsable(NUMBER_LOST)
    if re.fullmatch(r"[2-9][0-9]{6,7}", digits):
        raise Unparsable("固定电话请写上区号，如 0371-65550000")
    if re.search(r"[,，;；、/]", number):
        raise Unparsable("一格只填一个电话号码，其余的请写到备注")
    raise Unparsable("电话号码应为 11 位手机号，或带区号的固定电话，请核对")


# Yes and no, numbers, choices

_YES = {"是", "是的", "有", "对", "√", "✓", "✔", "☑", "✅", "v", "y", "yes", "1", "true", "t"}
_NO = {"否", "不是", "无", "没有", "错", "×", "✗", "✘", "✕", "✖", "❌", "☐", "□", "x", "n", "no", "0", "false", "f"}


def yes_no(cell: object, true_words: Collection[str] = ()) -> bool | None:
    """Return True, False, or None for a blank. `true_words` are more words for yes, such as the header's own."""
    if cell is None or isinstance(cell, bool):
        return cell
    word = _compact(cell).replace("\ufe0f", "").casefold()
    if word in _YES or word in {_compact(extra).casefold() for extra in true_words}:
        return True
    if word in _NO:
        return False
    if word in _BLANKS:
        return None
    raise Unparsable(f"“{text(cell)[:20]}”看不出是还是否，请填“是”或“否”")


_NUMBER = re.compile(
    r"[¥$]?([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)(万)?(?:元|人|人次|名|户|个|次|份|件|岁|个?小时|个?学时|平方米|㎡|m2)?"
)


def decimal(cell: object, places: int = 2) -> Decimal | None:
    """Return a number, rounded half up to `places`, or None for a blank. Takes 1,234.5, ￥20, 1.5万元 and 41人."""
    number = _number(cell)
    if number is None:
        return None
    try:
        return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:
        raise Unparsable("数字太大，请核对") from None


def integer(cell: object) -> int | None:
    """Return a whole number, or None for a blank. Takes what `decimal` takes, so long as it is whole."""
    number = _number(cell)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unparsable(f"“{text(cell)[:20]}”不是整数，请核对")
    if abs(number) >= 10**18:
        raise Unparsable("数字太大，请核对")
    return int(number)


def _number(cell: object) -> Decimal | None:
    if isinstance(cell, bool):
        raise Unparsable("这一格应填数字")
    if isinstance(cell, int | float):
        number = Decimal(repr(cell))
        if not number.is_finite():
            raise Unparsable("这一格应填数字")
        return number
    value = _compact(cell).replace("−", "-")
    if value in _BLANKS:
        return None
    found = _NUMBER.fullmatch(value)
    if not found:
        raise Unparsable(f"“{text(cell)[:20]}”不是数字，请只填数字")
    return Decimal(found[1].replace(",", "")) * (10_000 if found[2] else 1)


def choice(cell: object, choices: Mapping[str, str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Return the value of the label in a cell, or None for a blank.

    `choices` maps label -> value; `aliases` maps other wordings -> label (or value). Raises Unparsable with the nearest
    label and what can be filled in.
    """
    aliases = aliases or {}
    if isinstance(cell, str) and cell in choices:
        return choices[cell]
    for word in (text(cell), _compact(cell)):
        if word in choices:
            return choices[word]
        if word in aliases:
            return choices.get(aliases[word], aliases[word])
    if word in _BLANKS:
        return None
    label = _like(word, tuple(choices))
    if label is not None:
        return choices[label]
    raise Unparsable(_no_such_choice(text(cell)[:20], tuple(choices), tuple(aliases.items())))


def choices(cell: object, known: Mapping[str, str], aliases: Mapping[str, str] | None = None) -> str | None:
    """Return the values of several labels in a cell, joined as `joined` does, or None for a blank.

    Labels are separated by 、 or another comma, a slash or a line break. Raises Unparsable as `choice` does.
    """
    words = [word for word in re.split(r"[、，,;；/\n]+", text(cell)) if word.strip()]
    values = {value for word in words if (value := choice(word, known, aliases)) is not None}
    return joined(value for value in known.values() if value in values) or None


def row_key(text: str) -> int:
    """Return the key of a row, or a version, as an address or a form gives it; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def row_keys(texts: Iterable[str]) -> list[int]:
    """Return those that are keys of rows, each once, in order."""
    return [key for key in dict.fromkeys(map(row_key, texts)) if key]


def joined(values: Iterable[str]) -> str:
    """Return several values of a closed list as one text, each between commas, so that each can be searched for."""
    inside = ",".join(values)
    return f",{inside}," if inside else ""


def parted(value: str) -> list[str]:
    """Return the values that `joined` put together."""
    return [part for part in value.split(",") if part]


def _like(word: str, labels: tuple[str, ...]) -> str | None:
    """Return the label that differs from `word` only in width, spaces or case."""
    return next((label for label in labels if _compact(label).casefold() == word.casefold()), None)


_SUGGESTED = re.compile(r"；是“([^”]+)”吗？")


def suggesting(word: str) -> str:
    """Return how a complaint about a cell suggests another word for it."""
    return f"；是“{word}”吗？"


def suggested(complaint: str) -> str:
    """Return the word that a complaint suggests; empty where it suggests none."""
    found = _SUGGESTED.search(complaint)
    return found[1] if found else ""


@lru_cache(maxsize=1024)
def _no_such_choice(word: str, labels: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> str:
    wordings = {**dict(aliases), **{label: label for label in labels}}
    near = [wordings[match] for match in difflib.get_close_matches(word, wordings, n=1, cutoff=0.4)]
    guess = suggesting(near[0]) if near and near[0] in labels else "。"
    more = f" 等 {len(labels)} 项" if len(labels) > 15 else ""
    return f"没有“{word}”这一项{guess}可填：{'、'.join(labels[:15])}{more}"
