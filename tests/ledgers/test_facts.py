"""Facts: each equals the rows its address opens, adds up over branches and months, and is never shown stale."""

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity, Attendance, TourStop, record_roll
from branches.models import Organization, Venue
from ledgers import facts
from ledgers.facts import mark_stale
from ledgers.ledger import get
from ledgers.models import StaleMark, Touch
from ledgers.period import Period
from members.models import Member, Transfer, Whereabouts
from tests.activities import heard
from tests.activities import kept as studied
from tests.activities.brands import make_brand, make_participant, make_service
from tests.activities.leaves import ask_leave
from tests.activities.partners import make_agreement, make_contribution, make_partner
from tests.activities.plans import make_plan, make_resolution, make_vote
from tests.branches.life import make_candidate, make_election, make_group
from tests.branches.places import make_enterprise, make_shortage, make_venue, make_worker
from tests.factories import ActivityFactory, DuesChargeFactory, MemberFactory, OrganizationFactory, street, superuser
from tests.members import people as kept
from tests.members.development import applicant, develop

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
Q2 = Period.parse("2026Q2")


def furnish(branches: int = 2):
    """A street with some of everything, so that no fact is zero for want of rows."""
    place = street(2, branches)
    for community in place.communities:
        community.population, community.households = 4000, 1500
        community.record()
        furnish_places(community)
        furnish_cobuilding(community)
        furnish_brands(community)
        listen(community)
    for number, branch in enumerate(place.branches):
        people = [
            MemberFactory(branch=branch, gender="female", birth_date=None, education="college"),
            MemberFactory(branch=branch, employment="retired", ethnicity="回族", is_floating=True),
            MemberFactory(branch=branch, category="probationary", joined_on=date(2026, 8, 1)),
        ]
        for far, day in enumerate((None, date(2026, 8, 10), date(2026, 8, 12), date(2026, 8, 14))):
            furthest = ("talk", "activist", "candidate", "regularisation-approval")[far]
            develop(applicant(branch), furthest, until=day or date(2026, 8, 20))
        develop(applicant(branch), "admission-approval", until=date(2026, 8, 20))
        people[1].leave("deceased", date(2026, 9, 2))
        Whereabouts(kind="out", member=people[0], since=date(2026, 7, 10)).record()
        letter = {"kind": "out", "elsewhere": "外地", "letter_number": "1", "issued_on": date(2026, 8, 1)}
        Transfer(member=MemberFactory(branch=branch), **letter).issue().receive(date(2026, 8, 20))
        DuesChargeFactory(member=people[0], due=Decimal("45.10"), paid=Decimal("45.10"))
        DuesChargeFactory(member=people[2], due=Decimal("15.20"), paid=Decimal("0.10"))
        for kind in (
            *Activity.Kind.meetings(),
            Activity.Kind.STUDY,
            Activity.Kind.TRAINING,
            Activity.Kind.JOINT_MEETING,
            Activity.Kind.WORK_MEETING,
            Activity.Kind.THEORY_GROUP,
            Activity.Kind.READING,
            Activity.Kind.EXCHANGE,
        ):
            activity = ActivityFactory(
                organization=branch, kind=kind, hours=Decimal("1.5"), date=date(2026, 7, 1 + number)
            )
            states = [Attendance.State.PRESENT, Attendance.State.LEAVE, Attendance.State.ABSENT]
            record_roll(activity, {m.pk: (s.value, "出差") for m, s in zip(people, states, strict=True)})
            if kind == Activity.Kind.GENERAL:
                make_vote(activity)
                make_resolution(activity, done_on=date(2026, 9, 1))
                make_plan(branch, activity.date, activity=activity)
        keep(branch, people)
        keep_study(branch, people)
        ask_leave(people[0])
        make_candidate(make_election(branch, date(2026, 7, 9 + number)))
        make_group(branch, code=f"{branch.code}G")
    tour(place.committee, place.communities)
    return place


def keep_study(branch, members):
    """A review, a life meeting with what came out of it, a theme and a certificate."""
    one, _, other = members
    for member, grade in zip(members, ("excellent", "basic", "unqualified"), strict=True):
        studied.review(member, grade)
    studied.review(MemberFactory(branch=branch), "qualified")
    meeting = studied.life_meeting(branch)
    studied.criticise(meeting, one, other)
    studied.promise(meeting, one)
    studied.promise(meeting, done_on=date(2026, 9, 1))
    studied.theme(branch)
    studied.certificate(one)


