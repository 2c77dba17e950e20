"""Pages of observation: a round with its links and results, one community, and what a judge sees on a phone."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import segno
from django.core import signing
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Right, access_of
from branches.views.record_pages import Kind, RecordPages, Step, of_place
from ledgers.ledger import get as get_ledger
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from ledgers.scope import may

from ..forms.observations import CloseRoundForm, CommunityObservationForm, JudgeForm, RoundForm
from ..models import CommunityObservation, Judge, JudgeSheet, ObservationRound
from ..models.observations import SALT

SHOWN = 40
"""Rounds that the list shows: ten years of them."""


class Invited(NamedTuple):
    """One judge of a round, and how many communities they have scored."""

    judge: Judge
    given: int


class ObservationPages(RecordPages):
    """Rounds and the communities of a quarter."""

    detail = "assessments/observation.html"

    def seen(self, kind: Kind, user: User) -> models.QuerySet[Any]:
        """A round is read by all whom it visits, what a community reached by its branches."""
        rows: models.QuerySet[Any] = kind.model._default_manager.readable_by(user)  # type: ignore[attr-defined]
        return rows

    def is_changeable(self, record: Any, user: User) -> bool:
        return not (isinstance(record, ObservationRound) and record.closed_on)

    def more(self, record: Any, user: User) -> dict[str, Any]:
        if isinstance(record, CommunityObservation):
            return {"problems": record.measures.visible_to(user).prefetch_related("stages")}
        decides = may(user, Right.ASSESSMENTS_DECIDE, record.organization)
        rows = [(stop, stop.points if record.closed_on else points) for stop, points in record.results()]
        if record.closed_on:
            rows.sort(key=lambda row: (row[0].rank is None, row[0].rank or 0))
        return {
            "rows": rows if decides or record.closed_on else [(stop, None) for stop, _ in rows],
            "items": record.items.all(),
            "invited": list(_invited(record)) if decides and not record.closed_on else [],
            "full": record.full,
        }


def _invited(this: ObservationRound) -> Iterator[Invited]:
    judges = Judge.objects.filter(group__round=this).select_related("group", "community")
    given = dict(judges.order_by().values_list("pk").annotate(models.Count("sheets")))
    for judge in judges:
        yield Invited(judge, given.get(judge.pk, 0))


PAGES = ObservationPages(
    (
        Kind(
            "observation", "社区观摩", CommunityObservation, CommunityObservationForm, "observations",
            ("organization", "period", "round", "visited_on", "spots", "points", "full", "rank", "problem"),
            ("comment",), of_place(CommunityObservation, Right.ASSESSMENTS_DECIDE),
            Right.ASSESSMENTS_DECIDE, "", Right.ASSESSMENTS_VIEW,
        ),
    )
)  # fmt: skip
ROUNDS = ObservationPages(
    (
        Kind(
            "observation-round", "观摩评比", ObservationRound, RoundForm, "observations",
            ("organization", "title", "closed_on"), (), of_place(ObservationRound, Right.ASSESSMENTS_DECIDE),
            Right.ASSESSMENTS_DECIDE,
            "评委不用账号：把各人的链接或者二维码发给本人，用手机打分。结束评分以后链接失效。",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "close", "结束评分", CloseRoundForm, Right.ASSESSMENTS_DECIDE, "评分已结束，得分和名次已公布。",
                    lambda one: one.closed_on is None, template="assessments/close_round.html",
                ),
            ),
        ),
    ),
    base="observations/rounds",
)  # fmt: skip


@require_GET
def rounds(request: PortalRequest) -> HttpResponse:
    """List the rounds that the user may read, the latest first. One query."""
    ledger = get_ledger("observations")
    seen = ObservationRound.objects.readable_by(request.user).select_related("organization")
    context = {
        "trail": [(ledger.title, ledger.url()), ("各轮评分", "")],
        "rounds": seen[:SHOWN],
        "may_create": access_of(request.user).has(Right.ASSESSMENTS_DECIDE),
    }
    return render(request, "assessments/rounds.html", context)


@require_GET
def judge_link(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one judge's link as a code to photograph."""
    seen = Judge.objects.visible_to(request.user).filter(group__round__closed_on__isnull=True)
    judge = get_object_or_404(seen.select_related("group__round"), pk=pk)
    address = request.build_absolute_uri(reverse("assessments:judge", args=[judge.token]))
    drawn: SafeString = mark_safe(segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2))  # noqa: S308 # drawn from an address of our own
    this = judge.group.round
    context = {
        "judge": judge,
        "picture": drawn,
        "address": address,
        "trail": [("观摩评比", this.get_absolute_url()), (f"{judge.name}的打分链接", "")],
    }
    return render(request, "assessments/judge_link.html", context)


# at the phone


@never_cache
@require_http_methods(["GET", "POST"])
def judge(request: HttpRequest, token: str) -> HttpResponse:
    """Let a judge score, without an account: the communities of the round, or one of them, named by `stop`."""
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        key = None
    judge = Judge.objects.select_related("group__round").filter(pk=key).first() if key else None
    if judge is None or judge.group.round.closed_on:
        return render(request, "assessments/judge_over.html", status=410)
    stops = [stop for stop in judge.group.round.stops.select_related("organization") if judge.judges(stop)]
    chosen = row_key(request.GET.get("stop", ""))
    stop = next((one for one in stops if one.pk == chosen), None)
    context: dict[str, Any] = {"judge": judge, "round": judge.group.round}
    if stop is None:
        given = dict(JudgeSheet.objects.filter(judge=judge).values_list("stop", "total"))
        return render(request, "assessments/judge.html", context | {"stops": [(s, given.get(s.pk)) for s in stops]})
    form = JudgeForm(request.POST or None, judge=judge, stop=stop)
    if form.is_valid():
        form.save()
        return redirect("assessments:judge", token)
    return render(request, "assessments/judge_sheet.html", context | {"form": form, "stop": stop})
