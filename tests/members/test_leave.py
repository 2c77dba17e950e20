from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from ledgers import facts
from ledgers.period import Period
from members.models import Member
from tests.factories import CommitteeFactory, MemberFactory, SeatFactory, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(place, office):
    return MemberFactory(branch=place.branch, joined_on=date(2010, 7, 1))


@pytest.fixture
def url(member):
    return reverse("members:leave", args=[member.pk])


def test_it_works(fill_in, url, member):
    response = fill_in(url, leave_kind="transferred", left_on="2026-08-15", basis="和组转〔2026〕12 号")
    assert response["Location"] == member.get_absolute_url()
    held = Member.objects.get(pk=member.pk)
    assert (held.left_on, held.leave_kind) == (date(2026, 8, 15), "transferred")
    assert member.memberships.get().end == date(2026, 8, 15)


def test_the_paper_stands_in_the_audit_trail(fill_in, url, member):
    fill_in(url, leave_kind="transferred", left_on="2026-08-15", basis="和组转〔2026〕12 号")
    entry = AuditEntry.objects.get(action="leave", model="members.member")
    assert entry.changes["依据"] == [None, "和组转〔2026〕12 号"]


def test_numbers_fall_from_that_day_on_and_the_flow_counts(fill_in, url, place):
    fill_in(url, leave_kind="deceased", left_on="2026-08-15")
    july, august = (facts.of(place.committee, Period.parse(p)) for p in ("2026-07", "2026-08"))
    assert (july["members.total"], august["members.total"]) == (1, 0)
    assert (july["members.deceased"], august["members.deceased"]) == (0, 1)


@pytest.mark.parametrize("day", ["2010-07-01", (timezone.localdate() + timedelta(days=2)).isoformat(), ""])
def test_days_that_cannot_be(fill_in, url, member, day):
    response = fill_in(url, leave_kind="transferred", left_on=day)
    assert "left_on" in response.context["form"].errors
    assert Member.objects.get(pk=member.pk).left_on is None


def test_a_reason_is_needed(fill_in, url):
    assert "leave_kind" in fill_in(url, left_on="2026-08-15").context["form"].errors


def test_a_seat_in_office_is_pointed_out(client, url, member, place, text_of):
    SeatFactory(committee=CommitteeFactory(organization=place.branch), member=member)
    assert "请另在支委会里办理离任" in text_of(client.get(url))


def test_a_second_press_is_told_that_it_is_done(client, fill_in, url, member):
    fill_in(url, leave_kind="transferred", left_on="2026-08-15")
    assert client.post(url, {})["Location"] == member.get_absolute_url()


def test_elsewhere_is_not_found(client, office):
    other = MemberFactory(branch=street(code="T").branch)
    assert client.get(reverse("members:leave", args=[other.pk])).status_code == 404
