"""Enterprises and social organisations, and their instructors' visits."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from branches.forms.records import EnterpriseForm, VisitForm
from branches.models import Enterprise, InstructorVisit
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import adds_part, creates, deletes, edits, edits_part, ledger_crumb, to_ledger, to_whole

SLUG = "enterprises"
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
        "trail": [ledger_crumb(SLUG), (shown.name, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
    }
    return render(request, "branches/enterprise.html", context)


def _first_words(visited: Enterprise) -> dict[str, Any]:
    return {"on": timezone.localdate(), "instructor": visited.state.instructor}


create = creates(EnterpriseForm, SLUG, "登记两新组织", "已登记。")
edit = edits(EnterpriseForm, SLUG, "编辑两新组织")
delete = deletes(Enterprise, to_ledger(SLUG))
create_visit = adds_part(VisitForm, "enterprise", SLUG, "登记指导员走访", "已登记走访。", _first_words)
edit_visit = edits_part(VisitForm, "enterprise", SLUG, "编辑走访")
delete_visit = deletes(InstructorVisit, to_whole)
