"""Papers of an activity: hung on it, handed out, taken off."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.models import User
from accounts.permissions import Right
from accounts.transactions import atomic
from ledgers.papers import Paper, Refused, download, take
from ledgers.parsing import row_key

from .. import attachments
from ..models import Activity, Attachment
from ..workflow import Allowed

FILES_AT_ONCE = 10
CLOSED = "提交以后要由审核人退回才能增减附件。"


@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Hang files on an activity."""
    activity = get_object_or_404(
        Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization"), pk=pk
    )
    user = request.user
    assert isinstance(user, User)
    if not Allowed.of(activity, user).edit:
        messages.error(request, CLOSED)
        return redirect(activity)
    replaced = None
    if number := request.POST.get("replaces"):
        in_force = activity.attachments.filter(replaced_by=None)
        replaced = in_force.filter(pk=row_key(number)).first()
        if replaced is None:
            messages.error(request, "这个附件刚刚被换过或移除，请看过最新的附件再操作。")
            return redirect(f"{activity.get_absolute_url()}#attachments")
    papers: list[Paper] = []
    files = [*request.FILES.getlist("file"), *request.FILES.getlist("photo")]
    limit = 1 if replaced else FILES_AT_ONCE
    for file in files[:limit]:
        try:
            papers.append(attachments.read(*take(file))[0])
        except Refused as refusal:
            messages.error(request, str(refusal))
    count = attachments.hang(activity, papers, user, replaced)
    if count:
        messages.success(request, "已换成新版本，旧版本留着备查。" if replaced else f"已添加 {count} 个附件。")
    if count < len(papers):
        messages.info(request, f"{len(papers) - count} 个文件和已有的附件完全一样，没有重复添加。")
    if not files:
        messages.error(request, "还没有选择文件。")
    if len(files) > limit:
        messages.warning(request, f"一次最多{'换' if replaced else '添加'} {limit} 个，其余没有收下。")
    return redirect(f"{activity.get_absolute_url()}#attachments")


@require_POST
def detach(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a paper off; of one with versions the newest, and the one before is in force again."""
    found = get_object_or_404(
        Attachment.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("activity__organization"),
        pk=pk,
    )
    assert isinstance(request.user, User)
    if not Allowed.of(found.activity, request.user).edit:
        messages.error(request, CLOSED)
        return redirect(found.activity)
    if Attachment.objects.filter(replaces=found).exists():
        messages.error(request, "旧版本要留着备查，不能移除。")
        return redirect(f"{found.activity.get_absolute_url()}#attachments")
    attachments.take_off(found)
    messages.success(request, f"已移除“{found.filename}”。")
    return redirect(f"{found.activity.get_absolute_url()}#attachments")


@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a paper to be saved, and note who took it."""
    rows = Attachment.objects.visible_to(request.user).select_related("activity__organization").defer("text")
    found = get_object_or_404(rows, pk=pk)
    try:
        response = download(found.digest, found.filename, found.content_type)
    except FileNotFoundError as error:
        raise Http404("the file is gone") from error
    with atomic():
        path = found.activity.audit_path()
        audit.record("download", found.activity, changes={"附件": (None, found.filename)}, organization_path=path)
    return response


@require_GET
def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a small picture of a photo."""
    found = get_object_or_404(Attachment.objects.visible_to(request.user).defer("text"), pk=pk)
    try:
        return attachments.picture(found.digest, attachments.THUMBNAIL)
    except (Refused, FileNotFoundError) as error:
        raise Http404 from error
