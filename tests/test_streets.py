"""Many streets in one installation: each has its own chain of the trail, its own lock, its own marks."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit
from accounts.audit import BrokenChain, verify
from accounts.models import AuditEntry, AuditHead
from accounts.transactions import atomic
from assessments import findings
from branches.models import Organization
from ledgers import facts
from ledgers.models import FactSheet, StaleMark
from ledgers.period import Period
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, Street, street

pytestmark = pytest.mark.django_db
AUGUST, SEPTEMBER = Period.parse("2026-08"), Period.parse("2026-09")
Q3 = Period.parse("2026Q3")


@pytest.fixture
def district() -> Organization:
    return OrganizationFactory(code="D", name="甲区委", kind="district-committee")


@pytest.fixture
def east(district: Organization) -> Street:
    return street(1, 2, parent=district)


@pytest.fixture
def west(district: Organization) -> Street:
    return street(1, 1, parent=district)


def hold(branch: Organization, *days: date) -> None:
    for day in days:
        ActivityFactory(organization=branch, kind="theme-day", date=day)


def held(organization: Organization, period: Period = Q3) -> object:
    return facts.of(organization, period)["meetings.theme_day"]


def write(*places: Organization) -> None:
    for place in places:
        with atomic():
            audit.record("change", place, organization_path=place.path)


def chain(place: Street) -> list[int]:
    return list(AuditEntry.objects.filter(street_id=place.committee.pk).order_by("seq").values_list("seq", flat=True))


def tamper(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)


# the trail


def test_each_street_has_a_chain_of_its_own(east, west, district):
    made = len(chain(east)), len(chain(west))
    write(east.branch, west.committee, east.community, district)
    with atomic():
        audit.record("sign-in-failed")
    assert chain(east) == list(range(1, made[0] + 3))
    assert chain(west) == list(range(1, made[1] + 2))
    assert AuditEntry.objects.get(action="sign-in-failed").street_id == 0
    assert verify() == AuditEntry.objects.count()


def test_entries_of_several_streets_in_one_transaction_go_each_to_its_own(east, west):
    made = len(chain(east)), len(chain(west))
    with atomic():
        for place in (west.branch, east.branch, west.committee):
            audit.record("change", place, organization_path=place.path)
    assert (len(chain(east)), len(chain(west))) == (made[0] + 1, made[1] + 2)
    assert verify() == AuditEntry.objects.count()


@pytest.mark.parametrize("change", ["label = '另一个'", "street_id = 0, seq = 9"])
def test_a_touched_entry_is_named_with_its_street(east, west, change):
    write(west.branch, east.branch, east.branch)
    tamper(f"UPDATE accounts_auditentry SET {change} WHERE street_id = %s AND seq = 2", east.committee.pk)
    with pytest.raises(BrokenChain) as caught:
        verify()
    if "label" in change:
        assert east.committee.name in str(caught.value) and caught.value.seq == 2


def cut(place: Street, seq: int) -> None:
    """Cut a street's chain as somebody would who holds the keys: the head says what is left."""
    tamper("DELETE FROM accounts_auditentry WHERE street_id = %s AND seq > %s", place.committee.pk, seq)
    head = AuditHead.objects.get(street_id=place.committee.pk)
    last = AuditEntry.objects.get(street_id=place.committee.pk, seq=seq)
    head.count, head.digest = seq, last.digest
    head.seal = head.sealed()
    head.save()


def test_a_street_cut_back_contradicts_what_the_trail_has_noted(east, west):
    write(east.branch, east.branch, east.branch, west.branch)
    assert audit.note_ends() == 3  # the district's own is one as well
    assert verify() == AuditEntry.objects.count()
    cut(east, 1)
    with pytest.raises(BrokenChain, match=f"{east.committee.name}，审计记录第 . 条：登记过链末端"):
        verify()


