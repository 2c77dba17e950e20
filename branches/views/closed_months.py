"""The months of a street: which are locked, by whom; locking one, and opening it again with a reason."""

from dataclasses import dataclass
from datetime import date

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.form_errors import OwnWords
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from ledgers.models import ClosedMonth, LateEntry
from ledgers.period import Period

from ..closing import close
from ..models import Organization

SHOWN = 12
"""Months that the page goes back."""


@dataclass(frozen=True)
class MonthRow:
    """One month of the page: whether it is locked, and how much was entered afterwards."""

    period: Period
    closed: ClosedMonth | None
    late: int


class CloseForm(OwnWords, forms.Form):
    """Which month of which street is locked."""

    street = forms.ModelChoiceField(Organization.objects.none())
    month = forms.DateField()

    def clean_month(self) -> date:
        """Take the first day of a month that is over."""
        first: date = self.cleaned_data["month"].replace(day=1)
        if first >= timezone.localdate().replace(day=1):
            raise forms.ValidationError("这个月还没有过完，过完以后才能锁定。")
        return first


class ReopenForm(OwnWords, forms.Form):
    """Why a month is opened again."""

    reason = forms.CharField(max_length=200, error_messages={"required": "重新开启要写明原因。"})


@require_GET
def closed_months(request: HttpRequest) -> HttpResponse:
    """Show the last months of the street that is looked at. Four queries."""
    place = request.chosen_organization  # type: ignore[attr-defined]
    street = _street_over(place) if place else None
    if street is None:
        return render(request, "branches/closed_months.html", {"rows": []})
    month = Period.containing(timezone.localdate(), Period.MONTH).previous()
    months = [month]
    while len(months) < SHOWN:
        months.append(months[-1].previous())
    closed = ClosedMonth.objects.filter(street=street, month__gte=months[-1].start).select_related("updated_by")
    held = {one.month: one for one in closed}
    late = LateEntry.objects.visible_to(request.user).under(street)
    counted = dict(late.order_by().values_list("month").annotate(Count("pk")))
    context = {
        "street": street,
        "rows": [MonthRow(one, held.get(one.start), counted.get(one.start, 0)) for one in months],
        "may_close": access_of(request.user).has_on(Right.SETTINGS_MANAGE, street.path),
    }
    return render(request, "branches/closed_months.html", context)


@require_POST
def close_month(request: HttpRequest) -> HttpResponse:
    """Lock a month."""
    form = CloseForm(request.POST)
    streets = Organization.objects.visible_to(request.user, Right.SETTINGS_MANAGE)
    form.fields["street"].queryset = streets.filter(kind=Organization.Kind.WORKING_COMMITTEE)  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.error(request, " ".join(str(words) for found in form.errors.values() for words in found))
        return redirect("branches:closed-months")
    street, month = form.cleaned_data["street"], form.cleaned_data["month"]
    close([Period.containing(month)], street)
    messages.success(request, f"{month.year}年{month.month}月已锁定，以后登记和改动要写明补录原因。")
    return redirect("branches:closed-months")


@require_POST
def reopen_month(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a locked month again, with a reason, and leave a trace."""
    held = get_object_or_404(ClosedMonth.objects.visible_to(request.user, Right.SETTINGS_MANAGE), pk=pk)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "重新开启要写明原因。")
        return redirect("branches:closed-months")
    _reopen(held, form.cleaned_data["reason"])
    messages.success(request, f"{held.month.year}年{held.month.month}月已重新开启。")
    return redirect("branches:closed-months")


@atomic
def _reopen(held: ClosedMonth, reason: str) -> None:
    audit.record(
        "reopen-month", held, label=str(held), changes={"原因": (None, reason)}, organization_path=held.audit_path()
    )
    held.delete()


def _street_over(place: Organization) -> Organization | None:
    """Return the street in which an organisation lies."""
    above = Organization.objects.filter(path__in=Organization.paths_to(place.path))
    return above.filter(kind=Organization.Kind.WORKING_COMMITTEE).first()
