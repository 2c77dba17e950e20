from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from members.models import Member
from tests.conftest import shown
from tests.factories import MemberFactory, sign_in, street

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
ID = citizen_id("19800102", "003")


@pytest.fixture
def member(place, office):
    return MemberFactory(
        branch=place.branch,
        name="张三",
        id_number=ID,
        phone="13912345678",
        address="和平路 1 号",
        joined_on=date(2010, 7, 1),
    )


@pytest.fixture
def url(member):
    return reverse("members:edit", args=[member.pk])


def errors(response):
    return response.context["form"].errors


def fresh(member):
    return Member.objects.get(pk=member.pk)


def test_it_works(fill_in, url, member):
    response = fill_in(url, workplace="区政府", education="bachelor")
    assert response["Location"] == member.get_absolute_url()
    assert (fresh(member).workplace, fresh(member).education) == ("区政府", "bachelor")


def test_numbers_are_masked_and_an_untouched_form_changes_nothing(client, fill_in, url, member):
    before = AuditEntry.objects.count()
    page = client.get(url).content.decode()
    assert ID not in page and "13912345678" not in page and "和平路" not in page
    assert "9901**********" in page and "139****5678" in page
    assert fill_in(url).status_code == 302
    held = fresh(member)
    assert (held.id_number, held.phone, held.address, held.version) == (ID, "13912345678", "和平路 1 号", 1)
    assert AuditEntry.objects.count() == before


def test_a_whole_new_number_is_checked_and_stored(fill_in, url, member):
    assert "手机号" in errors(fill_in(url, phone="1391234567"))["phone"][0]
    fill_in(url, phone="0371-65550000", address="新华路 2 号")
    assert (fresh(member).phone, fresh(member).address) == ("0371-65550000", "新华路 2 号")


def test_half_a_mask_is_refused_with_what_to_do(fill_in, url, member):
    assert "要改请整个重填" in errors(fill_in(url, phone="139****5679"))["phone"][0]
    assert fresh(member).phone == "13912345678"


def test_a_new_id_brings_its_birth_date_to_mind(fill_in, url, member):
    other = citizen_id("19810102", "003")
    assert "身份证号上是 1981-01-02" in errors(fill_in(url, id_number=other))["birth_date"][0]
    fill_in(url, id_number=other, birth_date="1981-01-02")
    assert fresh(member).birth_date == date(1981, 1, 2)


def test_old_faults_do_not_block_a_new_phone(fill_in, url, member):
    Member.objects.filter(pk=member.pk).update(
        birth_date=date(1985, 1, 1), gender="female", joined_on=date(2001, 1, 1), regularised_on=date(2001, 3, 1)
    )
    assert fill_in(url, phone="13800000000").status_code == 302
    assert fresh(member).faults == "Q02"


def test_an_old_wrong_id_does_not_block_a_new_phone(fill_in, url, member):
    wrong = Member.objects.get(pk=member.pk)
    wrong.id_number = ID[:-1] + ("1" if ID[-1] != "1" else "2")
    wrong.record()
    assert fill_in(url, phone="13800000000").status_code == 302
    assert fresh(member).faults == "Q01"


def test_a_fault_is_refused_once_its_fields_are_touched(fill_in, url, member):
    Member.objects.filter(pk=member.pk).update(joined_on=date(2001, 1, 1), regularised_on=date(2001, 3, 1))
    assert "不早于 2002-01-01" in errors(fill_in(url, regularised_on="2001-04-01"))["regularised_on"][0]


def test_a_dated_change_counts_from_the_day_given(fill_in, url, member):
    fill_in(url, employment="retired", on="2026-06-01")
    first, second = member.memberships.order_by("start")
    assert (first.end, first.employment) == (date(2026, 6, 1), "in-service")
    assert (second.start, second.employment, second.came_by) == (date(2026, 6, 1), "retired", "changed")


def test_a_dated_change_counts_from_today_without_a_day(fill_in, url, member):
    fill_in(url, is_floating="on", on="")
    assert member.memberships.get(end__isnull=True).start == timezone.localdate()


def test_a_dated_change_lies_neither_before_the_last_one_nor_ahead(fill_in, url, member):
    assert "2010-07-01" in errors(fill_in(url, employment="retired", on="2010-06-30"))["on"][0]
    ahead = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert "还没有到" in errors(fill_in(url, employment="retired", on=ahead))["on"][0]


def test_a_corrected_day_of_joining_moves_the_start_of_membership(fill_in, url, member):
    fill_in(url, joined_on="2012-07-01", regularised_on="2013-07-01")
    assert member.memberships.get().start == date(2012, 7, 1)


def test_becoming_a_full_member_asks_for_its_day(fill_in, url, member):
    Member.objects.filter(pk=member.pk).update(category="probationary", regularised_on=None)
    assert "regularised_on" in errors(fill_in(url, category="full"))
    assert fill_in(url, category="full", regularised_on="2011-07-01").status_code == 302


def test_of_two_editors_the_second_sees_both_versions(client, url, member):
    one = shown(client.get(url))
    other = dict(shown(client.get(url)))
    client.post(url, one | {"workplace": "甲单位", "phone": "13800000000"})
    response = client.post(url, other | {"workplace": "乙单位"})
    text = response.content.decode()
    assert response.status_code == 200 and "甲单位" in text and "乙单位" in text and "13800000000" not in text
    assert fresh(member).workplace == "甲单位"
    client.post(url, shown(response))
    assert (fresh(member).workplace, fresh(member).phone) == ("乙单位", "13800000000")


def test_one_who_left_keeps_branch_and_state(client, fill_in, url, member):
    member.leave("transferred", date(2026, 5, 1))
    assert "branch" not in client.get(url).context["form"].fields
    assert fill_in(url, remarks="档案已寄出").status_code == 302
    assert (fresh(member).remarks, member.memberships.count()) == ("档案已寄出", 1)


def test_elsewhere_is_not_found(client, url, member):
    sign_in(client, "office", street(code="T").committee)
    assert client.get(url).status_code == client.post(url, {}).status_code == 404


def test_a_leader_may_not(client, place, url):
    sign_in(client, "leader", place.committee)
    assert client.get(url).status_code == 404
