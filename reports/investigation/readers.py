"""A report as one person may read it.

Its numbers are for everybody who reads reports; the rows behind some of them, such as talks and sanctions, are not.
"""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from django.urls import Resolver404, resolve

from accounts.models import User
from branches.models import Organization
from ledgers import ledger as ledgers
from ledgers.ledger import BadQuery, Ledger
from ledgers.scope import may
from reports.document import Annex, Figure, Report, Statement, mapped


def as_read_by(report: Report, user: User, organization: Organization) -> Report:
    """Return the report without links that would not open for this user; a number's source then says who may look."""

    def figure(one: Figure) -> Figure:
        kept = _closed(one.url, user, organization)
        return replace(one, url="", source=f"{one.source}（{kept.kept_to}）") if kept else one

    def statement(one: Statement) -> Statement:
        parts = tuple(figure(part) if isinstance(part, Figure) else part for part in one.parts)
        opens = tuple(link for link in one.evidence if _closed(link.url, user, organization) is None)
        return replace(one, parts=parts, evidence=opens)

    def annex(one: Annex) -> Annex:
        rows = (replace(row, url="") if _closed(row.url, user, organization) else row for row in one.rows)
        return replace(one, rows=tuple(rows))

    return mapped(replace(report, annexes=tuple(map(annex, report.annexes))), statement)


def _closed(url: str, user: User, organization: Organization) -> Ledger | None:
    """Return the ledger that an address leads to, where this user may not read those rows of it."""
    parts = urlsplit(url)
    try:
        found = resolve(parts.path)
        ledger = ledgers.get(found.kwargs["slug"]) if found.view_name == "ledgers:list" else None
    except (Resolver404, BadQuery):
        return None
    if ledger is None or may(user, ledger.right_for(dict(parse_qsl(parts.query))), organization):
        return None
    return ledger
