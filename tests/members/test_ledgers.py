"""The ledger of members: as of a day, by filter, by event. Facts count with the same conditions."""

from datetime import date

import pytest

from ledgers import facts
from ledgers import ledger as ledgers
from ledgers.ledger import BadQuery, Query
from ledgers.period import Period
from members.models import Member, Membership
from tests.factories import MemberFactory, sign_in, street

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


def names(organization, *, on=DAY, period=None, user=None, text="", **filters):
    rows = ledgers.get("members").rows(Query(organization, period, on, filters, text), user)
    return sorted(row.member.name for row in rows.select_related("member"))


def test_it_works(place):
    MemberFactory(branch=place.branch, name="甲")
    MemberFactory(branch=place.branches[3], name="乙")
    assert names(place.committee) == ["乙", "甲"]
    assert names(place.community) == ["甲"]


def test_every_stock_is_the_number_of_its_rows(place):
    branch = place.branch
    MemberFactory(
        branch=branch,
        id_number=citizen_id("19500101", "002"),
        ethnicity="回族",
        employment="retired",
        education="college",
    )
    MemberFactory(
        branch=branch,
        id_number=citizen_id("20000101", "003"),
        category="probationary",
        joined_on=date(2025, 12, 1),
        is_floating=True,
    )
    MemberFactory(branch=branch, ethnicity="").leave("deceased", date(2026, 9, 30))
    period = Period.parse("2026Q3")
    numbers = facts.of(place.committee, period)
    for fact in facts.every():
        if fact.ledger == "members":
            rows = fact.register.rows(fact.query(place.committee, period))
            assert numbers[fact.code] == rows.count(), fact.code
    assert numbers["members.total"] == 2
    assert (numbers["members.female"], numbers["members.minority"], numbers["members.floating"]) == (1, 1, 1)
    assert (numbers["members.over_60"], numbers["members.under_35"], numbers["members.college"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(1990, 9, 30), "35-60"),  # 36 today
        (date(1990, 10, 1), "under-35"),  # 35
        (date(1965, 10, 1), "35-60"),  # 60
        (date(1965, 9, 30), "over-60"),  # 61 today
    ],
)
def test_age_bands_at_their_edges(place, born, band):
    MemberFactory(branch=place.branch, id_number=citizen_id(f"{born:%Y%m%d}"), joined_on=date(2015, 7, 1))
    assert [b for b in ("under-35", "35-60", "over-60") if names(place.branch, age=b)] == [band]


def test_floating_then_and_now(place):
    member = MemberFactory(branch=place.branch, name="甲")
    member.is_floating = True
    member.amend(date(2026, 8, 1))
    assert names(place.branch, on=date(2026, 7, 31), floating="1") == []
    assert names(place.branch, on=date(2026, 8, 1), floating="1") == ["甲"]


def test_events_of_a_period(place):
    MemberFactory(branch=place.branch, name="新", category="probationary", joined_on=date(2026, 9, 30))
    MemberFactory(branch=place.branch, name="走").leave("transferred", date(2026, 7, 1))
    Member(name="来", id_number=citizen_id("19800102"), branch=place.branch, category="full").enter(
        date(2026, 8, 5), Membership.Event.TRANSFERRED_IN
    )
    quarter = Period.parse("2026Q3")
    events = {
        e: names(place.branch, on=None, period=quarter, event=e)
        for e in ("joined", "transferred", "transferred-in", "deceased")
    }
    assert events == {"joined": ["新"], "transferred": ["走"], "transferred-in": ["来"], "deceased": []}
    assert names(place.branch, on=None, period=Period.parse("2026Q4"), event="joined") == []


def test_joining_counts_once_however_often_the_state_changed_since(place):
    member = MemberFactory(branch=place.branch, category="probationary", joined_on=date(2026, 7, 2))
    member.employment = "retired"
    member.amend(date(2026, 8, 1))
    assert facts.of(place.branch, Period.parse("2026Q3"))["members.joined"] == 1


def test_search_by_name_initials_and_whole_numbers(place):
    number = citizen_id("19800102", "003")
    MemberFactory(branch=place.branch, name="张三", id_number=number, phone="13912345678")
    for text in ("张", "zs", "zhang", number, number.lower(), "139 1234 5678"):
        assert names(place.branch, text=text) == ["张三"], text
    for text in ("李", "s", number[:12], "1391234"):
        assert names(place.branch, text=text) == [], text


def test_scope(client, place):
    MemberFactory(branch=place.branch, name="甲")
    MemberFactory(branch=street(code="T").branch, name="乙")
    user = sign_in(client, "office", place.committee)
    assert names(None, user=user) == ["甲"]


def test_an_unknown_value_of_a_filter_is_refused(place):
    for filters in ({"age": "100"}, {"category": "x"}, {"employment": "x"}):
        with pytest.raises(BadQuery):
            names(place.branch, **filters)
