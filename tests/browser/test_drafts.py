"""Nothing typed is lost: the session ends while somebody types, the page is reloaded, the page is too old."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts.roles import Role
from activities.models import Activity
from tests.browser.conftest import at_both_sizes
from tests.factories import PASSWORD, MemberFactory, PostingFactory, street

pytestmark = pytest.mark.browser
FORM = "/activities/new/?kind=theme-day"
TOPIC, CONTENT = "缅怀先烈", "敬献花篮，重温入党誓词，随后座谈。"


@pytest.fixture(scope="module")
def tree(portal):
    return street()


@pytest.fixture(scope="module")
def members(tree):
    return [MemberFactory(branch=tree.branch, name=name) for name in ("张三", "李四", "王五")]


@pytest.fixture
def secretary(tree, members):
    yield PostingFactory(organization=tree.branch, role=Role.BRANCH_SECRETARY).user
    for activity in Activity.objects.all():
        activity.erase()


def fill_in(page):
    page.goto(FORM)
    page.locator("#id_topic").press_sequentially(TOPIC)
    page.locator("#id_content").press_sequentially(CONTENT)
    page.locator("label", has_text="缺席").nth(1).click()  # of 李四


def held(page):
    return page.evaluate("JSON.stringify(localStorage)")


def sign_in_again(page, username):
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def check_text(page):
    expect(page.locator("#id_topic")).to_have_value(TOPIC)
    expect(page.locator("#id_content")).to_have_value(CONTENT)
    expect(page.locator("input[value=absent]:checked")).to_have_count(1)


@at_both_sizes
def test_the_session_ends_while_typing(signed_in, secretary):
    page = signed_in(secretary.username)
    fill_in(page)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="存草稿").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert TOPIC not in held(page)
    sign_in_again(page, secretary.username)
    expect(page.get_by_text("刚才没有存上")).to_be_visible()
    check_text(page)
    page.get_by_role("button", name="存草稿").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    assert Activity.objects.get().content == CONTENT
    assert "draft:" not in held(page)


def test_a_page_that_is_too_old_leads_back_to_its_text(signed_in, secretary):
    page = signed_in(secretary.username)
    fill_in(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="存草稿").click()
    page.get_by_role("link", name="回到刚才的页面").click()
    sign_in_again(page, secretary.username)
    check_text(page)


def test_a_reload_offers_what_was_typed_and_saving_forgets_it(signed_in, secretary):
    page = signed_in(secretary.username)
    page.on("dialog", lambda dialog: dialog.accept())
    fill_in(page)
    page.reload()
    expect(page.locator("#id_topic")).to_have_value("")
    page.get_by_role("button", name="恢复").click()
    check_text(page)
    page.get_by_role("button", name="存草稿").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    page.goto(FORM)
    expect(page.get_by_text("还没有保存的内容")).to_have_count(0)


def test_a_refused_form_keeps_its_text_and_the_next_user_is_offered_nothing(signed_in, secretary, tree):
    page = signed_in(secretary.username)
    page.on("dialog", lambda dialog: dialog.accept())
    fill_in(page)
    page.locator("#id_date").fill("2099-01-01")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#id_topic")).to_have_value(TOPIC)
    other = PostingFactory(organization=tree.branch, role=Role.BRANCH_SECRETARY).user
    signed_in(other.username)
    page.goto(FORM)
    expect(page.locator("#id_topic")).to_have_value("")
    expect(page.locator(".draft-note")).to_have_count(0)


def test_two_minutes_before_the_end_one_can_go_on(signed_in, secretary):
    page = signed_in(secretary.username)
    page.clock.install()
    page.goto(FORM)
    page.clock.fast_forward("29:00")
    page.locator(".session-note").get_by_role("button", name="继续").click()
    expect(page.locator(".session-note")).to_have_count(0)
    page.clock.fast_forward("31:00")
    expect(page.locator(".session-note")).to_contain_text("登录已到期")
