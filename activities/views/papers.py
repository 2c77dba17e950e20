"""Papers of an activity: hung on it, handed out, taken off."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.models import User
from accounts.permissions import Right

from .. import attachments
from ..attachments import Paper, Refused
from ..handling import Allowed
from ..models import Activity, Attachment

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
    papers: list[Paper] = []
    files = [*request.FILES.getlist("file"), *request.FILES.getlist("photo")]
    for file in files[:FILES_AT_ONCE]:
        try:
            papers.append(attachments.take(file)[0])
        except Refused as refusal:
            messages.error(request, str(refusal))
    attachments.hang(activity, papers, user)
    if papers:
        messages.success(request, f"已添加 {len(papers)} 个附件。")
    elif not files:
        messages.error(request, "还没有选择文件。")
    if len(files) > FILES_AT_ONCE:
        messages.warning(request, f"一次最多添加 {FILES_AT_ONCE} 个，其余没有收下。")
    return redirect(f"{activity.get_absolute_url()}#attachments")


@require_POST
def detach(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a paper off."""
    found = get_object_or_404(
        Attachment.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("activity__organization"),
        pk=pk,
    )
    assert isinstance(request.user, User)
    if not Allowed.of(found.activity, request.user).edit:
        messages.error(request, CLOSED)
        return redirect(found.activity)
    attachments.take_off(found)
    messages.success(request, f"已移除“{found.filename}”。")
    return redirect(f"{found.activity.get_absolute_url()}#attachments")


@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a paper to be saved, and note who took it."""
    rows = Attachment.objects.visible_to(request.user).select_related("activity__organization").defer("text")
    found = get_object_or_404(rows, pk=pk)
    try:
        response = attachments.download(found.digest, found.filename, found.content_type)
    except FileNotFoundError as error:
        raise Http404("the file is gone") from error
    with transaction.atomic():
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
