"""Who comes: the rate of each branch, and of each member of one branch."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from branches.views.records import ledger_crumb
from ledgers.requests import PortalRequest, needs_organization

from ..absence import RUNNING, rates_of_branches, rates_of_members


@require_GET
@needs_organization
def rates(request: PortalRequest) -> HttpResponse:
    """Show the rates of the organisation and the period chosen at the top."""
    organization, period = request.chosen_organization, request.chosen_period
    context = {
        "period": period,
        "running": RUNNING,
        "place": organization,
        "trail": [ledger_crumb("attendance"), ("到会率", "")],
    }
    if organization.is_branch:
        context["members"] = rates_of_members(organization, period, request.user)
    else:
        context["branches"] = rates_of_branches(organization, period, request.user)
    return render(request, "activities/rates.html", context)
