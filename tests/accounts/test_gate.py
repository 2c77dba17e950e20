"""What every request passes before a view runs."""

import pytest
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern

from accounts import urls
from accounts.models import AuditEntry, User
from accounts.permissions import PUBLIC, ROLE_RIGHTS, SIGNED_IN, Right
from accounts.roles import Role
from config.permissions import URL_TABLE
from tests.accounts.factories import make_posted, make_user
from tests.factories import sign_in, street

WITHOUT_LIST = {"accounts:sign-in": PUBLIC, "accounts:audit": SIGNED_IN}


def test_every_url_of_accounts_is_in_the_table():
    names = {f"accounts:{pattern.name}" for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert names == {name for name in URL_TABLE if name.startswith("accounts:")}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", ["accounts:list", "accounts:create", "accounts:audit"])
def test_a_page_opens_to_the_roles_of_its_right_and_is_404_to_others(client, tree, role, name):
    client.force_login(make_posted(tree["S1"], role))
    expected = 200 if URL_TABLE[name] in ROLE_RIGHTS[role] else 404
    assert client.get(reverse(name)).status_code == expected


def test_a_stranger_is_sent_to_sign_in_and_back_afterwards(client, db):
    response = client.get(reverse("accounts:list") + "?q=x")
    assert response.status_code == 302
    assert response.url == f"{reverse('accounts:sign-in')}?next=/accounts/%3Fq%3Dx"


def test_a_strangers_post_leads_to_sign_in_without_a_way_back(client, db):
    response = client.post(reverse("accounts:verify-audit"))
    assert response.url == reverse("accounts:sign-in")


def test_a_fragment_request_of_a_stranger_moves_the_whole_page(client, db):
    response = client.get(
        reverse("accounts:list"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/ledgers/?page=2"}
    )
    assert response.headers["HX-Redirect"] == f"{reverse('accounts:sign-in')}?next=/ledgers/%3Fpage%3D2"


def test_a_view_missing_from_the_table_is_404_even_to_a_superuser(client, db, settings):
    settings.URL_TABLE = "tests.accounts.test_gate.WITHOUT_LIST"
    client.force_login(User.objects.create_superuser("root", password="x"))
    assert client.get(reverse("accounts:list")).status_code == 404
    assert client.get(reverse("accounts:audit")).status_code == 200


def test_a_one_time_password_must_be_changed_before_anything_else(client, tree):
    user = make_posted(tree["S1"], Role.OFFICE)
    User.objects.update(must_change_password=True)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(reverse("accounts:list")).url == reverse("accounts:change-password")
    fragment = client.get(reverse("accounts:list"), headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == reverse("accounts:change-password")
    assert client.get(reverse("accounts:change-password")).status_code == 200
    assert client.post(reverse("accounts:sign-out")).url == reverse("accounts:sign-in")


def test_a_posting_that_ended_closes_its_pages_at_once(client, tree):
    user = make_posted(tree["S1"], Role.OFFICE)
    client.force_login(user)
    assert client.get(reverse("accounts:list")).status_code == 200
    user.postings.update(end="2020-12-31")
    assert client.get(reverse("accounts:list")).status_code == 404


def test_what_is_done_in_a_request_is_done_in_the_users_name(client, tree):
    office = make_posted(tree["S1"], Role.OFFICE)
    target = make_posted(tree["B1"], Role.BRANCH_SECRETARY)
    client.force_login(office)
    client.post(reverse("accounts:disable", args=[target.pk]), REMOTE_ADDR="10.1.2.3")
    entry = AuditEntry.objects.get(action="account-disable")
    assert (entry.actor, entry.address) == (office, "10.1.2.3")


def test_forms_without_a_csrf_token_are_refused(db):
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("accounts:sign-in"), {"username": "a", "password": "b"}).status_code == 403


def test_pages_carry_the_secure_headers(client, db):
    headers = client.get(reverse("accounts:sign-in")).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_the_admin_is_for_superusers(client, tree):
    client.force_login(make_posted(tree["S1"], Role.OFFICE, username="li"))
    assert client.get("/admin/").status_code == 404
    client.logout()
    assert client.get("/admin/").url.startswith(reverse("accounts:sign-in"))
    client.force_login(User.objects.create_superuser("root", password="x"))
    assert client.get("/admin/").status_code == 200


def test_rights_of_the_table_are_rights():
    assert all(rule in (PUBLIC, SIGNED_IN) or isinstance(rule, Right) for rule in URL_TABLE.values())


def test_an_account_without_postings_gets_nowhere(client, db):
    client.force_login(make_user())
    assert client.get(reverse("accounts:list")).status_code == 404
    assert client.get(reverse("accounts:change-password")).status_code == 200


@pytest.mark.django_db
def test_a_zero_byte_in_an_address_is_passed_over(client):
    town = street()
    sign_in(client, Role.OFFICE, town.committee)
    for path in ("/", "/ledgers/members/", "/activities/search/", "/activities/new/", "/search/"):
        page = client.get(path, {"organization": f"{town.community.code}\x00", "q": "学\x00习", "period": "2026\x00Q3"})
        assert page.status_code == 200, path
    assert client.get("/ledgers/members/", {"q": "\x00"}).context["query"].text == ""
    refused = client.post("/search/", {"q": "学\x00习"})
    assert refused.status_code == 400 and "没有保存任何内容" in refused.content.decode()


BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/activities/calendar/subscribe/", "/activities/calendar/"),
        ("/ledgers/members/views/", "/ledgers/members/"),
        ("/accounts/sign-out/", "/accounts/"),
    ],
)
def test_the_address_of_a_button_leads_a_browser_to_its_page(client, db, address, back):
    sign_in(client, Role.OFFICE, street().committee)
    answer = client.get(address, **BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (302, back)
    assert "只用来提交" in client.get(back, **BROWSER).content.decode()
    assert client.get(address).status_code == 405, "a program is told as before"
    assert client.get(address, HTTP_HX_REQUEST="true", **BROWSER).status_code == 405


def test_a_button_whose_page_is_closed_to_the_user_leads_to_the_first_page(client, db):
    sign_in(client, Role.BRANCH_SECRETARY, street().branch)
    assert client.get("/accounts/sign-out/", **BROWSER).headers["Location"] == "/"


def test_what_may_not_be_done_does_not_exist_for_a_browser_either(client, db):
    sign_in(client, Role.SYSTEM_ADMIN, street().committee)
    assert client.get("/activities/calendar/subscribe/", **BROWSER).status_code == 404
