from datetime import date, timedelta

import pytest
from django.utils import timezone

from ledgers import facts
from ledgers.period import Period
from members.models import Member
from tests.factories import MemberFactory, sign_in

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
URL = "/members/new/"
ID = citizen_id("19800102", "003")


@pytest.fixture
def register(client, fill_in, place, office):
    """Open the form for the first branch and save it with these fields."""

    def press(**changes):
        filled = {"name": "张三", "id_number": ID, "category": "full", "joined_on": "2010-07-01"} | changes
        return fill_in(f"{URL}?branch={place.branch.code}", **filled)

    return press


def errors(response):
    return response.context["form"].errors


def test_it_works(register, place):
    response = register(phone="139 1234 5678", address="和平路 1 号", dues_base="3200")
    member = Member.objects.get()
    assert response["Location"] == member.get_absolute_url()
    assert (member.name, member.branch, member.phone) == ("张三", place.branch, "13912345678")
    assert member.memberships.get().start == date(2010, 7, 1)


def test_the_branch_asked_for_is_chosen(client, office, place):
    page = client.get(f"{URL}?branch={place.branches[1].code}")
    assert page.context["form"]["branch"].value() == place.branches[1].pk


def test_birth_date_and_gender_come_from_the_id(register):
    register()
    member = Member.objects.get()
    assert (member.birth_date, member.gender, member.faults) == (date(1980, 1, 2), "male", "")


def test_a_wrong_check_digit_is_refused_at_the_field(register):
    wrong = ID[:-1] + ("1" if ID[-1] != "1" else "2")
    assert f"第 18 位校验码应为 {ID[-1]}" in errors(register(id_number=wrong))["id_number"][0]
    assert not Member.objects.exists()


def test_an_old_id_of_15_digits_is_brought_to_18(register):
    register(id_number="990100800102003")
    assert Member.objects.get().id_number == ID


def test_birth_date_and_gender_must_agree_with_the_id(register):
    wrong = errors(register(birth_date="1981-01-02", gender="female"))
    assert "身份证号上是 1980-01-02" in wrong["birth_date"][0]
    assert "身份证号上是男" in wrong["gender"][0]


def test_an_id_in_sight_is_refused_with_the_way_to_its_record(register, place):
    twin = MemberFactory(branch=place.branches[3], name="李四", id_number=ID)
    response = register()
    assert f'href="{twin.get_absolute_url()}"' in errors(response)["id_number"][0]
    assert f'<a href="{twin.get_absolute_url()}">李四（S第2社区第2党支部）</a>' in response.content.decode()


def test_an_id_out_of_sight_is_allowed_and_not_told_of(client, fill_in, place):
    MemberFactory(branch=place.branches[3], id_number=ID)
    sign_in(client, "branch-secretary", place.branch)
    response = fill_in(URL, name="张三", id_number=ID, category="full")
    assert response.status_code == 302
    assert Member.objects.with_citizen_id(ID).count() == 2


def test_somebody_who_left_is_to_be_brought_back_instead(register, place):
    MemberFactory(branch=place.branch, id_number=ID).leave("transferred", date(2026, 1, 1))
    assert "办理转回" in errors(register())["id_number"][0]


@pytest.mark.parametrize(("joined", "refused"), [("1998-01-01", True), ("1998-01-02", False)])
def test_eighteen_on_the_day_of_joining(register, joined, refused):
    assert ("joined_on" in (errors(r) if (r := register(joined_on=joined)).status_code == 200 else {})) is refused


@pytest.mark.parametrize(("days", "refused"), [(0, False), (1, True)])
def test_nobody_joins_in_the_future(register, days, refused):
    day = timezone.localdate() + timedelta(days=days)
    response = register(category="probationary", joined_on=day.isoformat())
    assert (response.status_code == 200) is refused
    assert not refused or "还没有到" in errors(response)["joined_on"][0]


@pytest.mark.parametrize(("regularised", "refused"), [("2011-06-30", True), ("2011-07-01", False)])
def test_regularised_a_year_later_at_the_earliest(register, regularised, refused):
    response = register(regularised_on=regularised)
    assert (response.status_code == 200) is refused
    assert not refused or "不早于 2011-07-01" in errors(response)["regularised_on"][0]


def test_a_probationary_member_has_no_day_of_regularisation(register):
    assert "category" in errors(register(category="probationary", regularised_on="2012-07-01"))


def test_somebody_transferred_in_counts_from_that_day_as_transferred(register, place):
    register(came_by="transferred-in", on="2026-08-10")
    membership = Member.objects.get().memberships.get()
    assert (membership.start, membership.came_by) == (date(2026, 8, 10), "transferred-in")
    numbers = facts.of(place.committee, Period.parse("2026Q3"))
    assert (numbers["members.transferred_in"], numbers["members.total"]) == (1, 1)
    assert facts.of(place.committee, Period.parse("2026Q2"))["members.total"] == 0


def test_a_transfer_needs_its_day(register):
    assert "on" in errors(register(came_by="transferred-in", on=""))
    assert "不能早于入党时间" in errors(register(came_by="transferred-in", on="2010-06-30"))["on"][0]


def test_a_second_press_makes_no_second_member(client, office, place, register):
    page = client.get(f"{URL}?branch={place.branch.code}")
    sent = {
        "name": "张三", "id_number": ID, "category": "full", "branch": place.branch.pk, "came_by": "joined",
        "token": page.context["form"]["token"].value(),
    }  # fmt: skip
    first, second = client.post(URL, sent), client.post(URL, sent)
    assert first["Location"] == second["Location"]
    assert Member.objects.count() == 1


def test_only_branches_in_reach_are_offered(client, secretary, place):
    page = client.get(URL)
    assert list(page.context["form"].fields["branch"].queryset) == [place.branch]


def test_a_branch_out_of_reach_is_refused(client, secretary, fill_in, place):
    response = fill_in(URL, name="张三", id_number=ID, category="full", branch=place.branches[3].pk)
    assert "branch" in errors(response)
    assert not Member.objects.exists()


def test_a_leader_has_no_such_page(client, place):
    sign_in(client, "leader", place.committee)
    assert client.get(URL).status_code == 404


def test_what_is_typed_is_stored_the_way_imports_store_it(register):
    register(name="张 三", workplace=" 区  政府 ")
    member = Member.objects.get()
    assert (member.name, member.workplace) == ("张三", "区 政府")
