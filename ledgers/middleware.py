"""What a page reads more than once, it reads once."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .facts import read_once


class ReadOnceMiddleware:
    """Has the parts of a page share the sheets that they read; a request that changes something reads as it goes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "GET":
            return self.get_response(request)
        with read_once():
            return self.get_response(request)
