"""The first day: nothing in the database but the account made at installation. Every page opens or leads on."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from ledgers import ledger
from tests.factories import superuser
from tests.test_permissions import patterns

pytestmark = pytest.mark.django_db

REFUSED = (404, 405, 410)
"""What a page answers whose query string or cookie names what it is about, or which is only posted to."""


def addresses() -> list[str]:
    """Return the address of every view that needs nothing to be named, and of every ledger's list."""
    found = []
    for name, _ in patterns():
        try:
            found.append(reverse(name))
        except NoReverseMatch:
            continue
    return [*found, *(reverse("ledgers:list", args=[each.slug]) for each in ledger.catalogue())]


def test_every_page_opens_or_leads_on(client: Client) -> None:
    superuser(client)
    outcomes = {url: client.get(url).status_code for url in addresses() if url != reverse("accounts:sign-out")}
    assert {url: status for url, status in outcomes.items() if status >= 400 and status not in REFUSED} == {}


def test_everything_in_the_menu_is_there(client: Client) -> None:
    superuser(client)
    menu = client.get("/").context["chrome"].navigation
    offered = [item["url"] for group in menu for item in group["items"]]
    assert offered
    assert [url for url in offered if client.get(url, follow=True).status_code != 200] == []
