"""Minutes come in as files: taken, read, and confirmed side by side with their text, one after another."""

import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right
from branches.models import Organization
from ledgers.models import Submission
from ledgers.papers import ACCEPT, WORDS, Paper, Refused, download, take
from ledgers.parsing import row_keys

from .. import attachments, batches
from .. import roll as rolls
from ..forms.records import MinutesForm
from ..minutes import Minutes, divided
from ..minutes.people import is_posted
from ..minutes.spelling import cleaned
from ..models import MAX_NOTE, Activity, Attachment, PendingUpload
from ..tasks import have_read
from .records import roll_context, say_saved

FILES_AT_ONCE, BATCH_AT_ONCE = 10, 30
STEPS = ("选择文件", "核对内容和考勤", "提交")


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take files of minutes, read them, and go on to confirm the first."""
    user = _user(request)
    refused: list[str] = []
    if request.method == "POST":
        files = [*request.FILES.getlist("file"), *request.FILES.getlist("photo")]
        taken = []
        each = request.POST.get("together") == "each"
        limit = BATCH_AT_ONCE if each else FILES_AT_ONCE
        for file in files[:limit]:
            try:
                taken += _read(user, *take(file))
            except Refused as refusal:
                refused.append(str(refusal))
        if len(files) > limit:
            refused.append(f"一次最多上传 {limit} 个文件，后面 {len(files) - limit} 个没有收下。")
        if not files:
            refused.append("还没有选择文件：请选择会议记录，或者拍照。")
        if taken:
            if request.POST.get("together") == "one" and len(files) > 1:
                bundle = uuid.uuid4()
                for one in taken:
                    one.bundle = one.bundle or bundle
            PendingUpload.objects.bulk_create(taken)
            have_read(taken)
            for reason in refused:
                messages.warning(request, reason)
            divided_files = len(taken) > len({one.digest for one in taken})
            if divided_files:
                messages.info(request, f"文件里有几次会议，读成了 {len(taken)} 份，请逐份核对。")
            if (each or divided_files) and len(taken) > 1:
                return redirect("activities:batch")
            # Of one activity's papers, that which fills in the form.
            readable = (one for one in taken if one.bundle and one.text)
            pictures = (one for one in taken if one.bundle and one.is_image)
            return redirect(next(readable, next(pictures, taken[0])))
    return render(
        request,
        "activities/upload.html",
        {
            "steps": STEPS,
            "refused": refused,
            "waiting": _waiting(user),
            "accept": ACCEPT,
            "batch_at_once": BATCH_AT_ONCE,
            "words": WORDS,
            "max_bytes": settings.UPLOAD_MAX_BYTES,
            "megabytes": settings.UPLOAD_MAX_BYTES // (1024 * 1024),
        },
        status=400 if refused else 200,
    )


def _read(user: User, paper: Paper, data: bytes) -> list[PendingUpload]:
    """Return an upload for each meeting in the file, with its text; all of one file share its digest and a bundle.

    Where there is no text there is one upload with the reason: it is welcome as a paper all the same.
    """
    paper, note = attachments.read(paper, data)
    parts = divided(cleaned(paper.text), timezone.localdate()) if paper.text else [paper.text]
    if len(parts) == 1:
        return [PendingUpload(user=user, note=note[:MAX_NOTE], **vars(paper))]
    bundle = uuid.uuid4()
    return [
        PendingUpload(
            user=user,
            note=f"这份文件里有 {len(parts)} 次会议，这是第 {number} 次。",
            bundle=bundle,
            **vars(replace(paper, text=part)),
        )
        for number, part in enumerate(parts, 1)
    ]


def _waiting(user: User) -> QuerySet[PendingUpload]:
    return PendingUpload.objects.visible_to(user).unconfirmed().defer("text")


@require_http_methods(["GET", "POST"])
def batch(request: HttpRequest) -> HttpResponse:
    """Show all minutes that wait as one table; make activities out of those that were ticked and are beyond doubt."""
    user = _user(request)
    if request.method == "POST":
        ticked = set(row_keys(request.POST.getlist("upload")))
        made = batches.confirm(ticked, user)
        if made:
            messages.success(request, f"已登记并提交 {len(made)} 份，等待确认。")
        if left := len(ticked) - len(made):
            messages.warning(request, f"{left} 份没有登记：刚刚登记过，或者要逐份核对。")
        if not ticked:
            messages.warning(request, "还没有选择：请先打勾，再点“登记所选”。")
        return redirect("activities:batch" if _waiting(user).exists() else "activities:upload")
    uploads = list(PendingUpload.objects.visible_to(user).unconfirmed()[: batches.SHOWN])
    rows = batches.read_all(uploads, user)
    return render(
        request,
        "activities/batch.html",
        {"rows": rows, "ready": sum(row.is_ready for row in rows), "more": _waiting(user).count() - len(rows)},
    )


@require_http_methods(["GET", "POST"])
def pending(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was read beside the text, and make the activity out of what the person confirms."""
    user = _user(request)
    found = get_object_or_404(PendingUpload.objects.visible_to(user).select_related("activity"), pk=pk)
    if found.activity is not None:
        if not _is_same_press(request, user):
            messages.info(request, "这份记录已经确认过，没有重复登记。")
        return _onwards(request, user, found.activity)
    if request.htmx and request.method == "GET":  # type: ignore[attr-defined] # asks whether it has been read
        answer = HttpResponse(status=204)
        if not found.is_being_read:
            answer["HX-Refresh"] = "true"
        return answer
    form = MinutesForm(
        request.POST or None,
        initial=_first_values(request, user, found.minutes),
        instance=Activity(),
        user=user,
        upload=found,
        minutes=found.minutes,
    )
    if form.is_valid() and form.save_record(user):
        say_saved(request, form)
        return _onwards(request, user, form.instance)
    held = Attachment.objects.visible_to(user).filter(digest=found.digest)
    held = held.exclude(activity__in=found.activities_of_the_same_file())
    context = {
        "form": form,
        "upload": found,
        "minutes": found.minutes,
        "steps": STEPS,
        "belonging": {other.pk for other in form.belonging},
        "known": held.select_related("activity").defer("text")[:3],
        **roll_context(form, form.roll_to_show()),
    }
    return render(request, "activities/pending.html", context)


