"""Import of decisions that hold of a member for a time: who is meant, and days in order."""

from collections.abc import Sequence
from typing import ClassVar

from branches.models import Organization
from ledgers.importing import Row

from .importing_personal import PersonalImporter
from .references import Stay


class DecisionImporter(PersonalImporter):
    """The key is of whom and from when on."""

    identity: ClassVar[Sequence[str]] = ("member_id", "date")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def check(self, rows: list[Row]) -> None:
        self.later(rows, "until", same_day=False)


class WaiverImporter(DecisionImporter):
    """A waiver may begin with a month to come."""

    def prepare(self, rows: list[Row]) -> None:
        super(PersonalImporter, self).prepare(rows)


class AttachmentImporter(DecisionImporter):
    """Members of any branch that the user keeps are attached to a temporary one."""

    identity = ("organization_id", "member_id", "date")

    def prepare(self, rows: list[Row]) -> None:
        temporary = set(
            Organization.objects.filter(kind=Organization.Kind.TEMPORARY_BRANCH).values_list("pk", flat=True)
        )
        for row in rows:
            if not row.errors and row.values["organization_id"] not in temporary:
                self.wrong(row, "organization_id", "只有临时党支部可以编入别的支部的党员")
        super().prepare(rows)

    def meant(self, row: Row, called: list[Stay]) -> list[Stay]:
        return called
