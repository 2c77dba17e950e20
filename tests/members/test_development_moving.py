"""People on the way into the Party whose branch changes: the case goes along, past numbers and findings stay."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import engine
from branches import restructuring
from branches.models import Organization
from ledgers import exporting, facts, importing, undoing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from members.merging import merge, undo
from members.models import DevelopmentCase, DevelopmentStep, DevelopmentVote
from tests.branches.importing import take_in
from tests.factories import MemberFactory, OrganizationFactory, superuser

from .development import applicant, develop, person_id, take

pytestmark = pytest.mark.django_db
ON = date(2025, 1, 10)
BEFORE, AFTER = Period.parse("2024Q4"), Period.parse("2025Q1")
VOTES = {"kind": "members-recommend", "expected": 20, "present": 18, "in_favour": 18}


def numbers(place, period):
    pks = [o.pk for o in Organization.objects.all()]
    return {pk: {c: n for c, n in found.items() if c.startswith("development.")} for pk, found in
            facts.of_each(pks, period).items()}  # fmt: skip


def violations(place, period):
    rules = {"R20", "R21", "R22", "R23", "R26", "R28"}
    return [(v.rule, v.organization.code, v.member_id, v.detail) for v in engine.check(place.committee, period, rules)]


@pytest.fixture
def people(place):
    """In the second branch: an applicant nobody talked with, an activist, a probationary and a full member."""
    second = place.branches[1]
    applicant(second, "甲", date(2024, 6, 1))
    activist = develop(applicant(second, "乙"), "activist")
    DevelopmentVote.objects.create(step=activist.steps.get(code="activist"), **VOTES)
    develop(applicant(second, "丙"), "assignment")
    develop(applicant(second, "丁", applied_on=date(2020, 3, 5)), "activist").close(date(2024, 3, 1), "撤回")
    return DevelopmentCase.objects.order_by("name")


def test_it_works(place, people):
    before, found = numbers(place, BEFORE), violations(place, BEFORE)
    assert found, "there is something to find"
    restructuring.merge(place.branch, [place.branches[1]], ON)
    assert numbers(place, BEFORE) == before
    assert violations(place, BEFORE) == found
    here, there = numbers(place, AFTER)[place.branch.pk], numbers(place, AFTER)[place.branches[1].pk]
    assert not any(there.values())
    standings = ("applicants", "activists", "candidates", "probationary", "regularised")
    assert [here[f"development.{name}"] for name in standings] == [1, 1, 0, 1, 0]


def test_the_case_goes_on_with_all_its_steps(place, people):
    case = people.get(name="乙")
    restructuring.merge(place.branch, [place.branches[1]], ON)
    moved = DevelopmentCase.objects.get(pk=case.pk)
    assert (moved.branch, moved.since, moved.closed_on, moved.continued_by) == (place.branch, ON, None, None)
    assert moved.steps.count() == case.steps.count() > 1
    left = moved.left.get()
    assert (left.branch, left.closed_on, left.closed_reason) == (
        place.branches[1], ON, f"随支部调整转到{place.branch.name}"
    )  # fmt: skip
    assert [s.code for s in left.steps.all()] == [s.code for s in moved.steps.all()]
    assert [str(vote) for vote in DevelopmentVote.objects.filter(step__case=left)] == [
        str(vote) for vote in DevelopmentVote.objects.filter(step__case=moved)
    ]


def test_what_was_over_stays_where_it_was(place, people):
    restructuring.merge(place.branch, [place.branches[1]], ON)
    assert DevelopmentCase.objects.get(name="丁").branch == place.branches[1]


def test_what_came_after_the_day_is_not_left_behind(place):
    late = develop(applicant(place.branches[1], applied_on=date(2022, 3, 5)), "candidate")
    newer = applicant(place.branches[1], "新来", applied_on=date(2023, 2, 1))
    restructuring.merge(place.branch, [place.branches[1]], date(2023, 1, 1))
    late.refresh_from_db()
    left = late.left.get()
    assert (left.activist_on, left.candidate_on) == (late.activist_on, None)
    assert "candidate" not in set(left.steps.values_list("code", flat=True))
    newer.refresh_from_db()
    assert (newer.branch, newer.since, newer.left.count()) == (place.branch, None, 0)


def test_a_split_takes_along_who_goes(place, people):
    member = people.get(name="丙").member
    MemberFactory(branch=place.branches[1])
    part = Organization(code="S-N", name="新支部", kind="branch")
    restructuring.split(place.branches[1], part, [member.pk], ON)
    assert {case.name: case.branch.code for case in DevelopmentCase.objects.whole()} == {
        "甲": "S-1-2", "乙": "S-1-2", "丙": "S-N", "丁": "S-1-2"
    }  # fmt: skip


def test_a_member_who_moves_takes_the_case_along(place, people):
    case = people.get(name="丙")
    member = case.member
    member.branch = place.branches[2]
    member.amend(ON)
    case.refresh_from_db()
    assert (case.branch, case.since) == (place.branches[2], ON)
    take(case, "probation", date(2025, 1, 20))
    case.refresh_from_db()
    assert case.member == member and member.memberships.count() == 2


def test_regularisation_counts_in_the_new_branch_only(place, people):
    case = people.get(name="丙")
    restructuring.merge(place.branch, [place.branches[1]], ON)
    for code in ("probation", "request", "regularisation", "regularisation-approval"):
        take(case, code)
    found = numbers(place, Period.parse("2025"))
    assert found[place.branch.pk]["development.regularised"] == 1
    assert found[place.branches[1].pk]["development.regularised"] == 0
    assert found[place.committee.pk]["development.regularised"] == 1


def test_what_is_left_behind_is_read_and_not_changed(client, office, place, people, text_of):
    restructuring.merge(place.branch, [place.branches[1]], ON)
    moved = DevelopmentCase.objects.get(pk=people.get(name="乙", continued_by=None).pk)
    left = moved.left.get()
    page = client.get(left.get_absolute_url())
    assert moved.get_absolute_url() in page.content.decode()
    assert "接着办的" in text_of(page)
    assert reverse("members:development-reopen", args=[left.pk]) not in page.content.decode()
    assert client.post(reverse("members:development-reopen", args=[left.pk])).status_code == 404
    step = left.steps.first()
    assert client.get(reverse("members:development-step-edit", args=[step.pk])).status_code == 404
    assert client.get(reverse("members:development-edit", args=[moved.pk])).status_code == 200


def test_export_then_import_changes_nothing_after_a_merger(place, people, office, tmp_path):
    restructuring.merge(place.branch, [place.branches[1]], ON)
    ledger = ledgers.get("development")
    for filters in ({}, {"all": "1"}):
        with (tmp_path / "a.xlsx").open("wb") as sheet:
            exporting.export(ledger, Query(place.committee, filters=filters), office, sheet, clear=True)
        batch, match = importing.open_batch(
            ledger, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx", office, place.committee
        )
        analysis = importing.preview(batch, match)
        assert analysis.counts["wrong"] + analysis.counts["new"] + analysis.counts["changed"] == 0, list(
            analysis.errors
        )
        assert analysis.counts["same"] >= 3


def test_carrying_on_costs_the_same_for_many(place):
    def cost(number: int) -> int:
        source = OrganizationFactory(code=f"X{number}", kind="branch", parent=place.community)
        for n in range(number):
            develop(applicant(source, f"人{n}"), "mentors")
        with CaptureQueriesContext(connection) as queries:
            assert source.developments.carry_on(place.branch, ON, "转") == number
        return len(queries)

    assert cost(2) == cost(7)


def test_an_import_of_the_register_takes_the_case_along_and_brings_it_back(place, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: ON)
    person = MemberFactory(branch=place.branches[1], category="probationary", id_number=person_id())
    case = of(person)
    DevelopmentVote.objects.create(step=case.steps.get(code="activist"), **VOTES)
    before, early = snapshot(), numbers(place, BEFORE)
    header = ("姓名", "身份证号", "所在党支部", "党员类别")
    rows = [header, [person.name, person.id_number, place.branch.code, "预备党员"]]
    analysis = take_in("members", superuser(), *rows)
    assert analysis.counts == {"changed": 1}
    case.refresh_from_db()
    assert (case.branch, case.since, case.closed_on) == (place.branch, ON, None)
    left = case.left.get()
    assert (left.branch, left.closed_on, left.closed_reason) == (place.branches[1], ON, f"转到{place.branch.name}")
    assert left.steps.count() == case.steps.count() > 1
    assert [str(vote) for vote in DevelopmentVote.objects.filter(step__case=left)] == [
        str(vote) for vote in DevelopmentVote.objects.filter(step__case=case)
    ]
    assert numbers(place, BEFORE) == early
    assert numbers(place, AFTER)[place.branch.pk]["development.probationary"] == 1
    assert not any(numbers(place, AFTER)[place.branches[1].pk].values())
    undoing.undo(analysis.batch, superuser())
    assert snapshot() == before


# two records of one person


def twins(place):
    kept = MemberFactory(branch=place.branch, id_number=person_id())
    return kept, MemberFactory(branch=place.branches[1], name=kept.name, id_number=kept.id_number)


def of(member, until="assignment"):
    case = applicant(member.branch, member.name, id_number=member.id_number)
    case.member = member
    case.record()
    return develop(case, until)


def snapshot():
    left_out = ("version", "updated_at", "updated_by_id", "created_at")
    rows = [*DevelopmentCase.objects.order_by("pk").values(), *DevelopmentStep.objects.order_by("pk").values()]
    return [{k: v for k, v in row.items() if k not in left_out} for row in rows]


def test_the_case_follows_a_merged_member_and_comes_back(place):
    kept, other = twins(place)
    case = of(other)
    before = snapshot()
    record = merge(kept, other)
    case.refresh_from_db()
    assert (case.member, case.branch, case.closed_on) == (kept, place.branch, None)
    undo(record)
    assert snapshot() == before


def test_beside_a_case_of_its_own_the_other_ends(place):
    kept, other = twins(place)
    own, case = of(kept), of(other)
    before = snapshot()
    record = merge(kept, other)
    own.refresh_from_db()
    case.refresh_from_db()
    assert own.closed_on is None
    assert (case.member, case.closed_on, case.closed_reason) == (kept, timezone.localdate(), "重复登记，已合并")
    undo(record)
    assert snapshot() == before


def test_a_case_that_is_over_stays_in_its_branch(place):
    kept, other = twins(place)
    case = of(other).close(date(2025, 1, 1), "取消预备党员资格")
    merge(kept, other)
    case.refresh_from_db()
    assert (case.member, case.branch) == (kept, place.branches[1])


def test_a_step_linked_to_both_stays_and_names_one(place):
    kept, other = twins(place)
    case = develop(applicant(place.branch, "郑新"), "activist-filed")
    take(case, "mentors", people=[other, kept])
    before = snapshot()
    record = merge(kept, other)
    step = case.steps.get(code="mentors")
    assert {step.first_member, step.second_member} == {kept, None}
    assert step.people == f"{other.name}、{kept.name}"
    undo(record)
    assert snapshot() == before
