"""Party workers and their training."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Right
from branches.models import PartyWorker, WorkerTraining
from branches.record_forms import TrainingForm, WorkerForm
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import deletes, fill_in, ledger_crumb, organization_asked


@require_GET
def worker(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one Party worker; what they earn only to who may see personal data."""
    visible = PartyWorker.objects.visible_to(request.user).select_related("organization", "member__branch")
    shown = get_object_or_404(visible, pk=pk)
    trainings = list(shown.trainings.all())
    context = {
        "worker": shown,
        "trainings": trainings,
        "hours": sum(training.hours for training in trainings),
        "trail": [ledger_crumb("workers"), (shown.name, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
        "may_see_pay": may(request.user, Right.SENSITIVE_REVEAL, shown.organization),
        "may_see_member": shown.member and may(request.user, Right.MEMBERS_VIEW, shown.member.branch),
    }
    return render(request, "branches/worker.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register a Party worker."""
    initial = {"organization": organization_asked(request)}
    form = WorkerForm(request.POST or None, instance=PartyWorker(), user=request.user, initial=initial)
    return fill_in(request, form, "登记党务工作者", [ledger_crumb("workers")], "已登记。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a Party worker's record, or let them leave."""
    held = _editable(request, pk)
    crumbs = [ledger_crumb("workers"), (held.name, held.get_absolute_url())]
    form = WorkerForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑党务工作者", crumbs, "已保存。")


delete = deletes(PartyWorker, lambda record: get_ledger("workers").url())


@require_http_methods(["GET", "POST"])
def create_training(request: PortalRequest, pk: int) -> HttpResponse:
    """Record a training."""
    trained = _editable(request, pk)
    form = TrainingForm(
        request.POST or None, instance=WorkerTraining(worker=trained), initial={"on": timezone.localdate()}
    )
    crumbs = [ledger_crumb("workers"), (trained.name, trained.get_absolute_url())]
    return fill_in(request, form, "登记培训", crumbs, "已登记培训。")


@require_http_methods(["GET", "POST"])
def edit_training(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a training."""
    editable = WorkerTraining.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    held = get_object_or_404(editable.select_related("worker__organization"), pk=pk)
    crumbs = [ledger_crumb("workers"), (held.worker.name, held.get_absolute_url())]
    return fill_in(request, TrainingForm(request.POST or None, instance=held), "编辑培训", crumbs, "已保存。")


delete_training = deletes(WorkerTraining, lambda record: record.get_absolute_url())  # type: ignore[attr-defined]


def _editable(request: PortalRequest, pk: int) -> PartyWorker:
    editable = PartyWorker.objects.visible_to(request.user, Right.ORGANIZATIONS_EDIT)
    return get_object_or_404(editable.select_related("organization"), pk=pk)
