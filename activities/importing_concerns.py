"""Import of residents' concerns."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from branches.ledgers.checked import CheckedImporter
from ledgers.importing import RecordImporter, Report, Row, Undo, rewrite
from ledgers.models import Touch

from .models import Concern, HandOver
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


class ConcernStepImporter(RecordImporter):
    """A step is known by its concern, found by organisation and 诉求编号, by its day and by who took over."""

    identity = ("concern_id", "on", "taker")

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in ("number", "organization_id")]

    def prepare(self, rows: list[Row]) -> None:
        """Find the concerns; no step comes before the receipt."""
        sound = [row for row in rows if not row.errors]
        held = Concern.objects.visible_to(self.user, self.ledger.edit_right).filter(
            organization__in={row.values["organization_id"] for row in sound},
            number__in={row.values["number"] for row in sound},
        )
        found = {(one.organization_id, one.number): one for one in held}
        self.concerns = {one.pk: one for one in found.values()}
        for row in sound:
            concern = found.get((row.values.pop("organization_id"), row.values.pop("number")))
            if concern is None:
                self.wrong(row, "number", "群众诉求台账里没有这个编号的诉求，请先登记诉求，或核对组织和编号")
                continue
            row.values["concern_id"] = concern.pk
            if row.values["on"] < concern.received_on:
                self.wrong(row, "on", f"转办日期早于受理日期 {concern.received_on}")

    def candidates(self, rows: list[Row]) -> models.QuerySet[Any]:
        return self.scope().filter(concern__in=list(self.concerns))

    def write(self, new: list[Row], changed: list[Row], undo: Undo, report: Report) -> Iterable[Touch]:
        """Who took a concern over last handles it."""
        touches = [*super().write(new, changed, undo, report)]
        concerns = {row.values["concern_id"] for row in new}
        last: dict[int, str] = {}
        for pk, taker in (
            HandOver.objects.filter(concern__in=concerns).order_by("on", "pk").values_list("concern_id", "taker")
        ):
            last[pk] = taker
        handlers = {pk: {"handler": taker} for pk, taker in last.items() if self.concerns[pk].handler != taker}
        return [*touches, *rewrite(Concern, handlers, undo, self.user)]
