"""A report as JSON and back, part by part, so that what was built or signed can be laid out again as it was."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reports.document import Annex, Column, Division, Evidence, Figure, Report, Row, Statement


def dump(report: Report) -> dict[str, Any]:
    """Return the report as plain values; `load` gives back an equal report."""
    return {name: _plain(value) for name, value in asdict(report).items()}


def _plain(value: Any) -> Any:
    """Return values without decimals and days; a decimal becomes its text."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def load(plain: dict[str, Any]) -> Report:
    """Return the report that `dump` wrote."""
    return Report(
        **plain
        | {
            "made_at": datetime.fromisoformat(plain["made_at"]),
            "as_of": _day(plain["as_of"]),
            "signed_on": _day(plain["signed_on"]),
            "lead": _statements(plain["lead"]),
            "sections": tuple(map(_division, plain["sections"])),
            "annexes": tuple(map(_annex, plain["annexes"])),
            "left_out": tuple(plain["left_out"]),
        }
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _division(plain: dict[str, Any]) -> Division:
    below = tuple(map(_division, plain["divisions"]))
    return Division(**plain | {"statements": _statements(plain["statements"]), "divisions": below})


def _statements(plain: list[dict[str, Any]]) -> tuple[Statement, ...]:
    return tuple(map(_statement, plain))


def _statement(plain: dict[str, Any]) -> Statement:
    return Statement(
        **plain
        | {
            "parts": tuple(part if isinstance(part, str) else _figure(part) for part in plain["parts"]),
            "evidence": tuple(Evidence(**one) for one in plain["evidence"]),
            "proposals": tuple(plain["proposals"]),
        }
    )


def _figure(plain: dict[str, Any]) -> Figure:
    value = plain["value"]
    return Figure(**plain | {"value": Decimal(value) if isinstance(value, str) else value})


def _annex(plain: dict[str, Any]) -> Annex:
    return Annex(
        **plain
        | {
            "columns": tuple(Column(**one) for one in plain["columns"]),
            "rows": tuple(Row(tuple(one["cells"]), one["url"]) for one in plain["rows"]),
        }
    )
