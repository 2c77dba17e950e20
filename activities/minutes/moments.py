"""Dates, times and amounts in a text."""

import datetime
import re
from collections.abc import Iterable, Iterator
from datetime import date

_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "Ｏ": 0, "两": 2}
NUMBER = r"(?:\d{1,4}|[一二三四五六七八九十百两〇零]{1,5})"
_CHINESE_YEAR = r"[一二三四五六七八九〇零○]{4}"
_DATE = re.compile(
    rf"(?:(?P<year>\d{{4}}|(?<!\d)\d{{2}}|{_CHINESE_YEAR})\s*年\s*)?(?P<month>(?<!\d){NUMBER})\s*月\s*"
    rf"(?P<day>{NUMBER})\s*[日号]"
    r"|(?<!\d)(?P<year2>20\d{2})\s*(?P<mark>[-/.．])\s*(?P<month2>\d{1,2})\s*(?P=mark)\s*(?P<day2>\d{1,2})(?!\d)"
    r"|(?<!\d)(?P<year3>20\d{2})(?P<month3>\d{2})(?P<day3>\d{2})(?!\d)"
)
_TIME = re.compile(
    rf"(?P<half>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|早|晚|[AaPp][Mm])?\s*(?P<hour>(?<!\d)\d{{1,2}}|[一二三四五六七八九十两]{{1,3}})\s*"
    rf"(?:[:：]\s*(?P<minute>[0-5]\d)(?!\d)|[时点](?!间)\s*(?:(?P<word>半|一刻|三刻|整)|(?P<minute2>{NUMBER})\s*分?)?)"
)


def number_of(text: str) -> int:
    """An amount below 10,000 in digits or Chinese numerals (十二 → 12)."""
    if text.isdecimal():
        return int(text)
    if not re.search("[十百]", text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


def dates_in(text: str, today: date) -> Iterator[tuple[date, int]]:
    """Yield the dates written in a text and where each ends; a date without a year is the latest not after today."""
    for found in _DATE.finditer(text):
        year, month, day = (found[name] or found[f"{name}2"] or found[f"{name}3"] for name in ("year", "month", "day"))
        years: Iterable[int]
        if year:
            number = number_of(year)
            years = [number if number > 99 else 2000 + number]
        else:
            years = range(today.year, today.year - 9, -1)
        for candidate in years:
            try:
                result = date(candidate, number_of(month), number_of(day))
            except ValueError:
                continue
            if year or result <= today:
                yield result, found.end()
                break


def start_time_in(text: str) -> tuple[datetime.time | None, int]:
    """The first time of day in a text and where it ends; None where morning or afternoon cannot be told."""
    for found in _TIME.finditer(text):
        hour, half = number_of(found["hour"]), (found["half"] or "").lower()
        words = {"半": 30, "一刻": 15, "三刻": 45}
        minute = words.get(found["word"] or "", number_of(found["minute"] or found["minute2"] or "0"))
        if (half in ("下午", "傍晚", "晚上", "晚", "pm") and hour < 12) or (half == "中午" and hour < 3):
            hour += 12
        if hour > 23 or minute > 59 or (hour < 7 and not half):
            return None, found.end()
        return datetime.time(hour, minute), found.end()
    return None, 0


_GAP = r"(?:会议?|正式|党员|委员|支委|人员|人数|同志|总数|共|为|有|是|[:：（(\s])*"
_AFTER = r"(?=\s*(?:[人名位个，,。；;、）)\s/]|$))"


def count_after(text: str, words: str) -> int | None:
    """The number of people after one of `words` (应到…); probationary members named after it are added."""
    found = re.search(
        rf"(?:{words}){_GAP}(?P<n>{NUMBER}){_AFTER}(?:\s*[人名位]?\s*[、，,和及]?\s*预备党员\s*(?P<more>{NUMBER})\s*[人名])?",
        text,
    )
    if not found:
        return None
    return number_of(found["n"]) + (number_of(found["more"]) if found["more"] else 0)
