"""Import of dues as offices keep them in Excel: one row for each member and month."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ledgers.importing import Row
from ledgers.period import Period
from members.models import ClosedDues, DuesBase, DuesCharge, Membership
from members.references import MemberReferences, Stay

from .sheet import MOST


@dataclass
class _Stays:
    """One member's intervals in one branch, the earliest first, with the employment in each."""

    spans: list[tuple[date, date | None, str]] = field(default_factory=list)

    def employment_in(self, month: date) -> str | None:
        """Return the employment in a month; None where the member was not in the branch then."""
        return next((e for start, end, e in reversed(self.spans) if _overlaps(start, end, month)), None)


def _overlaps(start: date, end: date | None, month: date) -> bool:
    """Say whether an interval holds on any day of the month that begins on a day."""
    return start <= Period.containing(month).end and (end is None or end > month)


class DuesImporter(MemberReferences):
    """The key is member and month. The member is one of the branch named in the row, now or once."""

    identity = ("member_id", "month")
    place_key = "branch_id"

    def key_column(self, row: Row) -> str:
        return "月份"

    def prepare(self, rows: list[Row]) -> None:
        """Bring months to their first day and find the members."""
        for row in rows:
            if month := row.values.get("month"):
                row.values["month"] = month.replace(day=1)
                if row.values["month"] > self.today:
                    self.wrong(row, "month", "这个月还没有到")
        super().prepare(rows)
        sound = [row for row in rows if not row.errors]
        self.people = self._people(sound)
        for row in sound:
            if (row.values["branch_id"], row.values["member_id"]) not in self.people:
                self.wrong(row, "id_number", "这个支部的花名册里没有这个身份证号")

    def was_there(self, row: Row, stay: Stay) -> bool:
        return _overlaps(stay.start, stay.end, row.values["month"])

    def _people(self, rows: list[Row]) -> Mapping[tuple[int, int], _Stays]:
        """Return branch and member → the intervals there, of everybody in these branches. One query."""
        held: Any = Membership.objects.filter(branch__in={row.values["branch_id"] for row in rows}).order_by("start")
        found: dict[tuple[int, int], _Stays] = defaultdict(_Stays)
        columns = held.values_list("branch_id", "member_id", "start", "end", "employment")
        for branch, member, *span in columns.iterator(chunk_size=5000):
            found[branch, member].spans.append(tuple(span))
        return dict(found)

    def check(self, rows: list[Row]) -> None:
        """Refuse impossible amounts and days, changes of closed months, and months charged in another branch."""
        closed = ClosedDues.objects.months_of({row.values["branch_id"] for row in rows})
        fresh = [row for row in rows if row.pk is None]
        taken = set(
            DuesCharge.objects.filter(
                member__in={row.values["member_id"] for row in fresh}, month__in={row.values["month"] for row in fresh}
            ).values_list("member_id", "month")
        )
        stored = dict(
            DuesCharge.objects.filter(pk__in=[row.pk for row in rows if row.changes]).values_list("pk", "paid")
        )
        for row in rows:
            for name in ("base", "due", "paid"):
                if not 0 <= row.values.get(name, Decimal(0)) < (MOST if name != "base" else 100 * MOST):
                    self.wrong(row, name, "金额不能是负数，也不会这么大，请核对")
            if row.pk is None and (row.values["member_id"], row.values["month"]) in taken:
                self.wrong(row, "month", "这名党员这个月的党费已经登记在别的支部")
            if row.values.get("paid_on") and row.values["paid_on"] > self.today:
                self.wrong(row, "paid_on", f"缴纳日期在今天（{self.today}）之后")
            if row.values.get("paid_on") and not row.values.get("paid", stored.get(row.pk)):
                self.wrong(row, "paid_on", "填了缴纳日期，却没有实缴金额")
            if (row.pk is None or row.changes) and (row.values["branch_id"], row.values["month"]) in closed:
                self.wrong(row, "month", "这个月已经封账；要改请打开这名党员的这个月，写明原因")
        self._complete([row for row in fresh if not row.errors])

    def _complete(self, rows: list[Row]) -> None:
        """Fill in the base where the file has none: the one that the register held in that month."""
        lines: dict[int, list[tuple[date, date | None, Decimal | None]]] = defaultdict(list)
        wanted = {row.values["member_id"] for row in rows if "base" not in row.values}
        held: Any = DuesBase.objects.filter(member__in=wanted).order_by("since")
        for member, *state in held.values_list("member_id", "since", "until", "base"):
            lines[member].append((state[0], state[1], state[2]))
        for row in rows:
            end = Period.containing(row.values["month"]).end
            for since, until, base in lines[row.values["member_id"]]:
                if "base" not in row.values and since <= end and (until is None or until > end) and base is not None:
                    row.values["base"] = base

    def build(self, row: Row) -> DuesCharge:
        values = row.values
        employment = self.people[values["branch_id"], values["member_id"]].employment_in(values["month"])
        return DuesCharge(**values, employment=employment or "")
