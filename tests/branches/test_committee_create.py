from datetime import date

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Committee, Organization
from tests.conftest import shown
from tests.factories import CommitteeFactory, MemberFactory, sign_in

NEW = "/branches/committees/new/?organization=S-1-1"
ELECTED = {"number": "第二届", "start": "2026-03-01", "seats-0-name": "周明", "seats-2-name": "吴兰"}


def test_it_works(client, town, office, fill_in):
    secretary = MemberFactory(branch=town.branch, name="周明")
    response = fill_in(NEW, **ELECTED)
    committee = Committee.objects.get()
    assert response.url == committee.get_absolute_url()
    assert (committee.organization, committee.number, committee.term_years) == (town.branch, "第二届", 3)
    assert [(s.post, s.name, s.member) for s in committee.seats.all()] == [
        ("secretary", "周明", secretary),
        ("organization", "吴兰", None),
    ]
    assert AuditEntry.objects.filter(model="branches.committeeseat", action="create").count() == 2


@pytest.mark.parametrize(
    ("code", "unit", "years"), [("S-1", "", 5), ("S-1-1", "community", 5), ("S-1-1", "agency", 3), ("S-1-1", "", 3)]
)
def test_the_term_is_five_years_in_communities_and_three_elsewhere(client, town, office, code, unit, years):
    Organization.objects.filter(code=code).update(unit_kind=unit)
    form = client.get(f"/branches/committees/new/?organization={code}").context["form"]
    assert form["term_years"].value() == years


def test_the_committee_before_ends_on_the_day_of_the_election(client, town, office, fill_in):
    earlier = CommitteeFactory(organization=town.branch, start=date(2023, 2, 1))
    fill_in(NEW, **ELECTED)
    earlier.refresh_from_db()
    assert earlier.ended_on == date(2026, 3, 1)
    assert [c.number for c in town.branch.committees.in_office_on(date(2026, 3, 1))] == ["第二届"]
    assert [c.number for c in town.branch.committees.in_office_on(date(2026, 2, 28))] == ["第一届"]


def test_one_entered_afterwards_ends_where_the_later_one_starts(client, town, office, fill_in):
    later = CommitteeFactory(organization=town.branch, number="第三届", start=date(2026, 5, 1))
    fill_in(NEW, **ELECTED)
    assert Committee.objects.get(number="第二届").ended_on == date(2026, 5, 1)
    later.refresh_from_db()
    assert later.ended_on is None


def test_of_namesakes_the_one_is_asked_for(client, town, office, fill_in, text_of):
    _, second = MemberFactory.create_batch(2, branch=town.branch, name="周明")
    response = fill_in(NEW, **ELECTED)
    assert "有 2 名党员叫周明，请选定是哪一位" in text_of(response)
    assert not Committee.objects.exists()
    client.post(NEW, shown(response) | {"seats-0-namesake": second.pk})
    assert Committee.objects.get().seats.get(post="secretary").member == second


def test_a_namesake_of_another_branch_is_not_meant(client, town, office, fill_in):
    MemberFactory(branch=town.branches[1], name="周明")
    here = MemberFactory(branch=town.branch, name="周明")
    fill_in(NEW, **ELECTED)
    assert Committee.objects.get().seats.get(post="secretary").member == here


def test_somebody_elses_member_cannot_be_slipped_in(client, town, office, fill_in):
    MemberFactory.create_batch(2, branch=town.branch, name="周明")
    stranger = MemberFactory(branch=town.branches[3], name="周明")
    response = fill_in(NEW, **ELECTED, **{"seats-0-namesake": stranger.pk})
    assert response.status_code == 200
    assert not Committee.objects.exists()


def test_pressed_twice_it_is_made_once(client, town, office):
    data = shown(client.get(NEW)) | ELECTED
    assert client.post(NEW, data).url == client.post(NEW, data).url
    assert Committee.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "第一届"}, "这一届已经登记过"),
        ({"start": "2023-02-01"}, "已有一届在这一天开始"),
        ({"start": ""}, "任职开始"),
        ({"term_years": "11"}, "1 到 10 年"),
        ({"seats-0-name": "", "seats-2-name": ""}, "请至少填一名委员"),
        ({"seats-2-post": "secretary"}, "在任的书记只能有一名"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(client, town, office, fill_in, text_of, changes, words):
    CommitteeFactory(organization=town.branch, start=date(2023, 2, 1))
    response = fill_in(NEW, **ELECTED | changes)
    assert response.status_code == 200
    assert words in text_of(response)
    assert Committee.objects.count() == 1


def test_the_names_of_a_branch_are_suggested(client, town, office):
    MemberFactory(branch=town.branch, name="周明")
    MemberFactory(branch=town.branches[1], name="别处的")
    page = client.get(NEW).content.decode()
    assert '<option value="周明">' in page and "别处的" not in page


def test_out_of_scope_is_not_there(client, town, secretary):
    assert client.get("/branches/committees/new/?organization=S-1-2").status_code == 404


def test_without_a_word_it_is_about_the_organisation_chosen_at_the_top(client, town, secretary):
    assert client.get("/branches/committees/new/").context["organization"] == town.branch


def test_who_only_reads_has_no_form(client, town):
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(NEW).status_code == 404
