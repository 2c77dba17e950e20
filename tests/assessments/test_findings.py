"""The book of findings: in step with the rules, never overruling what people decided."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from assessments import findings
from assessments.findings import CannotHandle, Handling, handle, kept_in, refresh_if_changed, sync
from assessments.models import Finding, LocalSetting
from ledgers import facts, ledger
from ledgers.ledger import Query
from ledgers.period import Period

from .factories import citizen_id, hold, make_branch, make_member, make_members

Q3, Q4 = Period.parse("2026Q3"), Period.parse("2026Q4")
pytestmark = pytest.mark.usefixtures("today", "reserve_cadre", "work_meetings")


def theme_day_finding() -> Finding:
    return Finding.objects.get(rule="R05")


@pytest.fixture
def kept(street, branch):
    """A branch that keeps every rule in the third quarter, save the theme day in August."""
    make_members(branch, 3)
    hold(branch, "general", date(2026, 8, 1))
    hold(branch, "lecture", date(2026, 8, 2))
    hold(branch, "theme-day", date(2026, 7, 3), date(2026, 9, 3))
    sync(street, Q3)
    return branch


def test_the_first_check_opens_what_the_rules_say(kept):
    (finding,) = Finding.objects.all()
    assert (finding.rule, finding.organization, finding.member, finding.period) == ("R05", kept, None, "2026Q3")
    assert (finding.detail, finding.value, finding.required, finding.months) == ("缺 2026年8月", 2, 3, ["2026-08"])
    assert (finding.state, finding.first_seen, finding.closed_on) == ("open", date(2026, 9, 30), None)


def test_the_same_check_again_changes_nothing(kept, street):
    before = theme_day_finding()
    entries = AuditEntry.objects.count()
    sync(street, Q3)
    assert theme_day_finding().version == before.version
    assert AuditEntry.objects.count() == entries


def test_completed_data_close_it(kept, street):
    hold(kept, "theme-day", date(2026, 8, 31))
    sync(street, Q3)
    finding = theme_day_finding()
    assert (finding.state, finding.cleared, finding.closed_on) == ("closed", True, date(2026, 10, 8))
    assert finding.note == "数据已补齐，系统自动销号"


def test_it_reopens_when_the_record_goes_again(kept, street):
    (activity,) = hold(kept, "theme-day", date(2026, 8, 31))
    sync(street, Q3)
    activity.send_back("没有签到表")
    sync(street, Q3)
    finding = theme_day_finding()
    assert (finding.state, finding.cleared, finding.closed_on, finding.note) == ("open", False, None, "")


def test_one_entry_in_the_audit_trail_for_a_check(kept, street):
    entry = AuditEntry.objects.filter(action="check").get()
    assert entry.changes == {"新发现": [None, 1]}
    assert entry.organization_path == street.path


def test_what_people_closed_stays_closed(kept, street):
    handle(Finding.objects.all(), Handling(Finding.State.CLOSED, note="已批评教育"))
    sync(street, Q3)
    assert theme_day_finding().state == "closed"


def test_what_people_closed_reopens_when_another_month_goes_missing(kept, street):
    handle(Finding.objects.all(), Handling(Finding.State.CLOSED, note="已批评教育"))
    kept.activities.filter(kind="theme-day", date__month=9).get().send_back("没有签到表")
    sync(street, Q3)
    finding = theme_day_finding()
    assert (finding.state, finding.months) == ("open", ["2026-08", "2026-09"])


def test_what_people_exempted_stays_so(kept, street):
    handle(Finding.objects.all(), Handling(Finding.State.EXEMPTED, note="当月封控"))
    kept.activities.filter(kind="theme-day").first().send_back("没有签到表")
    sync(street, Q3)
    finding = theme_day_finding()
    assert (finding.state, finding.note, finding.value) == ("exempted", "当月封控", 1)


def test_in_hand_keeps_owner_and_deadline_while_it_lasts(kept, street):
    handle(Finding.objects.all(), Handling(Finding.State.IN_HAND, "周明", date(2026, 10, 31)))
    sync(street, Q3)
    finding = theme_day_finding()
    assert (finding.state, finding.owner, finding.deadline) == ("in-hand", "周明", date(2026, 10, 31))


def test_what_the_data_cleared_cannot_be_handled(kept, street):
    hold(kept, "theme-day", date(2026, 8, 31))
    sync(street, Q3)
    with pytest.raises(CannotHandle, match="自动销号"):
        handle(Finding.objects.all(), Handling(Finding.State.EXEMPTED, note="理由"))


def test_each_handled_finding_has_its_own_entry(kept):
    handle(Finding.objects.all(), Handling(Finding.State.EXEMPTED, note="当月封控"))
    entry = AuditEntry.objects.get(action="exempt")
    assert entry.object_id == str(theme_day_finding().pk)
    assert entry.changes["state"] == ["open", "exempted"]
    assert entry.organization_path == kept.path


def test_findings_of_members(street, branch):
    number = citizen_id()
    members = [make_member(place, id_number=number) for place in (branch, make_branch(street, "B2"))]
    sync(street, Q3)
    assert set(Finding.objects.filter(rule="Q03").values_list("member_id", flat=True)) == {m.pk for m in members}


def test_a_check_of_one_branch_leaves_the_others_alone(kept, street):
    other = make_branch(street, "B2")
    sync(other, Q3)
    assert theme_day_finding_of(kept).state == "open"
    assert Finding.objects.filter(organization=other).count() > 0


def theme_day_finding_of(branch) -> Finding:
    return Finding.objects.get(rule="R05", organization=branch)


# periods


@pytest.mark.parametrize(
    ("period", "kept"),
    [
        ("2026-08", ["2026Q3"]),
        ("2026Q3", ["2026Q3"]),
        ("2026H2", ["2026Q3", "2026Q4"]),
        ("2026", ["2026Q1", "2026Q2", "2026Q3", "2026Q4", "2026"]),
    ],
)
def test_findings_are_kept_by_quarter_and_annual_ones_by_year(period, kept):
    assert [p.code for p in kept_in(Period.parse(period))] == kept


def test_a_quarter_to_come_is_left_alone(street, branch, today):
    today(date(2026, 9, 30))
    sync(street, Q4)
    assert not Finding.objects.exists()


def test_a_running_quarter_holds_no_coming_month_against_anybody(street, branch, today):
    today(date(2026, 11, 1))
    sync(street, Q4)
    assert theme_day_finding().months == ["2026-10"]
    assert not Finding.objects.filter(rule="R01").exists()


def test_annual_rules_once_the_year_is_over(street, branch, today):
    sync(street, Period.parse("2026"))
    assert not Finding.objects.filter(rule="R06").exists()
    today(date(2027, 1, 1))
    sync(street, Period.parse("2026"))
    assert Finding.objects.get(rule="R06").period == "2026"


def test_a_lasting_state_keeps_its_handling_in_the_next_quarter(street, branch):
    sync(street, Q3)
    few = Finding.objects.filter(rule="R10")
    handle(few, Handling(Finding.State.EXEMPTED, note="正在组建"))
    sync(street, Q4)
    states = few.order_by("period").values_list("period", "state", "note")
    assert list(states) == [("2026Q3", "exempted", "正在组建"), ("2026Q4", "exempted", "正在组建")]


# the fact and its ledger


def open_findings(organization, period) -> tuple[int, int]:
    """Return the fact's number and the count of the rows behind it."""
    fact = facts.get("findings.open")
    return facts.of(organization, period)["findings.open"], fact.register.rows(fact.query(organization, period)).count()


