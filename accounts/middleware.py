"""The gate every request passes: who acts, whether they must change their password, whether they may see the page."""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string
from django_htmx.http import HttpResponseClientRedirect

from accounts.acting import acting_as
from accounts.permissions import Public, Right, SignedIn, access_of
from accounts.sign_ins import outlived

logger = logging.getLogger(__name__)
OPEN_BEFORE_PASSWORD_CHANGE = {"accounts:change-password", "accounts:sign-out"}


@cache
def url_table(path: str) -> Mapping[str, Right | Public | SignedIn]:
    """Return the table of view name → who may open it that `settings.URL_TABLE` names."""
    table: Mapping[str, Right | Public | SignedIn] = import_string(path)
    return table


class ZeroByteMiddleware:
    """Lets no zero byte through: nobody types one, and PostgreSQL holds none.

    It is taken out of what stands behind the question mark; a form that holds one is refused as a whole.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "").replace("\x00", "")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> None:
        if request.method == "POST" and any("\x00" in value for _, some in request.POST.lists() for value in some):
            raise BadRequest("表单里有零字节")


class NoStoreMiddleware:
    """Leaves no page of somebody signed in with the browser: after signing out, Back must not show it again.

    What says itself how long it may be kept (a small picture) is left as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if was_signed_in and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-store"
        if was_signed_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class WayBackMiddleware:
    """Leads who opens, reloads or goes back to the address of a button to the page that the button stands on.

    Such an address takes a form only; to a browser it would be an empty page. Programs still get their 405.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or not is_page or "HX-Request" in request.headers:
            return response
        messages.info(request, "刚才的地址只用来提交，这里是它所在的页面。没有提交成功的，请再做一次。")
        return redirect(_page_above(request))


def _page_above(request: HttpRequest) -> str:
    """Return the nearest address above that is a page which this user may open; the first page, if none is."""
    parts = request.path.strip("/").split("/")
    for end in range(len(parts) - 1, 0, -1):
        path = f"/{'/'.join(parts[:end])}/"
        try:
            name = resolve(path).view_name
        except Resolver404:
            continue
        rule = url_table(settings.URL_TABLE).get(name)
        if isinstance(rule, Public | SignedIn) or (rule is not None and access_of(request.user).has(rule)):
            return path
    return str(settings.LOGIN_REDIRECT_URL)


class PersonsSessionMiddleware(SessionMiddleware):
    """Counts the half hour from the last request of a person: what a page asks by itself (`X-Poll`) keeps nobody in."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Leave the session as it is after a request that nobody made by hand."""
        if "X-Poll" in request.headers and not request.session.modified:
            return response
        try:
            return super().process_response(request, response)
        except SessionInterrupted as error:  # so Django takes each session that could not be saved for a deleted one
            cause = error.__context__ and error.__context__.__context__
            if not isinstance(cause, OperationalError | InterfaceError):
                raise
            logger.error("a session was not extended: %s", type(cause).__name__)
            return response  # what the view has done is done, and is not told as failed


class CurrentAccountMiddleware:
    """Sets the acting user for the audit trail and enforces the URL table before any view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request.user, request.META.get("REMOTE_ADDR", "")):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Let the view run, send the visitor elsewhere, or answer 404: what one may not do does not exist."""
        match = request.resolver_match
        assert match is not None  # Django resolves before it calls this
        name = match.view_name
        rule = url_table(settings.URL_TABLE).get(name)
        if isinstance(rule, Public):
            return None
        if request.user.is_authenticated and outlived(request):
            logout(request)
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.user.must_change_password and name not in OPEN_BEFORE_PASSWORD_CHANGE:
            return _go(request, redirect("accounts:change-password"))
        if isinstance(rule, SignedIn):
            return None
        in_admin = match.app_names[:1] == ["admin"] and request.user.is_superuser
        if in_admin or (rule is not None and access_of(request.user).has(rule)):
            return None
        raise Http404(f"{name} is not open to this user")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if "HX-Request" in request.headers:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        here = page.path + (f"?{page.query}" if page.query else "")
    elif request.method in ("GET", "HEAD"):
        here = request.get_full_path()
    else:  # a form whose session ended: back to its page, where the browser offers what was typed
        here = page_before(request)
    return _go(request, redirect_to_login(here) if here else redirect(settings.LOGIN_URL))


def page_before(request: HttpRequest) -> str:
    """Return the address within the portal of the page that a request came from, "" where it is not known."""
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return ""
    return page.path + (f"?{page.query}" if page.query else "")


def _go(request: HttpRequest, there: HttpResponseRedirect) -> HttpResponse:
    """Redirect the whole page: htmx would otherwise put the other page inside a fragment of this one."""
    return HttpResponseClientRedirect(there.url) if "HX-Request" in request.headers else there
