import re

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import at_both_sizes
from tests.factories import PASSWORD, PostingFactory, UserFactory, street

pytestmark = [pytest.mark.browser, at_both_sizes]
OWN = "Blue-Harbour-7"


@pytest.fixture
def clerk(portal):
    """A new account of the office, with a password that somebody else has seen."""
    place = street(1, 1)
    return PostingFactory(organization=place.committee, user=UserFactory(name="李办", must_change_password=True)).user


def enter(page, username, password):
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def change_password(page, new):
    page.get_by_label("旧密码").fill(PASSWORD)
    page.get_by_label("新密码").first.fill(new)
    page.get_by_label("新密码").last.fill(new)
    page.get_by_role("button", name="保存新密码").click()


def sign_out(page):
    page.locator(".who summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_it_works(anyone, clerk):
    User.objects.filter(pk=clerk.pk).update(must_change_password=False)
    anyone.goto("/ledgers/members/")
    enter(anyone, clerk.username, PASSWORD)
    expect(anyone).to_have_url(re.compile("/ledgers/members/$"))
    expect(anyone.get_by_role("heading", level=1)).to_have_text("党员花名册")


def test_the_first_sign_in_forces_an_own_password(anyone, clerk):
    anyone.goto("/")
    enter(anyone, clerk.username, PASSWORD)
    expect(anyone.get_by_text("您用的是一次性密码")).to_be_visible()
    anyone.goto("/dashboard/")
    expect(anyone).to_have_url(re.compile("/accounts/password/$"))
    change_password(anyone, "Short-1")
    expect(anyone.get_by_text("密码太短")).to_be_visible()
    change_password(anyone, OWN)
    expect(anyone.get_by_text("密码已修改")).to_be_visible()
    sign_out(anyone)
    enter(anyone, clerk.username, OWN)
    expect(anyone.get_by_role("navigation", name="主导航")).to_be_visible()


def test_who_signed_out_is_out(signed_in, clerk):
    User.objects.filter(pk=clerk.pk).update(must_change_password=False)
    page = signed_in(clerk.username)
    page.goto("/")
    sign_out(page)
    page.goto("/ledgers/members/")
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_five_wrong_passwords_lock_the_account(anyone, clerk):
    anyone.goto("/")
    for left in (4, 3, 2, 1):
        enter(anyone, clerk.username, "Wrong-Password-1")
        expect(anyone.get_by_text(f"还可以再试 {left} 次")).to_be_visible()
    enter(anyone, clerk.username, "Wrong-Password-1")
    expect(anyone.get_by_role("heading", level=1)).to_have_text("暂时不能登录")
    anyone.get_by_role("link", name="返回登录").click()
    enter(anyone, clerk.username, PASSWORD)
    expect(anyone.get_by_role("heading", level=1)).to_have_text("暂时不能登录")


def test_the_button_back_shows_nothing_once_somebody_has_signed_out(anyone, clerk):
    User.objects.filter(pk=clerk.pk).update(must_change_password=False)
    anyone.goto("/ledgers/members/")
    enter(anyone, clerk.username, PASSWORD)
    expect(anyone.get_by_role("heading", level=1)).to_have_text("党员花名册")
    sign_out(anyone)
    anyone.go_back()
    expect(anyone.get_by_role("heading", level=1)).to_have_text("登录")
    assert "党员花名册" not in anyone.content()


def test_a_part_that_the_server_cannot_bring_says_why(anyone, clerk, complaints, monkeypatch):
    User.objects.filter(pk=clerk.pk).update(must_change_password=False)
    anyone.goto("/branches/")
    enter(anyone, clerk.username, PASSWORD)
    part = anyone.locator("a.toggle").last
    expect(part).to_be_visible()
    with monkeypatch.context() as away:
        away.setattr(BaseDatabaseWrapper, "cursor", refuse)
        part.click()
        expect(anyone.get_by_role("alert")).to_contain_text("数据库暂时连不上")
    assert complaints and all("503" in one for one in complaints)
    complaints.clear()
    part.click()
    expect(anyone.get_by_role("link", name=re.compile("第1党支部$"))).to_be_visible()


def refuse(*args, **kwargs):
    raise OperationalError("connection to server failed: Connection refused")
