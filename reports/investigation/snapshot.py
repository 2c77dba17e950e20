"""A report as JSON and back, part by part, so that what was built or signed can be laid out again as it was."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reports.document import Evidence, Figure, Report, Section, Statement, Topic


def dump(report: Report) -> dict[str, Any]:
    """Return the report as plain values; `load` gives back an equal report."""
    plain = asdict(report)
    for section in plain["sections"]:
        for topic in section["topics"]:
            for statement in topic["statements"]:
                for part in statement["parts"]:
                    if isinstance(part, dict) and isinstance(part["value"], Decimal):
                        part["value"] = str(part["value"])
    plain["made_at"] = report.made_at.isoformat()
    plain["signed_on"] = report.signed_on.isoformat() if report.signed_on else None
    return plain


def load(plain: dict[str, Any]) -> Report:
    """Return the report that `dump` wrote."""
    signed_on = plain["signed_on"]
    return Report(
        **plain
        | {
            "made_at": datetime.fromisoformat(plain["made_at"]),
            "signed_on": date.fromisoformat(signed_on) if signed_on else None,
            "sections": tuple(
                Section(
                    section["number"],
                    section["title"],
                    tuple(
                        Topic(topic["title"], tuple(_statement(one) for one in topic["statements"]))
                        for topic in section["topics"]
                    ),
                )
                for section in plain["sections"]
            ),
        }
    )


def _statement(plain: dict[str, Any]) -> Statement:
    return Statement(
        **plain
        | {
            "parts": tuple(part if isinstance(part, str) else _figure(part) for part in plain["parts"]),
            "evidence": tuple(Evidence(**one) for one in plain["evidence"]),
        }
    )


def _figure(plain: dict[str, Any]) -> Figure:
    value = plain["value"]
    return Figure(**plain | {"value": Decimal(value) if isinstance(value, str) else value})