def keep(branch, members):
    """Check somebody in to the branch's community, and keep of everybody what is kept of people."""
    one, _, other = members
    checkin = kept.check_in(Organization.objects.get_parent(branch), one)
    kept.serve(checkin)
    volunteering = ActivityFactory(
        organization=branch, kind="volunteering", hours=Decimal("1.5"), date=date(2026, 8, 9)
    )
    record_roll(volunteering, {one.pk: ("present", "")})
    kept.talk(one, other)
    for make in (kept.matter, kept.honor, kept.sanction, kept.achievement):
        make(other)


def listen(community: Organization) -> None:
    """Concerns in every state, visits of every kind."""
    heard.make_concern(community, date(2026, 8, 3)).escalate(date(2026, 8, 5), "难")
    heard.settle(heard.make_concern(community, date(2026, 8, 3)), date(2026, 9, 1), "satisfied")
    heard.make_practice(community, written_on=date(2026, 8, 1)).offer(date(2026, 8, 2)).accept(date(2026, 8, 3), "好")
    for kind in ("report", "papers", "residents"):
        heard.make_visit(community, date(2026, 8, 4), kind=kind)


def tour(street: Organization, communities: list[Organization]) -> None:
    """A tour of the street to all of them."""
    held = ActivityFactory(organization=street, kind=Activity.Kind.OBSERVATION, date=date(2026, 8, 20))
    for community in communities:
        TourStop(activity=held, community=community).record()


def furnish_places(community: Organization) -> None:
    """Premises, enterprises and Party workers of every kind."""
    for tenure in Venue.Tenure.values:
        make_venue(community, tenure=tenure, area=Decimal("120.5"))
    make_shortage(community)
    make_enterprise(community)
    make_enterprise(community, full_members=4, organised="alone", instructor="周导")
    make_enterprise(community, full_members=3, reason="筹备", closed_on=date(2026, 9, 1))
    make_worker(community, reserve_since=date(2024, 1, 1))
    make_worker(community, left_on=date(2026, 8, 1), left_reason="resigned")


def furnish_cobuilding(community: Organization) -> None:
    """A unit with an agreement that did something, one whose agreement is over, one that left."""
    unit = make_partner(community)
    make_agreement(unit)
    make_contribution(unit)
    make_agreement(make_partner(community), 2025)
    make_agreement(make_partner(community, left_on=date(2026, 8, 1)))


def furnish_brands(community: Organization) -> None:
    """A brand and a service replicated from it, with participants and services; one that is over."""
    brand = make_brand(community)
    make_brand(community, end=date(2026, 8, 1))
    service = make_brand(community, kind="service", source=brand, start=date(2026, 5, 1))
    make_participant(service)
    make_participant(service, until=date(2026, 8, 2))
    for day in (date(2026, 7, 31), date(2026, 8, 1)):
        make_service(service, date=day)


def count_behind(url: str) -> tuple[int, dict]:
    """Count the rows of the list that an address opens."""
    parts = urlsplit(url)
    params = dict(parse_qsl(parts.query))
    organization = Organization.objects.get(code=params["organization"])
    ledger = get(parts.path.strip("/").split("/")[1])
    rows = ledger.rows(ledger.query(params, organization=organization, strict=True), superuser())
    return rows.count(), {"rows": rows, "ledger": ledger}


def test_each_fact_equals_the_rows_that_its_address_opens() -> None:
    place = furnish()
    for organization in (place.committee, place.community, place.branch):
        for period in (Q3, Q2, Period.parse("2026-07"), Period.parse("2026")):
            numbers = facts.of(organization, period)
            for fact in facts.every():
                count, behind = count_behind(fact.url(organization, period))
                if fact.sums:
                    amount = fact.register.amount(fact.sums, fact.query(organization, period))
                    count = round(Decimal(behind["rows"].aggregate(n=Sum(amount))["n"] or 0), 2)
                assert numbers[fact.code] == count, (fact.code, organization, period)


def test_an_ancestor_is_the_sum_of_its_children() -> None:
    place = furnish()
    whole = facts.of(place.committee, Q3)
    each = facts.of_each([c.pk for c in place.communities], Q3)
    own = facts.of_each([place.committee.pk], Q3, own=True)[place.committee.pk]
    for code, number in whole.items():
        assert number == sum(each[c.pk][code] for c in place.communities) + own[code], code


def test_a_flow_adds_up_over_months_and_a_stock_is_as_of_the_last_day() -> None:
    place = furnish()
    quarter = facts.of(place.committee, Q3)
    months = [facts.of(place.committee, month) for month in Q3.months()]
    for fact in facts.every():
        expected = months[-1][fact.code] if fact.stock else sum(m[fact.code] for m in months)
        assert quarter[fact.code] == expected, fact.code


