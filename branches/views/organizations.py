"""One organisation: its page, its profile, its place in the tree."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right, access_of
from branches.forms.tree import DissolveForm, MoveForm, OrganizationForm, may_restructure
from branches.models import Organization, OrganizationEvent
from branches.panels.registry import actions_of, panels_of
from ledgers.requests import PortalRequest


@require_GET
def detail(request: PortalRequest, code: str) -> HttpResponse:
    """Show everything about one organisation in the chosen period."""
    organization = get_object_or_404(Organization.objects.visible_to(request.user), code=code)
    restructure = may_restructure(request.user, organization)
    context = {
        "organization": organization,
        "trail": trail(request, organization),
        "parent": Organization.objects.get_parent(organization),
        "panels": panels_of(organization, request.chosen_period, request.user),
        "actions": actions_of(organization, request.user),
        "may_restructure": restructure and organization.dissolved_on is None,
        "may_move": restructure and organization.dissolved_on is None and not organization.is_root(),
        "period": request.chosen_period,
    }
    return render(request, "branches/detail.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Add an organisation below one that the user keeps; only a superuser may add a root."""
    code, parent = request.GET.get("parent"), None
    if code:
        parent = get_object_or_404(
            Organization.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT).undissolved(), code=code
        )
    form = OrganizationForm(request.POST or None, user=request.user, parent=parent)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已新增。接下来可以登记班子、新增党员。")
        return redirect(there)
    return render(request, "branches/form.html", {"form": form, "parent": parent, "organization": None})


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, code: str) -> HttpResponse:
    """Change an organisation's profile."""
    organization = _editable(request, code)
    form = OrganizationForm(request.POST or None, instance=organization, user=request.user)
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已保存。")
        return redirect(there)
    shown = Organization.objects.get(pk=organization.pk)  # the form has put what was typed into the other object
    return render(request, "branches/form.html", {"form": form, "organization": shown, "trail": trail(request, shown)})


@require_http_methods(["GET", "POST"])
def move(request: PortalRequest, code: str) -> HttpResponse:
    """Move an organisation, with all below it, under another superior from a day on."""
    organization = restructurable(request, code)
    if organization.is_root():
        raise Http404("a root has nowhere to go")
    event = OrganizationEvent(kind=OrganizationEvent.Kind.MOVED, organization=organization)
    form = MoveForm(
        request.POST or None,
        instance=event,
        organization=organization,
        user=request.user,
        initial={"on": timezone.localdate()},
    )
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已转隶。此前各月的数字仍归原上级。")
        return redirect(there)
    context = {"form": form, "organization": organization, "trail": trail(request, organization)}
    return render(request, "branches/move.html", context | {"parent": Organization.objects.get_parent(organization)})


@require_http_methods(["GET", "POST"])
def dissolve(request: PortalRequest, code: str) -> HttpResponse:
    """Dissolve an organisation once nobody and nothing is left in it."""
    organization = restructurable(request, code)
    event = OrganizationEvent(kind=OrganizationEvent.Kind.DISSOLVED, organization=organization)
    form = DissolveForm(
        request.POST or None, instance=event, organization=organization, initial={"on": timezone.localdate()}
    )
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, "已撤销。它的记录都保留，需要时在组织树里勾选“含已撤销”查看。")
        return redirect(there)
    context = {
        "form": form,
        "organization": organization,
        "trail": trail(request, organization),
        "obstacles": organization.obstacles_to_dissolving(timezone.localdate()),
    }
    return render(request, "branches/dissolve.html", context)


def trail(request: PortalRequest, organization: Organization) -> list[Organization]:
    """Return the organisations above it that the user may see, the highest first."""
    access = access_of(request.user)
    return [
        o for o in Organization.objects.get_ancestors(organization) if access.has_on(Right.ORGANIZATIONS_VIEW, o.path)
    ]


def _editable(request: PortalRequest, code: str) -> Organization:
    editable = Organization.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    organization: Organization = get_object_or_404(editable, code=code)
    return organization


def restructurable(request: PortalRequest, code: str) -> Organization:
    """Return an organisation that the user may move or dissolve; one dissolved already is left as it is."""
    organization = _editable(request, code)
    if not may_restructure(request.user, organization):
        raise Http404(f"{code} is the superior's to move")
    return organization
