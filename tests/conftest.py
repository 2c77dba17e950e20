"""What every test starts from: quick password hashes, an empty cache, pages that read and post like a browser's."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    """Hash passwords the quick way: argon2 is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def pictures_unread(settings: Any) -> None:
    """Leave uploaded pictures unread: it takes seconds each. What is about reading them turns it on."""
    settings.READ_PICTURES = False


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Let no test see what another one cached."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def text_of() -> Callable[[HttpResponse], str]:
    """Return what a person reads on a page: no tags, white space single."""

    def read(response: HttpResponse) -> str:
        page = re.sub(r"(?s)<(script|style|head)\b.*?</\1>|<!--.*?-->", "", response.content.decode())
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).strip()

    return read


@pytest.fixture
def fill_in(client: Client) -> Callable[..., HttpResponse]:
    """Open a page, change some fields of its form as a person would, and press its button.

    `fill_in(url, name="…")` posts every field as the page shows it, with the given ones changed, to the same address.
    The form is the context's `form` (and each formset in `formsets`, by its prefixed names).
    """

    def fill(url: str, **changes: Any) -> HttpResponse:
        page = client.get(url)
        assert page.status_code == 200, f"{url} answers {page.status_code}"
        return client.post(url, shown(page) | changes)

    return fill


def shown(page: HttpResponse) -> dict[str, Any]:
    """Return field name → value as a page's form (and formset) would send it untouched."""
    forms = [page.context["form"]]
    formset = page.context.get("formset")
    if formset is not None:
        forms += [formset.management_form, *formset.forms]
    sent = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False or bound.field.disabled:
                continue
            widget = bound.field.widget
            value = widget.format_value(value) if hasattr(widget, "format_value") else value
            if isinstance(value, list) and not getattr(widget, "allow_multiple_selected", False):
                value = value[0] if value else ""
            sent[bound.html_name] = "" if value is None else value
    return sent
