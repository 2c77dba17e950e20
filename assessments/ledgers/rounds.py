"""What ledgers of yearly and quarterly rounds share: finding what a row hangs on."""

from collections.abc import Collection
from typing import Any

from django.db import models

from accounts.permissions import access_of
from ledgers.importing import RecordImporter, Row
from ledgers.ledger import Column
from ledgers.period import Period

ROUND = Column(
    "轮次", "period", "period", ("时期", "年度"), True, width=12, max_length=12, note="写成 2026年 或者 2026年上半年"
)


def read_periods(rows: Collection[Row], key: str) -> None:
    """Let rows hold the code of a period however it was written; what is no period is left for the check to refuse."""
    for row in rows:
        try:
            row.values[key] = Period.read(str(row.values.get(key) or "")).code
        except ValueError:
            continue


class PartImporter(RecordImporter):
    """Imports what hangs on a record that `place` finds by `by`: column key → lookup. Its key is `whole`."""

    whole: str
    model: type[models.Model]
    by: dict[str, str]
    unfound: str

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in self.by]

    def prepare(self, rows: list[Row]) -> None:
        """Find the records that the rows hang on: one query."""
        read_periods(rows, "period")
        scope = access_of(self.user).scope(self.ledger.edit_right, "organization__path")
        places = {row.values.get("organization_id") for row in rows}
        held: Any = self.model._default_manager.filter(scope, organization_id__in=places)
        found: dict[tuple[str, ...], list[int]] = {}
        for pk, *values in held.values_list("pk", *self.by.values()):
            found.setdefault(tuple(str(value) for value in values), []).append(pk)
        for row in rows:
            if row.errors:
                continue
            hits = found.get(tuple(str(row.values.get(key)) for key in self.by), [])
            if len(hits) != 1:
                self.wrong(row, next(iter(self.by)), self.unfound)
                continue
            row.values[f"{self.whole}_id"] = hits[0]
            for key in self.by:
                row.values.pop(key, None)