def test_a_street_whose_chain_is_gone_with_its_end_is_missed(east):
    write(east.branch)
    audit.note_ends()
    tamper("DELETE FROM accounts_auditentry WHERE street_id = %s", east.committee.pk)
    AuditHead.objects.filter(street_id=east.committee.pk).delete()
    with pytest.raises(BrokenChain, match="记录却没有了"):
        verify()


def test_an_anchor_holds_the_end_of_every_chain(east, west, tmp_path):
    write(east.branch, east.branch, west.branch)
    kept = tmp_path / "anchor.json"
    call_command("export_anchor", str(kept))
    write(east.branch)
    call_command("verify_audit", anchor=str(kept))
    end = chain(east)[-2]
    cut(east, 1)
    write(*[east.branch] * 9)
    assert verify() == AuditEntry.objects.count()
    with pytest.raises(CommandError, match=f"{east.committee.name}，审计记录第 {end} 条"):
        call_command("verify_audit", anchor=str(kept))


def test_an_anchor_of_the_one_chain_there_was_still_serves(east):
    with atomic():
        audit.record("create", label="很早")
    first = AuditEntry.objects.get(street_id=0)
    audit.check_anchor({"seq": 1, "digest": first.digest, "at": None})
    with pytest.raises(BrokenChain):
        audit.check_anchor({"seq": 1, "digest": "0" * 64, "at": None})


def test_the_nightly_check_notes_the_ends_only_where_the_trail_is_whole(east, capsys):
    call_command("verify_audit", note=True)
    assert AuditEntry.objects.get(action=audit.NOTED).changes[str(east.committee.pk)][0] == chain(east)[-1]
    tamper("UPDATE accounts_auditentry SET label = 'x' WHERE street_id = %s", east.committee.pk)
    with pytest.raises(CommandError, match="被改动"):
        call_command("verify_audit", note=True)
    assert AuditEntry.objects.filter(action=audit.NOTED).count() == 1


# the sheets


def test_a_district_has_the_numbers_of_its_streets(east, west, district):
    hold(east.branch, date(2026, 8, 3), date(2026, 9, 3))
    hold(west.branch, date(2026, 9, 4))
    MemberFactory(branch=west.branch)
    assert [held(place) for place in (east.committee, west.committee, district)] == [2, 1, 3]
    assert facts.of(district, Q3)["members.total"] == 1
    assert facts.of(district, Q3)["orgs.branches"] == 3
    hold(west.branch, date(2026, 9, 5))
    assert held(district) == 4
    assert held(district, AUGUST) == 1


def test_an_organisation_in_no_street_counts_for_its_root(district, east):
    own = OrganizationFactory(parent=district, name="区直机关党支部", kind="branch")
    hold(own, date(2026, 9, 6))
    hold(east.branch, date(2026, 9, 6))
    assert (held(own), held(district), held(east.committee)) == (1, 2, 1)


def test_a_change_in_one_street_leaves_the_sheets_of_another_as_they_are(east, west):
    for place in (east, west):
        hold(place.branch, date(2026, 9, 1))
        assert held(place.committee) == 1
    before = set(FactSheet.objects.values_list("pk", flat=True))
    hold(east.branch, date(2026, 9, 2))
    assert facts.fresh(west.committee, Q3.months()) is not None
    assert facts.fresh(east.committee, Q3.months()) is None
    assert held(west.committee) == 1
    of_east = StaleMark.objects.filter(organization__path__startswith=east.committee.path)
    assert of_east.exists()  # the other street's is still to be answered
    assert held(east.committee) == 2
    assert not of_east.exists()
    assert set(FactSheet.objects.values_list("pk", flat=True)) == before


def test_a_branch_that_moves_to_another_street_leaves_its_past_behind(east, west, district):
    hold(east.branch, date(2026, 8, 3), date(2026, 9, 3))
    assert held(east.committee) == 2
    east.branch.move_under(west.community, date(2026, 9, 1))
    assert (held(east.committee, AUGUST), held(west.committee, AUGUST)) == (1, 0)
    assert (held(east.committee, SEPTEMBER), held(west.committee, SEPTEMBER)) == (0, 1)
    assert held(district) == 2


