from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import administration
from accounts.models import AuditEntry, User
from accounts.roles import Role
from accounts.sign_ins import ADDRESS_FAILURES, ADDRESS_WINDOW, ONE_ENTRY_IN, SIGNED_IN_AT
from tests.accounts.factories import PASSWORD, make_posted, make_user

pytestmark = pytest.mark.django_db
NEW = "Blue-Harbour-7"


def sign_in(client, username="li", password=PASSWORD, **extra):
    return client.post(reverse("accounts:sign-in"), {"username": username, "password": password, **extra})


def fail(client, times, username="li"):
    for _ in range(times):
        response = sign_in(client, username, "Wrong-pass-1")
    return response


def actions():
    return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


def test_it_works(client):
    user = make_user()
    response = sign_in(client)
    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.address) == ("sign-in", user, "127.0.0.1")


def test_it_leads_back_to_the_page_asked_for_but_to_no_other_site(client):
    make_user()
    assert sign_in(client, next="/accounts/password/").url == "/accounts/password/"
    client.logout()
    assert sign_in(client, next="https://elsewhere.example/").url == "/"


def test_a_wrong_password_says_how_many_tries_are_left(client):
    make_user()
    assert "还可以再试 4 次" in fail(client, 1).content.decode()
    assert "还可以再试 3 次" in fail(client, 1).content.decode()
    assert actions() == ["sign-in-failed"]  # one entry a minute


def test_an_unknown_username_gets_the_same_answer(client):
    make_user()
    known = fail(client, 1).content.decode().count("用户名或密码不对")
    unknown = fail(client, 1, "nobody").content.decode()
    assert known == unknown.count("用户名或密码不对") == 1
    assert "还可以再试 4 次" in unknown


def test_an_unknown_username_is_not_written_down_as_it_may_be_a_password(client):
    fail(client, 1, "Blue-Harbour-7")
    entry = AuditEntry.objects.get()
    assert "Blue-Harbour-7" not in entry.label
    assert "不存在的用户名" in entry.label


def test_the_fifth_failure_locks_even_against_the_right_password(client):
    make_user()
    assert fail(client, 4).status_code == 200
    response = fail(client, 1)
    assert response.status_code == 429
    until = timezone.localtime(timezone.now() + timedelta(minutes=2))
    assert "暂时不能登录" in response.content.decode()
    assert f"请在 {until:%H:%M} 以后再试" in response.content.decode()
    assert sign_in(client).status_code == 429
    assert "_auth_user_id" not in client.session


def later(monkeypatch, **wait):
    moment = timezone.now() + timedelta(**wait)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    monkeypatch.setattr("axes.attempts.now", lambda: moment)
    monkeypatch.setattr("axes.handlers.proxy.now", lambda: moment)


def test_the_wait_is_a_minute_at_first_and_doubles_with_each_further_failure(client, monkeypatch):
    make_user()
    fail(client, 5)
    for minutes in (1, 2, 4, 8, 16, 30):
        assert sign_in(client).status_code == 429
        later(monkeypatch, minutes=minutes, seconds=-1)
        assert sign_in(client).status_code == 429
        later(monkeypatch, seconds=2)
        if minutes < 30:
            assert fail(client, 1).status_code == 429
    assert sign_in(client).status_code == 302
    client.logout()
    assert fail(client, 4).status_code == 200  # a success forgets how long the wait had grown


def test_whoever_mistyped_gets_in_after_a_minute(client, monkeypatch):
    make_user()
    fail(client, 5)
    later(monkeypatch, seconds=61)
    assert sign_in(client).status_code == 302


def test_a_lockout_is_audited_once(client):
    make_user()
    fail(client, 7)
    assert actions().count("lockout") == 1
    assert actions().count("sign-in-failed") == 1


def test_failures_are_written_once_a_minute_for_each_username_and_address(client, monkeypatch):
    make_user()
    make_user("wang")
    fail(client, 3)
    fail(client, 3, "wang")
    fail(Client(REMOTE_ADDR="10.0.0.9"), 3)
    assert actions() == ["sign-in-failed"] * 3
    later = timezone.now() + ONE_ENTRY_IN + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    fail(client, 1)
    assert actions() == ["sign-in-failed"] * 4


def test_nobody_is_kept_out_from_another_address(client):
    make_user()
    assert fail(Client(REMOTE_ADDR="10.0.0.9"), 6).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9")).status_code == 429
    assert sign_in(client).status_code == 302


def spray(browser, names):
    for number in range(names):
        response = fail(browser, 1, f"name-{number}")
    return response


def test_who_tries_many_usernames_from_one_address_is_refused_whatever_the_username(client):
    make_user()
    guesser = Client(REMOTE_ADDR="10.0.0.9")
    assert spray(guesser, ADDRESS_FAILURES).status_code == 200
    refusals = [fail(guesser, 1, name) for name in ("li", "nobody")] + [sign_in(guesser)]
    assert [r.status_code for r in refusals] == [429] * 3
    assert len({r.content.decode().split("</head>")[1] for r in refusals}) == 1  # nothing tells which usernames exist
    assert actions().count("lockout") == 1
    assert sign_in(client).status_code == 302


def test_an_address_is_let_in_again_once_its_failures_are_ten_minutes_old(client):
    make_user()
    spray(client, ADDRESS_FAILURES)
    assert sign_in(client).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - ADDRESS_WINDOW - timedelta(seconds=1))
    assert sign_in(client).status_code == 302


