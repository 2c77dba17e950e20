"""Enterprises and social organisations, and their instructors' visits."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from branches.models import Enterprise, InstructorVisit
from branches.record_forms import EnterpriseForm, VisitForm
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import deletes, fill_in, ledger_crumb, organization_asked

VISITS_SHOWN = 50


@require_GET
def enterprise(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one enterprise: what it is like now and was before, and the visits."""
    shown = get_object_or_404(Enterprise.objects.visible_to(request.user).select_related("organization"), pk=pk)
    states = list(shown.states.select_related("organization", "party_organization").order_by("-start"))
    context = {
        "enterprise": shown,
        "state": states[0],
        "states": states,
        "visits": shown.visits.all()[:VISITS_SHOWN],
        "trail": [ledger_crumb("enterprises"), (shown.name, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
    }
    return render(request, "branches/enterprise.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register an enterprise."""
    initial = {"organization": organization_asked(request)}
    form = EnterpriseForm(request.POST or None, instance=Enterprise(), user=request.user, initial=initial)
    return fill_in(request, form, "登记两新组织", [ledger_crumb("enterprises")], "已登记。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change an enterprise, or what it is like from a day on."""
    held = _editable(request, pk)
    crumbs = [ledger_crumb("enterprises"), (held.name, held.get_absolute_url())]
    form = EnterpriseForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑两新组织", crumbs, "已保存。")


delete = deletes(Enterprise, lambda record: get_ledger("enterprises").url())


@require_http_methods(["GET", "POST"])
def create_visit(request: PortalRequest, pk: int) -> HttpResponse:
    """Record a visit of the instructor."""
    visited = _editable(request, pk)
    initial = {"on": timezone.localdate(), "instructor": visited.state.instructor}
    form = VisitForm(request.POST or None, instance=InstructorVisit(enterprise=visited), initial=initial)
    crumbs = [ledger_crumb("enterprises"), (visited.name, visited.get_absolute_url())]
    return fill_in(request, form, "登记指导员走访", crumbs, "已登记走访。")


@require_http_methods(["GET", "POST"])
def edit_visit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a visit, or say what became of it."""
    editable = InstructorVisit.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    held = get_object_or_404(editable.select_related("enterprise__organization"), pk=pk)
    crumbs = [ledger_crumb("enterprises"), (held.enterprise.name, held.get_absolute_url())]
    return fill_in(request, VisitForm(request.POST or None, instance=held), "编辑走访", crumbs, "已保存。")


delete_visit = deletes(InstructorVisit, lambda record: record.get_absolute_url())  # type: ignore[attr-defined]


def _editable(request: PortalRequest, pk: int) -> Enterprise:
    editable = Enterprise.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    return get_object_or_404(editable.select_related("organization"), pk=pk)
