"""Import of democratic reviews: whose, in which branch and year."""

from datetime import date

from django.db import models

from ledgers.importing import Row
from members.ledgers.references import MemberReferences

from .models import DemocraticReview


class DemocraticImporter(MemberReferences):
    """The key is branch, year and member. Without a day of the grade, a new row gets the year's last, or today."""

    identity = ("organization_id", "year", "member_id")

    def key_column(self, row: Row) -> str:
        return "姓名"

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            for key, message in DemocraticReview.faults(row.values):
                self.wrong(row, key, message)

    def build(self, row: Row) -> models.Model:
        day = min(date(row.values["year"], 12, 31), self.today)
        return DemocraticReview(**{"date": day, **row.values})
