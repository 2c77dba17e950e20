"""The choice of a period in a form: those that a record may be about, the latest first."""

from collections.abc import Sequence

from django import forms
from django.utils import timezone

from ledgers.period import Period, PeriodKind

OFFERED = {Period.YEAR: 4, Period.HALF: 6, Period.QUARTER: 8}


def period_field(label: str, kinds: Sequence[PeriodKind], held: str = "") -> forms.ChoiceField:
    """Return the field: the period after the running one first, and always what the record holds."""
    today = timezone.localdate()
    periods: list[Period] = []
    for kind in kinds:
        now = Period.containing(today, kind)
        periods += [now.following(), *reversed([*now.last(OFFERED[kind])])]
    if held and Period.parse(held) not in periods:
        periods.insert(0, Period.parse(held))
    return forms.ChoiceField(
        label=label,
        choices=[(period.code, period.label) for period in periods],
        initial=held or Period.containing(today, kinds[0]).code,
    )
