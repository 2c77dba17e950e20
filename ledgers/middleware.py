"""What a page reads more than once, it reads once."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .closing import MonthClosed, with_reason
from .facts import read_once

HOLDS = 30 * 60
"""Seconds for which a reason given once holds."""


class ReadOnceMiddleware:
    """Has the parts of a page share the sheets that they read; a request that changes something reads as it goes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "GET":
            return self.get_response(request)
        with read_once():
            return self.get_response(request)


class LateReasonMiddleware:
    """Asks for the reason where a form would write into a locked month, and has the form sent again with it.

    What the form held goes along in hidden fields; with files, which cannot, the reason holds for half an hour.
    """

    KEY = "late_reason"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self.get_response(request)
        with with_reason(request.POST.get(self.KEY, "") or _remembered(request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Show the page that asks for the reason."""
        if not isinstance(error, MonthClosed) or request.method != "POST":
            return None
        left = {"csrfmiddlewaretoken", self.KEY}
        posted = [(name, value) for name, values in request.POST.lists() if name not in left for value in values]
        context = {"refusal": str(error), "posted": posted, "has_files": bool(request.FILES)}
        return render(request, "ledgers/late_reason.html", context, status=409)


def remember(request: HttpRequest, reason: str) -> None:
    """Let a reason hold for half an hour of this session."""
    request.session[LateReasonMiddleware.KEY] = [reason, time.time()]


def _remembered(request: HttpRequest) -> str:
    reason, since = request.session.get(LateReasonMiddleware.KEY) or ("", 0)
    return reason if time.time() - since < HOLDS else ""
