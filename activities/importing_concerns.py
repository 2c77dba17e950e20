"""Import of residents' concerns."""

from collections.abc import Mapping
from typing import Any

from branches.ledgers.checked import CheckedImporter
from ledgers.importing import Row

from .models import Concern
from .models.concerns import answer_days

NATURAL = ("organization_id", "received_on", "title")


class ConcernImporter(CheckedImporter):
    """The key is 诉求编号, else organisation, day and what it is about."""

    checked_by = Concern

    def key(self, row: Row) -> Any:
        if number := row.values.get("number"):
            return row.values.get("organization_id"), number
        key = tuple(row.values.get(name) for name in NATURAL)
        return None if None in key else key

    def key_column(self, row: Row) -> str:
        return "诉求编号" if row.values.get("number") else "诉求事项"

    def existing(self, rows: list[Row]) -> Mapping[Any, tuple[Any, Mapping[str, Any]]]:
        days = [row.values["received_on"] for row in rows]
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        names = list(dict.fromkeys([*NATURAL, *self.fields]))
        scope, found = self.scope(), {}
        dated = scope.filter(received_on__range=(min(days), max(days))) if days else scope.none()
        numbered = (
            scope.exclude(number="") if len(numbers) >= self.reads_whole_scope else scope.filter(number__in=numbers)
        )
        for pk, *values in dated.values_list("pk", *names):
            current = dict(zip(names, values, strict=True))
            found[tuple(current[name] for name in NATURAL)] = (pk, current)
        for pk, *values in numbered.values_list("pk", *names):
            current = dict(zip(names, values, strict=True))
            found[current["organization_id"], current["number"]] = (pk, current)
        self.held = dict(found.values())
        return found

    def check(self, rows: list[Row]) -> None:
        """An office that notes only when a concern was settled answered it on that day."""
        for row in rows:
            whole = self.whole(row)
            if (resolved := whole.get("resolved_on")) and not whole.get("answered_on"):
                row.values["answered_on"] = resolved
                if row.pk:
                    row.changes["answered_on"] = (None, resolved)
        super().check(rows)

    def build(self, row: Row) -> Concern:
        if not hasattr(self, "limit"):
            self.limit = answer_days()
            self.paths = {pk: path for places in self.organizations().values() for pk, _, path, _ in places}
        days = self.limit(self.paths[row.values["organization_id"]])
        concern = Concern(**row.values, answer_days=days)
        concern.derive()
        return concern
