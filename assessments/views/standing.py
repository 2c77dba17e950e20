"""Pages of what organisations and members are held up for, or held to: examples, stars, weak branches."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right
from branches.views.record_pages import Kind, RecordPages, Step, of_place
from ledgers.ledger import get as get_ledger
from ledgers.requests import PortalRequest

from ..forms.standing import (
    BranchStarsForm,
    DemonstrationForm,
    GrantStarForm,
    GrantStarsForm,
    MemberStarForm,
    NameForm,
    StrikeOffForm,
    TakeBackStarsForm,
    WeakBranchForm,
    WithdrawForm,
)
from ..models import BranchStars, Demonstration, MemberStar, WeakBranch
from .choice import chosen_organization

ON_WALL = 60


class StandingPages(RecordPages):
    """What was decided is not changed any more, but by the steps that undo it."""

    detail = "assessments/stateful.html"

    def is_changeable(self, record: Any, user: User) -> bool:
        decided = ("named_on", "granted_on", "left_on")
        return not any(getattr(record, name, None) for name in decided)


PAGES = StandingPages(
    (
        Kind(
            "demonstration", "示范典型", Demonstration, DemonstrationForm, "demonstrations",
            (
                "organization", "kind", "level", "member", "claimed_on", "accepted_on", "named_on", "document",
                "reviewed_on", "withdrawn_on", "reason",
            ),
            ("grounds", "plan"), of_place(Demonstration, Right.ASSESSMENTS_REVIEW), Right.ASSESSMENTS_REVIEW, "",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "name", "命名或复核", NameForm, Right.ASSESSMENTS_DECIDE, "已保存。",
                    lambda one: one.withdrawn_on is None,
                ),
                Step(
                    "withdraw", "撤销命名", WithdrawForm, Right.ASSESSMENTS_DECIDE, "已撤销。",
                    lambda one: one.named_on is not None and one.withdrawn_on is None,
                ),
            ),
        ),
        Kind(
            "branch-stars", "夺旗", BranchStars, BranchStarsForm, "branch-stars",
            (
                "organization", "period", "claimed_on", "granted_on", "flag", "withdrawn_on", "reason",
            ),
            ("grounds",), of_place(BranchStars, Right.ASSESSMENTS_SELF), Right.ASSESSMENTS_SELF, "",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "grant", "审定授旗", GrantStarsForm, Right.ASSESSMENTS_DECIDE, "已授旗。",
                    lambda one: one.withdrawn_on is None,
                ),
                Step(
                    "take-back", "收回", TakeBackStarsForm, Right.ASSESSMENTS_DECIDE, "已收回。",
                    lambda one: one.granted_on is not None and one.withdrawn_on is None,
                ),
            ),
        ),
        Kind(
            "member-star", "争星", MemberStar, MemberStarForm, "member-stars",
            (
                "member", "organization", "period", "title", "claimed_on", "granted_on", "withdrawn_on", "reason",
            ),
            ("grounds",), of_place(MemberStar, Right.ASSESSMENTS_SELF), Right.ASSESSMENTS_SELF, "",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "grant", "授予", GrantStarForm, Right.ASSESSMENTS_REVIEW, "已授予。",
                    lambda one: one.granted_on is None,
                ),
            ),
        ),
        Kind(
            "weak-branch", "软弱涣散整顿", WeakBranch, WeakBranchForm, "weak-branches",
            (
                "organization", "ground", "detail", "found_on", "leader", "partner", "first_secretary", "due_on",
                "score", "votes", "left_on",
            ),
            ("plan",), of_place(WeakBranch, Right.ASSESSMENTS_DECIDE), Right.ASSESSMENTS_DECIDE, "",
            Right.ASSESSMENTS_VIEW,
            (
                Step(
                    "strike-off", "验收销号", StrikeOffForm, Right.ASSESSMENTS_DECIDE, "已销号。",
                    lambda one: one.left_on is None,
                ),
            ),
        ),
    )
)  # fmt: skip


@require_GET
def wall(request: PortalRequest) -> HttpResponse:
    """Show the flags and stars that were granted, the latest period first. Two queries."""
    place = chosen_organization(request)
    if place is None:
        return render(request, "assessments/empty.html", {"title": "夺旗争星墙"})
    granted = {"granted_on__isnull": False, "withdrawn_on__isnull": True}
    flags = BranchStars.objects.visible_to(request.user).under(place).filter(**granted)
    stars = MemberStar.objects.visible_to(request.user).under(place).filter(**granted)
    ledger = get_ledger("branch-stars")
    context = {
        "trail": [(ledger.title, ledger.url()), ("夺旗争星墙", "")],
        "flags": flags.select_related("organization").order_by("-period", "flag", "organization__path")[:ON_WALL],
        "stars": stars.select_related("organization", "member").order_by("-period", "title")[:ON_WALL],
    }
    return render(request, "assessments/wall.html", context)
