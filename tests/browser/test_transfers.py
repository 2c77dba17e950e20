"""A transfer between two branches by two people: issued by one secretary, seen and taken in by the other."""

import pytest

from accounts.models import User
from accounts.roles import Role
from branches.models import Organization
from members.models import Member, Transfer
from tests.browser.conftest import at_both_sizes
from tests.factories import MemberFactory, PostingFactory, UserFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def two_secretaries(demo_street) -> tuple[User, User, Member]:
    """The secretaries of two branches of different communities, and a member of the first."""
    here, there = Organization.objects.get(code="HP0101"), Organization.objects.get(code="HP0201")
    member = MemberFactory(branch=here, name="转接人")
    users = [UserFactory(), UserFactory()]
    for user, branch in zip(users, (here, there), strict=True):
        PostingFactory(user=user, role=Role.BRANCH_SECRETARY, organization=branch)
    return users[0], users[1], member


@at_both_sizes
def test_a_transfer_between_two_branches(two_secretaries, size, anyone, signed_in):
    giver, taker, member = two_secretaries
    there = Organization.objects.get(code="HP0201")

    page = signed_in(giver.username)
    page.goto(member.get_absolute_url())
    page.get_by_role("link", name="开具介绍信").click()
    page.select_option("select[name=receiver]", str(there.pk), force=True)
    page.get_by_label("介绍信编号").fill(f"组转〔2026〕{member.pk}号")
    page.get_by_role("button", name="开具介绍信").click()
    page.get_by_text("待接收").first.wait_for()
    letter = Transfer.objects.get(member=member)
    assert letter.receiver == there

    page = signed_in(taker.username)
    page.goto("/")
    page.get_by_role("link", name="转接人的组织关系等待接收").click()
    page.get_by_text(letter.masked_id).wait_for()
    assert page.get_by_text(member.id_number).count() == 0
    page.get_by_role("link", name="接收", exact=True).click()
    page.get_by_role("button", name="接收党员").click()
    page.get_by_text("已接收").first.wait_for()
    assert Member.objects.get(pk=member.pk).branch == there
    page.get_by_role("link", name="转接人").click()
    page.get_by_role("heading", name="转接人").wait_for()
