"""发展党员: the case and its steps, the register that follows, the ledger, the pages, what is due."""

from datetime import date
from io import BytesIO

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEntry
from ledgers import exporting, facts, importing, undoing
from ledgers.ledger import Query, get
from ledgers.period import Period
from members.development import procedure
from members.development.procedure import NUMBERED, STEPS, Stage, Standing
from members.models import DevelopmentCase, DevelopmentStep, DevelopmentVote, Member
from tests.factories import MemberFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

from .conftest import citizen_id
from .development import DAYS, applicant, develop, person_id, take

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def page(name, *args):
    return reverse(f"members:development{name and '-'}{name}", args=args)


# the procedure


def test_there_are_five_stages_and_25_steps():
    assert len(NUMBERED) == 25
    assert [step.number for step in NUMBERED] == list(range(1, 26))
    assert [step.stage for step in NUMBERED] == sorted(step.stage for step in NUMBERED)
    assert {step.stage for step in NUMBERED} == set(Stage)
    assert all(step.follows in {each.code for each in STEPS} for step in STEPS)


def test_what_is_due_first_follows_the_steps(place):
    case = applicant(place.branch)
    assert (case.due_step, case.due_on) == ("talk", date(2022, 4, 5))
    take(case, "talk")
    assert DevelopmentCase.objects.get().due_on is None
    take(case, "activist")
    assert DevelopmentCase.objects.get().due_step == "examination"
    assert DevelopmentCase.objects.get().due_on == date(2023, 3, 10)
    take(case, "examination", date(2023, 2, 1))
    assert DevelopmentCase.objects.get().due_on == date(2023, 8, 1)
    take(case, "candidate")
    assert DevelopmentCase.objects.get().due_on is None
    take(case, "admission")
    assert DevelopmentCase.objects.get().due_on == date(2024, 9, 15)  # approval within three months
    take(case, "admission-approval")
    assert DevelopmentCase.objects.get().due_step == "regularisation"
    take(case, "extension", date(2025, 6, 15), until=date(2025, 12, 15))
    assert DevelopmentCase.objects.get().due_on == date(2025, 12, 15)


# the register follows


def test_on_approval_the_person_enters_the_register_from_the_day_of_the_meeting(place):
    case = develop(applicant(place.branch), "admission")
    assert (case.standing, case.member) == (Standing.CANDIDATE, None)
    take(case, "admission-approval")
    case.refresh_from_db()
    member = Member.objects.get()
    assert case.member == member
    assert (member.name, member.category, member.joined_on) == ("郑新", "probationary", DAYS["admission"])
    assert member.memberships.get().start == DAYS["admission"]
    june, may = (facts.of(place.committee, Period.parse(p)) for p in ("2024-06", "2024-05"))
    assert (may["members.probationary"], june["members.probationary"], june["members.joined"]) == (0, 1, 1)


def test_on_regularisation_the_category_changes_by_date(place):
    develop(applicant(place.branch), "regularisation")
    assert Member.objects.get().category == "probationary"
    take(DevelopmentCase.objects.get(), "regularisation-approval")
    member = Member.objects.get()
    assert (member.category, member.regularised_on) == ("full", DAYS["regularisation"])
    before, after = (facts.of(place.committee, Period.parse(p)) for p in ("2025-05", "2025-06"))
    assert (before["members.full"], after["members.full"]) == (0, 1)
    assert (before["development.regularised"], after["development.regularised"]) == (0, 1)


def test_somebody_in_the_register_already_is_linked_not_doubled(place):
    number = person_id()
    member = MemberFactory(branch=place.branch, id_number=number, category="probationary", joined_on=DAYS["admission"])
    case = develop(applicant(place.branch, id_number=number), "admission-approval")
    assert case.member == member
    assert Member.objects.count() == 1


def test_a_corrected_day_of_the_meeting_corrects_the_register(place):
    case = develop(applicant(place.branch), "admission-approval")
    step = case.steps.get(code="admission")
    step.on = date(2024, 6, 14)
    step.take()
    assert Member.objects.get().joined_on == date(2024, 6, 14)
    assert Member.objects.get().memberships.get().start == date(2024, 6, 14)


def test_what_the_register_rests_on_cannot_be_deleted(place):
    case = develop(applicant(place.branch), "admission-approval")
    with pytest.raises(ValueError, match="花名册"):
        case.steps.select_related("case__branch").get(code="admission").take_back()


