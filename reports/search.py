"""Search over everything a user may see: members, organisations, activities, ten of each.

Whole citizen IDs and phones find their member, and so must not stand in an address, where browsers and logs would
keep them: what is looked for is always posted. Only what holds no long number is then shown under an address of its
own, which can be gone back to.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import access_of
from activities.models import Activity
from branches.models import Organization
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.views import EVER
from members.models import Member

SHOWN = 10
LONGEST = 100
_NUMBER = re.compile(r"\d{7,}")


@dataclass(frozen=True)
class Found:
    """What was found in one register: the first rows, and where the rest is (empty when all are shown)."""

    title: str
    template: str
    rows: Sequence[Any]
    more: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Show what fits the words. A number in the address is not looked for."""
    text = tidy((request.POST if request.method == "POST" else request.GET).get("q", ""))
    numbered = is_number(text)
    if request.method == "POST" and text and not numbered:
        return redirect(f"{reverse('reports:search')}?{urlencode({'q': text})}")
    refused = numbered and request.method != "POST"
    found = find(request, text) if text and not refused else []
    return render(
        request,
        "reports/search.html",
        {"text": "" if numbered else text, "numbered": numbered, "refused": refused, "found": found},
    )


def tidy(text: str) -> str:
    """Return what was typed with full-width characters made half-width and outer spaces gone."""
    return unicodedata.normalize("NFKC", text.replace("\x00", "")).strip()[:LONGEST]


def is_number(text: str) -> bool:
    """Say whether the text holds a run of digits long enough to be part of a citizen ID or a phone."""
    return bool(_NUMBER.search(re.sub(r"[\s-]", "", text)))


def find(request: HttpRequest, text: str) -> list[Found]:
    """Return what the user may see of what fits, register by register; registers without a hit are left out."""
    user = request.user
    register, tree, log = (ledgers.get(slug) for slug in ("members", "organizations", "activities"))
    compact = re.sub(r"[\s-]", "", text) if is_number(text) else text
    people = Member.objects.visible_to(user).search(compact).select_related("branch").order_by("left_on", "pk")
    organizations = Organization.objects.visible_to(user).filter(
        pk__in=tree.queryset().filter(tree.search(text)).order_by().values("pk")
    )
    activities = (
        Activity.objects.visible_to(user)
        .filter(log.search(text))
        .select_related("organization")
        .defer("content", "resolution")
        .order_by(*log.order)
    )
    found = [
        _found(request, register.slug, "reports/search/members.html", people, text),
        _found(request, tree.slug, "reports/search/organizations.html", organizations, text),
        _found(request, log.slug, "reports/search/activities.html", activities, text),
    ]
    return [one for one in found if one.rows]


def _found(request: HttpRequest, slug: str, template: str, rows: QuerySet[Any], text: str) -> Found:
    ledger = ledgers.get(slug)
    first = list(rows[: SHOWN + 1])
    more = ""
    if len(first) > SHOWN and not is_number(text):
        postings = access_of(request.user).postings
        home = postings[0].organization if postings else request.chosen_organization or None  # type: ignore[attr-defined]
        more = ledger.url(Query(home, text=text)) + (f"&period={EVER}" if ledger.date else "")
    return Found(ledger.title, template, first[:SHOWN], more)
