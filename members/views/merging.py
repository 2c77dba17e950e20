"""Pages of double records: who is perhaps registered twice, merging two of them, taking a merge back."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may
from members import duplicates as doubles
from members.merging import CannotMerge, obstacle, plan
from members.merging import merge as merge_records
from members.merging import undo as undo_merge
from members.models import Member, MergeRecord

GROUPS_ON_PAGE = 20
LATEST = 10


@require_GET
def duplicates(request: PortalRequest) -> HttpResponse:
    """List the groups of records that are perhaps one person's, side by side, and the latest merges."""
    place = request.chosen_organization
    within = place.subtree("branch__path") if place else Q()
    page = Paginator(doubles.groups(request.user, within), GROUPS_ON_PAGE).get_page(request.GET.get("page"))
    merges = MergeRecord.objects.visible_to(request.user).filter(place.subtree("kept__branch__path") if place else Q())
    latest = merges.select_related("kept", "dropped_branch", "updated_by")[:LATEST]
    context = {"page": page, "groups": doubles.filled(request.user, page.object_list), "merges": latest, "place": place}
    return render(request, "members/duplicates.html", context)


@require_http_methods(["GET", "POST"])
def merge(request: PortalRequest, pk: int) -> HttpResponse:
    """Show a record beside one that is perhaps the same person's, say what a merge would do, and do it.

    `with` is the record to be given up; without it the first one that is alike, if there is any.
    """
    reach = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT).live().select_related("branch")
    kept = get_object_or_404(reach, pk=pk)
    twins = doubles.twins(kept, request.user)
    chosen = request.POST.get("with") or request.GET.get("with") or ""
    other = get_object_or_404(reach, pk=number) if (number := row_key(chosen)) else None
    if other is None:
        other = next((twin for twin in twins if may(request.user, Right.MEMBERS_EDIT, twin.branch)), None)
    if other is None or other.pk == kept.pk:
        messages.info(request, f"没有找到您可以并入的、与{kept.name}重复的记录；如在别的支部登记，请联系上级党组织。")
        return redirect(kept)
    if request.method == "POST":
        try:
            record = merge_records(kept, other)
        except CannotMerge as refusal:
            messages.error(request, f"{refusal}。")
            return redirect("members:duplicates")
        messages.success(request, "已合并。合错了可以在这一页撤销。")
        return redirect(record)
    context = {
        "kept": kept,
        "other": other,
        "twins": [twin for twin in twins if twin.pk != other.pk],
        "traits": doubles.traits([kept, other]),
        "shares": plan(kept, other),
        "swapped": f"{reverse('members:merge', args=[other.pk])}?with={kept.pk}",
    }
    return render(request, "members/merge.html", context)


def _may_undo(request: PortalRequest, record: MergeRecord) -> bool:
    places = (record.kept.branch, record.dropped_branch)
    return all(may(request.user, Right.MEMBERS_EDIT, place) for place in places)


@require_GET
def merged(request: PortalRequest, pk: int) -> HttpResponse:
    """Show what a merge did."""
    rows = MergeRecord.objects.visible_to(request.user)
    record = get_object_or_404(rows.select_related("kept__branch", "dropped_branch", "updated_by"), pk=pk)
    return render(
        request,
        "members/merged.html",
        {
            "record": record,
            "obstacle": obstacle(record),
            "may_undo": _may_undo(request, record),
            "restored": Member.objects.visible_to(request.user).filter(pk=record.dropped_pk).first(),
        },
    )


@require_POST
def merge_undo(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a merge back."""
    record = get_object_or_404(MergeRecord.objects.select_related("kept__branch", "dropped_branch"), pk=pk)
    if not _may_undo(request, record):
        raise Http404("not both branches in reach")
    try:
        undo_merge(record)
    except CannotMerge as refusal:
        messages.error(request, f"{refusal}。")
    else:
        messages.success(request, "已撤销合并，两条记录恢复原样。")
    return redirect(record)
