"""Pages of ballots: the matter, slips to print, and the vote on a phone without an account."""

from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Right
from branches.views.record_pages import Kind, RecordPages, Step, of_place
from ledgers.facts import percent
from ledgers.models.record import Conflict
from ledgers.requests import PortalRequest

from ..forms.ballots import BallotForm, CloseBallotForm, PaperVotesForm, SlipsForm, VoteForm
from ..models import Ballot
from ..models.ballots import cast, slip_of


def _runs(ballot: Any) -> bool:
    return ballot.closed_on is None


class BallotPages(RecordPages):
    """Numbers by answer are shown once the ballot is closed; until then only how many have voted."""

    detail = "assessments/ballot.html"

    def is_changeable(self, record: Any, user: User) -> bool:
        return record.closed_on is None and not any(group.votes for group in record.groups.all())

    def more(self, record: Any, user: User) -> dict[str, Any]:
        share = record.share
        return {"groups": record.groups.all(), "rate": None if share is None else percent(share)}


PAGES = BallotPages(
    (
        Kind(
            "ballot", "测评", Ballot, BallotForm, "ballots",
            ("organization", "kind", "period", "review", "closed_on"), (), of_place(Ballot, Right.ASSESSMENTS_REVIEW),
            Right.ASSESSMENTS_REVIEW,
            "无记名：票上的二维码随机生成，发给谁不登记；投过即作废，系统只记各项票数，不记谁投的、什么时候投的。",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "paper", "登记纸质票", PaperVotesForm, Right.ASSESSMENTS_REVIEW, "已计入纸质票。", _runs,
                ),
                Step(
                    "close", "结束测评", CloseBallotForm, Right.ASSESSMENTS_REVIEW, "测评已结束。", _runs,
                    template="assessments/close_ballot.html",
                ),
            ),
        ),
    )
)  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def slips(request: PortalRequest, pk: int) -> HttpResponse:
    """Make slips and show them once, to be printed and cut: nobody can show them again."""
    running = Ballot.objects.visible_to(request.user, Right.ASSESSMENTS_REVIEW).filter(closed_on__isnull=True)
    ballot = get_object_or_404(running.select_related("organization"), pk=pk)
    form = SlipsForm(request.POST or None, ballot=ballot)
    if not form.is_valid():
        back = ballot.get_absolute_url()
        trail = [
            (PAGES.kinds["ballot"].ledger.title, PAGES.kinds["ballot"].ledger.url()),
            (str(ballot), back),
            ("印票", ""),
        ]
        context = {"form": form, "ballot": ballot, "back": back, "title": "印票", "trail": trail}
        return render(request, "assessments/slips_form.html", context)
    group, number = form.cleaned_data["group"], form.cleaned_data["number"]
    tokens = group.issue(number)
    addresses = [request.build_absolute_uri(reverse("assessments:vote", args=[token])) for token in tokens]
    pictures = [
        mark_safe(segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2))  # noqa: S308 # drawn from an address of our own
        for address in addresses
    ]
    return render(request, "assessments/papers/slips.html", {"ballot": ballot, "group": group, "pictures": pictures})


@never_cache
@require_http_methods(["GET", "POST"])
def vote(request: HttpRequest, token: str) -> HttpResponse:
    """Take one vote by a slip, without an account; a slip that was used is told so and nothing else."""
    slip = slip_of(token)
    if slip is None:
        return render(request, "assessments/vote_over.html", status=410)
    ballot = slip.group.ballot
    form = VoteForm(request.POST or None, ballot=ballot)
    if form.is_valid():
        try:
            cast(token, form.cleaned_data["option"])
        except Conflict:
            return render(request, "assessments/vote_over.html", status=410)
        return render(request, "assessments/vote_done.html", {"ballot": ballot})
    return render(request, "assessments/vote.html", {"form": form, "ballot": ballot})
