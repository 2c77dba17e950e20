"""The step before a form about one member: find the member."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.permissions import Right
from branches.views.record_pages import Begun
from ledgers.ledger import get as get_ledger
from ledgers.models import Record
from ledgers.parsing import row_key
from ledgers.requests import PortalRequest
from members.models import Member

SHOWN = 60


def choose_member(request: PortalRequest, title: str, view: str, slug: str) -> HttpResponse:
    """Show the live members of the chosen organisation, or those whose name fits, each leading to `view`.

    Digits find nobody: an ID does not belong in an address.
    """
    text = request.GET.get("q", "").strip()
    found = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT).live().select_related("branch")
    if request.chosen_organization:
        found = found.under(request.chosen_organization)
    if text:
        found = found.none() if any(c.isdigit() for c in text) else found.search(text)
    members = list(found.order_by("branch__path", "pinyin", "pk")[: SHOWN + 1])
    context = {
        "title": title,
        "view": view,
        "ledger": get_ledger(slug),
        "text": text,
        "members": members[:SHOWN],
        "more": len(members) > SHOWN,
        "shown": SHOWN,
    }
    return render(request, "members/choose_member.html", context)


def member_asked(request: PortalRequest, right: Right = Right.MEMBERS_EDIT) -> Member | None:
    """Return the member that a new record is offered for: the one in the address, if the user holds the right there."""
    members = Member.objects.visible_to(request.user, right)
    return members.filter(pk=row_key(request.GET.get("member", ""))).first()


def chosen_member(request: PortalRequest) -> Member:
    """Return the live member named in the query string, where the user may edit it. Raises Http404."""
    pk = request.GET.get("member", "")
    members = Member.objects.visible_to(request.user, Right.MEMBERS_EDIT).live().select_related("branch")
    member: Member = get_object_or_404(members, pk=row_key(pk))
    return member


def of_member(model: Callable[[], Record]) -> Callable[[PortalRequest], Begun]:
    """Return the beginning of a record of the member in the address, if one is named there."""

    def begin(request: PortalRequest) -> Begun:
        return model(), {"member": member_asked(request)}

    return begin