def test_a_late_record_of_a_branch_that_has_moved_counts_where_it_stood(east, west):
    branch = east.branch
    hold(branch, date(2026, 8, 3))
    branch.move_under(west.community, date(2026, 9, 1))
    for place in (east, west):
        held(place.committee)
    branch = Organization.objects.get(pk=branch.pk)
    hold(branch, date(2026, 8, 4), date(2026, 9, 5))
    MemberFactory(branch=branch, joined_on=date(2026, 8, 1))
    assert (held(west.committee), facts.of(west.committee, Q3)["members.total"]) == (1, 1)
    assert (held(east.committee), facts.of(east.committee, AUGUST)["members.total"]) == (2, 1)
    assert facts.of(east.committee, SEPTEMBER)["members.total"] == 0
    assert held(branch) == 3


def test_the_sheets_are_those_of_a_count_from_nothing(east, west, district):
    everybody = [district, east.committee, west.committee, east.community, west.community, *east.branches]
    hold(east.branch, date(2026, 8, 3))
    for place in everybody:
        held(place)
    hold(east.branches[1], date(2026, 7, 3))
    east.branches[1].move_under(west.community, date(2026, 8, 1))
    hold(Organization.objects.get(pk=east.branches[1].pk), date(2026, 7, 4), date(2026, 9, 3))
    kept = [facts.of(place, period) for place in everybody for period in (Q3, AUGUST, SEPTEMBER)]
    FactSheet.objects.all().delete()
    facts.FactMonth.objects.all().delete()
    assert [facts.of(place, period) for place in everybody for period in (Q3, AUGUST, SEPTEMBER)] == kept


def test_reading_a_street_costs_the_same_among_many(east):
    def cost() -> int:
        facts.of(east.committee, Q3)
        with CaptureQueriesContext(connection) as queries:
            facts.of(east.committee, Q3)
        return len(queries)

    alone = cost()
    for _ in range(5):
        held(street(1, 1).committee)
    assert cost() == alone


def test_rebuilding_a_district_costs_the_same_for_many_streets(district, east, west):
    def cost() -> int:
        facts.of(district, Q3)
        FactSheet.objects.all().delete()
        facts.FactMonth.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            facts.of(district, Q3)
        return len(queries)

    few = cost()
    for _ in range(4):
        hold(street(1, 1, parent=district).branch, date(2026, 9, 1))
    assert cost() == few


# the rules


def test_what_is_recorded_in_one_street_asks_no_check_of_another(east, west, monkeypatch):
    for place in (east, west):
        findings.refresh_if_changed(place.committee, Q3)
    checked = []
    monkeypatch.setattr(findings, "_sync", lambda organization, *args: checked.append(organization))
    hold(east.branch, date(2026, 9, 1))
    findings.refresh_if_changed(west.committee, Q3)
    assert checked == []
    findings.refresh_if_changed(east.committee, Q3)
    assert checked == [east.committee]


def test_a_district_is_checked_again_when_any_of_its_streets_changed(east, west, district, monkeypatch):
    findings.refresh_if_changed(district, Q3)
    checked = []
    monkeypatch.setattr(findings, "_sync", lambda organization, *args: checked.append(organization))
    findings.refresh_if_changed(east.committee, Q3)  # what was checked of the district was checked of the street
    assert checked == []
    hold(west.branch, date(2026, 9, 1))
    findings.refresh_if_changed(east.committee, Q3)
    assert checked == []
    findings.refresh_if_changed(district, Q3)
    assert checked == [district]


def test_the_street_that_a_branch_has_left_is_checked_again(east, west, monkeypatch):
    for place in (east, west):
        findings.refresh_if_changed(place.committee, Q3)
    checked = []
    monkeypatch.setattr(findings, "_sync", lambda organization, *args: checked.append(organization))
    east.branch.move_under(west.community, date(2026, 9, 1))
    for place in (east, west):
        findings.refresh_if_changed(place.committee, Q3)
    assert checked == [east.committee, west.committee]
