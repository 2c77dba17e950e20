"""The page of the numbers that a street sets for itself."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from accounts.transactions import atomic
from activities.models.concerns import renew_answer_days
from branches.models import Organization
from ledgers.models.record import Conflict

from ..beginning import KEY
from ..forms.local_settings import LocalNumbersForm
from ..local import NUMBERS
from ..models import LocalSetting


@require_http_methods(["GET", "POST"])
def local_settings(request: HttpRequest) -> HttpResponse:
    """Show and take the numbers that a street sets for itself."""
    streets = Organization.objects.visible_to(request.user, Right.SETTINGS_MANAGE).filter(
        kind=Organization.Kind.WORKING_COMMITTEE
    )
    if not getattr(request, "chosen_organization", None):
        return render(request, "assessments/empty.html", {"title": "本街道规定"})
    street = _street(request, list(streets))
    held = {setting.key: setting for setting in LocalSetting.objects.filter(organization=street)}
    form = LocalNumbersForm(request.POST or None, initial={key: setting.value for key, setting in held.items()})
    if request.method == "POST" and form.is_valid():
        try:
            _save_numbers(street, held, form.cleaned_data)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        else:
            messages.success(request, "本街道规定已保存，预警会按新的规定重新核对。")
            return redirect(f"{reverse('assessments:settings')}?organization={street.code}")
    return render(request, "assessments/settings.html", {"form": form, "street": street, "streets": streets})


@atomic
def _save_numbers(street: Organization, held: dict[str, LocalSetting], numbers: dict[str, int | None]) -> None:
    for key in (*(number.key for number in NUMBERS), KEY):
        setting, value = held.get(key), numbers[key]
        if value is None:
            if setting is not None:
                setting.erase()
            continue
        setting = setting or LocalSetting(organization=street, key=key)
        setting.value = value
        setting.record()
    renew_answer_days(street)


def _street(request: HttpRequest, streets: list[Organization]) -> Organization:
    """Return the street whose numbers are meant: the one named, the one above what is chosen, or the first."""
    if code := request.GET.get("organization"):
        named = [street for street in streets if street.code == code]
        if named:
            return named[0]
    chosen = getattr(request, "chosen_organization", None)
    if chosen:
        above = [street for street in streets if chosen.path.startswith(street.path)]
        if above:
            return above[0]
    if not streets:
        raise Http404("no street in reach")
    return streets[0]