def test_a_success_forgets_the_failures_before_it(client):
    make_user()
    fail(client, 4)
    sign_in(client)
    client.logout()
    assert fail(client, 4).status_code == 200


def test_one_locked_account_leaves_the_others_open(client):
    make_user()
    make_user("wang")
    fail(client, 5)
    assert sign_in(client, "wang").status_code == 302


def test_a_disabled_account_cannot_sign_in(client):
    make_user(is_active=False)
    assert "用户名或密码不对" in sign_in(client).content.decode()


def test_sign_out_is_a_post_and_is_audited(client):
    user = make_user()
    client.force_login(user)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    assert client.post(reverse("accounts:sign-out")).url == reverse("accounts:sign-in")
    assert "_auth_user_id" not in client.session
    assert actions()[-1] == "sign-out"
    assert AuditEntry.objects.get(action="sign-out").actor == user


def test_a_session_ends_thirty_minutes_after_the_last_request(client, tree, settings):
    client.force_login(make_posted(tree["S1"], Role.OFFICE))
    client.get(reverse("accounts:list"))
    left = client.session.get_expiry_age()
    assert left == 30 * 60
    before = client.session.model.objects.get().expire_date
    assert before - timezone.now() > timedelta(minutes=29)
    client.session.model.objects.update(expire_date=timezone.now() + timedelta(minutes=1))
    client.get(reverse("accounts:list"))
    assert client.session.model.objects.get().expire_date - timezone.now() > timedelta(minutes=29)
    client.session.model.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get(reverse("accounts:list")).url.startswith(reverse("accounts:sign-in"))


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post(
        reverse("accounts:change-password"),
        {"old_password": old, "new_password1": new, "new_password2": again or new},
    )


def test_changing_the_password_frees_a_new_account_and_keeps_the_session(client, tree):
    user = make_posted(tree["S1"], Role.OFFICE, username="li")
    User.objects.update(must_change_password=True)
    sign_in(client)
    assert change(client).url == "/"
    assert client.get(reverse("accounts:list")).status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert actions()[-1] == "password-change"
    assert PASSWORD not in str(AuditEntry.objects.values_list("changes", "label"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"old": "Wrong-pass-1"}, "密码"),
        ({"new": PASSWORD}, "不能和原密码相同"),
        ({"new": "Ab-1"}, "至少 10 个字符"),
        ({"new": "bluebluebluebl"}, "至少用三种"),
        ({"again": "Blue-Harbour-8"}, "密码"),
    ],
)
def test_a_bad_change_is_refused_with_its_reason(client, fields, message):
    user = make_user()
    client.force_login(user)
    response = change(client, **fields)
    assert response.status_code == 200
    assert message in "".join(str(e) for e in response.context["form"].errors.values())
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_superusers_made_on_the_command_line_need_not_change(db):
    assert not User.objects.create_superuser("root", password="x").must_change_password


def test_the_fifth_wrong_old_password_ends_the_session(client):
    user = make_user()
    client.force_login(user)
    for _ in range(4):
        assert change(client, old="Wrong-pass-1").status_code == 200
    answer = client.post(
        reverse("accounts:change-password"),
        {"old_password": "Wrong-pass-1", "new_password1": NEW, "new_password2": NEW},
        follow=True,
    )
    assert answer.redirect_chain == [(reverse("accounts:sign-in"), 302)]
    assert "原密码连续输错" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert actions().count("password-refused") == 5
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_bad_new_password_is_no_guess(client):
    client.force_login(make_user())
    for _ in range(6):
        assert change(client, new="Ab-1").status_code == 200
    assert "password-refused" not in actions()


def test_signing_in_again_gives_the_session_another_name(client):
    make_user()
    sign_in(client)
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert not client.session.exists(before)


@pytest.mark.parametrize(("hours", "is_in"), [(11, True), (13, False)])
def test_a_session_ends_after_twelve_hours_however_busy(client, tree, hours, is_in):
    client.force_login(make_posted(tree["S1"], Role.OFFICE))
    session = client.session
    session[SIGNED_IN_AT] -= hours * 3600
    session.save()
    assert (client.get(reverse("accounts:list")).status_code == 200) is is_in
    assert ("_auth_user_id" in client.session) is is_in


@pytest.mark.parametrize(("days", "is_in"), [(6, True), (8, False)])
def test_a_password_for_one_use_expires_after_a_week(client, monkeypatch, days, is_in):
    _, password = administration.create_account("zhao", "赵敏")
    later = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: later)
    answer = sign_in(client, "zhao", password)
    assert (answer.status_code == 302) is is_in
    assert is_in or "一次性密码已经过期" in answer.content.decode()
    assert ("_auth_user_id" in client.session) is is_in


def test_a_reset_gives_another_week_and_a_password_of_ones_own_does_not_expire(client, monkeypatch):
    user, _ = administration.create_account("zhao", "赵敏")
    User.objects.update(one_time_until=timezone.now() - timedelta(days=1))
    user.refresh_from_db()
    password = administration.reset_password(user)
    sign_in(client, "zhao", password)
    assert change(client, old=password).status_code == 302
    client.logout()
    later = timezone.now() + timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert sign_in(client, "zhao", NEW).status_code == 302
