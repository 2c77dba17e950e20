"""Where an observation tour went."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from branches.views.records import ledger_crumb
from ledgers.requests import PortalRequest

from ..forms.tours import TourForm
from ..models import Activity
from ..workflow import Allowed


@require_http_methods(["GET", "POST"])
def stops(request: PortalRequest, pk: int) -> HttpResponse:
    """Say which communities a tour went to."""
    editable = Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization")
    tour = get_object_or_404(editable, pk=pk, kind=Activity.Kind.OBSERVATION)
    if not Allowed.of(tour, request.user).edit:
        raise Http404
    form = TourForm(request.POST or None, instance=tour)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存观摩的社区。")
        return redirect(there)
    trail = [ledger_crumb("activities"), (tour.topic, tour.get_absolute_url()), ("观摩的社区", "")]
    context = {"form": form, "tour": tour, "trail": trail, "back": tour.get_absolute_url()}
    return render(request, "activities/tour_form.html", context)