def test_a_change_is_seen_at_once_and_only_where_it_counts() -> None:
    place = furnish()
    before = facts.of(place.committee, Q3)
    ActivityFactory(organization=place.branch, kind="lecture", date=date(2026, 9, 30))
    after = facts.of(place.committee, Q3)
    assert after["meetings.lecture"] == before["meetings.lecture"] + 1
    assert facts.of(place.communities[1], Q3)["meetings.lecture"] == 2
    assert {c for c in after if after[c] != before[c]} == {"activities.records", "meetings.lecture"}


def test_a_draft_and_a_returned_activity_do_not_count() -> None:
    place = street()
    activity = ActivityFactory(organization=place.branch, kind="life", status=Activity.Status.DRAFT)
    assert facts.of(place.branch, Q3)["meetings.life"] == 0
    activity.submit()
    assert facts.of(place.branch, Q3)["meetings.life"] == 1
    activity.send_back("缺少决议")
    assert facts.of(place.branch, Q3)["meetings.life"] == 0


def test_a_past_quarter_gives_the_same_numbers_after_people_move_on() -> None:
    place = street()
    members = MemberFactory.create_batch(3, branch=place.branch)
    then = facts.of(place.branch, Q3)
    assert then["members.total"] == 3
    members[0].leave("transferred", date(2026, 10, 1))
    members[1].branch = place.branches[1]
    members[1].amend(date(2026, 10, 5))
    members[2].employment = "retired"
    members[2].amend(date(2026, 10, 7))
    assert facts.of(place.branch, Q3) == then
    later = facts.of(place.branch, Period.parse("2026-10"))
    assert (later["members.total"], later["members.in_service"], later["members.retired"]) == (1, 0, 1)
    assert later["members.transferred_out"] == 1