def test_the_number_is_the_count_of_its_rows(kept, street):
    assert open_findings(street, Q3) == (1, 1)
    assert open_findings(kept, Q3) == (1, 1)
    assert open_findings(street, Period.parse("2026-08")) == (0, 0)


def test_cleared_findings_never_were_open(kept, street):
    hold(kept, "theme-day", date(2026, 8, 31))
    sync(street, Q3)
    assert open_findings(street, Q3) == (0, 0)


def test_the_number_of_a_past_quarter_stays_when_people_close_it_later(kept, street):
    handle(Finding.objects.all(), Handling(Finding.State.CLOSED, note="已批评教育"))
    assert open_findings(street, Q3) == (1, 1)
    assert open_findings(street, Period.parse("2026-10")) == (0, 0)


def test_a_state_counts_once_however_many_quarters_it_lasts(street):
    make_branch(street, established=date(2026, 7, 2))  # too new for the third quarter's meetings
    sync(street, Period.parse("2026Q4"))
    first = Finding.objects.filter(rule="R10").count()
    make_branch(street, "B9", kind="temporary-branch")
    sync(street, Q3)
    sync(street, Q4)
    assert first == 1
    query = Query(street, on=date(2026, 12, 31), filters={"rule": "R10", "state": "unclosed"})
    assert ledger.get("findings").rows(query).count() == 1


# not checking in vain


def checks(monkeypatch) -> list[Period]:
    """Note every check from now on."""
    made: list[Period] = []
    really = findings._sync
    monkeypatch.setattr(
        findings, "_sync", lambda organization, kept, day: (made.append(kept), really(organization, kept, day))
    )
    return made


def test_nothing_recorded_nothing_checked(kept, street, monkeypatch):
    made = checks(monkeypatch)
    with CaptureQueriesContext(connection) as captured:
        refresh_if_changed(street, Q3)
        refresh_if_changed(kept, Q3)  # what was checked of the street was checked of the branch
    assert made == []
    assert len(captured) == 6


def test_a_record_is_noticed(kept, street, monkeypatch):
    made = checks(monkeypatch)
    hold(kept, "theme-day", date(2026, 8, 31))
    refresh_if_changed(street, Q3)
    assert made == [Q3]
    assert theme_day_finding().state == "closed"


def test_the_streets_own_number_is_noticed(kept, street):
    LocalSetting(organization=street, key="lectures-a-quarter", value=2).record()
    refresh_if_changed(street, Q3)
    assert Finding.objects.filter(rule="R04").exists()


def test_handling_is_no_reason_to_check(kept, street, monkeypatch):
    made = checks(monkeypatch)
    handle(Finding.objects.all(), Handling(Finding.State.EXEMPTED, note="当月封控"))
    refresh_if_changed(street, Q3)
    assert made == []


def test_a_new_day_is_a_new_check(kept, street, monkeypatch, today):
    made = checks(monkeypatch)
    today(date(2026, 10, 9))
    refresh_if_changed(street, Q3)
    assert made == [Q3]


def test_queries_do_not_grow_with_the_street(street):
    def queries() -> int:
        sync(street, Q3)  # writes, in batches
        sync(street, Q3)  # counts the sheets
        with CaptureQueriesContext(connection) as captured:
            sync(street, Q3)
        return len(captured)

    for number in range(20):
        make_branch(street, f"B{number}")
    few = queries()
    for number in range(20, 200):
        make_branch(street, f"B{number}")
    assert queries() == few
