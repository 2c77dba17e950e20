"""Pages of check-ins: somebody who reported to a community, and the hours served there."""

from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest
from ledgers.scope import may
from ledgers.views import EVER
from members.forms.personal import CheckInForm, ServiceForm, communities_for
from members.models import CommunityCheckIn, ServiceEntry
from members.views.picking import member_asked

HOURS = "service-hours"
"""The ledger of hours served: it reads the rolls of activities, and so belongs to the app above."""
SHOWN = 50


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Enter a check-in, of the member or at the community in the query string if one is named there."""
    member = member_asked(request)
    initial: dict[str, Any] = {"member": member, "community": _community(request)}
    form = CheckInForm(request.POST or None, instance=CommunityCheckIn(), initial=initial, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, f"已登记{form.instance.name}到社区报到。")
        seen = CommunityCheckIn.objects.visible_to(request.user).filter(pk=form.instance.pk).exists()
        return redirect(there if seen else form.instance.member or "members:checkin-create")
    return render(request, "members/checkins/form.html", {"form": form, "member": member})


def _community(request: PortalRequest) -> Organization | None:
    """Return the community asked for or chosen at the top; where only one can be chosen, that one."""
    offered = communities_for(request.user, None)
    code = request.GET.get("community") or getattr(request.chosen_organization, "code", "")
    found: list[Organization] = list(offered.filter(code=code)[:1]) or list(offered[:2])
    return found[0] if len(found) == 1 else None


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a check-in with the hours served."""
    seen = CommunityCheckIn.objects.visible_to(request.user).select_related("community", "member__branch")
    checkin = get_object_or_404(seen, pk=pk)
    ledger = get_ledger(HOURS)
    query = Query(checkin.community, filters={"checkin": str(checkin.pk)})
    rows = ledger.ordered(ledger.queryset().filter(checkin=checkin))
    lines = list(rows.select_related("organization")[: SHOWN + 1])
    inside = may(request.user, Right.MEMBERS_VIEW, checkin.community)
    context = {
        "checkin": checkin,
        "lines": [(line, line.id[1:] if line.source == "hand" else "") for line in lines[:SHOWN]],
        "more": len(lines) > SHOWN,
        "hours": rows.order_by().aggregate(n=Sum("hours"))["n"] or 0,
        "hours_url": f"{ledger.url(query)}&period={EVER}" if inside else "#hours",
        "inside": inside,
        "may_edit": _editable(request).filter(pk=pk).exists(),
    }
    return render(request, "members/checkins/detail.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a check-in, or end it."""
    checkin = get_object_or_404(_editable(request), pk=pk)
    name = checkin.name
    form = CheckInForm(request.POST or None, instance=checkin, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    return render(request, "members/checkins/form.html", {"form": form, "checkin": checkin, "name": name})


@require_POST
def delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete a check-in that was entered by mistake; one with hours noted by hand is ended instead."""
    checkin = get_object_or_404(_editable(request), pk=pk)
    if checkin.entries.exists():
        messages.error(request, "已经登记了服务时数，不能删除；不再服务的，请在“编辑”里填结束日期。")
        return redirect(checkin)
    name, home = checkin.name, checkin.member or get_ledger("checkins").url()
    checkin.erase()
    messages.success(request, f"已删除{name}的报到登记。")
    return redirect(home)


@require_http_methods(["GET", "POST"])
def serve(request: PortalRequest, pk: int) -> HttpResponse:
    """Note hours that somebody served."""
    checkin = get_object_or_404(_editable(request), pk=pk)
    return _hours(request, ServiceEntry(checkin=checkin), "已登记服务时数。")


@require_http_methods(["GET", "POST"])
def serve_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change hours noted by hand."""
    return _hours(request, _entry(request, pk), "已保存。")


@require_POST
def serve_delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete hours noted by mistake."""
    entry = _entry(request, pk)
    entry.erase()
    messages.success(request, "已删除这条服务时数。")
    return redirect(entry.checkin)


def _entry(request: PortalRequest, pk: int) -> ServiceEntry:
    kept = ServiceEntry.objects.visible_to(request.user, Right.MEMBERS_EDIT)
    entry: ServiceEntry = get_object_or_404(kept.select_related("checkin__community"), pk=pk)
    return entry


def _hours(request: PortalRequest, entry: ServiceEntry, done: str) -> HttpResponse:
    form = ServiceForm(request.POST or None, instance=entry)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    return render(request, "members/checkins/hours.html", {"form": form, "checkin": entry.checkin, "entry": entry})


def _editable(request: PortalRequest) -> Any:
    kept = CommunityCheckIn.objects.visible_to(request.user, Right.MEMBERS_EDIT)
    return kept.select_related("community", "member")
