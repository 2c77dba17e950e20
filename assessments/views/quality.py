"""The page of the register's quality."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from members.gaps import FAULTS, GAPS

from .. import quality as figures
from .choice import chosen_organization, chosen_period

PAGE_SIZE = 50


@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    """Show what the register lacks and what is wrong in it: the whole, and branch by branch, the worst first."""
    organization, period, today = chosen_organization(request), chosen_period(request), timezone.localdate()
    if organization is None:
        return render(request, "assessments/empty.html", {"title": "数据质量"})
    as_of = period.end if period.end < today else None
    whole, branches = figures.lines(organization, as_of or today, as_of, request.user)
    page = Paginator(branches, PAGE_SIZE).get_page(request.GET.get("page"))
    kinds = [each for _, each in figures.KINDS]
    context = {"organization": organization, "day": as_of or today, "whole": whole, "page": page, "kinds": kinds}
    context |= {"gaps": len(GAPS), "faults": len(FAULTS)}
    return render(request, "assessments/quality.html", context)
