"""The calendar by month and by day, and its feed for the calendar of a telephone."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right
from branches.models import Organization
from ledgers.caching import if_it_can_be_kept
from ledgers.period import Period
from ledgers.requests import PortalRequest, needs_organization

from .. import calendar as calendars
from ..models import CalendarFeed

LARGE = (Organization.Kind.DISTRICT_COMMITTEE, Organization.Kind.WORKING_COMMITTEE)
"""Kinds of organisation under which so much happens that a day's cell has numbers instead of each activity."""
ON_A_DAY = 100
WRONG_A_MINUTE = 30
"""Wrong addresses of feeds that one sender may try in a minute."""
LINK = "calendar-link"
"""Where the session holds an address until it was shown, once."""


@require_GET
@needs_organization
def month(request: PortalRequest) -> HttpResponse:
    """Show a month, or everything of one day (?day=)."""
    organization, today = request.chosen_organization, timezone.localdate()
    if day := _day(request.GET.get("day", "")):
        found = calendars.entries(organization, request.user, day, day, today)
        context = {
            "place": organization,
            "day": day,
            "page": Paginator(found, ON_A_DAY).get_page(request.GET.get("page")),
            "back": _address(organization, Period.containing(day)),
        }
        return render(request, "activities/calendar_day.html", context)
    shown = _month(request.GET.get("month", ""), today)
    read = calendars.sums if organization.kind in LARGE else calendars.entries
    found = read(organization, request.user, shown.start, shown.end, today)
    context = {
        "place": organization,
        "month": shown,
        "weeks": calendars.weeks(organization, shown, found, today),
        "is_empty": not found,
        "is_own": organization.is_branch,
        "earlier": _address(organization, shown.previous()),
        "later": _address(organization, Period.containing(shown.end + timedelta(days=1))),
        "present": "" if today in shown else _address(organization, Period.containing(today)),
        "feeds": CalendarFeed.objects.visible_to(request.user).select_related("organization"),
        "link": request.session.pop(LINK, ""),
    }
    return render(request, "activities/calendar.html", context)


def _month(text: str, today: date) -> Period:
    try:
        asked = Period.parse(text)
    except ValueError:
        return Period.containing(today)
    return asked if asked.kind == Period.MONTH and 1950 < asked.year < 2100 else Period.containing(today)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _address(organization: Organization, period: Period) -> str:
    query = urlencode({"organization": organization.code, "month": period.code})
    return f"{reverse('activities:calendar')}?{query}"


@require_POST
def subscribe(request: PortalRequest) -> HttpResponse:
    """Make an address for the chosen organisation's calendar, and show it once."""
    seen = Organization.objects.visible_to(request.user, Right.ACTIVITIES_VIEW)
    code = request.POST.get("organization") or getattr(request.chosen_organization, "code", "")
    organization = get_object_or_404(seen, code=code)
    token = CalendarFeed.issue(request.user, organization)
    request.session[LINK] = request.build_absolute_uri(reverse("activities:feed", args=[token]))
    return redirect(f"{_address(organization, Period.containing(timezone.localdate()))}#feed")


@require_POST
def revoke(request: PortalRequest, pk: int) -> HttpResponse:
    """Make an address lead nowhere."""
    feed = get_object_or_404(CalendarFeed.objects.visible_to(request.user).select_related("organization"), pk=pk)
    organization = feed.organization
    feed.revoke()
    messages.success(request, "订阅已撤销，原来的链接不能再用。")
    return redirect(f"{_address(organization, Period.containing(timezone.localdate()))}#feed")


@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with a calendar to whoever knows its address; a wrong one is not there, too many are not looked up."""
    key = f"calendar-feed-wrong:{request.META.get('REMOTE_ADDR', '')}"
    if cache.get(key, 0) >= WRONG_A_MINUTE:
        return HttpResponse(status=429)
    found = CalendarFeed.objects.opened_by(token)
    if found is None:
        with if_it_can_be_kept("a wrong address of a calendar"):
            cache.add(key, 0, 60)
            cache.incr(key)
        raise Http404
    found.was_read(timezone.now())
    base = request.build_absolute_uri("/").rstrip("/")
    data = calendars.feed(found.organization, found.user, timezone.localdate(), base)
    response = HttpResponse(data, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
