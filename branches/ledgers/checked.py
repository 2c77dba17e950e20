"""Import of records whose fields are checked against one another by the same words as on their form."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from branches.models import Organization
from ledgers.importing import RecordImporter, Row
from ledgers.ledger import Column


class CheckedImporter(RecordImporter):
    """Checks each row, put together with what the register holds, by the `faults` of a model."""

    checked_by: ClassVar[Any]
    """The model whose `faults(values)` yields (field, what is wrong)."""

    @property
    def fields(self) -> list[str]:
        """All columns, whether the file has them or not: a check needs the whole record."""
        return [column.key for column in self.ledger.columns if column.writable]

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        found = super().existing(rows)
        self.held = dict(found.values())
        return found

    def whole(self, row: Row) -> Mapping[str, Any]:
        """Return the record as it will be."""
        return {**self.held.get(row.pk, {}), **row.values}

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in self.checked_by.faults(self.whole(row)):
                self.wrong(row, key, message)

    def shown(self, column: Column, value: Any) -> Any:
        """Return a stored value as the preview shows it: an organisation by its name."""
        return self._names.get(value, "") if column.kind == "organization" else column.show(value)

    @cached_property
    def _names(self) -> Mapping[int, str]:
        return dict(Organization.objects.values_list("pk", "name"))