@pytest.mark.parametrize(("day", "live"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_the_day_of_leaving_no_longer_counts(day: date, live: int) -> None:
    place = street()
    MemberFactory(branch=place.branch).leave("deceased", day)
    assert facts.of(place.branch, Q3)["members.total"] == live


@pytest.mark.parametrize(("day", "full"), [(date(2026, 9, 30), 1), (date(2026, 10, 1), 0)])
def test_a_member_is_full_from_the_day_of_regularisation(day: date, full: int) -> None:
    place = street()
    MemberFactory(branch=place.branch, joined_on=date(2025, 9, 1), regularised_on=day)
    assert facts.of(place.branch, Q3)["members.full"] == full
    assert facts.of(place.branch, Q3)["members.probationary"] == 1 - full


@pytest.mark.parametrize(
    ("joined", "full"),
    [
        (date(2025, 9, 30), 1),  # the year of probation can be over
        (date(2025, 10, 1), 0),
        (date(1970, 7, 1), 1),  # when there was none
        (None, 1),
    ],
)
def test_a_full_member_without_a_day_of_regularisation_is_one_once_probation_can_be_over(
    joined: date | None, full: int
) -> None:
    place = street()
    member = MemberFactory(branch=place.branch, joined_on=joined, regularised_on=None)
    assert facts.of(place.branch, Q3)["members.full"] == full == member.is_full_on(Q3.end)
    assert facts.of(place.branch, Q3)["members.probationary"] == 1 - full


@pytest.mark.parametrize(
    ("part", "whole", "limit", "shown"),
    [
        (182, 232, None, "78.4"),
        (1, 3, None, "33.3"),
        (2, 3, None, "66.7"),
        (5, 8, None, "62.5"),
        (1, 16, None, "6.3"),  # 6.25 half up
        (7996, 10000, None, "80.0"),
        (7996, 10000, 80, "79.96"),
        (79996, 100000, 80, "79.996"),
        (8, 10, 80, "80.0"),
        (2003, 10000, 20, "20.03"),  # over the limit
    ],
)
def test_a_percent_is_half_up_and_never_contradicts_what_is_judged(
    part: int, whole: int, limit: int | None, shown: str
) -> None:
    assert str(facts.percent(Decimal(part) / whole, limit)) == shown


def test_moving_a_branch_leaves_earlier_quarters_where_they_were() -> None:
    place = street()
    ActivityFactory(organization=place.branch, kind="life", date=date(2026, 8, 1))
    here, there = place.communities
    branch = Organization.objects.get(pk=place.branch.pk)
    branch.move_under(there, date(2026, 10, 1))
    here, there = (Organization.objects.get(pk=o.pk) for o in (here, there))
    ActivityFactory(organization_id=branch.pk, kind="life", date=date(2026, 11, 1))
    assert facts.of(here, Q3)["meetings.life"] == 1
    assert facts.of(there, Q3)["meetings.life"] == 0
    fourth = Period.parse("2026Q4")
    assert facts.of(here, fourth)["meetings.life"] == 0
    assert facts.of(there, fourth)["meetings.life"] == 1
    count, _ = count_behind(facts.get("meetings.life").url(here, Q3))
    assert count == 1


def test_reading_fresh_sheets_costs_the_same_for_many_branches() -> None:
    def cost(place) -> int:
        facts.of(place.committee, Q3)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            facts.of_each_period([o.pk for o in place.branches], [Q2, Q3])
        facts.of_each_period([o.pk for o in place.branches], [Q2, Q3])
        with CaptureQueriesContext(connection) as queries:
            facts.of_each_period([o.pk for o in place.branches], [Q2, Q3])
        return len(queries)

    few, many = street(1, 2), street(1, 30)
    assert cost(few) == cost(many) <= 6


def test_rebuilding_costs_the_same_for_many_branches() -> None:
    def cost(branches: int) -> int:
        place = street(1, branches)
        for branch in place.branches:
            ActivityFactory(organization=branch)
        facts.of(place.committee, Q3)
        for branch in place.branches:
            ActivityFactory(organization=branch)
        with CaptureQueriesContext(connection) as queries:
            facts.of(place.committee, Q3)
        return len(queries)

    assert cost(2) == cost(20)


def test_a_mark_that_reaches_beyond_what_was_read_is_kept_for_the_rest() -> None:
    place = street()
    for period in (Q2, Q3):
        facts.of(place.committee, period)
    MemberFactory(branch=place.branch, joined_on=date(2026, 5, 1))
    assert facts.of(place.committee, Q2)["members.total"] == 1
    assert StaleMark.objects.exists()
    assert facts.of(place.committee, Q3)["members.total"] == 1
    assert not StaleMark.objects.exists()


def test_a_new_fact_is_counted_for_months_counted_before(monkeypatch: pytest.MonkeyPatch) -> None:
    place = street()
    ActivityFactory(organization=place.branch, kind="visit")
    facts.of(place.committee, Q3)
    monkeypatch.setattr(facts, "_facts", dict(facts._facts))
    facts.digest.cache_clear()
    try:
        facts.register(facts.Fact("test.visits", "走访", "次", "activities", {"kind": "visit", "status": "counted"}))
        assert facts.of(place.committee, Q3)["test.visits"] == 1
    finally:
        facts.digest.cache_clear()


def test_money_keeps_its_cents() -> None:
    place = street()
    activity = ActivityFactory(organization=place.branch, kind="study", hours=Decimal("0.1"))
    members = MemberFactory.create_batch(3, branch=place.branch)
    record_roll(activity, {m.pk: ("present", "") for m in members})
    assert facts.of(place.committee, Q3)["training.hours"] == Decimal("0.3")
    assert Member.objects.count() == 3


def test_a_dissolved_branch_no_longer_counts_from_that_day() -> None:
    place = street()
    extra = OrganizationFactory(parent=place.community)
    assert facts.of(place.committee, Q3)["orgs.branches"] == 5
    extra.dissolve(date(2026, 9, 30))
    assert facts.of(place.committee, Q3)["orgs.branches"] == 4
    assert facts.of(place.committee, Period.parse("2026-08"))["orgs.branches"] == 5


def test_a_stock_of_a_running_month_is_as_of_today_and_counted_anew_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    place, november = street(), Period.parse("2026-11")
    member = MemberFactory(branch=place.branch)
    days = {"on": date(2026, 11, 19)}
    monkeypatch.setattr(timezone, "localdate", lambda *args: days["on"])
    member.memberships.update(end=date(2026, 11, 20), left_by="transferred")  # known beforehand
    mark_stale([Touch(place.branch.pk, date(2026, 11, 1), True)])
    for period in (november, Period.parse("2026Q4"), Period.parse("2026")):
        assert facts.of(place.committee, period)["members.total"] == 1
        assert "on=2026-11-19" in facts.get("members.total").url(place.committee, period)
    days["on"] = date(2026, 11, 20)
    assert facts.of(place.committee, november)["members.total"] == 0
    assert facts.of(place.committee, Period.parse("2027Q1"))["members.total"] == 0  # has not begun


@pytest.mark.parametrize("command", ["show_facts", "check_rules"])
def test_commands_refuse_a_period_that_has_not_begun(command: str) -> None:
    place = street()
    with pytest.raises(CommandError, match="还没有开始"):
        call_command(command, "--organization", place.committee.code, "--period", "2099Q1")
