"""The end of a session: what keeps it alive, and the way back to the form that it interrupted."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from accounts.drafts import draft_key
from accounts.roles import Role
from tests.factories import sign_in, street

pytestmark = pytest.mark.django_db
FORM = "/activities/new/?kind=theme-day"


def test_a_form_whose_session_ended_comes_back_after_the_sign_in(client):
    answer = client.post("/activities/new/", {"topic": "x"}, headers={"referer": f"http://testserver{FORM}"})
    assert answer.url == f"{reverse('accounts:sign-in')}?next=/activities/new/%3Fkind%3Dtheme-day"


@pytest.mark.parametrize(
    "referer", ["https://evil.example/activities/new/", "javascript:alert(1)", "//evil.example/", ""]
)
def test_a_page_of_another_site_is_not_gone_back_to(client, referer):
    answer = client.post("/activities/new/", {"topic": "x"}, headers={"referer": referer})
    assert answer.url == reverse("accounts:sign-in")


def test_going_on_extends_the_session_and_does_nothing_else(client):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)
    answer = client.post(reverse("accounts:stay"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert settings.SESSION_COOKIE_NAME in answer.cookies
    assert client.get(reverse("accounts:stay")).status_code == 405


def test_what_a_page_asks_by_itself_does_not_extend_the_session(client):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)
    client.get("/")
    assert settings.SESSION_COOKIE_NAME not in client.get("/", headers={"x-poll": "1"}).cookies
    assert settings.SESSION_COOKIE_NAME in client.get("/").cookies


def test_work_that_is_done_is_not_told_as_failed_when_the_database_goes_away_after_it(client, monkeypatch, caplog):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)

    def gone(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Session, "save", gone)
    with caplog.at_level("ERROR", logger="accounts.middleware"):
        answer = client.post(reverse("accounts:stay"))
    assert (answer.status_code, answer.cookies) == (204, {})
    assert "a session was not extended: OperationalError" in caplog.text


def test_a_session_that_was_ended_meanwhile_is_no_session(client, monkeypatch):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)
    save = Session.save

    def ended(self, *args, **kwargs):
        Session.objects.filter(pk=self.pk).delete()
        return save(self, *args, **kwargs)

    monkeypatch.setattr(Session, "save", ended)
    answer = client.post(reverse("accounts:stay"))
    assert answer.status_code == 400


def test_an_expired_page_leads_back_to_the_form():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/activities/new/", {"topic": "x"}, headers={"referer": f"http://testserver{FORM}"})
    assert answer.status_code == 403
    assert f'href="{FORM}"' in answer.content.decode().replace("&amp;", "&")


def test_each_user_has_a_key_of_their_own(rf, client):
    branch = street().branch
    keys = []
    for _ in range(2):
        request = rf.get("/")
        request.user = sign_in(client, Role.BRANCH_SECRETARY, branch)
        keys.append(draft_key(request)["draft"])
    assert keys[0]["key"] != keys[1]["key"]
    assert keys[0]["owner"] != keys[1]["owner"]
    assert len(keys[0]["key"]) == 32