# facts


def test_stocks_are_as_of_their_day(place):
    develop(applicant(place.branch), "archive")

    def counted(period):
        numbers = facts.of(place.committee, Period.parse(period))
        return [numbers[f"development.{name}"] for name in ("applicants", "activists", "candidates", "probationary")]

    assert counted("2022-02") == [0, 0, 0, 0]
    assert counted("2022-08") == [1, 0, 0, 0]
    assert counted("2022-09") == [0, 1, 0, 0]
    assert counted("2023-10") == [0, 0, 1, 0]
    assert counted("2024-06") == [0, 0, 0, 1]
    assert counted("2025-06") == [0, 0, 0, 0]


@pytest.mark.parametrize(("day", "counts"), [(date(2026, 6, 30), 0), (date(2026, 7, 1), 1)])
def test_who_is_ended_counts_no_longer_from_that_day(place, day, counts):
    applicant(place.branch, applied_on=date(2026, 6, 1)).close(day, "本人撤回申请")
    assert facts.of(place.committee, Period.parse("2026-06"))["development.applicants"] == counts


# ledger


def export(user, clear=False, **filters) -> bytes:
    target = BytesIO()
    exporting.export(get("development"), Query(filters=filters), user, target, clear=clear)
    return target.getvalue()


def imported(data, user, organization=None, apply=True):
    batch, match = importing.open_batch(get("development"), data, "台账.xlsx", user, organization)
    batch.save()
    analysis = importing.preview(batch, match)
    if apply:
        importing.apply(batch)
    return batch, analysis


@pytest.fixture
def pipeline(place):
    """People at every stage, with people, votes, an exception, an extension, an end."""
    full = MemberFactory.create_batch(2, branch=place.branch)
    applicant(place.branch, "甲")
    develop(applicant(place.branch, "乙"), "mentors", people=full)
    develop(applicant(place.branches[1], "丙"), "training")
    develop(applicant(place.branch, "丁"), "admission-filed", people=full)
    take(DevelopmentCase.objects.get(name="丁"), "extension", date(2025, 6, 15), until=date(2026, 1, 15))
    done = develop(applicant(place.branch, "戊"), "archive")
    vote = {"kind": "admission", "expected": 20, "present": 18, "in_favour": 17, "against": 0, "abstained": 1}
    done.steps.get(code="admission").take([DevelopmentVote(**vote)])
    skipped = applicant(place.branch, "己")
    take(skipped, "talk", exception_reason="档案丢失")
    take(skipped, "activist")
    applicant(place.branch, "庚").close(date(2026, 1, 5), "本人撤回申请")
    return full


@pytest.mark.parametrize("clear", [True, False])
def test_export_then_import_changes_nothing(place, office, pipeline, clear):
    batch, analysis = imported(export(office, clear, all="1"), office)
    assert [(n, e.column, e.message) for n, e in analysis.errors] == []
    assert (batch.new, batch.changed, batch.same) == (0, 0, 7)


def test_what_was_exported_makes_the_same_again_elsewhere(place, office, pipeline):
    data = export(office, clear=True, all="1")
    was = dict(DevelopmentCase.objects.values_list("name", "admitted_on"))
    DevelopmentCase.objects.all().delete()
    batch, analysis = imported(data, office)
    assert [(n, e.column, e.message) for n, e in analysis.errors] == []
    assert batch.new == 7
    assert dict(DevelopmentCase.objects.values_list("name", "admitted_on")) == was
    step = DevelopmentStep.objects.get(case__name="乙", code="mentors")
    assert {step.first_member, step.second_member} == set(pipeline)
    vote = DevelopmentVote.objects.get()
    assert (vote.in_favour, vote.abstained, vote.step.code) == (17, 1, "admission")
    assert DevelopmentStep.objects.get(case__name="己", code="talk").exception_reason == "档案丢失"
    again, _ = imported(data, office)
    assert (again.new, again.changed) == (0, 0)


HEADERS = (
    "姓名",
    "身份证号",
    "所在党支部",
    "申请入党日期",
    "派人谈话日期",
    "确定积极分子日期",
    "确定发展对象日期",
    "例外原因",
)