def _is_same_press(request: HttpRequest, user: User) -> bool:
    token = request.POST.get("token", "")
    return len(token) == 36 and Submission.objects.filter(user=user, token=token).exists()


def _onwards(request: HttpRequest, user: User, activity: Activity) -> HttpResponse:
    """Go to the next upload that waits, or to the activity."""
    following = _waiting(user).first()
    if following is not None and request.method == "POST":
        messages.info(request, f"接着核对下一份：{following.filename}")
        return redirect(following)
    return redirect(activity)


def _first_values(request: HttpRequest, user: User, minutes: Minutes) -> dict[str, Any]:
    """Return the form's first values: what was read, and the organisation that is meant."""
    values: dict[str, Any] = batches.fields_of(minutes)
    known = list(
        Organization.objects.visible_to(user, Right.ACTIVITIES_EDIT)
        .undissolved()
        .values_list("pk", "name", "short_name")
    )
    place = batches.place_of(minutes, known)
    chosen = request.chosen_organization or None  # type: ignore[attr-defined]
    if place is None and len(known) == 1:
        place = known[0][0]
    if place is None and chosen is not None and chosen.is_branch and any(pk == chosen.pk for pk, *_ in known):
        place = chosen.pk
    values["organization"] = place
    if place and any(is_posted(str(values[name])) for name in ("chair", "recorder", "lecturer")):
        values |= _by_name(minutes, Organization.objects.get(pk=place), values["kind"])
    return values


def _by_name(minutes: Minutes, organization: Organization, kind: str) -> dict[str, str]:
    """Return chair, recorder and lecturer by name, where minutes call them by post (秦书记)."""
    day = minutes.date or timezone.localdate()
    lines = rolls.called(organization, kind, day)
    return rolls.officers(rolls.Roll(lines, posts=rolls.posts_in(organization, day)), minutes)


@require_GET
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out an uploaded file that waits, to who uploaded it."""
    found = get_object_or_404(PendingUpload.objects.visible_to(request.user), pk=pk)
    return download(found.digest, found.filename, found.content_type)


@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the picture of a photo that waits."""
    found = get_object_or_404(PendingUpload.objects.visible_to(request.user), pk=pk)
    try:
        return attachments.picture(found.digest, attachments.PREVIEW)
    except (Refused, FileNotFoundError) as error:
        raise Http404 from error


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away an upload that waits; the file goes with the next clearing."""
    found = get_object_or_404(PendingUpload.objects.visible_to(request.user).unconfirmed(), pk=pk)
    found.delete()
    messages.success(request, f"已放弃“{found.filename}”，没有登记活动。")
    following = _waiting(_user(request)).first()
    return redirect(following) if following is not None else redirect("activities:upload")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
