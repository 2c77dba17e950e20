"""Tests of schemes; here are the organisations, raw values and documents that they are made of."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from assessments.schemes import document
from assessments.schemes.seen import Given, RuleSeen, Seen
from branches.models import Organization
from ledgers.period import Period

QUARTER = Period.parse("2026Q3")
LATER = date(2026, 11, 1)
"""A day on which the quarter is over."""
_keys = count(1)


def place(**fields: Any) -> Organization:
    """Return a branch that no database holds."""
    fields = {"pk": next(_keys), "name": "第一党支部", "kind": "branch", "established": date(2020, 1, 1), **fields}
    return Organization(**fields)


def seen(
    numbers: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    today: date = LATER,
    rules: Mapping[str, RuleSeen] | None = None,
    given: Mapping[str, Given] | None = None,
    period: Period = QUARTER,
    **fields: Any,
) -> Seen:
    """Return raw values: `numbers` maps months (2026-07) to facts."""
    monthly = {Period.parse(month): facts for month, facts in (numbers or {}).items()}
    return Seen(place(**fields), period, today, monthly, rules or {}, given or {})


def indicator(code: str = "A1", points: Any = 10, **formula: Any) -> dict[str, Any]:
    """Return the written form of one indicator."""
    return {"code": code, "title": f"指标{code}", "points": points, "formula": formula}


def scheme(*indicators: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the written form of a quarterly scheme for branches."""
    return {
        "code": "ZB",
        "title": "党支部季度考核",
        "period": "quarter",
        "applies_to": ["党支部"],
        "groups": [{"title": "组织生活", "indicators": list(indicators)}],
        **more,
    }


def manual(code: str = "A1", points: Any = 100) -> dict[str, Any]:
    """Return a line whose score people give: the simplest to reckon with."""
    return indicator(code, points, kind="manual")


def read(*indicators: dict[str, Any], **more: Any) -> document.Document:
    """Return a scheme that was read."""
    return document.read(scheme(*indicators, **more))


def share(number: Any) -> dict[str, Given]:
    """Return what a reviewer gave for A1, as a share of its points."""
    return {"A1": Given(share=Decimal(str(number)))}
