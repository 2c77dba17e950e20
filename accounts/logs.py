"""The lines of the portal's log: what a database says of the rows themselves is cut out of them."""

import logging
import re
from typing import Any

_ROWS = re.compile(r"^(?P<what>DETAIL|STATEMENT|CONTEXT|QUERY|LINE \d+|PARAMETERS):.*(?:\n[ \t]+\^)?", re.MULTILINE)
"""Where PostgreSQL quotes values of a row: Key (committee_id, name)=(28, 某某) already exists."""


def without_rows(text: str) -> str:
    """Return a text without what a database quotes of rows."""
    return _ROWS.sub(lambda found: f"{found['what']}: （略）", text)


class LineFormatter(logging.Formatter):
    """Writes a record and its traceback without what a database quotes of rows: names reach no log."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole text of a record."""
        return without_rows(super().format(record))

    def formatException(self, ei: Any) -> str:
        """Return a traceback; kept by the record, so cut before it is."""
        return without_rows(super().formatException(ei))
