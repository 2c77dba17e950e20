"""A finished report as a value: what is written down, number by number, whatever it is then laid out as.

Report → sections → headings → points → statements → figures. A figure carries where its number comes from, so that
every layout (page, Word, PDF, JSON) can show the evidence without asking the database again.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from django.utils import timezone

T = TypeVar("T")

# What XML cannot hold (control characters, lone surrogates, non-characters), and what turns the reading direction.
_UNWRITABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
DIGITS = "零一二三四五六七八九"
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
    """One paragraph, counted item, measure that runs in with its lead, or note. A line break starts a new one."""

    key: str  # stable, so that a rebuild finds the statement that a person has edited
    parts: tuple[str | Figure, ...]
    kind: Literal["paragraph", "item", "measure", "note"]
    evidence: tuple[Evidence, ...] = ()
    edited: bool = False
    proposals: tuple[str, ...] = ()
    """Clauses that no figure backs: proposed to whoever makes the report, not said."""

    @property
    def text(self) -> str:
        """The statement as it reads, figures included."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def figures(self) -> Iterator[Figure]:
        """Yield the figures in reading order, repeated ones as often as they stand in the text."""
        return (part for part in self.parts if isinstance(part, Figure))


@dataclass(frozen=True, slots=True)
class Division:
    """What stands under one heading: a section (一、), a heading in it （一）, or a point that runs in (一是).

    `key` stays the same from build to build and tells where a paragraph belongs; `number` is as printed.
    """

    key: str
    number: str
    title: str
    statements: tuple[Statement, ...] = ()
    divisions: tuple["Division", ...] = ()

    def walk(self) -> Iterator["Division"]:
        """Yield itself and everything under it, in reading order."""
        yield self
        for division in self.divisions:
            yield from division.walk()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table in an annex; its width in millimetres of 156."""

    key: str
    title: str
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table in an annex, a text for each column, and where its records are."""

    cells: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """A table behind the report: what rests on what, all problems, all measures, the ranking, the charts."""

    kind: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one organisation in one period."""

    title: str
    organization: str
    organization_code: str
    period: str  # 2026Q3
    period_label: str  # 2026年第三季度
    made_at: datetime
    as_of: date | None = None
    length: str = "standard"
    to: str = ""
    copies: str = ""
    signature: str = ""
    """Who stands under it; "" for the organisation itself."""
    signed_by: str = ""
    signed_on: date | None = None
    draft: bool = True
    lead: tuple[Statement, ...] = ()
    sections: tuple[Division, ...] = ()
    annexes: tuple[Annex, ...] = ()
    rests_on: bool = True
    """Whether the annex of what each figure rests on goes with it."""
    left_out: tuple[str, ...] = ()
    """Headings that have nothing to say in this period, for whoever makes the report."""

    def divisions(self) -> Iterator[Division]:
        """Yield every section, heading and point in reading order."""
        for section in self.sections:
            yield from section.walk()

    def statements(self) -> Iterator[Statement]:
        """Yield every paragraph in reading order."""
        yield from self.lead
        for division in self.divisions():
            yield from division.statements

    def figures(self) -> list[tuple[int, Figure]]:
        """Return every figure in order of appearance with its number in the annex, counted from 1.

        The same figure said again (same code, rows and text) keeps the number it had.
        """
        numbers: dict[tuple[str, ...], int] = {}
        return [
            (numbers.setdefault((figure.code, figure.url, figure.filter, figure.text), len(numbers) + 1), figure)
            for statement in self.statements()
            for figure in statement.figures()
        ]

    @property
    def characters(self) -> int:
        """How long the body is: characters of lead, headings and paragraphs, spaces left out."""
        texts = [one.text for one in self.statements()]
        texts += [division.number + division.title for division in self.divisions()]
        return sum(len("".join(text.split())) for text in texts)


def pruned(report: Report) -> Report:
    """Return the report without headings that nothing stands under any more, the others numbered anew."""

    def below(divisions: tuple[Division, ...], level: int) -> tuple[Division, ...]:
        kept = [replace(one, divisions=below(one.divisions, level + 1)) for one in divisions]
        kept = [one for one in kept if one.statements or one.divisions]
        return tuple(replace(one, number=numeral(place, level, report.length)) for place, one in enumerate(kept, 1))

    return replace(report, sections=below(report.sections, 1))


def chinese_numeral(number: int) -> str:
    """Return 1 to 99 as headings count: 一, 十, 十二, 二十; other numbers in Arabic digits."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def numeral(place: int, level: int, length: str) -> str:
    """Return the number of a section (一), a heading （一） or a point: 一是 that runs in, 1. in the long report."""
    if level == 3:
        return f"{place}." if length == "full" else f"{chinese_numeral(place)}是"
    return chinese_numeral(place) if level == 1 else f"（{chinese_numeral(place)}）"


