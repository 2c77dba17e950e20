"""Import of dues as offices keep them in Excel: one row for each member and month."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.encryption import blind_index
from accounts.permissions import access_of
from ledgers.importing import CellError, RecordImporter, Row
from ledgers.period import Period
from members.models import ClosedDues, DuesBase, DuesCharge, Membership, mask_id

from .sheet import MOST

PERSON = ("name", "id_number")
"""Columns that name the member, and are no fields of the charge."""


@dataclass
class _Person:
    """One member of a branch, now or once: masks and indexes to be found by, intervals there, states in them."""

    pk: int
    name: str
    index: str
    stays: list[tuple[date, date | None, str]] = field(default_factory=list)

    def employment_in(self, month: date) -> str | None:
        """Return the employment in a month; None where the member was not in the branch then."""
        end = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        return next(
            (e for start, until, e in reversed(self.stays) if start < end and (not until or until > month)), None
        )


class DuesImporter(RecordImporter):
    """The key is member and month. The member is one of the branch named in the row, now or once."""

    identity = ("member_id", "month")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people: dict[int, _Person] = {}

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in PERSON]

    def key_column(self, row: Row) -> str:
        return "月份"

    def prepare(self, rows: list[Row]) -> None:
        """Bring months to their first day and find the members."""
        for row in rows:
            if month := row.values.get("month"):
                row.values["month"] = month.replace(day=1)
                if row.values["month"] > self.today:
                    self.wrong(row, "month", "这个月还没有到")
            if not row.errors and not any(key in row.values or key in row.masked for key in PERSON):
                row.errors.append(CellError("姓名", "", "请填姓名或身份证号"))
        self._find_members([row for row in rows if not row.errors])

    def _find_members(self, rows: list[Row]) -> None:
        by_branch = self._people({row.values["branch_id"] for row in rows})
        masked = {row.masked["id_number"].upper() for row in rows if "id_number" in row.masked}
        masks = self._masks(by_branch) if masked else {}
        for row in rows:
            here = by_branch[row.values["branch_id"]]
            number, name = row.values.get("id_number"), row.values.get("name")
            if number is not None:
                found = [one for one in here if one.index == blind_index(number, "citizen-id")]
                key, nobody = "id_number", "这个支部的花名册里没有这个身份证号"
            else:
                found = [one for one in here if one.name == name]
                if "id_number" in row.masked:
                    mask = row.masked["id_number"].upper()
                    found = [one for one in here if masks[one.pk] == mask and name in (None, one.name)]
                key, nobody = "name", "这个支部的花名册里没有这个人"
            then = [one for one in found if one.employment_in(row.values["month"]) is not None]
            found = then if then else found
            if len(found) == 1:
                row.values["member_id"] = found[0].pk
            else:
                self.wrong(row, key, f"本支部有 {len(found)} 名党员叫这个名字，请填完整的身份证号" if found else nobody)

    def _people(self, branches: set[int]) -> Mapping[int, list[_Person]]:
        """Return branch id → everybody who is or was in it, for branches that this import may write to. One query."""
        mine = access_of(self.user).scope(self.ledger.edit_right, "branch__path")
        rows = Membership.objects.filter(mine, branch__in=branches).order_by("start")
        found: dict[int, dict[int, _Person]] = defaultdict(dict)
        columns: Any = rows.values_list(
            "branch_id", "member_id", "member__name", "member__id_number_index", "start", "end", "employment"
        )
        for branch, pk, name, index, *stay in columns.iterator(chunk_size=5000):
            person = found[branch].setdefault(pk, self.people.setdefault(pk, _Person(pk, name, index)))
            person.stays.append((stay[0], stay[1], stay[2]))
        return defaultdict(list, {branch: list(people.values()) for branch, people in found.items()})

    def _masks(self, by_branch: Mapping[int, list[_Person]]) -> Mapping[int, str]:
        """Return member id → masked citizen ID."""
        rows = Membership.objects.filter(branch__in=list(by_branch)).values_list("member_id", "member__id_number")
        return {pk: mask_id(number) for pk, number in rows.iterator(chunk_size=5000)}

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
        values = {key: value for key, value in row.values.items() if key not in PERSON}
        employment = self.people[values["member_id"]].employment_in(values["month"])
        return DuesCharge(**values, employment=employment or "")
