"""The code on the screen in the room, and the page that a phone opens by it, without an account."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right
from ledgers.models.record import Conflict
from ledgers.requests import PortalRequest

from .. import sign_in
from ..forms.sign_in import SignInForm
from ..models import Activity, SignInSheet
from ..sign_in import Ticket

COOKIE = "door"
SALT = "activities.sign-in.ticket"


# in the room


@never_cache
@require_GET
def screen(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the code as large as the screen, renewed by itself, and who has come."""
    sheet = _sheet(request, pk)
    return render(request, "activities/sign_in/screen.html", _shown(request, sheet))


@never_cache
@require_GET
def code(request: PortalRequest, pk: int) -> HttpResponse:
    """Answer with the code for the next minute, and who has come."""
    sheet = _sheet(request, pk)
    return render(request, "activities/sign_in/_code.html", _shown(request, sheet))


def _shown(request: PortalRequest, sheet: SignInSheet) -> dict[str, object]:
    is_open = SignInSheet.objects.lying_open().filter(pk=sheet.pk).exists()
    picture = ""
    if is_open:
        address = request.build_absolute_uri(reverse("activities:scan", args=[sign_in.code_for(sheet)]))
        drawn = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
        picture = mark_safe(drawn)  # noqa: S308 # drawn from an address of our own
    return {
        "sheet": sheet,
        "activity": sheet.activity,
        "picture": picture,
        "every": int(sign_in.RENEWED_EVERY.total_seconds()),
        "is_local": request.get_host().partition(":")[0] in ("localhost", "127.0.0.1"),
        **sign_in.seen_at(sheet),
    }


@require_POST
def lay_out(request: PortalRequest, pk: int) -> HttpResponse:
    """Open the sheet and go to the code."""
    activity = get_object_or_404(_activities(request), pk=pk)
    if not sign_in.may_open(activity, request.user):
        messages.error(request, "只有活动当天、还没有提交的活动可以扫码签到。")
        return redirect(activity)
    sign_in.lay_out(activity)
    return redirect("activities:screen", activity.pk)


@require_POST
def take_up(request: PortalRequest, pk: int) -> HttpResponse:
    """Close the sheet."""
    sheet = _sheet(request, pk)
    try:
        sign_in.take_up(sheet)
        messages.success(request, "签到已结束。请核对考勤，有漏签的在“编辑”里改。")
    except Conflict:
        messages.error(request, "刚刚有人改动了签到，请再按一次。")
    return redirect(sheet.activity)


def _activities(request: PortalRequest):  # type: ignore[no-untyped-def]
    return Activity.objects.visible_to(request.user, Right.ACTIVITIES_EDIT).select_related("organization")


def _sheet(request: PortalRequest, pk: int) -> SignInSheet:
    sheets = SignInSheet.objects.visible_to(request.user, Right.ACTIVITIES_EDIT)
    found: SignInSheet = get_object_or_404(sheets.select_related("activity__organization"), activity=pk)
    return found


# at the phone


@never_cache
@require_GET
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """Take a code that is not older than a minute, and give the phone a ticket; the address is not worth keeping."""
    sheet = sign_in.sheet_of(code)
    if sheet is None:
        return render(request, "activities/sign_in/expired.html", status=410)
    response = redirect("activities:door")
    response.set_signed_cookie(
        COOKIE,
        str(Ticket.fresh(sheet)),
        salt=SALT,
        max_age=sign_in.TICKET_LIFE,
        path=reverse("activities:door"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Ask for name and four digits, and sign. Whatever does not fit is answered in the same words."""
    ticket = _ticket(request)
    sheet = SignInSheet.objects.lying_open().filter(pk=ticket.sheet).first() if ticket else None
    if ticket is None or sheet is None:
        return render(request, "activities/sign_in/expired.html", status=410)
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            arrival = sign_in.arrive(ticket, **form.cleaned_data)
        except sign_in.TooMany:
            return render(request, "activities/sign_in/too_many.html", status=429)
        if arrival is not None:
            context = {"name": form.cleaned_data["name"], "arrival": arrival}
            response = render(request, "activities/sign_in/done.html", context)
            response.delete_cookie(COOKIE, path=reverse("activities:door"))
            return response
        form.add_error(None, "没有对上。请核对姓名和后四位；还是不行，请找支部书记登记。")
    activity = Activity.objects.select_related("organization").get(pk=sheet.activity_id)
    return render(request, "activities/sign_in/door.html", {"form": form, "activity": activity})


def _ticket(request: HttpRequest) -> Ticket | None:
    value = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=sign_in.TICKET_LIFE)
    return Ticket.read(value) if value else None
