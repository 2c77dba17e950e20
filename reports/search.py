"""Search over what a user may see: members, organisations, activities, concerns, partners, minutes; ten of each.

Whole citizen IDs and phones find their member, and so must not stand in an address, where browsers and logs would
keep them: what is looked for is always posted. Only what holds no long number is then shown under an address of its
own, which can be gone back to.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.permissions import access_of
from activities.fulltext import FIELDS, excerpt, words_of
from activities.models import Activity, Concern, PartnerUnit
from branches.models import Organization
from ledgers import ledger as ledgers
from ledgers.ledger import Ledger, Query
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
    return unicodedata.normalize("NFKC", text).strip()[:LONGEST]


def is_number(text: str) -> bool:
    """Say whether the text holds a run of digits long enough to be part of a citizen ID or a phone."""
    return bool(_NUMBER.search(re.sub(r"[\s-]", "", text)))


def find(request: HttpRequest, text: str) -> list[Found]:
    """Return what the user may see of what fits, register by register; registers without a hit are left out.

    Of what a number finds only the first rows are shown: the address of more would hold it.
    """
    user, numbered = request.user, is_number(text)
    register, tree, log = (ledgers.get(slug) for slug in ("members", "organizations", "activities"))
    compact = re.sub(r"[\s-]", "", text) if numbered else text
    people = Member.objects.visible_to(user).search(compact).select_related("branch").order_by("left_on", "pk")
    organizations = Organization.objects.visible_to(user).filter(
        pk__in=tree.queryset().filter(tree.search(text)).order_by().values("pk")
    )
    activities = (
        Activity.objects.visible_to(user)
        .select_related("organization")
        .defer("content", "resolution")
        .order_by(*log.order)
    )
    home = _home(request)
    words = Query(home, text=text)
    concerns, partners = ledgers.get("concerns"), ledgers.get("partners")
    found = [
        _found(register, "members", people, "" if numbered else register.url(words)),
        _found(tree, "organizations", organizations, "" if numbered else tree.url(words)),
        _found(log, "activities", activities.filter(log.search(text)), "" if numbered else _ever(log, words)),
    ]
    kinds = [value for value, label in Activity.Kind.choices if text in label]
    if kinds and not found[-1].rows:  # nothing is called 党员大会, but many are one
        of_kind = Query(home, filters={"kind": ",".join(kinds)})
        found[-1] = _found(log, "activities", activities.filter(kind__in=kinds), _ever(log, of_kind))
    found += [
        _found(book, name, rows, "" if numbered else address)
        for book, name, mine, address in (
            (concerns, "concerns", Concern.objects.visible_to(user), _ever(concerns, words)),
            (partners, "partners", PartnerUnit.objects.visible_to(user), partners.url(words)),
        )
        for rows in [mine.filter(book.search(text)).select_related("organization").order_by(*book.order)]
    ]
    if said := [] if numbered else words_of(text):
        latest = activities.latest_saying(said).values("pk")[: 10 * SHOWN]
        found.append(_in_minutes(activities.filter(pk__in=latest).exclude(log.search(text)), text, said))
    return [one for one in found if one.rows]


def _in_minutes(rows: QuerySet[Activity], text: str, words: Sequence[str]) -> Found:
    """Return the latest found that only their minutes find, each with the passage that does, as `passage`."""
    more = f"{reverse('activities:search')}?{urlencode({'q': text})}"
    found = _found(ledgers.get("activities"), "minutes", rows.defer(None), more)
    for activity in found.rows:
        activity.passage = excerpt([getattr(activity, field) for field in FIELDS], words)
    return replace(found, title="会议记录全文")


def _ever(ledger: Ledger, query: Query) -> str:
    """Return the address of the rows of all times."""
    return f"{ledger.url(query)}&period={EVER}"


def _home(request: HttpRequest) -> Organization | None:
    """Return the highest organisation whose ledgers hold what the search finds."""
    postings = access_of(request.user).postings
    return postings[0].organization if postings else request.chosen_organization or None  # type: ignore[attr-defined]


def _found(ledger: Ledger, name: str, rows: QuerySet[Any], more: str) -> Found:
    first = list(rows[: SHOWN + 1])
    return Found(ledger.title, f"reports/search/{name}.html", first[:SHOWN], more if len(first) > SHOWN else "")
