"""What every view may ask of a request: the organisation and the period chosen at the top of the page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from reports.navigation import chosen


class ChosenMiddleware:
    """Sets `request.chosen_organization` (false when there is none to choose) and `request.chosen_period`.

    Both are looked up only when asked for, so views of the apps below follow the choice without importing this one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.chosen_organization = SimpleLazyObject(lambda: chosen(request)[0])  # type: ignore[attr-defined]
        request.chosen_period = SimpleLazyObject(lambda: chosen(request)[1])  # type: ignore[attr-defined]
        return self.get_response(request)
