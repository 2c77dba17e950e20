from datetime import date

import pytest
from django.urls import reverse

from ledgers import facts
from ledgers.period import Period
from members.models import Member
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(place, office):
    return MemberFactory(branch=place.branch, joined_on=date(2010, 7, 1))


@pytest.fixture
def url(member):
    return reverse("members:move", args=[member.pk])


def total(organization, period):
    return facts.of(organization, Period.parse(period))["members.total"]


def test_it_works(fill_in, url, member, place):
    response = fill_in(url, branch=place.branches[2].pk, on="2026-07-01")
    assert response["Location"] == member.get_absolute_url()
    assert Member.objects.get(pk=member.pk).branch == place.branches[2]
    assert member.memberships.get(end__isnull=True).came_by == "moved"


def test_earlier_months_stay_with_the_old_branch(fill_in, url, place):
    assert total(place.branch, "2026-06") == 1
    fill_in(url, branch=place.branches[2].pk, on="2026-07-01")
    assert [total(place.branch, m) for m in ("2026-06", "2026-07")] == [1, 0]
    assert [total(place.branches[2], m) for m in ("2026-06", "2026-07")] == [0, 1]
    assert [total(place.committee, m) for m in ("2026-06", "2026-07")] == [1, 1]


def test_not_before_the_last_change(fill_in, url, place):
    response = fill_in(url, branch=place.branches[2].pk, on="2010-07-01")
    assert "2010-07-01" in response.context["form"].errors["on"][0]


def test_the_own_branch_is_no_choice(client, url, place):
    choices = client.get(url).context["form"].fields["branch"].queryset
    assert place.branch not in choices and choices.count() == 3


def test_who_has_no_other_branch_is_told_what_to_do(client, url, secretary, text_of):
    assert "离开登记册" in text_of(client.get(url))


def test_one_who_left_is_not_moved(client, url, member):
    member.leave("deceased", date(2026, 5, 1))
    assert client.get(url)["Location"] == member.get_absolute_url()


def test_a_second_press_moves_once(client, url, member, place):
    page = client.get(url)
    form = page.context["form"]
    sent = {
        "branch": place.branches[2].pk, "on": "2026-07-01",
        "token": form["token"].value(), "version": form["version"].value(),
    }  # fmt: skip
    client.post(url, sent)
    client.post(url, sent)
    assert member.memberships.count() == 2
