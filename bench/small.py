"""Small things that are done very often: sealing a value, reading a date, reading one file of minutes."""

import datetime
import io
import random

from docx import Document

from accounts.encryption import blind_index, encrypt
from activities.minutes import extract_text, read_minutes
from bench import Run, case
from ledgers.parsing import date

TODAY = datetime.date(2026, 10, 10)
MINUTES = """东风社区第二党支部支部党员大会会议记录
时间：2026年9月15日 09:30
地点：社区活动室
主持人：张明
应到：12人 实到：11人
"""


@case("100,000 values sealed, and their blind indexes", limit=5)
def seal() -> Run:
    """As an import of so many members does."""

    def run() -> None:
        for number in range(100_000):
            encrypt(text := f"990100{number:012}")
            blind_index(text, "citizen-id")

    return run


@case("100,000 dates as offices write them", limit=1)
def dates() -> Run:
    """In five ways of writing."""
    draw = random.Random(1)
    days = [datetime.date(1940, 1, 1) + datetime.timedelta(draw.randrange(30_000)) for _ in range(100_000)]
    epoch = datetime.date(1899, 12, 30)
    cells: list[object] = []
    for number, day in enumerate(days):
        ways = (
            str(day),
            f"{day.year}年{day.month}月{day.day}日",
            day.year + day.month / 100,
            day,
            float((day - epoch).days),
        )
        cells.append(ways[number % len(ways)])

    def run() -> None:
        for cell in cells:
            date(cell)

    return run


@case("one .docx of minutes of 300 paragraphs, read", limit=0.5)
def minutes() -> Run:
    """A long record, as a secretary uploads it."""
    document = Document()
    for line in (MINUTES + "三、与会党员结合工作实际谈体会，提出下一步打算。\n" * 300).splitlines():
        document.add_paragraph(line)
    document.save(held := io.BytesIO())

    def run() -> None:
        read_minutes(extract_text(held.getvalue(), "a.docx"), kinds=["支部党员大会", "主题党日"], today=TODAY)

    return run
