"""The queue of minutes that wait to be confirmed."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Right
from ledgers.parsing import row_key

from .. import likeness
from ..models import Activity, Attendance, confirm_all
from ..panels.minutes import open_questions
from .records import waiting_for

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """List what waits, the longest waiting first; confirm those that were ticked, as they were seen."""
    if request.method == "POST":
        versions = {}
        for ticked in request.POST.getlist("activity"):
            number, _, version = ticked.partition("-")
            if row_key(number) and row_key(version):
                versions[row_key(number)] = row_key(version)
        if not versions:
            messages.warning(request, "还没有选择：请先打勾，再点“确认所选”。")
            return redirect("activities:review")
        mine = Activity.objects.visible_to(request.user, Right.ACTIVITIES_CONFIRM)
        doubted = [pk for pk, said in open_questions(list(mine.waiting().filter(pk__in=versions))).items() if said]
        for pk in doubted:
            del versions[pk]
        if doubted:
            messages.warning(request, f"{len(doubted)} 条有要核对的地方，没有确认，请点开逐条看。")
        confirmed = confirm_all(Activity.objects.visible_to(request.user, Right.ACTIVITIES_CONFIRM), versions)
        if confirmed:
            messages.success(request, f"已确认 {len(confirmed)} 条。")
        if left := len(versions) - len(confirmed):
            messages.warning(request, f"{left} 条刚刚被改过或已处理，没有确认，请重新查看。")
        return redirect("activities:review")
    rows = (
        waiting_for(request)
        .select_related("organization", "submitted_by")
        .annotate(
            expected=Count("roll"),
            present=Count("roll", filter=Q(roll__state__in=Attendance.State.there())),
        )
        .defer("resolution")
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    questions = open_questions(list(page.object_list))
    for activity in page.object_list:
        activity.questions = questions[activity.pk]
    return render(request, "activities/review.html", {"page": page})


@require_safe
def compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Show two activities' minutes side by side, with what stands in both marked; both must be in sight."""
    rows = Activity.objects.visible_to(request.user).select_related("organization")
    one, another = get_object_or_404(rows, pk=pk), get_object_or_404(rows, pk=other)
    whole = likeness.text_of(one), likeness.text_of(another)
    sides = [
        (
            here,
            [
                (label, likeness.common(text, there))
                for label, text in (("内容", here.content), ("决议", here.resolution))
            ],
        )
        for here, there in ((one, whole[1]), (another, whole[0]))
    ]
    alike = likeness.share(likeness.shingles(whole[0]), likeness.shingles(whole[1]))
    return render(request, "activities/compare.html", {"activity": one, "sides": sides, "percent": int(alike * 100)})
