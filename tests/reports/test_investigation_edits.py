"""Edits by hand over a built report: numbers stay figures, rebuilds lose nothing, signing freezes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.acting import acting_as
from accounts.models import AuditEntry
from ledgers.models.record import Conflict
from ledgers.period import Period
from reports.document import Annex, Column, Division, Evidence, Figure, Report, Row, Statement
from reports.investigation.edits import siblings, weave
from reports.investigation.outline import DEFAULT, to_plain
from reports.investigation.snapshot import dump, load
from reports.models import InvestigationReport, ReportOutline, StatementEdit
from tests.factories import ActivityFactory, UserFactory, street

QUARTER = Period.parse("2026Q3")
KEY = "point.meetings"


def figure(text, code="a"):
    return Figure(text, Decimal(1), code, "指标", "次", f"/ledgers/{code}/", "台账", "筛选", 1, "")


class TestWeave:
    def test_puts_figures_back_at_their_numbers(self):
        parts = weave("召开13次，开展47次。", [figure("13"), figure("47", "b")])
        assert parts == ("召开", figure("13"), "次，开展", figure("47", "b"), "次。")

    def test_takes_equal_numbers_in_reading_order(self):
        parts = weave("甲3次，乙3次", [figure("3", "a"), figure("3", "b")])
        assert [p.code for p in parts if isinstance(p, Figure)] == ["a", "b"]

    def test_finds_figures_that_were_put_in_another_order(self):
        parts = weave("开展47次，召开13次。", [figure("13"), figure("47", "b")])
        assert [p.text for p in parts if isinstance(p, Figure)] == ["47", "13"]

    @pytest.mark.parametrize("text", ["2013次", "13.5次", "1.13次", "13%", "13万人", "没有数"])
    def test_never_takes_a_piece_of_another_number(self, text):
        assert weave(text, [figure("13")]) == (text,)


def test_a_snapshot_gives_back_an_equal_report():
    said = Statement("k", ("共", figure("91.7%"), "。"), "item", (Evidence("甲", "/x/"),), True, ("建议",))
    report = Report(
        "标题",
        "和平街道党工委",
        "HP",
        "2026Q3",
        "2026年第三季度",
        datetime(2026, 10, 10, tzinfo=UTC),
        as_of=date(2026, 9, 30),
        signed_by="李示例",
        signed_on=date(2026, 10, 15),
        draft=False,
        lead=(said,),
        sections=(Division("a", "一", "基本情况", (), (Division("b", "（一）", "标题", (said,)),)),),
        annexes=(Annex("problems", "问题清单", (Column("number", "序号", 10),), (Row(("1",), "/x/"),)),),
        left_out=("加强学习教育",),
    )
    assert load(dump(report)) == report
    assert load(dump(replace(report, signed_on=None))).signed_on is None


@pytest.fixture
def place(db):
    made = street(1, 2, code="HP")
    ActivityFactory(organization=made.branch, kind="general")
    return made


@pytest.fixture
def draft(place):
    return InvestigationReport.drafted(place.committee, QUARTER)


def reloaded(report):
    return InvestigationReport.objects.get(pk=report.pk)


def said(report, key=KEY):
    return next((one for one in report.composed.report.statements() if one.key == key), None)


def hold_another(place):
    ActivityFactory(organization=place.branches[1], kind="general")


class TestDraft:
    def test_there_is_one_for_an_organisation_and_period(self, place, draft):
        assert InvestigationReport.drafted(place.committee, QUARTER) == draft
        assert InvestigationReport.drafted(place.committee, QUARTER.previous()) != draft

    def test_a_rebuild_takes_in_new_data(self, place, draft):
        assert "支部党员大会1次" in said(draft).text
        hold_another(place)
        assert "支部党员大会1次" in said(reloaded(draft)).text
        assert "支部党员大会2次" in said(draft.rebuild()).text

    def test_is_audited(self, draft):
        draft.edit(KEY, "手写。")
        draft.sign()
        entries = AuditEntry.objects.filter(model__startswith="reports.").order_by("seq")
        assert list(entries.values_list("action", flat=True)) == ["build-report", "edit-report", "sign-off"]


class TestEdit:
    def test_keeps_the_figures_that_it_quotes(self, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        statement = said(reloaded(draft))
        assert statement.edited
        assert [f.code for f in statement.figures()] == ["meetings.general"]

    def test_survives_a_rebuild(self, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        draft.rebuild()
        assert said(reloaded(draft)).text == "三季度共召开大会1次。"
        assert reloaded(draft).composed.changes == []

    def test_asks_where_its_data_have_changed_and_keeps_the_words(self, place, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        hold_another(place)
        draft.rebuild()
        (change,) = reloaded(draft).composed.changes
        assert (change.text, said(reloaded(draft)).text) == ("三季度共召开大会1次。", "三季度共召开大会1次。")
        assert "支部党员大会2次" in change.built
        assert [(d.before, d.now) for d in change.differences] == [("1", "2")]

    def test_does_not_ask_about_a_number_that_it_does_not_quote(self, place, draft):
        draft.edit(KEY, "各支部按期召开会议。")
        hold_another(place)
        draft.rebuild()
        assert reloaded(draft).composed.changes == []

    def test_new_data_replace_the_numbers_in_the_persons_words(self, place, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        hold_another(place)
        draft.rebuild()
        draft.settle(KEY, take_new=True)
        fresh = reloaded(draft)
        assert said(fresh).text == "三季度共召开大会2次。"
        assert [f.text for f in said(fresh).figures()] == ["2"]
        assert fresh.composed.changes == []

    def test_the_old_words_may_stay(self, place, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        hold_another(place)
        draft.rebuild()
        draft.settle(KEY, take_new=False)
        fresh = reloaded(draft)
        assert said(fresh).text == "三季度共召开大会1次。"
        assert fresh.composed.changes == []
        assert list(said(fresh).figures()) == []  # no longer what the rows say

    def test_stays_where_its_statement_is_gone(self, place, draft):
        draft.edit("problem.R01", "1个支部没有开大会，已经约谈。")
        hold_another(place)
        draft.rebuild()
        fresh = reloaded(draft)
        assert said(fresh, "problem.R01").text == "1个支部没有开大会，已经约谈。"
        (change,) = fresh.composed.changes
        assert change.built == ""
        fresh.settle("problem.R01", take_new=False)
        assert said(reloaded(draft), "problem.R01")
        assert reloaded(draft).composed.changes == []

    def test_is_dropped_with_its_statement_where_the_person_says_so(self, place, draft):
        draft.edit("problem.R01", "1个支部没有开大会，已经约谈。")
        hold_another(place)
        draft.rebuild()
        draft.settle("problem.R01", take_new=True)
        assert said(reloaded(draft), "problem.R01") is None

    def test_the_built_words_take_it_back(self, draft):
        words = said(draft).text
        draft.edit(KEY, "手写。")
        draft.edit(KEY, words)
        assert not StatementEdit.objects.exists()
        assert not said(reloaded(draft)).edited

    def test_a_second_person_is_told(self, draft):
        draft.edit(KEY, "甲写的。", 0)
        with pytest.raises(Conflict):
            draft.edit(KEY, "乙写的。", 0)
        assert said(reloaded(draft)).text == "甲写的。"

    def test_a_second_press_of_the_button_is_no_conflict(self, draft):
        draft.edit(KEY, "甲写的。", 0)
        draft.edit(KEY, "甲写的。", 0)
        assert StatementEdit.objects.get().version == 1

    def test_needs_a_statement(self, draft):
        with pytest.raises(ValueError, match="没有这一段"):
            draft.edit("nothing.here", "手写。")


def order(report, key):
    """The keys of the paragraphs that stand with this one."""
    return siblings(report.composed.report, key)


class TestArrangement:
    """A paragraph may be left out, moved, put together with the next, added; a rebuild keeps all of it."""

    HEADING = "judgement.guidance"

    def test_one_that_is_left_out_comes_back_as_it_was(self, draft):
        before = order(draft, self.HEADING)
        draft.drop(before[1])
        draft.rebuild()
        assert order(reloaded(draft), self.HEADING) == [before[0], *before[2:]]
        draft.bring_back(before[1])
        assert order(reloaded(draft), self.HEADING) == before
        assert not StatementEdit.objects.exists()

    def test_a_heading_whose_paragraphs_are_all_left_out_goes_and_the_others_are_numbered_anew(self, draft):
        numbers = [one.key for one in draft.composed.report.sections[2].divisions]
        for key in order(draft, self.HEADING):
            draft.drop(key)
        left = reloaded(draft).composed.report.sections[2].divisions
        assert [one.key for one in left] == numbers[1:]
        assert [one.number for one in left] == ["（一）", "（二）"]

    def test_moves_one_place_and_back(self, draft):
        first, second, third, *others = order(draft, self.HEADING)
        draft.move(third, up=True)
        assert order(reloaded(draft), self.HEADING) == [first, third, second, *others]
        reloaded(draft).move(third, up=True)
        assert order(reloaded(draft), self.HEADING) == [third, first, second, *others]
        reloaded(draft).move(third, up=False)
        draft.rebuild()
        assert order(reloaded(draft), self.HEADING) == [first, third, second, *others]

    def test_the_first_stays_where_it_is_moved_up(self, draft):
        before = order(draft, self.HEADING)
        draft.move(before[0], up=True)
        assert order(reloaded(draft), self.HEADING) == before

    def test_two_become_one_that_keeps_the_figures_of_both(self, draft):
        _, first, second, *_ = order(draft, self.HEADING)
        both = said(draft, first).text + said(draft, second).text
        figures = [*said(draft, first).figures(), *said(draft, second).figures()]
        draft.merge(first)
        draft.rebuild()
        merged = said(reloaded(draft), first)
        assert merged.text == both
        assert list(merged.figures()) == figures
        assert second not in order(reloaded(draft), self.HEADING)

    def test_the_last_has_none_to_be_put_together_with(self, draft):
        with pytest.raises(ValueError, match="后面没有"):
            draft.merge(order(draft, self.HEADING)[-1])

    def test_one_of_ones_own_stands_behind_another(self, draft):
        first, second, *others = order(draft, self.HEADING)
        own = draft.add(first, "我们自己看到的。").key
        draft.rebuild()
        assert order(reloaded(draft), self.HEADING) == [first, own, second, *others]
        assert said(reloaded(draft), own).text == "我们自己看到的。"
        draft.drop(own)
        assert not StatementEdit.objects.exists()

    def test_a_proposal_is_taken_in(self, place, draft):
        ActivityFactory(organization=place.branch, kind="general")
        draft.built["sections"][2]["divisions"][0]["statements"][0]["proposals"] = ["有的支部重视不够"]
        InvestigationReport.objects.filter(pk=draft.pk).update(built=draft.built)
        fresh = reloaded(draft)
        fresh.take_proposal(self.HEADING, "有的支部重视不够")
        assert said(reloaded(draft), self.HEADING).text.endswith("；有的支部重视不够。")
        with pytest.raises(ValueError, match="没有这条建议"):
            reloaded(draft).take_proposal(self.HEADING, "随便写的")

    def test_a_rebuild_says_what_reads_otherwise(self, place, draft):
        words = said(draft).text
        assert draft.changed == {}
        hold_another(place)
        draft.rebuild()
        assert reloaded(draft).changed[KEY] == words

    def test_the_length_stays_until_another_is_chosen(self, draft):
        draft.rebuild("brief")
        assert reloaded(draft).composed.report.length == "brief"
        reloaded(draft).rebuild()
        assert reloaded(draft).length == "brief"


class TestOutline:
    def test_the_nearest_one_above_counts(self, place):
        plain = to_plain(DEFAULT)
        plain["copies"] = "区委组织部"
        ReportOutline.kept(place.committee, plain)
        assert InvestigationReport.drafted(place.community, QUARTER).content.copies == "区委组织部"
        ReportOutline.kept(place.community, to_plain(DEFAULT))
        assert InvestigationReport.drafted(place.community, QUARTER).content.copies == ""

    def test_a_change_is_a_new_version(self, place):
        numbers = [ReportOutline.kept(place.committee, to_plain(DEFAULT)).number for _ in range(2)]
        assert numbers == [1, 2]
        assert ReportOutline.latest(place.community).number == 2


class TestSigning:
    def test_freezes_the_report_with_its_edits(self, place, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        with acting_as(UserFactory(name="李示例")):
            draft.sign()
        hold_another(place)
        StatementEdit.objects.all().delete()
        signed = reloaded(draft)
        assert said(signed).text == "三季度共召开大会1次。"
        paper = signed.composed.report
        assert (paper.draft, paper.signed_by) == (False, "李示例")
        assert paper.signed_on is not None

    def test_leaves_nothing_to_change(self, draft):
        draft.sign()
        signed = reloaded(draft)
        for change in (
            signed.rebuild,
            signed.sign,
            lambda: signed.edit(KEY, "改。"),
            lambda: signed.settle(KEY, take_new=True),
            lambda: signed.drop(KEY),
            lambda: signed.bring_back(KEY),
            lambda: signed.move(KEY, up=True),
            lambda: signed.merge(KEY),
            lambda: signed.add(KEY, "加。"),
        ):
            with pytest.raises(ValueError, match="已经签发"):
                change()

    def test_waits_for_an_answer_where_data_have_changed(self, place, draft):
        draft.edit(KEY, "三季度共召开大会1次。")
        hold_another(place)
        draft.rebuild()
        with pytest.raises(ValueError, match="还有 1 处"):
            draft.sign()

    def test_a_later_draft_is_another_report(self, place, draft):
        draft.sign()
        later = InvestigationReport.drafted(place.committee, QUARTER)
        assert later.pk != draft.pk
        assert not reloaded(draft).is_draft
