"""What the browser is told to keep, and what it is not: cookies, and pages of somebody who has signed out."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from tests.factories import MemberFactory, sign_in, street

SCRIPT = """
import json
from django.conf import settings
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH",
         "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def test_under_https_the_cookies_bear_names_that_no_other_host_can_set():
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "sqlite://:memory:", "HTTPS": "true",
        "DEBUG": "false", "SECRET_KEY": "x" * 60, "FIELD_KEYS": "ab" * 32, "ALLOWED_HOSTS": "portal.example",
    }  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = json.loads(run.stdout)
    for kind in ("SESSION", "CSRF"):
        assert told[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        # what browsers ask of such a name
        assert (told[f"{kind}_COOKIE_SECURE"], told[f"{kind}_COOKIE_PATH"]) == (True, "/")
        assert told[f"{kind}_COOKIE_DOMAIN"] is None


@pytest.mark.django_db
def test_no_script_can_read_a_cookie(client):
    page = client.get(reverse("accounts:sign-in"))
    assert page.cookies[settings.CSRF_COOKIE_NAME]["httponly"]
    assert "base-uri 'none'" in page["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("fragment", [False, True])
@pytest.mark.parametrize(
    "address", ["/", "/members/{pk}/", "/ledgers/members/", "/ledgers/members/export.xlsx", "/ledgers/members/print/"]
)
def test_nothing_that_somebody_signed_in_was_shown_stays_with_the_browser(client, address, fragment):
    place = street()
    member = MemberFactory(branch=place.branch)
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    answer = client.get(address.format(pk=member.pk), headers={"hx-request": "true"} if fragment else {})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_signing_out_clears_what_the_browser_kept(client):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)
    assert client.post(reverse("accounts:sign-out"))["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in Client().get(reverse("accounts:sign-in"))
