"""How an import finds the members that its rows name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from accounts.encryption import blind_index
from accounts.permissions import access_of
from ledgers.importing import CellError, RecordImporter, Row

from ..models import Member, Membership, mask_id

NAMED_BY = ("name", "id_number")
"""Keys of the columns that name a member, and are no fields of the record."""
NO_SUCH_NUMBER, NO_SUCH_NAME, NO_NAME = (
    "党员花名册里没有这个身份证号",
    "本支部的花名册里没有这个人",
    "请填姓名或身份证号",
)
NOBODY = (NO_SUCH_NUMBER, NO_SUCH_NAME, NO_NAME)
"""What is said of a row that names nobody of the register."""


@dataclass(frozen=True)
class Stay:
    """One interval of a member in a branch: whose, their masked ID, the branch's path, from when to when."""

    member_id: int
    mask: str
    path: str
    start: date
    end: date | None

    def covers(self, day: date | None) -> bool:
        """Say whether it holds on a day, or still holds where no day is given."""
        return self.end is None if day is None else self.start <= day and (self.end is None or day < self.end)


class MemberReferences(RecordImporter):
    """Base of importers of records about members: the columns `name` and `id_number` become the field `member_id`.

    A member is found by citizen ID, or by a name that only one member of the row's organisation has: on the row's
    day, otherwise at any time. A masked ID tells namesakes apart.
    """

    member_is_required = True
    place_key = "organization_id"
    """Key of the column that names the row's organisation."""

    @property
    def fields(self) -> list[str]:
        return [key for key in super().fields if key not in NAMED_BY]

    def prepare(self, rows: list[Row]) -> None:
        """Find everybody; what named them leaves the row."""
        for row in rows:
            named = any(key in row.values for key in NAMED_BY)
            if self.member_is_required and not named and not row.errors:
                row.errors.append(CellError("姓名", "", NO_NAME))
        sound = [row for row in rows if not row.errors]
        self._by_number([row for row in sound if "id_number" in row.values])
        self._by_name([row for row in sound if "id_number" not in row.values and "name" in row.values])
        for row in sound:
            if not row.errors:
                for key in NAMED_BY:
                    row.values.pop(key, None)

    def _by_number(self, rows: list[Row]) -> None:
        indexes = {number: blind_index(number, "citizen-id") for number in {row.values["id_number"] for row in rows}}
        if not indexes:
            return
        held = Member.objects.visible_to(self.user, self.ledger.edit_right)
        if len(indexes) < self.reads_whole_scope:
            held = held.filter(id_number_index__in=list(indexes.values()))
        # Who left comes first, so that one who is in the register has the last word.
        people = {
            index: (pk, name)
            for index, pk, name in held.order_by("-leave_kind").values_list("id_number_index", "pk", "name")
        }
        for row in rows:
            pk, name = people.get(indexes[row.values["id_number"]], (None, ""))
            if pk is None:
                self.wrong(row, "id_number", NO_SUCH_NUMBER)
            elif row.values.get("name", name) != name:
                self.wrong(row, "name", "姓名和身份证号不是同一名党员，请核对")
            else:
                row.values["member_id"] = pk

    def _by_name(self, rows: list[Row]) -> None:
        stays = self.stays({row.values["name"] for row in rows}, any("id_number" in row.masked for row in rows))
        for row in rows:
            here = self.meant(row, stays[row.values["name"]])
            if masked := row.masked.get("id_number", "").upper():
                here = [stay for stay in here if stay.mask == masked]
            fit = {stay.member_id for stay in here if self.was_there(row, stay)} or {stay.member_id for stay in here}
            if len(fit) == 1:
                row.values["member_id"] = next(iter(fit))
            elif fit:
                self.wrong(row, "name", f"本支部有 {len(fit)} 名党员叫这个名字，请填完整的身份证号")
            else:
                self.wrong(row, "name", NO_SUCH_NAME)

    def meant(self, row: Row, called: list[Stay]) -> list[Stay]:
        """Keep, of the intervals of everybody so called, those of the row's organisation."""
        path = self.paths[row.values[self.place_key]]
        return [stay for stay in called if stay.path.startswith(path)]

    def was_there(self, row: Row, stay: Stay) -> bool:
        """Say whether an interval holds when the row happened."""
        return stay.covers(row.values.get("date"))

    @cached_property
    def paths(self) -> Mapping[int, str]:
        """Tree paths of the organisations that this import may write to."""
        return {pk: path for places in self.organizations().values() for pk, _, path, _ in places}

    def stays(self, names: Iterable[str], with_masks: bool = False) -> Mapping[str, list[Stay]]:
        """Return name → the intervals of everybody so called, as far as this import may write. One query."""
        wanted = set(names)
        found: dict[str, list[Stay]] = defaultdict(list)
        if not wanted:
            return found
        held = Membership.objects.filter(access_of(self.user).scope(self.ledger.edit_right, "branch__path"))
        if len(wanted) < self.reads_whole_scope:
            held = held.filter(member__name__in=wanted)
        number = "member__id_number" if with_masks else "member__name"
        columns: Any = held.values_list("member__name", "member_id", number, "branch__path", "start", "end")
        for name, pk, shown, *interval in columns.iterator(chunk_size=5000):
            found[name].append(Stay(pk, mask_id(shown) if with_masks else "", *interval))
        return found