def mapped(report: Report, change: Callable[[Statement], Statement | None]) -> Report:
    """Return the report with each paragraph changed, those that come back as None left out."""

    def of(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return tuple(new for one in statements if (new := change(one)) is not None)

    def division(one: Division) -> Division:
        return replace(one, statements=of(one.statements), divisions=tuple(map(division, one.divisions)))

    return replace(report, lead=of(report.lead), sections=tuple(map(division, report.sections)))


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


EVIDENCE_COLUMNS = (
    Column("number", "序号", 10),
    Column("title", "指标", 32),
    Column("text", "数值", 21),
    Column("source", "来源台账", 25),
    Column("filter", "取数条件", 54),
    Column("count", "行数", 14),
)
EVIDENCE_TITLE = "数据依据表"


def evidence(report: Report) -> Annex:
    """Return the annex of what each figure rests on: one row for each number of `Report.figures()`."""
    rows = (
        Row(
            (
                str(number),
                figure.title or figure.code,
                figure.text if figure.text.endswith(figure.unit) else f"{figure.text} {figure.unit}",
                figure.source,
                "\n".join(filter(None, (figure.filter, figure.formula))),
                "—" if figure.count is None else str(figure.count),
            ),
            figure.url,
        )
        for number, figure in dict(report.figures()).items()
    )
    return Annex("evidence", EVIDENCE_TITLE, EVIDENCE_COLUMNS, tuple(rows))


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as plain values that `json.dumps` takes; a paragraph stands once, at its own level."""
    report = cleaned(report)
    return {
        "title": report.title,
        "organization": report.organization,
        "organization_code": report.organization_code,
        "period": report.period,
        "period_label": report.period_label,
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "made_at": local(report.made_at).isoformat(),
        "draft": report.draft,
        "length": report.length,
        "to": report.to,
        "copies": report.copies,
        "lead": [_statement_json(statement) for statement in report.lead],
        "signature": {
            "by": report.signature or report.organization,
            "on": report.signed_on.isoformat() if report.signed_on else None,
            "signer": report.signed_by,
        },
        "sections": [_division_json(section, ("headings", "points")) for section in report.sections],
        "annexes": [
            _annex_json(annex) for annex in (*([evidence(report)] if report.rests_on else []), *report.annexes)
        ],
        "left_out": list(report.left_out),
    }


def _division_json(division: Division, below: tuple[str, ...]) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "key": division.key,
        "number": division.number,
        "title": division.title,
        "statements": [_statement_json(statement) for statement in division.statements],
    }
    if below:
        plain[below[0]] = [_division_json(one, below[1:]) for one in division.divisions]
    return plain


def _annex_json(annex: Annex) -> dict[str, Any]:
    keys = [column.key for column in annex.columns]
    rows = [dict(zip(keys, row.cells, strict=True)) | {"url": row.url} for row in annex.rows]
    return {"kind": annex.kind, "title": annex.title, "rows": rows}


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
