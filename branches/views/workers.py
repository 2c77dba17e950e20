"""Party workers and their training."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from branches.forms.records import TrainingForm, WorkerForm
from branches.models import PartyWorker, WorkerTraining
from ledgers.requests import PortalRequest
from ledgers.scope import may

from .records import adds_part, creates, deletes, edits, edits_part, ledger_crumb, to_ledger, to_whole

SLUG = "workers"


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
        "trail": [ledger_crumb(SLUG), (shown.name, "")],
        "may_edit": may(request.user, Right.ORGANIZATIONS_EDIT, shown.organization),
        "may_see_pay": may(request.user, Right.SENSITIVE_REVEAL, shown.organization),
        "may_see_member": shown.member and may(request.user, Right.MEMBERS_VIEW, shown.member.branch),
    }
    return render(request, "branches/worker.html", context)


create = creates(WorkerForm, SLUG, "登记党务工作者", "已登记。")
edit = edits(WorkerForm, SLUG, "编辑党务工作者")
delete = deletes(PartyWorker, to_ledger(SLUG))
create_training = adds_part(
    TrainingForm, "worker", SLUG, "登记培训", "已登记培训。", lambda trained: {"on": timezone.localdate()}
)
edit_training = edits_part(TrainingForm, "worker", SLUG, "编辑培训")
delete_training = deletes(WorkerTraining, to_whole)
