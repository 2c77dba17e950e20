"""One organisation that becomes another on a day: renamed, of another kind, merged with others, split."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from branches.forms.life import KindForm, MergeForm, RenameForm, SplitForm
from branches.models import Organization, OrganizationEvent
from ledgers.forms import RecordForm
from ledgers.requests import PortalRequest

from .organizations import restructurable, trail

Kind = OrganizationEvent.Kind


@require_http_methods(["GET", "POST"])
def rename(request: PortalRequest, code: str) -> HttpResponse:
    """Give an organisation another name from a day on."""
    organization = _live(request, code)
    initial = {"on": timezone.localdate(), "name": organization.name, "short_name": organization.short_name}
    event = OrganizationEvent(kind=Kind.RENAMED, organization=organization)
    form = RenameForm(request.POST or None, instance=event, organization=organization, initial=initial)
    about = "此前的记录都保留，各台账从现在起显示新名称。"
    return _fill_in(request, form, organization, "更名", about, "已更名。")


@require_http_methods(["GET", "POST"])
def change_kind(request: PortalRequest, code: str) -> HttpResponse:
    """Change an organisation's kind from a day on."""
    organization = _live(request, code)
    event = OrganizationEvent(kind=Kind.KIND_CHANGED, organization=organization)
    initial = {"on": timezone.localdate()}
    form = KindForm(request.POST or None, instance=event, organization=organization, initial=initial)
    about = f"现在的类别：{organization.get_kind_display()}。"
    return _fill_in(request, form, organization, "改变类别", about, "已改变类别。此前各月的数字不变。")


@require_http_methods(["GET", "POST"])
def merge(request: PortalRequest, code: str) -> HttpResponse:
    """Merge other branches into one."""
    organization = _branch(request, code)
    event = OrganizationEvent(kind=Kind.MERGED, organization=organization)
    form = MergeForm(
        request.POST or None,
        instance=event,
        organization=organization,
        user=request.user,
        initial={"on": timezone.localdate()},
    )
    about = f"合并后保留{organization.name}，别的党支部并进来。合并前请把并入支部的发展党员对象转好。"
    done = "已合并。党员和他们的经历都转了过来，并入的支部可在组织树勾选“含已撤销”查看。"
    return _fill_in(request, form, organization, "合并", about, done)


@require_http_methods(["GET", "POST"])
def split(request: PortalRequest, code: str) -> HttpResponse:
    """Found a new branch with some members of this one."""
    organization = _branch(request, code)
    form = SplitForm(request.POST or None, source=organization, user=request.user)
    about = f"从{organization.name}分出一个新的党支部，勾选的党员从分设之日起转过去。在班子里任职的，请另行办理离任。"
    return _fill_in(request, form, organization, "分设", about, "已分设。接下来可以登记新支部的班子。")


def _live(request: PortalRequest, code: str) -> Organization:
    """Return an organisation that the user may restructure and that is not dissolved."""
    organization = restructurable(request, code)
    if organization.dissolved_on is not None:
        raise Http404(f"{code} is dissolved")
    return organization


def _branch(request: PortalRequest, code: str) -> Organization:
    organization = _live(request, code)
    if not organization.is_branch:
        raise Http404(f"{code} is no branch")
    return organization


def _fill_in(
    request: PortalRequest, form: RecordForm, organization: Organization, what: str, about: str, done: str
) -> HttpResponse:
    if form.is_valid() and (there := form.save_record(request.user)):
        messages.success(request, done)
        return redirect(there)
    shown = Organization.objects.get(pk=organization.pk)  # a refused change may have left its traces on the other
    context = {"form": form, "organization": shown, "trail": trail(request, shown), "what": what, "about": about}
    return render(request, "branches/restructure.html", context)
