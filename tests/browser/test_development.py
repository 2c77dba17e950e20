"""One person from the application to full membership, through the pages, step by step."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from members.development.procedure import BY_CODE, Need
from members.models import DevelopmentCase, Member
from tests.browser.conftest import at_both_sizes
from tests.factories import MemberFactory, PostingFactory, street
from tests.members.development import DAYS, person_id

pytestmark = [pytest.mark.browser, at_both_sizes]


@pytest.fixture
def branch(portal):
    """A branch with a secretary and two full members."""
    place = street(1, 1).branch
    MemberFactory(branch=place, name="周明")
    MemberFactory(branch=place, name="李强")
    return place


def fill_votes(page, step):
    for kind in step.votes:
        poll = page.get_by_role("group", name=kind.label)
        for label, number in (("应到", 20), ("实到", 18), ("赞成", 17), ("反对", 0), ("弃权", 1)):
            poll.get_by_label(label).fill(str(number))


def register(page, code):
    """Press the page's primary button, fill in what the step wants, and save."""
    step = BY_CODE[code]
    page.locator(".actions").get_by_role("link", name=f"登记{step.short}", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(step.title)
    page.get_by_label("日期").first.fill(DAYS[code].isoformat())
    if step.has(Need.PEOPLE):
        page.get_by_label(step.people).fill("周明、李强")
    if step.has(Need.TRAINING):
        page.get_by_label("培训天数").fill("3")
    fill_votes(page, step)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("郑新")


def test_the_form_keeps_its_height_when_the_searchable_select_comes(signed_in, branch):
    """What moves between a finger's touch and its lifting loses the press on 保存."""
    page = signed_in(PostingFactory(organization=branch, role="branch-secretary").user.username)
    held = []
    page.route("**/tom-select*.css*", lambda route: held.append(route))
    page.goto("/members/development/")
    with page.expect_request("**/django-tomselect*.js*") as script:
        page.get_by_role("link", name="新增入党申请人").first.click()
    script.value.response().finished()
    form = page.locator("main form[method=post]")
    before = form.bounding_box()["height"]
    expect(page.locator(".ts-control")).to_have_count(0)
    for request in held:
        request.continue_()
    expect(page.locator(".ts-control")).to_be_visible()
    assert form.bounding_box()["height"] == before


def test_from_application_to_full_membership(signed_in, branch):
    user = PostingFactory(organization=branch, role="branch-secretary").user
    page = signed_in(user.username)
    page.goto("/members/development/")
    page.get_by_role("link", name="新增入党申请人").first.click()
    page.get_by_label("姓名").fill("郑新")
    page.get_by_label("身份证号").fill(person_id())
    page.get_by_label("申请入党日期").fill("2022-03-05")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("1/25 步")).to_be_visible()
    for code in DAYS:
        register(page, code)
        if code == "mentors":
            page.goto("/members/development/")
            page.locator(".board-card").get_by_role("link", name="郑新").click()
        if code == "admission-approval":
            expect(page.get_by_text("已编入党员花名册，入党时间 2024-06-15")).to_be_visible()
    expect(page.get_by_text("25/25 步")).to_be_visible()
    case = DevelopmentCase.objects.get(branch=branch)
    member = Member.objects.get(pk=case.member_id)
    assert (member.joined_on, member.regularised_on) == (date(2024, 6, 15), date(2025, 6, 15))
    assert member.category == "full"
    page.get_by_role("link", name="郑新（正式党员）").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("正式党员")


def test_the_pages_are_open_to_everyone(signed_in, branch):
    user = PostingFactory(organization=branch, role="branch-secretary").user
    page = signed_in(user.username)
    case = DevelopmentCase(
        name="郑" + "新" * 50, branch=branch, id_number=person_id(), applied_on=date(2026, 3, 5)
    ).settle()
    for address in ("", "new/", f"{case.pk}/", f"{case.pk}/steps/candidate/", f"{case.pk}/print/"):
        page.goto(f"/members/development/{address}")
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
