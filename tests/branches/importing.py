"""Importing in tests: rows as a workbook, and an export that is imported again."""

from io import BytesIO
from typing import Any

from accounts.acting import acting_as
from accounts.models import User
from ledgers import exporting, importing
from ledgers.ledger import Query, get
from tests.ledgers.workbooks import xlsx


def take_in(slug: str, user: User, *rows: Any) -> importing.Analysis:
    """Import rows, the first of them the headers, and return what became of each."""
    return take_in_file(slug, user, xlsx(*rows))


def take_in_file(slug: str, user: User, data: bytes) -> importing.Analysis:
    batch, match = importing.open_batch(get(slug), data, "表.xlsx", user)
    batch.save()
    analysis = importing.preview(batch, match)
    with acting_as(user):
        importing.apply(batch)
    analysis.batch = batch
    return analysis


def export(slug: str, user: User, *, clear: bool = False, **filters: str) -> bytes:
    """Return a ledger's workbook as this user downloads it."""
    target = BytesIO()
    exporting.export(get(slug), Query(filters=filters), user, target, clear=clear)
    return target.getvalue()


def messages(analysis: importing.Analysis) -> dict[int, str]:
    """Return sheet row → what is wrong in it."""
    return {number: error.message for number, error in analysis.errors}