def test_import_brings_the_person_in_and_can_be_taken_back(place, office):
    row = ["张三", person_id(), place.branch.name, "2022-03-05", "2022.3.20", "2022年9月10日"]
    batch, _ = imported(xlsx(HEADERS[:6], row), office)
    assert batch.new == 1
    case = DevelopmentCase.objects.get()
    assert (case.standing, case.activist_on, case.due_step) == (Standing.ACTIVIST, date(2022, 9, 10), "examination")
    assert facts.of(place.branch, Period.parse("2022-09"))["development.activists"] == 1
    undoing.undo(batch, office)
    assert not DevelopmentCase.objects.exists() and not DevelopmentStep.objects.exists()


def test_a_skipped_stage_needs_its_reason_in_the_file_too(place, office):
    row = ["张三", person_id(), place.branch.name, "2022-03-05", "", "", "2023-10-10"]
    _, analysis = imported(xlsx(HEADERS, row), office, apply=False)
    ((_, error),) = analysis.errors
    assert error.column == "确定发展对象日期"
    assert "派人谈话、确定积极分子" in error.message
    batch, _ = imported(xlsx(HEADERS, [*row, "历史材料遗失"]), office)
    assert batch.new == 1
    excepted = DevelopmentStep.objects.exclude(exception_reason="")
    assert set(excepted.values_list("code", flat=True)) == {
        "talk", "activist", "activist-filed", "mentors", "examination",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "column"),
    [
        (("2022-03-04", ""), "派人谈话日期"),
        (("2022-03-20", "2022-03-01"), "确定积极分子日期"),
        (((TODAY + relativedelta(days=2)).isoformat(), ""), "派人谈话日期"),
    ],
)
def test_days_that_cannot_be_are_wrong_cells(place, office, days, column):
    row = ["张三", person_id(), place.branch.name, "2022-03-05", *days]
    _, analysis = imported(xlsx(HEADERS[:6], row), office, apply=False)
    assert {error.column for _, error in analysis.errors} == {column}


def test_import_of_a_whole_procedure_enters_the_register(place, office):
    source = develop(applicant(place.branch), "archive")
    Member.objects.get()
    data = export(office, clear=True, all="1")
    source.delete()
    Member.objects.get().memberships.all().delete()
    Member.objects.all().delete()
    batch, _ = imported(data, office)
    member = Member.objects.get()
    assert (member.category, member.joined_on, member.regularised_on) == (
        "full", DAYS["admission"], DAYS["regularisation"],
    )  # fmt: skip
    assert DevelopmentCase.objects.get().member == member
    undoing.undo(batch, office)
    assert not Member.objects.exists()


def test_the_printed_form_masks_ids(place, office, pipeline):
    sheet = load_workbook(BytesIO(export(office)))["发展党员台账"]
    cells = [str(c.value) for row in sheet.iter_rows() for c in row if c.value]
    assert DevelopmentCase.objects.get(name="甲").id_number not in cells
    assert any("**********" in cell for cell in cells)


# pages


def test_registering_an_applicant(client, fill_in, secretary, place, text_of):
    response = fill_in(page("create"), name="郑新", id_number=citizen_id("19950505"), applied_on="2026-03-05")
    case = DevelopmentCase.objects.get()
    assert response["Location"] == case.get_absolute_url()
    assert (case.branch, case.gender, case.birth_date) == (place.branch, "male", date(1995, 5, 5))
    text = text_of(client.get(case.get_absolute_url()))
    assert "入党申请人" in text and "1/25 步" in text
    assert case.id_number not in text


@pytest.mark.parametrize(("born", "wrong"), [("20080305", False), ("20080306", True)])
def test_an_applicant_is_eighteen_on_the_day(fill_in, secretary, born, wrong):
    response = fill_in(page("create"), name="郑新", id_number=citizen_id(born), applied_on="2026-03-05")
    assert (response.status_code == 200) == wrong
    assert not wrong or "applied_on" in response.context["form"].errors


def test_one_person_has_one_open_case(fill_in, secretary, place):
    number = citizen_id("19950505")
    first = applicant(place.branch, id_number=number)
    response = fill_in(page("create"), name="郑新", id_number=number, applied_on="2026-03-05")
    assert "id_number" in response.context["form"].errors
    first.close(date(2026, 3, 1), "撤回")
    assert fill_in(page("create"), name="郑新", id_number=number, applied_on="2026-03-05").status_code == 302


