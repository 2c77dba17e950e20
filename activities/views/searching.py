"""Search in the full text of minutes."""

import re
from types import SimpleNamespace

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..fulltext import FIELDS, MOST, excerpt, marked, words_of
from ..models import Activity

PAGE_SIZE = 20
LONGEST = 100
_NUMBER = re.compile(r"\d{7,}")
EVER, WITHIN = "", "period"
"""What `when` may say: at any time, or in the period chosen at the top."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the minutes under the chosen organisation that hold all words, the latest first, with the words marked.

    A citizen ID or a phone number is not looked for: the address would keep it.
    """
    text = request.GET.get("q", "").strip()[:LONGEST]
    kind, when = request.GET.get("kind", ""), request.GET.get("when", EVER)
    numbered = bool(_NUMBER.search(re.sub(r"[\s-]", "", text)))
    words = [] if numbered else words_of(text)
    organization, period = request.chosen_organization or None, request.chosen_period  # type: ignore[attr-defined]
    rows = Activity.objects.visible_to(request.user).select_related("organization")
    if organization:
        rows = rows.under(organization)
    if kind in Activity.Kind.values:
        rows = rows.filter(kind=kind)
    if when == WITHIN:
        rows = rows.held_in(period)
    rows = rows.latest_saying(words) if words else rows.none()
    most = rows[: MOST + 1].count()
    pages = Paginator(rows, PAGE_SIZE)
    pages.count = min(most, MOST)
    page = pages.get_page(request.GET.get("page"))
    found = [
        (
            activity,
            marked(activity.topic, words),
            excerpt([getattr(activity, name) for name in FIELDS if name != "topic"], words),
        )
        for activity in page
    ]
    context = {
        "text": "" if numbered else text,
        "numbered": numbered,
        "words": words,
        "page": page,
        "found": found,
        "most": MOST if most > MOST else 0,
        "filters": [
            SimpleNamespace(name="kind", label="全部类型", value=kind, choices=Activity.Kind.choices),
            SimpleNamespace(name="when", label="全部时间", value=when, choices=[(WITHIN, period.label)]),
        ],
    }
    return render(request, "activities/search.html", context)
