"""A finished report as a value: what is written down, number by number, whatever it is then laid out as.

Report → sections → topics → statements → figures. A figure carries where its number comes from, so that every
layout (page, Word, PDF, JSON) can show the evidence without asking the database again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from django.utils import timezone

T = TypeVar("T")

# What XML cannot hold (control characters, lone surrogates, non-characters), and what turns the reading direction.
_UNWRITABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the text, with its evidence."""

    text: str  # as shown: "326", "91.7%"
    value: Decimal | int | float
    code: str  # of the fact or rate; "" where there is none
    title: str
    unit: str
    url: str  # the rows behind it, relative to the site
    source: str  # title of the ledger
    filter: str  # for people: 组织 · 2026-07-01 至 2026-09-30 · 已提交、已确认
    count: int | None  # rows behind it
    formula: str  # "" or 出席 1019 ÷ 应到 1111


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link that backs a whole statement, such as a branch that a finding is about."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One paragraph, item of a list, or note. A line break in a part starts a new paragraph."""

    key: str  # stable, so that a rebuild finds the statement that a person has edited
    parts: tuple[str | Figure, ...]
    kind: Literal["paragraph", "item", "note"]
    evidence: tuple[Evidence, ...] = ()
    edited: bool = False

    @property
    def text(self) -> str:
        """The statement as it reads, figures included."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def figures(self) -> Iterator[Figure]:
        """Yield the figures in reading order, repeated ones as often as they stand in the text."""
        return (part for part in self.parts if isinstance(part, Figure))


@dataclass(frozen=True, slots=True)
class Topic:
    """What stands under one second-level heading; a title of "" means that there is no such heading."""

    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one first-level heading: 基本情况, 主要做法, 存在的问题, 下步打算."""

    number: int
    title: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one organisation in one period."""

    title: str
    organization: str
    organization_code: str
    period: str  # 2026Q3
    period_label: str  # 2026年第三季度
    made_at: datetime
    signed_by: str = ""
    signed_on: date | None = None
    draft: bool = True
    sections: tuple[Section, ...] = ()

    def figures(self) -> list[tuple[int, Figure]]:
        """Return every figure in order of appearance with its number in the annex, counted from 1.

        The same figure said again (same code, rows and text) keeps the number it had.
        """
        numbers: dict[tuple[str, ...], int] = {}
        return [
            (numbers.setdefault((figure.code, figure.url, figure.filter, figure.text), len(numbers) + 1), figure)
            for section in self.sections
            for topic in section.topics
            for statement in topic.statements
            for figure in statement.figures()
        ]


def cleaned(value: T) -> T:
    """Return a report, or a piece of one, without the characters that a document cannot hold.

    Text comes from imported sheets and from hand edits, and one control character makes Word refuse the whole file.
    """
    if isinstance(value, str):
        return _UNWRITABLE.sub("", _LINE_ENDS.sub("\n", value).replace("\t", " "))  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(cleaned(item) for item in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: cleaned(getattr(value, field.name)) for field in fields(value)})
    return value


def local(moment: datetime) -> datetime:
    """Return a moment in Shanghai time; a naive one is taken to be that already."""
    return timezone.localtime(moment if timezone.is_aware(moment) else timezone.make_aware(moment))


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as plain values that `json.dumps` takes: sections → topics → statements → figures.

    A section also lists its statements flat, for readers that do not know topics.
    """
    report = cleaned(report)
    return {
        "title": report.title,
        "organization": report.organization,
        "organization_code": report.organization_code,
        "period": report.period,
        "period_label": report.period_label,
        "made_at": local(report.made_at).isoformat(),
        "draft": report.draft,
        "signed_by": report.signed_by,
        "signed_on": report.signed_on.isoformat() if report.signed_on else None,
        "sections": [_section_json(section) for section in report.sections],
    }


def _section_json(section: Section) -> dict[str, Any]:
    topics = [
        {"title": topic.title, "statements": [_statement_json(statement) for statement in topic.statements]}
        for topic in section.topics
    ]
    return {
        "number": section.number,
        "title": section.title,
        "topics": topics,
        "statements": [statement for topic in topics for statement in topic["statements"]],
    }


def _statement_json(statement: Statement) -> dict[str, Any]:
    return {
        "key": statement.key,
        "text": statement.text,
        "kind": statement.kind,
        "edited": statement.edited,
        "figures": [
            {
                "code": figure.code,
                "title": figure.title,
                "text": figure.text,
                "value": _number(figure.value),
                "unit": figure.unit,
                "url": figure.url,
                "source": figure.source,
                "filter": figure.filter,
                "count": figure.count,
                "formula": figure.formula,
            }
            for figure in statement.figures()
        ],
        "evidence": [{"label": evidence.label, "url": evidence.url} for evidence in statement.evidence],
    }


def _number(value: Decimal | int | float) -> int | float:
    """Return a number that JSON knows: a whole decimal as an int, any other as a float."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
