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
    member = MemberFactory(branch=place.branch, joined_on=date(2010, 7, 1))
    return member.leave("transferred", date(2026, 3, 1))


@pytest.fixture
def url(member):
    return reverse("members:return", args=[member.pk])


def totals(organization, *months):
    return [facts.of(organization, Period.parse(m))["members.total"] for m in months]


def test_it_works(fill_in, url, member, place):
    response = fill_in(url, how="back", branch=place.branches[1].pk, on="2026-06-10")
    assert response["Location"] == member.get_absolute_url()
    held = Member.objects.get(pk=member.pk)
    assert (held.left_on, held.leave_kind, held.branch) == (None, "", place.branches[1])
    assert totals(place.committee, "2026-02", "2026-03", "2026-05", "2026-06") == [1, 0, 0, 1]


def test_a_leave_by_mistake_is_as_if_it_had_never_been(fill_in, url, member, place):
    fill_in(url, how="mistake")
    assert totals(place.branch, "2026-02", "2026-03") == [1, 1]
    assert facts.of(place.branch, Period.parse("2026Q1"))["members.transferred_out"] == 0
    assert member.memberships.count() == 1


@pytest.mark.parametrize(("day", "refused"), [("2026-02-28", True), ("2026-03-01", False), ("", True)])
def test_not_before_the_day_of_leaving(fill_in, url, day, refused):
    response = fill_in(url, how="back", on=day)
    assert ("on" in response.context["form"].errors if response.status_code == 200 else False) is refused


def test_a_second_record_of_one_person_is_refused(fill_in, url, member, place):
    twin = MemberFactory(branch=place.branches[3], id_number=member.id_number)
    response = fill_in(url, how="mistake")
    assert twin.get_absolute_url() in response.context["form"].non_field_errors()[0]


def test_one_in_the_register_has_no_way_back(client, place, office):
    present = MemberFactory(branch=place.branch)
    assert client.get(reverse("members:return", args=[present.pk]))["Location"] == present.get_absolute_url()
