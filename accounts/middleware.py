"""The gate every request passes: who acts, whether they must change their password, whether they may see the page."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django_htmx.http import HttpResponseClientRedirect

from accounts.acting import acting_as
from accounts.permissions import Public, Right, SignedIn, access_of

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
    else:
        here = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    return _go(request, redirect_to_login(here) if here else redirect(settings.LOGIN_URL))


def _go(request: HttpRequest, there: HttpResponseRedirect) -> HttpResponse:
    """Redirect the whole page: htmx would otherwise put the other page inside a fragment of this one."""
    return HttpResponseClientRedirect(there.url) if "HX-Request" in request.headers else there
