"""The street's own numbers."""

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from assessments.models import LocalSetting
from tests.factories import sign_in

from .factories import make_street

PAGE = "/settings/local/"


@pytest.fixture
def office(client, street):
    return sign_in(client, Role.OFFICE, street)


def test_it_works(client, office, text_of):
    text = text_of(client.get(PAGE))
    assert "每个党支部每季度讲党课次数" in text
    assert "不填按 80%执行" in text


def test_a_number_is_kept_with_its_trace(client, office, street):
    client.post(PAGE, {"lectures-a-quarter": "2", "attendance-percent": ""})
    setting = LocalSetting.objects.get()
    assert (setting.organization, setting.key, setting.value) == (street, "lectures-a-quarter", 2)
    entry = AuditEntry.objects.filter(model="assessments.localsetting").get()
    assert (entry.action, entry.organization_path) == ("create", street.path)


def test_an_emptied_number_is_the_default_again(client, office):
    client.post(PAGE, {"lectures-a-quarter": "2"})
    client.post(PAGE, {"lectures-a-quarter": ""})
    assert not LocalSetting.objects.exists()


def test_out_of_range(client, office, text_of):
    assert "100" in text_of(client.post(PAGE, {"attendance-percent": "101"}))
    assert not LocalSetting.objects.exists()


def test_another_street_is_not_changed(client, office, street):
    make_street("T")
    client.post(f"{PAGE}?organization=T", {"lectures-a-quarter": "2"})
    assert LocalSetting.objects.get().organization == street


@pytest.mark.parametrize("role", [Role.LEADER, Role.COMMUNITY_SECRETARY, Role.BRANCH_SECRETARY])
def test_only_the_office_sets_numbers(client, street, role):
    sign_in(client, role, street)
    assert client.get(PAGE).status_code == 404
