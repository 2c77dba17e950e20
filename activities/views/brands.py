"""Projects: the project's page with all that belongs to it, stories with photos, and how projects spread."""

from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.models import User
from accounts.permissions import Right, access_of
from accounts.transactions import atomic
from branches.views.records import (
    adds_part,
    deletes,
    edits_part,
    fill_in,
    ledger_crumb,
    organization_asked,
    to_ledger,
    to_whole,
)
from ledgers.ledger import Query
from ledgers.ledger import get as get_ledger
from ledgers.papers import JPEG, PNG, Refused, take
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may
from ledgers.views import EVER

from .. import attachments
from ..attachments import PREVIEW, THUMBNAIL
from ..forms.brands import BrandForm, MilestoneForm, ParticipantForm, ServiceForm, StoryForm
from ..models import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from ..spread import families, family_of

EDIT = Right.ACTIVITIES_EDIT
SHOWN = 10
FAMILIES_SHOWN = 12
PHOTOS_AT_ONCE = 10


def _project(request: PortalRequest, pk: int | str, right: Right | None = EDIT) -> BrandProject:
    rows = BrandProject.objects.visible_to(request.user, right).select_related("organization", "source__organization")
    found: BrandProject = get_object_or_404(rows, pk=pk)
    return found


def _crumbs(project: BrandProject) -> list[tuple[str, str]]:
    return [ledger_crumb("brands"), (project.name, project.get_absolute_url())]


