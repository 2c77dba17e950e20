"""The choice of a period in a form: those that a record may be about, the latest first."""

from collections.abc import Sequence

from django import forms
from django.utils import timezone

from ledgers.period import Period, PeriodKind

OFFERED = {Period.YEAR: 4, Period.HALF: 6, Period.QUARTER: 8}


def offer_periods(form: forms.ModelForm, label: str, kinds: Sequence[PeriodKind]) -> None:
    """Let the field `period` of a form offer periods of these kinds: the coming one, the running one, those before.

    What the record holds is always among them; a new one begins with the running period of the first kind.
    """
    today, held = timezone.localdate(), form.instance.period
    periods: list[Period] = []
    for kind in kinds:
        now = Period.containing(today, kind)
        periods += [now.following(), *reversed([*now.last(OFFERED[kind])])]
    if held and Period.parse(held) not in periods:
        periods.insert(0, Period.parse(held))
    choices = [(period.code, period.label) for period in periods]
    form.fields["period"] = forms.ChoiceField(label=label, choices=choices)
    form.initial["period"] = held or Period.containing(today, kinds[0]).code
