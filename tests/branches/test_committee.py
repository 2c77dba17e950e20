from datetime import date

from accounts.roles import Role
from tests.factories import CommitteeFactory, MemberFactory, SeatFactory, sign_in


def test_it_works(client, town, office, today, text_of):
    committee = CommitteeFactory(organization=town.branch, number="第二届")
    SeatFactory(committee=committee, member=MemberFactory(branch=town.branch, name="周明"))
    SeatFactory(committee=committee, post="publicity", name="外请的", left_on=date(2026, 1, 5))
    words = text_of(client.get(committee.get_absolute_url()))
    assert "第二届班子 任期内" in words
    assert "2028-03-01 届满" in words
    assert "书记 周明 2025-03-01 在任 离任或调整" in words
    assert "宣传委员 外请的 不在花名册 2025-03-01 2026-01-05" in words


def test_out_of_scope_is_not_there(client, town, secretary):
    committee = CommitteeFactory(organization=town.branches[1])
    assert client.get(committee.get_absolute_url()).status_code == 404


def test_a_leader_reads_only(client, town):
    committee = CommitteeFactory(organization=town.branch)
    SeatFactory(committee=committee)
    sign_in(client, Role.LEADER, town.committee)
    page = client.get(committee.get_absolute_url()).content.decode()
    assert "committee-edit" not in page and "/branches/seats/" not in page and "/edit/" not in page


def test_without_seats_it_says_what_to_do(client, town, office, text_of):
    committee = CommitteeFactory(organization=town.branch)
    assert "填写委员" in text_of(client.get(committee.get_absolute_url()))


def test_a_past_committee_says_so(client, town, office, today, text_of):
    committee = CommitteeFactory(organization=town.branch, start=date(2020, 1, 1), ended_on=date(2023, 1, 8))
    SeatFactory(committee=committee)
    response = client.get(committee.get_absolute_url())
    assert "已换届" in text_of(response) and "2023-01-08" in text_of(response)
    assert "/branches/seats/" not in response.content.decode()
