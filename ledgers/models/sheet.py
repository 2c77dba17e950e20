"""Sheets of facts: what was counted per organisation and month, and what has changed since."""

from datetime import date

from django.db import models


class FactMonth(models.Model):
    """A month that has been counted for a street (see accounts.streets), and with which facts."""

    street_id = models.BigIntegerField()
    month = models.DateField("月份")
    codes = models.CharField("所含指标的摘要", max_length=64, blank=True)
    day = models.DateField("存量截至", null=True)  # the last day, of a running month the day on which it was counted
    counted_at = models.DateTimeField("计数时间", auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["street_id", "month"], name="one_count_of_a_month")]

    def __str__(self) -> str:
        return f"{self.street_id} {self.month:%Y-%m}"


class FactSheet(models.Model):
    """One organisation in one month. `own` holds its own records' facts, `total` those of its whole subtree.

    Of an organisation above streets `total` is without theirs: they are added when it is read. Both map fact codes to
    numbers, zeros left out; amounts of money stand as strings so that no cent is lost.
    """

    DERIVED = True
    """Worked out by the portal from records: no use that somebody made of them."""

    organization = models.ForeignKey("branches.Organization", models.CASCADE, related_name="+")
    month = models.DateField()
    own = models.JSONField(default=dict)
    total = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "month"], name="one_sheet_per_month")]
        indexes = [models.Index(fields=["month", "organization"])]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m}"


class StaleMark(models.Model):
    """A change that the sheets do not hold yet; written in the change's own transaction, gone once counted.

    It is of one organisation, or of a whole street where the tree itself changed. Adding a row, rather than flagging
    sheets, leaves no gap: a mark that commits while a rebuild is reading is still there afterwards.
    """

    DERIVED = True
    """Worked out by the portal from records: no use that somebody made of them."""

    organization = models.ForeignKey("branches.Organization", models.CASCADE, null=True, related_name="+")
    street_id = models.BigIntegerField(null=True)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["since"])]

    def __str__(self) -> str:
        return f"{self.organization_id or self.street_id} {self.since}"

    def reaches(self, start: date) -> bool:
        """Say whether it is of the month that begins on a day."""
        return self.since <= start and (self.until is None or start <= self.until)
