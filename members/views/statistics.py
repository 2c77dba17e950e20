"""The page of the statistics of members, and the same as a workbook."""

import tempfile

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from ledgers.ledger import get as get_ledger
from ledgers.papers import XLSX
from ledgers.printing import PrintColumn, write_ledger
from ledgers.recording import trace_paper
from ledgers.requests import PortalRequest

from ..statistics import REGISTER, SORTS, statistics

TITLE = "党员统计表"


@require_GET
def table(request: PortalRequest) -> HttpResponse:
    """Show the numbers as of the chosen period's last day, of a running one today."""
    place = request.chosen_organization
    day = request.chosen_period.as_of()
    ledger = get_ledger(REGISTER)
    context = {
        "title": TITLE,
        "trail": [(ledger.title, ledger.url()), (TITLE, "")],
        "day": day,
        "sorts": SORTS,
        "lines": [
            (line.organization, list(zip(line.numbers, line.urls, strict=True)))
            for line in (statistics(place, day, request.user) if place else ())
        ],
    }
    return render(request, "members/statistics.html", context)


@require_GET
def export(request: PortalRequest) -> HttpResponse | FileResponse:
    """Send the table in the printed form."""
    place = request.chosen_organization
    if not place:
        return redirect(reverse("members:statistics"))
    day = min(request.chosen_period.as_of(), timezone.localdate())
    lines = statistics(place, day, request.user)
    trace_paper("export", TITLE, place.path, None, 条数=len(lines))
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_ledger(
        target,
        title=TITLE,
        organization=place.name,
        as_of=day,
        filled_by=request.user.name,
        columns=[PrintColumn("党组织", width=26), *(PrintColumn(sort.title, width=9, kind="number") for sort in SORTS)],
        rows=([line.organization.name, *line.numbers] for line in lines),
    )
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename=f"{TITLE}.xlsx", content_type=XLSX)