@require_GET
def brand(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a project: where it stands, who takes part, whom it served, where it has spread."""
    shown = _project(request, pk, None)
    services = get_ledger("services")
    family = family_of(shown, request.user)
    totals = shown.services.aggregate(served=Sum("served"))
    events = list(shown.services.select_related("activity")[: SHOWN + 1])
    context = {
        "brand": shown,
        "milestones": shown.milestones.all(),
        "participants": shown.participants.all(),
        "services": events[:SHOWN],
        "served": totals["served"] or 0,
        "services_url": f"{services.url(Query(filters={'project': str(pk)}))}&period={EVER}",
        "more": len(events) > SHOWN,
        "stories": shown.stories.all()[:SHOWN],
        "family": family,
        "sees_source": bool(
            family and shown.source and any(node.project.pk == shown.source_id for node in family.nodes)
        ),
        "trail": [ledger_crumb("brands"), (shown.name, "")],
        "may_edit": may(request.user, EDIT, shown.organization),
        "may_copy": access_of(request.user).has(EDIT),
    }
    return render(request, "activities/brand.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PortalRequest) -> HttpResponse:
    """Register a project; with `source` in the address, one replicated from that."""
    initial: dict[str, Any] = {"organization": organization_asked(request, Right.ACTIVITIES_EDIT)}
    number = row_key(request.GET.get("source", ""))
    seen = BrandProject.objects.visible_to(request.user).select_related("organization")
    source = seen.filter(pk=number).first() if number else None
    if source:
        initial |= {"source": source, "name": source.name, "kind": source.kind, "summary": source.summary}
        if initial["organization"] == source.organization:
            initial["organization"] = None
    form = BrandForm(request.POST or None, instance=BrandProject(), user=request.user, initial=initial)
    title = "复制推广" if source else "登记项目"
    return fill_in(request, form, title, _crumbs(source) if source else [ledger_crumb("brands")], "已登记项目。")


@require_http_methods(["GET", "POST"])
def edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a project."""
    held = _project(request, pk)
    form = BrandForm(request.POST or None, instance=held, user=request.user)
    return fill_in(request, form, "编辑项目", _crumbs(held), "已保存。")


delete = deletes(BrandProject, to_ledger("brands"), EDIT)


@require_GET
def spread(request: PortalRequest) -> HttpResponse:
    """Draw how projects spread from one organisation to another."""
    found = families(request.user)
    context = {
        "families": found[:FAMILIES_SHOWN],
        "more": len(found) - FAMILIES_SHOWN,
        "copied_url": get_ledger("brands").url(Query(filters={"origin": "copied"})),
        "trail": [ledger_crumb("brands"), ("复制推广", "")],
    }
    return render(request, "activities/spread.html", context)


# what belongs to a project


create_milestone = adds_part(MilestoneForm, "project", "brands", "登记节点", "已登记节点。", right=EDIT)
edit_milestone = edits_part(MilestoneForm, "project", "brands", "编辑节点", EDIT)
delete_milestone = deletes(Milestone, to_whole, EDIT)


create_participant = adds_part(ParticipantForm, "project", "brands", "登记参与者", "已登记。", right=EDIT)
edit_participant = edits_part(ParticipantForm, "project", "brands", "编辑参与者", EDIT)
delete_participant = deletes(Participant, to_whole, EDIT)


@require_http_methods(["GET", "POST"])
def create_service(request: PortalRequest) -> HttpResponse:
    """Note a service."""
    number, initial = row_key(request.GET.get("project", "")), {}
    crumbs = [ledger_crumb("services")]
    if number:
        project = _project(request, number)
        initial["project"] = project
        crumbs = _crumbs(project)
    form = ServiceForm(request.POST or None, instance=ServiceEvent(), user=request.user, initial=initial)
    return fill_in(request, form, "登记服务活动", crumbs, "已登记服务活动。")


@require_http_methods(["GET", "POST"])
def edit_service(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a service."""
    rows = ServiceEvent.objects.visible_to(request.user, EDIT).select_related("project__organization", "activity")
    held = get_object_or_404(rows, pk=pk)
    form = ServiceForm(request.POST or None, instance=held, user=request.user, initial={"project": held.project})
    return fill_in(request, form, "编辑服务活动", _crumbs(held.project), "已保存。")


delete_service = deletes(ServiceEvent, to_whole, EDIT)


# stories


def _story(request: PortalRequest, pk: int, right: Right | None = EDIT) -> Story:
    rows = Story.objects.visible_to(request.user, right).select_related("project__organization")
    found: Story = get_object_or_404(rows, pk=pk)
    return found


@require_GET
def story(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a story with its photos."""
    shown = _story(request, pk, None)
    context = {
        "story": shown,
        "photos": shown.photos.all(),
        "trail": [*_crumbs(shown.project), (shown.title, "")],
        "may_edit": may(request.user, EDIT, shown.project.organization),
        "accept": ".jpg,.jpeg,.png",
    }
    return render(request, "activities/story.html", context)


create_story = adds_part(StoryForm, "project", "brands", "写故事", "已保存，可以添加照片了。", right=EDIT)


@require_http_methods(["GET", "POST"])
def edit_story(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a story."""
    held = _story(request, pk)
    crumbs = [*_crumbs(held.project), (held.title, held.get_absolute_url())]
    return fill_in(request, StoryForm(request.POST or None, instance=held), "编辑故事", crumbs, "已保存。")


delete_story = deletes(Story, lambda record: record.project.get_absolute_url(), EDIT)  # type: ignore[attr-defined]


@require_POST
def add_photos(request: PortalRequest, pk: int) -> HttpResponse:
    """Add photos to a story, with a trace."""
    held = _story(request, pk)
    assert isinstance(request.user, User)
    files = request.FILES.getlist("photo")
    names: list[str] = []
    with atomic():
        for file in files[:PHOTOS_AT_ONCE]:
            try:
                paper, _ = take(file)
            except Refused as refusal:
                messages.error(request, str(refusal))
                continue
            if paper.content_type not in (JPEG, PNG):
                messages.error(request, f"“{paper.filename}”不是照片，这里只收 jpg 和 png。")
                continue
            _, is_new = StoryPhoto.objects.get_or_create(
                story=held, digest=paper.digest, defaults={"filename": paper.filename, "uploaded_by": request.user}
            )
            names += [paper.filename] if is_new else []
        if names:
            changes = {"照片": (None, "、".join(names))}
            audit.record("attach", held, changes=changes, organization_path=held.audit_path())
    if names:
        messages.success(request, f"已添加 {len(names)} 张照片。")
    elif not files:
        messages.error(request, "还没有选择照片。")
    if len(files) > PHOTOS_AT_ONCE:
        messages.warning(request, f"一次最多添加 {PHOTOS_AT_ONCE} 张，其余没有收下。")
    return redirect(held)


def _photo(request: PortalRequest, pk: int, right: Right | None = None) -> StoryPhoto:
    rows = StoryPhoto.objects.visible_to(request.user, right).select_related("story__project__organization")
    found: StoryPhoto = get_object_or_404(rows, pk=pk)
    return found


@require_GET
def photo(request: PortalRequest, pk: int, size: tuple[int, int] = PREVIEW) -> HttpResponse:
    """Hand out a photo, drawn anew so that nothing but the picture leaves."""
    try:
        return attachments.picture(_photo(request, pk).digest, size)
    except (Refused, FileNotFoundError) as error:
        raise Http404 from error


@require_GET
def thumbnail(request: PortalRequest, pk: int) -> HttpResponse:
    """Hand out a small picture of a photo."""
    return photo(request, pk, THUMBNAIL)


@require_POST
def delete_photo(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a photo off its story, with a trace; the file goes with the next `clear_pending`."""
    found = _photo(request, pk, EDIT)
    held = found.story
    with atomic():
        changes = {"照片": (found.filename, None)}
        audit.record("detach", held, changes=changes, organization_path=held.audit_path())
        found.delete()
    messages.success(request, f"已移除“{found.filename}”。")
    return redirect(held)
