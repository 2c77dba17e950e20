"""The page of the outline: headings renamed, moved, left out and added, standing texts, whom the report goes to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from branches.models import Organization
from reports.models import ReportOutline

from . import topics
from .annexes import KINDS
from .forms import OutlineForm
from .outline import DEFAULT, Entry, from_plain, to_plain


@require_http_methods(["GET", "POST"])
def outline(request: HttpRequest) -> HttpResponse:
    """Show the outline that an organisation's reports follow; on POST keep a new version of it."""
    builds = Organization.objects.visible_to(request.user, Right.REPORTS_BUILD)
    code = request.POST.get("organization") or request.GET.get("organization")
    chosen = request.chosen_organization  # type: ignore[attr-defined]
    organization = get_object_or_404(builds, code=code or (chosen.code if chosen else ""))
    versions = ReportOutline.objects.visible_to(request.user).filter(organization=organization)
    shown = versions.filter(number=number).first() if (number := request.GET.get("version", "")).isdigit() else None
    kept = from_plain(shown.content) if shown else ReportOutline.in_force(organization)
    form = OutlineForm(request.POST) if request.method == "POST" else None
    if form is not None:
        if "restore" in request.POST:
            return _kept(request, ReportOutline.kept(organization, to_plain(DEFAULT)))
        if plain := form.plain():
            return _kept(request, ReportOutline.kept(organization, plain))
    annexes = form.head()["annexes"] if form else kept.annexes
    context = {
        "organization": organization,
        "outline": form.head() if form else to_plain(kept),
        "rows": [(entry, _about(entry)) for entry in (form.rows() if form else kept.walk())],
        "wrong": form.wrong if form else "",
        "kinds": [(kind, title, kind in annexes) for kind, title in KINDS.items()],
        "versions": versions.select_related("updated_by"),
        "shown": shown,
        "topics": [one for one in topics.every() if one.key not in {entry.key for entry in kept.walk()}],
    }
    return render(request, "reports/outline.html", context, status=400 if form else 200)


def _about(entry: Entry) -> str:
    """Return what a paragraph that is written from the data tells."""
    found = topics.get(entry.key) if entry.kind == "topic" else None
    return found.about if found else ""


def _kept(request: HttpRequest, version: ReportOutline) -> HttpResponse:
    messages.success(request, f"已保存为第 {version.number} 版，以后生成的报告按它写；已经有的草稿，重新生成后按它写。")
    return redirect(f"{request.path}?organization={version.organization.code}")
