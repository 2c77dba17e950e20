"""The life of a sheet: drawn up, self-scored, reviewed, decided, public, appealed against, locked."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import AuditEntry
from assessments import assessing
from assessments.assessing import NotNow, Review
from assessments.models import Assessment, SheetEntry, SheetLine, SheetStep
from assessments.schemes.document import read
from assessments.schemes.scores import scores_of
from assessments.schemes.versions import draft
from assessments.sheets_due import sheets_due
from branches.models import Organization
from ledgers import facts
from ledgers.closing import MonthClosed, with_reason
from ledgers.period import Period
from tests.assessments.factories import elect, hold, make_branch
from tests.assessments.schemes import indicator, manual, scheme
from tests.factories import PostingFactory, sign_in

QUARTER = Period.parse("2026Q3")
THEME_DAYS = indicator("A1", 60, kind="required", fact="meetings.theme_day", at_least=1, every="month", deduct=20)
GRADED = indicator("A2", 30, kind="graded", levels={"好": 1, "中": 0.5, "差": 0})
GRADES = [{"title": "优秀", "from": 90}, {"title": "一般", "from": 0}]
pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(street, branch):
    """A scheme in force with one line of the records and two of people; B1 held everything, B2 nothing."""
    hold(branch, "theme-day", date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    make_branch(street, "B2")
    written = scheme(THEME_DAYS, GRADED, manual("A3", 10), grades=GRADES)
    return draft(street, read(written)).put_in_force(Period.parse("2026Q1"))


@pytest.fixture(autouse=True)
def eighth_of_october(today):
    """The quarter has been over for a week."""


@pytest.fixture
def office(street):
    user = PostingFactory(organization=street, role="office").user
    with acting_as(user):
        yield user


@pytest.fixture
def sheets(judged, office):
    """`sheets()`: code of the branch → its sheet, drawn up."""
    assessing.draw_up(judged, QUARTER)

    def all_of_them() -> dict[str, Assessment]:
        rows = Assessment.objects.filter(period=QUARTER.code).select_related("organization", "scheme")
        return {one.organization.code: one for one in rows}

    return all_of_them


def said(sheet, level="1", points="1", **more):
    """Return reviews of the two lines that people score."""
    return {
        (sheet.pk, "A2"): Review(share=Decimal(level)),
        (sheet.pk, "A3"): Review(share=Decimal(points), reason="已核对", **more),
    }


def bring_to(sheets, state, level="1"):
    """Bring all sheets to a step."""
    for sheet in sheets().values():
        assessing.score_oneself(sheet, {})
        if state != "community":
            assessing.pass_on([sheet])
    if state in ("decision", "notice"):
        for sheet in sheets().values():
            assessing.review([sheet], said(sheet, level))
        assessing.pass_on(list(sheets().values()))
    if state == "notice":
        assessing.decide(sheet.scheme, QUARTER, date(2026, 10, 8), "会纪〔2026〕3号")


class TestDrawingUp:
    def test_everybody_who_is_scored_has_one_with_all_lines(self, sheets):
        found = sheets()
        assert found.keys() == {"B1", "B2"}
        assert {one.state for one in found.values()} == {"self"}
        assert SheetLine.objects.filter(assessment=found["B1"]).count() == 3
        assert found["B1"].due == date(
            2026, 10, 14
        )  # five working days after 8 October, a Saturday that is worked among them

    def test_again_it_makes_none(self, sheets, judged):
        assert assessing.draw_up(judged, QUARTER) == 0

    def test_not_of_a_running_period_nor_before_the_scheme_was_in_force(self, judged, office):
        with pytest.raises(NotNow, match="还没有过完"):
            assessing.draw_up(judged, Period.parse("2026Q4"))
        with pytest.raises(NotNow, match="没有执行"):
            assessing.draw_up(judged, Period.parse("2025Q4"))


class TestTheWay:
    def test_self_then_community_then_street(self, sheets):
        sheet = sheets()["B1"]
        assessing.score_oneself(sheet, {"A3": (Decimal("8.5"), "缺一次检查")})
        assert sheets()["B1"].state == "community"
        assert SheetLine.objects.get(assessment=sheet, code="A3").self_score == Decimal("8.5")
        assessing.pass_on([sheet])
        assert sheets()["B1"].state == "street"
        assert [step.act for step in SheetStep.objects.filter(assessment=sheet)] == ["drawn", "self", "community"]

    def test_a_branch_directly_under_the_street_has_no_community_step(self, street, judged, office):
        make_branch(street, "B3", parent=street)
        assessing.draw_up(judged, QUARTER)
        sheet = Assessment.objects.get(organization__code="B3")
        assessing.score_oneself(sheet, {})
        sheet.refresh_from_db()
        assert sheet.state == "street"

    def test_the_street_passes_none_with_an_open_line(self, sheets):
        bring_to(sheets, "street")
        first, second = sheets().values()
        assessing.review([first], said(first))
        assert assessing.pass_on([first, second]) == 1
        assert [one.state for one in sheets().values()] == ["decision", "street"]

    def test_back_with_a_reason(self, sheets):
        bring_to(sheets, "street")
        sheet = sheets()["B1"]
        assessing.send_back(sheet, "自评没有附材料")
        assert sheets()["B1"].state == "community"
        assessing.send_back(sheet, "请补材料")
        assert sheets()["B1"].state == "self"
        assert SheetStep.objects.filter(act="returned").last().note == "请补材料"

    def test_a_step_out_of_turn_is_refused(self, sheets, judged):
        sheet = sheets()["B1"]
        for act in (
            lambda: assessing.pass_on([sheet]),
            lambda: assessing.review([sheet], said(sheet)),
            lambda: assessing.send_back(sheet, "x"),
            lambda: assessing.appeal(sheet, "A1", "x"),
        ):
            with pytest.raises(NotNow, match="现在是“待自评”"):
                act()
        with pytest.raises(NotNow, match="还有 2 份没有复核完"):
            assessing.decide(judged, QUARTER, date(2026, 10, 8), "3号")

    def test_what_people_gave_counts_and_adjustments_stand_beside_what_was_computed(self, sheets, judged):
        bring_to(sheets, "street")
        sheet = sheets()["B2"]
        assessing.review(
            [sheet],
            said(sheet, "0.5", "0.8") | {(sheet.pk, "A1"): Review(adjusted=Decimal(20), adjusted_for="7月确已开展")},
        )
        card = next(one for one in scores_of(judged, QUARTER).cards if one.organization.code == "B2")
        assert (card.total, card.line("A1").outcome.score, card.line("A1").computed.score) == (43, 20, 0)
        assert "由 0 分调整为 20 分：7月确已开展" in card.line("A1").outcome.why
        computed = next(
            one for one in scores_of(judged, QUARTER, adjusted=False).cards if one.organization.code == "B2"
        )
        assert computed.total == 23
        assert AuditEntry.objects.filter(action="adjust", object_id=str(sheet.pk)).exists()

    def test_passing_many_costs_no_more_queries(self, street, sheets, judged):
        def count():
            with CaptureQueriesContext(connection) as queries:
                assessing.pass_on(list(Assessment.objects.filter(state="community")))
            return len(queries)

        bring_to(sheets, "community")
        few = count()
        for number in range(3, 9):
            make_branch(street, f"B{number}")
        assessing.draw_up(judged, QUARTER)
        for sheet in Assessment.objects.filter(state="self"):
            assessing.score_oneself(sheet, {})
        assert count() == few


class TestDecision:
    def test_it_freezes_totals_grades_and_ranks(self, sheets, judged, branch):
        bring_to(sheets, "notice", level="0.5")
        first, second = sheets()["B1"], sheets()["B2"]
        assert (first.total, first.grade, first.rank, first.rank_in_community) == (85, "一般", 1, 1)
        assert (second.total, second.rank) == (25, 2)
        assert (first.decided_in, first.notice_until) == ("会纪〔2026〕3号", date(2026, 10, 14))

    def test_a_late_record_moves_nothing_any_more(self, client, street, sheets, judged):
        bring_to(sheets, "notice")
        late = Organization.objects.get(code="B2")
        with pytest.raises(MonthClosed):
            hold(late, "theme-day", date(2026, 7, 1))
        with with_reason("补记三次主题党日"):
            hold(late, "theme-day", date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
        card = next(one for one in scores_of(judged, QUARTER).cards if one.organization.code == "B2")
        assert (card.line("A1").outcome.score, card.total) == (0, sheets()["B2"].total)
        assert card.line("A1").outcome.why == "7月、8月、9月缺主题党日，扣 60 分"
        sign_in(client, "office", street)
        text = client.get(sheets()["B2"].get_absolute_url()).content.decode()
        assert "审定后补录" in text and text.count("补记三次主题党日") == 3
        assert "审定后补录" not in client.get(sheets()["B1"].get_absolute_url()).content.decode()

    def test_behind_a_locked_sheet_nothing_is_taken_back(self, sheets, judged, today):
        bring_to(sheets, "notice")
        places = {(sheets()["B2"].organization_id, date(2026, 8, 1))}
        assert assessing.refuse_behind_locked(places) == ""
        today(date(2026, 10, 20))
        assessing.lock(judged, QUARTER)
        assert "的结果已锁定" in assessing.refuse_behind_locked(places)
        assert assessing.refuse_behind_locked({(sheets()["B2"].organization_id, date(2026, 6, 1))}) == ""

    def test_nor_does_a_breach_found_later_move_a_grade(self, street, branch, office):
        veto = {"code": "V1", "title": "任期届满不换届", "when": {"rules": ["R13"]}, "not_above": "一般"}
        made = draft(street, read(scheme(manual(), grades=GRADES, vetoes=[veto]))).put_in_force(Period.parse("2026Q1"))
        assessing.draw_up(made, QUARTER)
        sheet = Assessment.objects.get()
        assessing.score_oneself(sheet, {})
        SheetLine.objects.update(share=1)
        for _ in range(2):
            assessing.pass_on([sheet])
        assessing.decide(made, QUARTER, date(2026, 10, 8), "3号")
        elect(branch, date(2020, 1, 1))
        assert scores_of(made, QUARTER).cards[0].grade == "优秀"

    @pytest.mark.parametrize("day", [date(2026, 9, 29), date(2026, 10, 9)])
    def test_the_meeting_lies_after_the_period_and_not_to_come(self, sheets, judged, day):
        bring_to(sheets, "decision")
        with pytest.raises(NotNow, match="审定日期"):
            assessing.decide(judged, QUARTER, day, "3号")


class TestEntries:
    @pytest.fixture
    def extra(self, street, branch, office):
        """A sheet under a scheme with a bonus by levels, a penalty, a deduction and a veto that people enter."""
        lines = [
            manual("A1", 90),
            indicator("A2", 10, kind="deduct", items=[{"title": "制度不健全", "each": 2, "most": 4}]),
            indicator("P1", 5, kind="bonus", levels={"省级": 3, "市级": 2}),
            indicator("M1", 5, kind="penalty", each=2),
        ]
        veto = {"code": "V1", "title": "发生严重违纪案件", "when": "entered", "not_above": "一般"}
        made = draft(street, read(scheme(*lines, grades=GRADES, vetoes=[veto]))).put_in_force(Period.parse("2026Q1"))
        assessing.draw_up(made, QUARTER)
        sheet = Assessment.objects.get()
        assessing.score_oneself(sheet, {})
        SheetLine.objects.filter(code="A1").update(share=1)
        return sheet

    def enter(self, sheet, code, matter, item="", times=1, accepted=True):
        fields = {"code": code, "item": item, "matter": matter, "times": Decimal(times), "on": date(2026, 8, 1)}
        return assessing.enter(SheetEntry(assessment=sheet, **fields), accepted=accepted)

    def card(self, sheet):
        return scores_of(sheet.scheme, QUARTER).cards[0]

    def test_each_counts_as_the_scheme_says(self, extra):
        self.enter(extra, "M1", "被区通报", times=2)
        self.enter(extra, "A2", "没有学习制度", "制度不健全", times=3)
        card = self.card(extra)
        assert (card.line("M1").outcome.score, card.line("A2").outcome.score, card.total) == (-4, 6, 92)

    def test_one_matter_counts_once_at_its_highest(self, extra):
        for level in ("市级", "省级"):
            self.enter(extra, "P1", "先进党支部", level)
        self.enter(extra, "P1", "优秀案例", "市级")
        assert self.card(extra).line("P1").outcome.score == 5
        assert self.card(extra).line("P1").outcome.why == "先进党支部 3 分；优秀案例 2 分，加 5 分"

    def test_a_claim_counts_once_it_is_accepted(self, extra):
        claim = self.enter(extra, "P1", "先进党支部", "省级", accepted=False)
        assert self.card(extra).line("P1").outcome.score == 0
        assessing.settle(claim, accepted=True, reason="")
        assert self.card(extra).line("P1").outcome.score == 3
        assessing.settle(claim, accepted=False, reason="不在考核期")
        assert self.card(extra).line("P1").outcome.score == 0

    def test_a_veto_keeps_from_the_better_grade(self, extra):
        assert self.card(extra).grade == "优秀"
        self.enter(extra, "V1", "书记被立案")
        assert (self.card(extra).grade, self.card(extra).total) == ("一般", 100)

    def test_no_decision_while_a_claim_waits(self, extra):
        self.enter(extra, "P1", "先进党支部", "省级", accepted=False)
        for _ in range(2):
            assessing.pass_on([extra])
        with pytest.raises(NotNow, match="还有 1 项加分申报没有审核"):
            assessing.decide(extra.scheme, QUARTER, date(2026, 10, 8), "3号")

    def test_a_branch_claims_with_its_document_and_the_office_settles(self, client, street, branch, extra):
        sign_in(client, "branch-secretary", branch)
        address = reverse("assessments:enter", args=[extra.pk])
        claim = {"target": "0", "matter": "先进党支部", "times": "1", "on": "2026-10-01"}
        text = client.post(address, claim).content.decode()
        assert "申报加分要写明文件文号" in text
        assert "日期应在2026年第三季度之内" in text
        assert "一票否决" not in text
        client.post(address, claim | {"document": "省委〔2026〕5号", "on": "2026-09-30"})
        made = SheetEntry.objects.get()
        assert (made.code, made.item, made.state) == ("P1", "省级", "claimed")
        sign_in(client, "office", street)
        assert "待审核" in client.get(extra.get_absolute_url()).content.decode()
        there = reverse("assessments:settle", args=[made.pk])
        assert "不采纳要写明理由" in client.post(there, {"accepted": "0"}).content.decode()
        client.post(there, {"accepted": "1"})
        made.refresh_from_db()
        assert made.state == "accepted"


class TestWhoMay:
    def test_what_a_community_notes_waits_for_the_street(self, client, street, branch, judged, office):
        lines = [manual("A1", 100), indicator("M1", 5, kind="penalty", each=2)]
        made = draft(street, read({**scheme(*lines), "code": "KF"})).put_in_force(Period.parse("2026Q1"))
        assessing.draw_up(made, QUARTER)
        sheet = Assessment.objects.get(organization=branch)
        assessing.score_oneself(sheet, {})
        sign_in(client, "community-secretary", Organization.objects.get(code="SC"))
        noted = {"target": "0", "matter": "被通报", "times": "1", "on": "2026-08-01"}
        client.post(reverse("assessments:enter", args=[sheet.pk]), noted)
        assert SheetEntry.objects.get().state == "claimed"

    def test_a_reviewed_sheet_goes_back_only_by_the_office(self, client, street, sheets):
        bring_to(sheets, "decision")
        address = reverse("assessments:send-back", args=[sheets()["B1"].pk])
        sign_in(client, "community-secretary", Organization.objects.get(code="SC"))
        assert client.get(address).status_code == 404
        sign_in(client, "office", street)
        client.post(address, {"reason": "材料不全"})
        assert sheets()["B1"].state == "street"


class TestAverages:
    def decided(self, organization, period, total, of):
        return Assessment(
            scheme=of,
            organization=organization,
            period=period,
            state="notice",
            total=total,
            decided_on=date(2026, 10, 8),
        ).record()

    def test_of_one_s_own_periods_inside_this_one(self, street, branch, judged, office):
        year = {
            **scheme(indicator("A1", 40, kind="average", scheme="ZB", of="self"), manual("A2", 60)),
            "period": "year",
        }
        yearly = draft(street, read({**year, "code": "ND"})).put_in_force(Period.parse("2026"))
        line = scores_of(yearly, Period.parse("2026")).cards[0].line("A1")
        assert (line.outcome.is_open, line.outcome.why) == (True, "等待所取的考核审定")
        for period, total in (("2026Q1", 80), ("2026Q2", 91), ("2025Q4", 10)):
            self.decided(branch, period, Decimal(total), judged)
        assert scores_of(yearly, Period.parse("2026")).cards[0].line("A1").outcome.score == Decimal("34.20")

    def test_a_sheet_whose_average_is_known_can_go_on(self, street, branch, judged, office, today):
        today(date(2027, 1, 8))
        year = {**scheme(indicator("A1", 40, kind="average", scheme="ZB", of="self")), "period": "year", "code": "ND"}
        yearly = draft(street, read(year)).put_in_force(Period.parse("2026"))
        assessing.draw_up(yearly, Period.parse("2026"))
        sheet = yearly.assessments.get(organization=branch)
        assessing.score_oneself(sheet, {})
        assessing.pass_on([sheet])
        assert assessing.pass_on([sheet]) == 0
        self.decided(branch, "2026Q2", Decimal(91), judged)
        assert assessing.pass_on([sheet]) == 1

    def test_of_the_branches_below_in_the_same_period(self, street, branch, judged, office):
        written = scheme(indicator("A1", 10, kind="average", scheme="ZB", of="branches"), applies_to=["社区党委"])
        of_communities = draft(street, read({**written, "code": "SQ"})).put_in_force(Period.parse("2026Q1"))
        for code, total in (("B1", 100), ("B2", 60)):
            self.decided(Organization.objects.get(code=code), "2026Q3", Decimal(total), judged)
        card = scores_of(of_communities, QUARTER).cards[0]
        assert (card.line("A1").outcome.score, card.total) == (8, 80)


class TestLedger:
    def test_decided_sheets_are_facts_and_rows(self, client, street, sheets, judged):
        bring_to(sheets, "notice")
        numbers = facts.of(street, QUARTER)
        assert (numbers["scores.sheets"], numbers["scores.points"], numbers["scores.excellent"]) == (2, 140, 1)
        assert facts.rate("scores.average").of(numbers) == 70
        assert facts.of(street, Period.parse("2026Q2"))["scores.sheets"] == 0
        sign_in(client, "office", street)
        page = client.get(facts.get("scores.sheets").url(street, QUARTER))
        assert page.context["page"].paginator.count == 2
        assert "会纪〔2026〕3号" in page.content.decode()

    def test_a_granted_appeal_moves_the_fact(self, street, sheets):
        bring_to(sheets, "notice")
        assert facts.of(street, QUARTER)["scores.points"] == 140
        assessing.answer(assessing.appeal(sheets()["B2"], "A1", "开展过"), "属实", Decimal(60))
        assert facts.of(street, QUARTER)["scores.points"] == 200

    def test_a_row_leads_to_its_sheet(self, client, street, sheets):
        sign_in(client, "office", street)
        sheet = sheets()["B1"]
        assert client.get(reverse("assessments:held", args=[sheet.pk])).url == sheet.get_absolute_url()


class TestAppeal:
    def test_a_granted_one_changes_score_and_ranks(self, sheets, judged, branch):
        bring_to(sheets, "notice")
        sheet = sheets()["B2"]
        objection = assessing.appeal(sheet, "A1", "三次都开展了，记录传错了支部")
        assessing.answer(objection, "核实无误", Decimal(60))
        assert (sheets()["B2"].total, sheets()["B2"].rank, sheets()["B1"].rank) == (100, 1, 1)

    def test_a_refused_one_changes_nothing(self, sheets):
        bring_to(sheets, "notice")
        before = sheets()["B2"].total
        assessing.answer(assessing.appeal(sheets()["B2"], "A1", "不服"), "经核查没有记录", None)
        assert sheets()["B2"].total == before

    def test_not_once_its_days_are_over(self, sheets, today):
        bring_to(sheets, "notice")
        today(date(2026, 10, 20))  # three working days after 14 October are over on the 19th
        with pytest.raises(NotNow, match="申诉期已于 2026-10-19 结束"):
            assessing.appeal(sheets()["B2"], "A1", "不服")


class TestLock:
    def test_after_the_notice_with_every_appeal_answered(self, sheets, judged, today):
        bring_to(sheets, "notice")
        objection = assessing.appeal(sheets()["B2"], "A1", "不服")
        with pytest.raises(NotNow, match="公示到 2026-10-14 为止"):
            assessing.lock(judged, QUARTER)
        today(date(2026, 10, 16))
        with pytest.raises(NotNow, match="还有 1 件申诉没有答复"):
            assessing.lock(judged, QUARTER)
        assessing.answer(objection, "经核查没有记录", None)
        assert assessing.lock(judged, QUARTER) == 2
        with pytest.raises(NotNow, match="已锁定"):
            assessing.appeal(sheets()["B2"], "A1", "还是不服")


class TestTodos:
    def todos(self, organization, user, day=date(2026, 10, 9)):
        return [(todo.state, todo.text, todo.url) for todo in sheets_due(organization, user, day)]

    def test_each_is_asked_for_the_own_step(self, street, branch, sheets, office):
        community = Organization.objects.get(code="SC")
        secretary = PostingFactory(organization=branch, role="branch-secretary").user
        chair = PostingFactory(organization=community, role="community-secretary").user
        leader = PostingFactory(organization=street, role="leader").user
        own = sheets()["B1"].get_absolute_url()
        assert self.todos(branch, secretary) == [("warn", "2026年第三季度党支部季度考核等待自评", own)]
        assert self.todos(branch, secretary, date(2026, 10, 15))[0][0] == "bad"
        assert not self.todos(community, chair) + self.todos(street, office) + self.todos(street, leader)
        bring_to(sheets, "community")
        assert self.todos(community, chair)[0][:2] == ("warn", "2 份考核表等待社区党委初审")
        assert not self.todos(branch, secretary)
        assessing.pass_on(list(sheets().values()))
        assert self.todos(street, office)[0][:2] == ("warn", "2 份考核表等待复核打分")


class TestPages:
    def post(self, client, name, pk, **data):
        return client.post(reverse(f"assessments:{name}", args=[pk]), data, follow=True)

    def test_from_drawing_up_to_locking(self, client, street, branch, judged, today):
        community = Organization.objects.get(code="SC")
        sign_in(client, "office", street)
        text = self.post(client, "draw-up", judged.pk, period="2026Q3").content.decode()
        assert "已生成 2 份考核表" in text
        sheet = Assessment.objects.get(organization=branch)

        sign_in(client, "branch-secretary", branch)
        assert "没有异议，提交自评" in client.get(sheet.get_absolute_url()).content.decode()
        self.post(client, "self-score", sheet.pk, **{"score-2": "9", "note-2": "台账齐全"})
        assert "自评 9 分：台账齐全" in client.get(sheet.get_absolute_url()).content.decode()
        self.post(client, "self-score", Assessment.objects.get(organization__code="B2").pk)

        sign_in(client, "community-secretary", community)
        other = Assessment.objects.get(organization__code="B2")
        self.post(client, "self-score", other.pk)
        review = reverse("assessments:review")
        assert "支部B1" in client.get(review).content.decode()
        client.post(review, {"pass": [sheet.pk, other.pk]})
        assert set(Assessment.objects.values_list("state", flat=True)) == {"street"}
        assert "没有等您审核的考核表" in client.get(review).content.decode()

        sign_in(client, "office", street)
        wrong = {f"v-{sheet.pk}-A2": "甲", f"v-{sheet.pk}-A3": "11", f"v-{other.pk}-A3": "6"}
        text = client.post(review, wrong).content.decode()
        assert "没有“甲”这个等次" in text
        assert "应在 0 到 10 之间" in text
        assert "低于满分要写明理由" in text
        assert not SheetLine.objects.exclude(share=None).exists()
        right = {
            f"v-{sheet.pk}-A2": "好",
            f"v-{sheet.pk}-A3": "10",
            f"v-{other.pk}-A2": "差",
            f"v-{other.pk}-A3": "不适用",
            f"r-{other.pk}-A3": "新成立",
            "pass": [sheet.pk, other.pk],
        }
        assert "2 份已通过" in client.post(review, right, follow=True).content.decode()
        text = self.post(
            client, "decide", judged.pk, period="2026Q3", on="2026-10-08", minutes="会纪3号"
        ).content.decode()
        assert "2 份考核表已审定" in text
        sheet.refresh_from_db()
        other.refresh_from_db()
        assert (sheet.total, sheet.grade, other.total) == (100, "优秀", 0)

        sign_in(client, "branch-secretary", other.organization)
        self.post(client, "appeal", other.pk, code="A1", text="8月开展过")
        sign_in(client, "office", street)
        text = client.get(other.get_absolute_url()).content.decode()
        assert "8月开展过" in text and "待答复" in text
        self.post(client, "answer", other.appeals.get().pk, answer="核实，补记", score="20")
        other.refresh_from_db()
        assert other.total == Decimal("22.22")
        today(date(2026, 10, 16))
        assert "2 份考核表已锁定" in self.post(client, "lock", judged.pk, period="2026Q3").content.decode()

    def test_a_branch_can_only_do_its_own_part(self, client, branch, sheets):
        sign_in(client, "branch-secretary", branch)
        found = sheets()
        assert client.get(reverse("assessments:self-score", args=[found["B2"].pk])).status_code == 404
        for name in ("adjust", "send-back"):
            assert client.get(reverse(f"assessments:{name}", args=[found["B1"].pk])).status_code == 404
        assert client.get(reverse("assessments:review")).status_code == 404

    def test_a_community_reviews_its_own_branches_and_not_in_the_street_s_step(self, client, sheets):
        bring_to(sheets, "street")
        sign_in(client, "community-secretary", Organization.objects.get(code="SC"))
        assert client.get(reverse("assessments:adjust", args=[sheets()["B1"].pk])).status_code == 404

    def test_an_adjustment_wants_a_reason_and_stays_inside_the_points(self, client, street, sheets):
        bring_to(sheets, "street")
        sign_in(client, "office", street)
        sheet = sheets()["B2"]
        text = self.post(client, "adjust", sheet.pk, code="A1", score="61").content.decode()
        assert "这一项应在 0 到 60 分之间" in text
        assert "调整得分要写明理由" in text
        self.post(client, "adjust", sheet.pk, code="A1", score="40", reason="两次有照片为证")
        assert "由 0 分调整为 40 分：两次有照片为证" in client.get(sheet.get_absolute_url()).content.decode()


class TestPapers:
    """What is printed of a decided period, and by whom it is read."""

    @pytest.fixture
    def decided(self, sheets):
        bring_to(sheets, "notice")
        return sheets()

    def text(self, client, name, pk, **query):
        return client.get(reverse(f"assessments:{name}", args=[pk]), query, follow=True).content.decode()

    def test_the_sheet_for_signature_has_every_line_and_its_reason(self, client, street, sheets):
        bring_to(sheets, "street")
        sign_in(client, "office", street)
        text = self.text(client, "sheet-paper", sheets()["B2"].pk)
        assert "7月、8月、9月缺主题党日，扣 60 分" in text
        assert text.count("待评") >= 2
        assert "被考核单位负责人：" in text

    def test_notice_and_bulletin_tell_the_decided_result(self, client, street, judged, decided):
        sign_in(client, "office", street)
        notice = self.text(client, "notice", judged.pk, period="2026Q3")
        assert "会纪〔2026〕3号" in notice and "公示期自2026年10月8日起 5 个工作日" in notice
        assert notice.index("支部B1") < notice.index("支部B2")
        bulletin = self.text(client, "bulletin", judged.pk, period="2026Q3")
        assert "优秀 <a" in bulletin and "最高 <a" in bulletin
        assert "共丢 <a" in bulletin
        assert sheet_address(decided["B2"]) in bulletin

    def test_each_reads_its_own_part(self, client, branch, judged, decided):
        sign_in(client, "branch-secretary", branch)
        text = self.text(client, "notice", judged.pk, period="2026Q3")
        assert "支部B1" in text and "支部B2" not in text
        assert "这里只列出您能看到的 1 个党组织，这次共考核 2 个" in text
        assert client.get(reverse("assessments:feedback", args=[decided["B2"].pk])).status_code == 404

    def test_before_the_decision_there_is_nothing_to_publish(self, client, street, judged, sheets):
        sign_in(client, "office", street)
        for name in ("notice", "bulletin"):
            assert "还没有经会议审定" in self.text(client, name, judged.pk, period="2026Q3")
        assert "会议审定以后才有反馈单" in self.text(client, "feedback", sheets()["B1"].pk)

    def test_the_feedback_says_what_was_lost_why_and_until_when(self, client, street, decided):
        sign_in(client, "office", street)
        text = self.text(client, "feedback", decided["B2"].pk)
        assert "7月、8月、9月缺主题党日，扣 60 分" in text
        assert "2026-12-31" in text

    def test_queries_do_not_grow_with_the_street(self, client, street, judged, sheets, decided):
        sign_in(client, "office", street)
        counted = []
        for name in ("notice", "bulletin"):
            self.text(client, name, judged.pk, period="2026Q3")
            with CaptureQueriesContext(
                connection,
            ) as few:
                self.text(client, name, judged.pk, period="2026Q3")
            counted.append(len(few))
        for number in range(3, 9):
            make_branch(street, f"B{number}")
        for name, before in zip(("notice", "bulletin"), counted, strict=True):
            self.text(client, name, judged.pk, period="2026Q3")
            with CaptureQueriesContext(connection) as many:
                self.text(client, name, judged.pk, period="2026Q3")
            assert len(many) <= before


def sheet_address(sheet):
    return reverse("assessments:sheet", args=[sheet.scheme_id, sheet.organization.code])


class TestWhatChangedSince:
    def test_a_line_whose_records_changed_after_the_sheet_was_drawn_up_says_so(self, client, street, sheets):
        other = Organization.objects.get(code="B2")
        sign_in(client, "office", street)
        address = sheets()["B2"].get_absolute_url()
        assert "记录有变动" not in client.get(address).content.decode()
        hold(other, "theme-day", date(2026, 8, 1))
        text = client.get(address).content.decode()
        assert "生成考核表时 0 分，按现在的记录 20 分" in text

    def test_a_sheet_looks_back_on_what_was_decided_before(self, client, street, branch, judged, sheets, today):
        bring_to(sheets, "notice")
        today(date(2027, 1, 8))
        assessing.draw_up(judged, QUARTER.following())
        later = Assessment.objects.get(period="2026Q4", organization=branch)
        sign_in(client, "office", street)
        text = client.get(later.get_absolute_url()).content.decode()
        assert "以前各期" in text
        assert sheets()["B1"].get_absolute_url().replace("&", "&amp;") in text


class TestReviewGrid:
    def test_a_self_score_stands_beside_the_cell_and_a_difference_stands_out(self, client, street, sheets):
        for sheet in sheets().values():
            assessing.score_oneself(sheet, {"A3": (Decimal(9), "")})
            assessing.pass_on([sheet])
        assessing.review([sheets()["B1"]], {(sheets()["B1"].pk, "A3"): Review(share=Decimal("0.5"), reason="缺一本")})
        sign_in(client, "office", street)
        text = client.get(reverse("assessments:review")).content.decode()
        assert text.count("自评 9") == 2
        assert text.count("与评分不同") == 1