def test_a_step_with_people_is_matched_with_the_register(fill_in, secretary, place):
    members = MemberFactory.create_batch(2, branch=place.branch)
    case = develop(applicant(place.branch), "activist-filed")
    names = f"{members[0].name} {members[1].name}"
    assert fill_in(page("step", case.pk, "mentors"), on="2022-09-20", people=names).status_code == 302
    step = case.steps.get(code="mentors")
    assert (step.first_member, step.second_member) == tuple(members)
    assert step.people == "、".join(m.name for m in members)


@pytest.mark.parametrize("names", ["", "张三", "张三、李四、王五", "张三、张三"])
def test_there_are_two_sponsors(fill_in, secretary, place, names):
    case = develop(applicant(place.branch), "candidate-filed")
    response = fill_in(page("step", case.pk, "sponsors"), on="2023-10-20", people=names)
    assert "people" in response.context["form"].errors


def test_votes_are_counted(client, fill_in, secretary, place, text_of):
    case = develop(applicant(place.branch), "talk")
    votes = {"expected": 20, "present": 18, "in_favour": 17, "against": 1, "abstained": 0}
    sent = {f"members-recommend-{k}": v for k, v in votes.items()}
    assert fill_in(page("step", case.pk, "activist"), on="2022-09-10", **sent).status_code == 302
    assert "党员推荐 应到 20 实到 18 赞成 17 反对 1 弃权 0" in text_of(client.get(case.get_absolute_url()))
    step = case.steps.get(code="activist")
    fill_in(page("step-edit", step.pk), **{"members-recommend-in_favour": "16"})
    assert step.votes.get().in_favour == 16
    assert "赞成 16" in AuditEntry.objects.filter(action="change", object_id=str(step.pk)).last().changes["票数"][1]


@pytest.mark.parametrize(("in_favour", "passes"), [(10, False), (11, True)])
def test_admission_takes_more_than_half_of_all_votes(fill_in, secretary, place, in_favour, passes):
    case = develop(applicant(place.branch), "form")
    votes = {"expected": 20, "present": 18, "in_favour": in_favour, "against": 0, "abstained": 0}
    response = fill_in(
        page("step", case.pk, "admission"), on="2024-06-15", **{f"admission-{k}": v for k, v in votes.items()}
    )
    assert (response.status_code == 302) == passes


def test_a_stage_is_not_skipped_silently(client, fill_in, secretary, place, text_of):
    case = develop(applicant(place.branch), "talk")
    url = page("step", case.pk, "candidate")
    assert "前面的阶段还有 4 步没有登记" in text_of(client.get(url))
    assert "gap_reason" in fill_in(url, on="2023-10-10").context["form"].errors
    assert not case.steps.filter(code="candidate").exists()
    assert fill_in(url, on="2023-10-10", gap_reason="原支部撤销，材料遗失").status_code == 302
    text = text_of(client.get(case.get_absolute_url()))
    assert "有例外" in text and text.count("原支部撤销，材料遗失") == 8
    assert DevelopmentStep.objects.exclude(exception_reason="").count() == 4


def test_no_exception_stands_for_the_general_meeting(fill_in, secretary, place):
    case = develop(applicant(place.branch), "form")
    response = fill_in(page("step", case.pk, "admission-approval"), on="2024-07-10")
    assert "请先登记“支部大会讨论接收”" in response.context["form"].errors["__all__"][0]


@pytest.mark.parametrize(("day", "wrong"), [("2025-06-14", True), ("2025-06-15", False)])
def test_regularisation_waits_for_the_end_of_probation(fill_in, secretary, place, day, wrong):
    case = develop(applicant(place.branch), "request", until=date(2025, 6, 10))
    response = fill_in(page("step", case.pk, "regularisation"), on=day)
    assert (response.status_code == 200) == wrong


def test_a_step_entered_by_mistake_is_taken_back(client, secretary, place):
    case = develop(applicant(place.branch), "activist")
    client.post(page("step-delete", case.steps.get(code="activist").pk))
    case.refresh_from_db()
    assert (case.standing, case.activist_on) == (Standing.APPLICANT, None)


