"""What a view of records may count on in its request."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User

from .period import Period

if TYPE_CHECKING:
    from branches.models import Organization


class PortalRequest(HttpRequest):
    """A request of somebody signed in, with the organisation and the period chosen at the top of the page.

    For annotations: the URL table and the middleware see to it that requests are so. `chosen_organization` is false
    for those whose work has none.
    """

    user: User
    chosen_organization: "Organization"
    chosen_period: Period


View = Callable[..., HttpResponse]


def needs_organization(view: View) -> View:
    """Decorate a view that shows one organisation: while there is none, send people to where one is registered."""

    @wraps(view)
    def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.chosen_organization:
            return view(request, *args, **kwargs)
        messages.info(request, "这里还没有党组织。请先登记或导入党组织名册。")
        return redirect(settings.LOGIN_REDIRECT_URL)

    return answer
