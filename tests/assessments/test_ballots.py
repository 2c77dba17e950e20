"""Ballots: slips that vote once and tell nothing, paper votes, the end, and the line that takes it over."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from assessments.models import Ballot, BallotGroup, BallotSlip, ReviewBallots
from assessments.models.ballots import cast, satisfaction
from ledgers import facts
from ledgers.models.record import Conflict
from ledgers.period import Period
from tests.assessments.rounds import review
from tests.factories import sign_in
from tests.factories import street as make_town

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")


@pytest.fixture
def town():
    return make_town()


def make_ballot(place, *groups, **fields):
    own = {"kind": "satisfaction", "title": "居民满意度测评", "period": "2026Q3"}
    ballot = Ballot(organization=place, **own | fields).record()
    for title, weight in groups or (("居民代表", 100),):
        BallotGroup.objects.create(ballot=ballot, title=title, weight=weight)
    return ballot


def test_it_works(client, town, fill_in, text_of, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    there = fill_in(
        reverse("assessments:ballot-create") + f"?organization={town.community.code}",
        kind="satisfaction",
        title="居民满意度测评",
        period="2026Q3",
        voters="居民代表 60\n商户 40",
    ).url
    ballot = Ballot.objects.get()
    group = ballot.groups.get(title="居民代表")
    page = client.post(reverse("assessments:ballot-slips", args=[ballot.pk]), {"group": group.pk, "number": 3})
    assert page.content.decode().count('<div class="slip">') == 3
    assert BallotSlip.objects.count() == 3
    assert "发出" in text_of(client.get(there))


def test_a_slip_votes_once_and_leaves_no_trace(client, town, text_of):
    ballot = make_ballot(town.community)
    (token,) = ballot.groups.get().issue(1)
    before = AuditEntry.objects.count()
    phone, address = Client(), reverse("assessments:vote", args=[token])
    assert "基本满意" in text_of(phone.get(address))
    assert phone.post(address, {"option": "worst"}).status_code == 200, "what is not offered is asked again"
    assert "已投票" in text_of(phone.post(address, {"option": "fair"}))
    assert phone.get(address).status_code == 410
    assert phone.post(address, {"option": "good"}).status_code == 410
    group = ballot.groups.get()
    assert (group.counts, group.slips, BallotSlip.objects.count()) == ([0, 1, 0, 0], 1, 0)
    assert AuditEntry.objects.count() == before, "no entry says that a vote was cast"
    assert token not in str(list(BallotGroup.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_slips_are_made_with_their_trace_and_nothing_around(client, town):
    ballot = make_ballot(town.community)
    sign_in(client, Role.OFFICE, town.committee)
    group = ballot.groups.get()
    page = client.post(reverse("assessments:ballot-slips", args=[ballot.pk]), {"group": group.pk, "number": 3})
    assert page.status_code == 200
    assert AuditEntry.objects.get(action="issue-slips").changes == {"票": [None, 3]}


def test_a_made_up_slip_is_none(client):
    assert Client().get(reverse("assessments:vote", args=["made-up"])).status_code == 410
    with pytest.raises(Conflict):
        cast("made-up", "good")


def test_numbers_by_answer_show_at_the_end_only(client, town, fill_in, text_of, today):
    ballot = make_ballot(town.community)
    for token in ballot.groups.get().issue(30)[:29]:
        cast(token, "good")
    sign_in(client, Role.OFFICE, town.committee)
    words = text_of(client.get(ballot.get_absolute_url()))
    assert "29" in words and "不满意" not in words and ballot.share is None
    fill_in(reverse("assessments:ballot-close", args=[ballot.pk]))
    ballot.refresh_from_db()
    assert "得分率 100.0%" in text_of(client.get(ballot.get_absolute_url()))
    assert not BallotSlip.objects.exists(), "what was not used is void"
    assert facts.of(town.committee, Period.parse("2026Q4"))["ballots.held"] == 1


def test_paper_votes_are_added(client, town, fill_in, today):
    ballot = make_ballot(town.community)
    group = ballot.groups.get()
    cast(group.issue(1)[0], "good")
    sign_in(client, Role.OFFICE, town.committee)
    fill_in(reverse("assessments:ballot-paper", args=[ballot.pk]), **{f"good{group.pk}": "4", f"poor{group.pk}": "5"})
    group.refresh_from_db()
    assert (group.counts, group.slips) == ([5, 0, 0, 5], 10)


def test_the_votes_of_a_work_review_are_entered_in_it(town, today):
    held = review(town.community)
    ballot = make_ballot(town.community, ("党员代表", 40), kind="review", review=held)
    for token in ballot.groups.get().issue(2):
        cast(token, "fair")
    ballot.close()
    counted = ReviewBallots.objects.get()
    assert (counted.review, counted.group, counted.weight, counted.fair) == (held, "党员代表", 40, 2)


def test_the_line_of_a_scheme_takes_the_share_over(town, today):
    ballot = make_ballot(town.community, ("居民代表", 60), ("商户", 40))
    first, second = ballot.groups.all()
    cast(first.issue(1)[0], "good")
    cast(second.issue(1)[0], "fair")
    places = [town.community.pk]
    assert satisfaction(Q3, places) == {}, "not closed yet"
    ballot.close()
    assert satisfaction(Q3, places) == {town.community.pk: Decimal("0.92")}
    assert satisfaction(Period.parse("2026"), places) == {town.community.pk: Decimal("0.92")}
    assert satisfaction(Period.parse("2026Q2"), places) == {}


def test_who_does_not_review_makes_no_slips(client, town):
    ballot = make_ballot(town.community)
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert client.get(reverse("assessments:ballot-slips", args=[ballot.pk])).status_code == 404
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(reverse("assessments:ballot-slips", args=[ballot.pk])).status_code == 404


def test_a_ballot_that_was_voted_on_is_not_changed(client, town):
    ballot = make_ballot(town.community)
    sign_in(client, Role.OFFICE, town.committee)
    edit = reverse("assessments:ballot-edit", args=[ballot.pk])
    assert client.get(edit).status_code == 200
    cast(ballot.groups.get().issue(1)[0], "good")
    assert client.get(edit).status_code == 404