def test_two_people_at_one_step(client, fill_in, secretary, place, text_of):
    step = take(applicant(place.branch), "talk", note="旧")
    url = page("step-edit", step.pk)
    shown = client.get(url).context["form"]
    step.note = "别人写的"
    step.record()
    sent = {"on": "2022-03-21", "note": "我写的", "version": shown.initial["version"], "token": shown.initial["token"]}
    text = text_of(client.post(url, sent))
    assert "别人写的" in text and "我写的" in text
    assert DevelopmentStep.objects.get().note == "别人写的"


def test_a_second_press_makes_one_step(client, secretary, place):
    case = applicant(place.branch)
    url = page("step", case.pk, "examination")
    take(case, "talk"), take(case, "activist")
    token = client.get(url).context["form"].initial["token"]
    for _ in range(2):
        client.post(url, {"on": "2023-03-01", "token": token})
    assert case.steps.filter(code="examination").count() == 1


def test_ending_and_going_on(client, fill_in, secretary, place, text_of):
    case = applicant(place.branch)
    assert "closed_reason" in fill_in(page("close", case.pk)).context["form"].errors
    fill_in(page("close", case.pk), closed_on="2026-01-05", closed_reason="本人撤回申请")
    case.refresh_from_db()
    assert (case.closed_reason, case.due_on) == ("本人撤回申请", None)
    assert "本人撤回申请" in text_of(client.get(case.get_absolute_url()))
    client.post(page("reopen", case.pk))
    case.refresh_from_db()
    assert (case.closed_on, case.due_step) == (None, "talk")


def test_the_masked_id_stays_when_untouched(fill_in, secretary, place):
    case = applicant(place.branch, phone="13912345678")
    assert fill_in(page("edit", case.pk), workplace="建安公司").status_code == 302
    held = DevelopmentCase.objects.get()
    assert (held.id_number, held.phone, held.workplace) == (case.id_number, "13912345678", "建安公司")


def test_the_board_puts_everybody_where_they_stand(client, office, pipeline, text_of):
    response = client.get(page(""))
    columns = {c["title"]: [card.case.name for card in c["cards"]] for c in response.context["columns"]}
    assert [*columns.values()][:4] == [["甲"], ["乙", "己"], ["丙"], ["丁"]]
    assert "逾期" in text_of(response)


def test_the_procedure_sheet_prints_every_step(client, office, pipeline, text_of):
    case = DevelopmentCase.objects.get(name="戊")
    text = text_of(client.get(page("print", case.pk)))
    assert "发展党员全程纪实表" in text
    assert all(step.title in text for step in NUMBERED)
    assert "接收预备党员表决 应到 20" in text


def test_the_organisation_and_the_member_show_it(client, office, place, pipeline, text_of):
    text = text_of(client.get(place.branch.get_absolute_url()))
    assert "发展党员" in text and "入党申请人" in text
    member = DevelopmentCase.objects.get(name="戊").member
    assert "申请入党" in text_of(client.get(member.get_absolute_url()))


def test_the_workbench_says_what_is_due(client, place, text_of):
    sign_in(client, "branch-secretary", place.branch)
    case = applicant(place.branch, "郑新", applied_on=TODAY - relativedelta(days=10))
    text = text_of(client.get("/"))
    assert "郑新：党组织派人谈话" in text
    take(case, "talk", TODAY)
    assert "郑新：党组织派人谈话" not in text_of(client.get("/"))


def test_elsewhere_is_not_found_and_a_leader_only_reads(client, place):
    here, there = applicant(place.branch), applicant(street(code="T").branch)
    sign_in(client, "leader", place.committee)
    assert client.get(page("detail", here.pk)).status_code == 200
    assert client.get(page("edit", here.pk)).status_code == 404
    assert client.get(page("detail", there.pk)).status_code == 404


@pytest.mark.parametrize("url", ["", "detail"])
def test_queries_do_not_grow(client, office, place, url):
    def cost() -> int:
        address = page("") if not url else page("detail", DevelopmentCase.objects.first().pk)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    case = develop(applicant(place.branch), "mentors")
    few = cost()
    for number in range(8):
        develop(applicant(place.branch, f"人{number}"), "activist")
    take(case, "examination")
    assert cost() == few


def test_codes_of_deadlines_are_rules_of_the_book():
    timed = {step.rule for step in STEPS if step.due is not procedure._never}
    assert timed == {"R20", "R21", "R24", "R28"}
