import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from tests.factories import MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(place):
    return MemberFactory(branch=place.branch, phone="13912345678", address="和平路 1 号")


@pytest.fixture
def url(member):
    return reverse("members:reveal", args=[member.pk])


def test_it_works(client, office, url, member):
    response = client.post(url, headers={"HX-Request": "true"})
    text = response.content.decode()
    assert member.id_number in text and "13912345678" in text and "和平路 1 号" in text
    assert "<html" not in text


def test_it_is_written_down_and_never_kept(client, office, url, member):
    response = client.post(url)
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get(action="reveal")
    assert (entry.object_id, entry.actor) == (str(member.pk), office)
    assert member.id_number not in str(entry.changes)


def test_without_javascript_the_whole_page_comes(client, office, url, member, text_of):
    assert member.id_number in text_of(client.post(url))
    assert member.id_number not in text_of(client.get(member.get_absolute_url()))


def test_only_by_a_press(client, office, url):
    assert client.get(url).status_code == 405


@pytest.mark.parametrize("role", ["leader", "branch-secretary", "system-admin", "auditor"])
def test_without_the_right_it_does_not_exist(client, place, url, role):
    sign_in(client, role, place.committee)
    assert client.post(url).status_code == 404
    assert not AuditEntry.objects.filter(action="reveal").exists()


def test_the_right_elsewhere_does_not_reach_here(client, place, url):
    user = sign_in(client, "office", street(code="T").committee)
    user.postings.create(role="leader", organization=place.committee, start="2020-01-01")
    assert client.post(url).status_code == 404
