"""One note of a visit, with the concerns that came up at it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from branches.views.records import deletes, fill_in, ledger_crumb, organization_asked, to_ledger
from ledgers.requests import PortalRequest
from ledgers.scope import may

from ..forms.visits import VisitForm
from ..models import Visit


@require_GET
def detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a note."""
    shown = get_object_or_404(Visit.objects.visible_to(request.user).select_related("organization"), pk=pk)
    context = {
        "visit": shown,
        "concerns": shown.concerns.all(),
        "trail": [ledger_crumb("visits"), (str(shown), "")],
        "may_edit": may(request.user, Right.ACTIVITIES_EDIT, shown.organization),
    }
    return render(request, "activities/visit.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Write down a visit."""
    kind = request.GET.get("kind", "")
    initial = {
        "organization": organization_asked(request, Right.ACTIVITIES_EDIT),
        "kind": kind if kind in Visit.Kind.values else Visit.Kind.RESIDENTS,
    }
    form = VisitForm(request.POST or None, instance=Visit(), user=request.user, initial=initial)
    return fill_in(
        request, form, "登记走访", [ledger_crumb("visits")], "已登记。走访中居民反映的事，可以接着登记诉求。"
    )


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Correct a note."""
    editable = Visit.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization")
    held = get_object_or_404(editable, pk=pk)
    crumbs = [ledger_crumb("visits"), (str(held), held.get_absolute_url())]
    form = VisitForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑走访记录", crumbs, "已保存。")


delete = deletes(Visit, to_ledger("visits"), Right.ACTIVITIES_EDIT)
