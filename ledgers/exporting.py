"""Export: the rows a list shows, in the printed form, with the trace that sensitive data leaves."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, access_of

from .ledger import Column, Ledger, Query
from .printing import write_ledger, write_template
from .recording import trace_paper


def export(
    ledger: Ledger,
    query: Query,
    user: User,
    target: Path | BinaryIO,
    *,
    clear: bool = False,
    sort: str = "",
    columns: Sequence[Column] | None = None,
) -> int:
    """Write the Excel ledger and return the number of rows.

    The audit trail notes it before the first byte is written. With `clear`, sensitive columns stand as they are for
    the rows on which the user has the right; the caller has made sure that the user holds the right somewhere.
    """
    rows = ledger.ordered(ledger.rows(query, user), sort)
    if clear:
        rows = rows.filter(access_of(user).scope(Right.SENSITIVE_EXPORT, ledger.path))
    chosen = list(columns or ledger.columns)
    masked = [c.header for c in chosen if c.mask]
    trace_query(
        "export-clear" if clear and masked else "export",
        ledger,
        query,
        **({"敏感列": "、".join(masked)} if clear and masked else {}),
    )
    return write_ledger(
        target,
        title=ledger.title,
        organization=query.organization.name if query.organization else "",
        as_of=query.day,
        filled_by=user.name or user.username,
        columns=[c.printed() for c in chosen],
        rows=ledger.table(rows, chosen, clear=clear),
    )


def trace_query(action: str, ledger: Ledger, query: Query, **changes: object) -> None:
    """Note that the rows of a list leave the portal."""
    path = query.organization.path if query.organization else ""
    trace_paper(action, f"{ledger.title}：{ledger.describe(query)}", path, None, **changes)


def template(ledger: Ledger, target: Path | BinaryIO) -> None:
    """Write the blank template that the import reads back."""
    write_template(
        target,
        title=ledger.title,
        columns=[c.printed() for c in ledger.columns if c.writable],
        filling_notes=[
            "列的顺序可以变动，不用的列可以删去；标底色的列必填。",
            "已登记的记录再次导入时，留空的单元格不改动原来的内容。",
            "日期写 2026-09-30、2026.9.30、2026年9月30日都可以；只有年月时按当月 1 日登记。",
        ],
    )


def filename(ledger: Ledger, query: Query) -> str:
    """Return the name of the downloaded file: 和平街道-党员花名册-2026-09-30.xlsx."""
    place = f"{query.organization.label}-" if query.organization else ""
    when = (query.on or timezone.localdate()).isoformat()
    if query.period:
        when = query.period.label if query.period.is_over() else f"{query.period.label}（截至{query.day}）"
    return f"{place}{ledger.title}-{when}.xlsx"
