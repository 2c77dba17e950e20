"""A member's history: intervals, and what facts make of their edges."""

from datetime import date

import pytest
from django.db import transaction

from accounts.models import AuditEntry
from ledgers import facts
from ledgers.models.record import Conflict
from ledgers.period import Period
from members.models import UNKNOWN_START, AlreadyRegistered, Member, mask_id, mask_phone, pinyin_of, years_between
from tests.factories import MemberFactory

from .conftest import citizen_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(place):
    return MemberFactory(branch=place.branch, joined_on=date(2020, 7, 1))


def intervals(member):
    return [(str(m.start), str(m.end or ""), m.branch.code, m.employment) for m in member.memberships.order_by("start")]


def count(organization, period, code="members.total"):
    return facts.of(organization, Period.parse(period))[code]


def test_a_new_member_is_in_the_branch_from_joining_on(member):
    assert intervals(member) == [("2020-07-01", "", "S-1-1", "in-service")]


def test_without_a_day_of_joining_a_member_has_always_been_there(place):
    member = MemberFactory(branch=place.branch, joined_on=None, regularised_on=None)
    assert member.memberships.get().start == UNKNOWN_START


def test_each_dated_change_opens_an_interval(member, place):
    member.employment = "retired"
    member.amend(date(2026, 3, 1))
    member.branch = place.branches[1]
    member.amend(date(2026, 5, 1))
    assert intervals(member) == [
        ("2020-07-01", "2026-03-01", "S-1-1", "in-service"),
        ("2026-03-01", "2026-05-01", "S-1-1", "retired"),
        ("2026-05-01", "", "S-1-2", "retired"),
    ]


def test_a_change_from_the_first_day_on_corrects_it(member):
    member.employment = "retired"
    member.amend(date(2020, 7, 1))
    assert intervals(member) == [("2020-07-01", "", "S-1-1", "retired")]


def test_what_is_not_dated_opens_none(member):
    member.workplace = "区政府"
    member.amend()
    assert member.memberships.count() == 1


def test_a_new_member_is_not_amended(place):
    with pytest.raises(ValueError, match="enter"):
        Member(name="张三", id_number=citizen_id("19800102"), branch=place.branch, category="full").amend()
    assert not Member.objects.exists()


def test_a_corrected_day_of_joining_corrects_the_first_interval(member, place):
    member.joined_on = date(2026, 5, 1)
    member.regularised_on = None
    member.amend()
    assert intervals(member)[0][0] == "2026-05-01"
    assert [count(place.branch, m) for m in ("2026-04", "2026-05")] == [0, 1]


def test_a_day_of_joining_after_the_first_change_leaves_the_intervals(member):
    member.employment = "retired"
    member.amend(date(2021, 1, 1))
    member.joined_on = date(2022, 1, 1)
    member.amend()
    assert [i[0] for i in intervals(member)] == ["2020-07-01", "2021-01-01"]


def test_one_who_was_transferred_in_keeps_the_day_of_transfer(place):
    from members.models import Membership

    member = Member(
        name="张三", id_number=citizen_id("19800102"), branch=place.branch, category="full", joined_on=date(2010, 1, 1)
    ).enter(date(2026, 1, 1), Membership.Event.TRANSFERRED_IN)
    member.joined_on = date(2011, 1, 1)
    member.amend()
    assert intervals(member)[0][0] == "2026-01-01"


def test_the_day_of_leaving_no_longer_counts(place):
    for day in (date(2026, 6, 30), date(2026, 7, 1)):
        MemberFactory(branch=place.branch).leave("transferred", day)
    assert count(place.branch, "2026Q2") == 1
    assert count(place.branch, "2026Q3") == 0
    assert [count(place.branch, q, "members.transferred_out") for q in ("2026Q2", "2026Q3")] == [1, 1]


def test_joined_on_the_last_and_on_the_first_day_of_a_quarter(place):
    for day in (date(2026, 6, 30), date(2026, 7, 1)):
        MemberFactory(branch=place.branch, category="probationary", joined_on=day)
    assert [count(place.branch, q) for q in ("2026Q1", "2026Q2", "2026Q3")] == [0, 1, 2]
    assert [count(place.branch, q, "members.joined") for q in ("2026Q1", "2026Q2", "2026Q3")] == [0, 1, 1]


def test_full_from_the_day_of_regularisation_on(place):
    MemberFactory(branch=place.branch, joined_on=date(2025, 7, 1), regularised_on=date(2026, 7, 1))
    assert [count(place.branch, q, "members.full") for q in ("2026Q2", "2026Q3")] == [0, 1]
    assert [count(place.branch, q, "members.probationary") for q in ("2026Q2", "2026Q3")] == [1, 0]


def test_leaving_needs_a_day_after_the_last_change(member):
    with pytest.raises(ValueError, match="2020-07-01 之后"):
        member.leave("transferred", date(2020, 7, 1))


def test_of_two_editors_the_second_is_told(member):
    one, other = Member.objects.get(pk=member.pk), Member.objects.get(pk=member.pk)
    one.workplace = "甲"
    one.amend()
    other.employment = "retired"
    with pytest.raises(Conflict):
        other.amend(date(2026, 1, 1))
    assert member.memberships.count() == 1


def test_sensitive_values_stand_in_the_trail_as_digests_only(member):
    member.phone = "13912345678"
    member.amend()
    changes = AuditEntry.objects.latest("seq").changes
    assert changes["phone"][1].startswith("digest:")
    assert "13912345678" not in str(changes)


def test_faults_of_the_id(place):
    right = citizen_id("19800102", "003")
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    assert MemberFactory(branch=place.branch, id_number=right).faults == ""
    assert MemberFactory(branch=place.branch, id_number=wrong).faults == "Q01"
    assert MemberFactory(branch=place.branches[1], id_number=right, gender="female").faults == "Q02"


def test_a_branch_has_nobody_twice_in_the_register(place):
    number = citizen_id("19800102", "003")
    first = MemberFactory(branch=place.branch, id_number=number)
    with pytest.raises(AlreadyRegistered, match="已经有这名党员"), transaction.atomic():
        MemberFactory(branch=place.branch, id_number=number)
    elsewhere = MemberFactory(branch=place.branches[1], id_number=number)  # the data checks find it
    elsewhere.branch = place.branch
    with pytest.raises(AlreadyRegistered), transaction.atomic():
        elsewhere.amend(date(2026, 9, 1))
    first.leave("transferred", date(2026, 9, 1))
    Member.objects.get(pk=elsewhere.pk).delete()
    again = MemberFactory(branch=place.branch, id_number=number)
    with pytest.raises(AlreadyRegistered), transaction.atomic():
        Member.objects.get(pk=first.pk).undo_leave()
    assert again.pk


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2010, 7, 1), date(2026, 6, 30), 15),
        (date(2010, 7, 1), date(2026, 7, 1), 16),
        (date(2012, 2, 29), date(2013, 2, 28), 0),
    ],
)
def test_whole_years(start, end, years):
    assert years_between(start, end) == years


def test_masks():
    assert mask_id("990100198001020035") == "9901**********0035"
    assert mask_phone("13912345678") == "139****5678"
    assert mask_phone("12345") == "*****"
    assert mask_id("") == mask_phone("") == ""


def test_pinyin():
    assert pinyin_of("张三") == ("zhangsan", "zs")
    assert pinyin_of("买买提·阿不都")[1].startswith("mmt")
