"""The investigation report as it is built: what it says, and that every number leads to the rows behind it."""

import json
import re
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Concern, Visit, record_roll
from assessments import engine, findings
from assessments.models import Finding, Severity
from branches.models import Organization, Venue
from ledgers import facts, ledger
from ledgers.period import Period
from reports.document import Figure
from reports.investigation import wording
from reports.investigation.building import build
from reports.investigation.evidence import violations
from reports.investigation.outline import DEFAULT, from_plain, to_plain
from reports.investigation.ranking import ends
from reports.official import EVIDENCE_WRITERS, WRITERS
from tests.factories import ActivityFactory, CommitteeFactory, MemberFactory, OrganizationFactory, street

pytestmark = pytest.mark.django_db

QUARTER = Period.parse("2026Q3")
THIRD = [date(2026, month, 10) for month in (7, 8, 9)]


def texts(report):
    """Key → text of every statement."""
    return {statement.key: statement.text for statement in report.statements()}


def section(report, number):
    return [s for division in report.sections[number - 1].walk() for s in division.statements]


def meeting(branch, kind, day, members=(), away=()):
    activity = ActivityFactory(organization=branch, kind=kind, date=day)
    lines = {m.pk: ("present", "") for m in members} | {m.pk: ("absent", "") for m in away}
    record_roll(activity, lines)
    return activity


@pytest.fixture
def place():
    """Two communities of two branches: the first keeps every rule on meetings, the others less and less."""
    made = street(code="HP")
    for organization in (made.committee, *made.communities):
        organization.refresh_from_db()  # it has got children since
    made.committee.name = "和平街道党工委"
    made.committee.record()
    for number, community in enumerate(made.communities):
        community.population, community.households = 23_800 + number, 9000
        community.record()
    people_of = {branch.code: MemberFactory.create_batch(4, branch=branch) for branch in made.branches}
    ActivityFactory(organization=made.committee, kind="work-meeting", date=date(2026, 4, 3))  # the records begin
    first, second, third, _ = made.branches
    for branch in made.branches[:3]:
        people = people_of[branch.code]
        meeting(branch, "general", date(2026, 5, 10), people)
        meeting(branch, "theme-day", date(2026, 5, 12), people)
    for day in THIRD:
        meeting(first, "theme-day", day, people_of[first.code])
    meeting(first, "general", THIRD[0], people_of[first.code])
    meeting(first, "lecture", THIRD[1], people_of[first.code])
    for day in THIRD[:2]:
        meeting(second, "theme-day", day, people_of[second.code][:3], people_of[second.code][3:])
    meeting(third, "general", THIRD[0], people_of[third.code][:1], people_of[third.code][1:])
    return made


def rows_behind(figure: Figure):
    """Open a figure's address as the ledger's page does."""
    address = urlsplit(figure.url)
    register = ledger.get(address.path.strip("/").split("/")[1])
    params = dict(parse_qsl(address.query))
    organization = Organization.objects.get(code=params.pop("organization"))
    return register.rows(register.query(params, organization=organization, strict=True))


class TestEvidence:
    @pytest.mark.parametrize("whose", ["committee", "community", "branch"])
    @pytest.mark.parametrize("period", ["2026Q3", "2026-08", "2026H2", "2026"])
    def test_every_figure_counts_the_rows_behind_its_address(self, place, whose, period):
        report = build(getattr(place, whose), Period.parse(period))
        assert report.figures()
        for _, figure in report.figures():
            rows = rows_behind(figure)
            assert rows.count() == figure.count, figure
            if figure.unit == "%":
                assert " ÷ " in figure.formula
                continue
            summed = facts.get(figure.code).sums if figure.code in {f.code for f in facts.every()} else ""
            value = rows.aggregate(n=Sum(summed))["n"] if summed else rows.count()
            assert figure.value == value, figure

    def test_every_figure_says_where_it_comes_from(self, place):
        for _, figure in build(place.committee, QUARTER).figures():
            assert figure.code
            assert figure.title
            assert figure.source
            assert figure.filter

    def test_facts_agree_with_show_facts(self, place):
        numbers = facts.of(place.committee, QUARTER)
        whole = [
            figure
            for _, figure in build(place.committee, QUARTER).figures()
            if figure.code in numbers and "organization=HP&" in figure.url
        ]
        assert len(whole) > 10
        assert all(figure.value == numbers[figure.code] for figure in whole)

    def test_problems_agree_with_the_check_of_the_rules(self, place):
        report = build(place.committee, QUARTER)
        found = violations(place.committee, QUARTER)
        report = build(place.committee, QUARTER, length="full")
        told = {s.key.removeprefix("problem.") for s in section(report, 3) if s.key.startswith("problem.")}
        assert told == {v.rule for v in found if v.rule[0] != "Q"} - {"R14"}
        counted = {f.code: f.value for s in section(report, 3) for f in s.figures() if f.unit != "%"}
        for rule in ("R01", "R05"):
            assert counted[rule] == len([v for v in found if v.rule == rule])
        (table,) = (one for one in report.annexes if one.kind == "problems")
        assert len(table.rows) == len({(v.rule, v.organization.pk) for v in found})

    def test_a_filter_on_broken_rules_refuses_what_it_does_not_know(self, place):
        register = ledger.get("organizations")
        for value in ("R99@2026Q3", "R01@2026Q9", "R01"):
            with pytest.raises(ledger.BadQuery):
                register.rows(register.query({"breaks": value}, organization=place.committee))


class TestWording:
    def test_describes_the_street_with_its_numbers(self, place):
        said = texts(build(place.committee, QUARTER))
        assert said["lead"] == "现将和平街道2026年第三季度基层党建工作情况报告如下："
        assert said["topic.organizations"] == ("和平街道下辖2个社区党委，设有4个党支部，总人口4.76万人，居民18000户。")
        assert said["topic.members"].startswith("现有党员16名，与上季度末持平，其中正式党员16名，在职党员16名。")
        assert said["point.meetings"] == (
            "本季度召开支部党员大会2次，上党课1次，开展主题党日5次，党员到会率84.4%。到会率较上季度下降15.6个百分点。"
            "到会率较高的是HP第1社区（92.9%），较低的是HP第2社区（25.0%）。"
        )

    def test_opens_with_what_the_investigation_rests_on(self, place):
        for kind, times in (("report", 3), ("papers", 2), ("residents", 4)):
            for day in range(times):
                on = date(2026, 8, 3 + day)
                Visit(organization=place.community, kind=kind, date=on, visitors="李示例", target="居民").record()
        assert texts(build(place.committee, QUARTER))["lead"] == (
            "近期，和平街道党建办通过听取汇报3次、查阅资料2次、走访群众4次，对和平街道基层党建工作进行了调研。"
            "现将有关情况报告如下："
        )

    def test_follows_the_offices_own_outline(self, place):
        report = build(place.committee, QUARTER)
        assert [(one.number, one.title) for one in report.sections] == [
            ("一", "基本情况"), ("二", "主要做法"), ("三", "存在的问题"), ("四", "下步打算"),
        ]  # fmt: skip
        problems, plans = report.sections[2:]
        assert [f"{one.number}{one.title}" for one in problems.divisions] == [
            "（一）基层党组织引领作用发挥不够充分",
            "（二）基层党组织统筹协调能力弱",
            "（三）基层党组织工作力量不足",
        ]
        assert [f"{one.number}{one.title}" for one in plans.divisions] == [
            "（一）增强街道党工委党建统领能力",
            "（二）筑牢街道党工委组织作风建设",
            "（三）提升街道党工委战斗力、凝聚力",
        ]
        assert [(one.number, one.title) for one in report.sections[1].divisions[0].divisions] == [
            ("一是", "严肃组织生活")
        ]

    def test_what_has_nothing_is_left_out_and_said_to_the_maker(self, place):
        report = build(place.committee, QUARTER)
        assert "加强学习教育" in report.left_out
        assert "突出品牌工作创特创新" in report.left_out
        assert not any("没有学习" in text for text in texts(report).values())

    def test_compares_nothing_where_nothing_was_recorded_before(self, place):
        report = build(place.committee, Period.parse("2026Q2"))
        assert texts(report)["period.about"] == "党建工作记录从2026年4月开始，不与上季度比较。"
        assert not any("较上季度" in text for text in texts(report).values())

    def test_a_topic_that_the_portal_does_not_count_is_left_out(self, place, monkeypatch):
        assert "point.meetings" in texts(build(place.committee, QUARTER))
        gone = ("meetings.", "attendance.", "votes.", "resolutions.", "democratic.", "life.")
        known = {code: fact for code, fact in facts._facts.items() if not code.startswith(gone)}
        monkeypatch.setattr("reports.investigation.material.Material.registered", frozenset(known))
        said = texts(build(place.committee, QUARTER))
        assert "支部党员大会2次" not in said.get("point.meetings", "")

    def test_a_branch_reads_naturally(self, place):
        report = build(place.branches[1], QUARTER)
        said = texts(report)
        assert report.title == "关于HP第1社区第2党支部党建工作情况的调研报告"
        assert report.to == "HP第1社区党委"
        assert said["topic.organizations"] == "HP第1社区第2党支部隶属HP第1社区党委，2010年7月1日成立。"
        assert said["point.meetings"].startswith("本季度开展主题党日2次，党员到会率75.0%。")
        assert said["problem.R05"] == "主题党日坚持得不好。本支部没有按月开展主题党日（缺9月）。"
        assert said["problem.R01"] == "支部党员大会召开不经常。本支部没有按季度召开支部党员大会。"
        assert not any("个党支部" in text or key.startswith("judgement") for key, text in said.items())
        assert next(one.title for one in report.sections[3].divisions) == "增强党支部党建统领能力"

    @pytest.mark.parametrize(("period", "words"), [("2026-08", "本月"), ("2026H1", "上半年"), ("2026Q3", "本季度")])
    def test_speaks_of_other_periods(self, place, period, words):
        said = texts(build(place.committee, Period.parse(period)))
        assert said["text.practice.opening"] == f"{words}，街道党工委主要做了以下工作。"

    def test_a_running_period_is_told_as_far_as_today(self, place, monkeypatch):
        monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 8, 20))
        report = build(place.committee, QUARTER)
        said = texts(report)
        assert report.as_of == date(2026, 8, 20)
        assert said["text.practice.opening"].startswith("截至8月20日，")
        assert said["period.about"] == "数据截至2026年8月20日。"
        assert not any("较上季度" in text for text in said.values())

    def test_money_has_both_decimals_or_none(self):
        shown = [wording.money(Decimal(value)) for value in ("12", "12.00", "12.50", "1234.5")]
        assert shown == ["12", "12", "12.50", "1234.50"]


class TestLength:
    """What may be long and what may not (report.md §2)."""

    @pytest.fixture
    def street_of_many(self, place):
        for number in range(12):
            branch = OrganizationFactory(
                parent=place.communities[number % 2], code=f"X{number}", name=f"{'很长' * 8}第{number}党支部"
            )
            MemberFactory.create_batch(2, branch=branch, employment="in-service")
        return place

    @pytest.mark.parametrize(("length", "most"), [("brief", 2500), ("standard", 4000)])
    def test_the_body_keeps_its_length(self, street_of_many, length, most):
        assert build(street_of_many.committee, QUARTER, length=length).characters <= most

    @pytest.mark.parametrize(("length", "most"), [("brief", 60), ("standard", 120)])
    def test_a_point_keeps_its_length(self, street_of_many, length, most):
        report = build(street_of_many.committee, QUARTER, length=length)
        for division in report.divisions():
            if division.number.endswith("是"):
                assert len(f"{division.number}{division.title}。{division.statements[0].text}") <= most

    @pytest.mark.parametrize("length", ["brief", "standard"])
    def test_no_sentence_is_longer_than_ninety(self, street_of_many, length):
        for text in texts(build(street_of_many.committee, QUARTER, length=length)).values():
            assert all(len(sentence) <= 90 for sentence in text.split("。")), text

    def test_each_length_says_more(self, street_of_many):
        brief, standard, full = (
            build(street_of_many.committee, QUARTER, length=length) for length in ("brief", "standard", "full")
        )
        assert brief.characters < standard.characters < full.characters
        numbers = [one.number for one in full.sections[1].divisions[0].divisions]
        assert numbers[0] == "1."

    def test_at_most_four_problems_under_a_heading_and_ten_measures(self, street_of_many):
        report = build(street_of_many.committee, QUARTER)
        for heading in report.sections[2].divisions:
            assert sum(one.kind == "item" for one in heading.statements) <= 4
        measures = [s for s in section(report, 4) if s.key.startswith("measure.")]
        assert 0 < len(measures) <= 10
        (table,) = (one for one in report.annexes if one.kind == "measures")
        assert len(table.rows) >= len(measures)


class TestProblems:
    def test_the_gravest_stand_first_then_the_most_widespread(self, place):
        report = build(place.committee, QUARTER, length="full")
        spread: dict[str, set[int]] = {}
        for violation in violations(place.committee, QUARTER):
            spread.setdefault(violation.rule, set()).add(violation.organization.pk)
        for heading in report.sections[2].divisions:
            codes = [s.key.removeprefix("problem.") for s in heading.statements if s.kind == "item"]
            ranks = [(engine.get(code).severity == Severity.SERIOUS, len(spread[code])) for code in codes]
            assert ranks == sorted(ranks, reverse=True)

    def test_names_at_most_three_and_how_many(self, place):
        text = texts(build(place.committee, QUARTER))["problem.R42"]
        first, second, third, _ = (branch.name for branch in place.branches)
        assert text == (
            f"在职党员到社区报到不充分。16名在职党员尚未到社区报到，涉及{first}、{second}、{third}等4个党组织。"
        )

    def test_the_judgement_counts_and_names_what_is_gravest(self, place):
        text = texts(build(place.committee, QUARTER))["judgement.guidance"]
        assert text == (
            "3个党支部组织生活落实不到位，占党支部总数的75.0%，主要是支部党员大会召开不经常、党课安排落实不到位。"
        )

    def test_what_no_figure_backs_is_proposed_and_not_said(self, place):
        Concern(organization=place.communities[1], received_on=date(2026, 7, 1), content="路灯不亮").record()
        report = build(place.committee, QUARTER)
        judged = {s.key: s for s in section(report, 3) if s.key.startswith("judgement.")}
        assert judged["judgement.guidance"].proposals == ("有的抓思想政治建设与中心工作、群众关切结合不紧",)
        assert judged["judgement.coordination"].proposals
        assert not any("有的" in one.text for one in judged.values())

    def test_the_streets_own_debt_is_told_as_its_own(self, place):
        text = texts(build(place.committee, QUARTER, length="full"))["problem.R50"]
        assert text == "党建工作例会坚持得不好。街道层面7月、8月、9月没有召开街道党建工作例会。"

    def test_data_quality_never_enters(self, place):
        MemberFactory(branch=place.branch, joined_on=date(2020, 1, 1), birth_date=date(2010, 1, 1))
        assert any(v.rule.startswith("Q") for v in violations(place.committee, QUARTER))
        report = build(place.committee, QUARTER, length="full")
        assert not any("Q0" in one.key for one in report.statements())
        assert not any("登记有误" in cell for one in report.annexes for row in one.rows for cell in row.cells)

    def test_a_warning_is_a_measure_only(self, place):
        CommitteeFactory(organization=place.branch, start=date(2023, 11, 1))
        said = texts(build(place.committee, QUARTER, length="full"))
        assert "problem.R14" not in said
        assert said["measure.R14"].startswith("做好换届准备。")

    def test_what_was_put_right_is_said(self, place):
        meeting(place.branches[3], "general", THIRD[0])
        meeting(place.branches[1], "general", THIRD[0])
        said = texts(build(place.committee, QUARTER))
        assert "problem.R01" not in said
        assert said["problems.solved"] == "上季度指出的支部党员大会召开不经常的问题，本季度没有再出现。"

    def test_none_are_invented(self):
        branch = OrganizationFactory(name="齐全党支部")
        people = MemberFactory.create_batch(3, branch=branch, employment="retired")
        for day in THIRD:
            meeting(branch, "theme-day", day, people)
        meeting(branch, "general", THIRD[0], people)
        meeting(branch, "lecture", THIRD[0], people)
        report = build(branch, QUARTER)
        assert [s.key for s in section(report, 3)] == ["problems.none"]
        assert not [s for s in section(report, 4) if s.key.startswith("measure.")]

    def test_a_member_is_counted_but_not_named(self, place):
        late = MemberFactory(
            branch=place.branch,
            name="欧阳示例",
            category="probationary",
            joined_on=date(2025, 7, 1),
            regularised_on=None,
        )
        report = build(place.committee, QUARTER)
        text = texts(report)["problem.R24"]
        assert "1名预备党员预备期满，党支部没有按期讨论转正" in text
        assert late.name not in "".join(texts(report).values())
        assert not any(late.name in cell for one in report.annexes for row in one.rows for cell in row.cells)
        figure = next(s for s in section(report, 3) if s.key == "problem.R24").parts[1]
        assert [row.member_id for row in rows_behind(figure)] == [late.pk]

    def test_a_quotation_inside_quotation_marks_has_single_ones(self, place):
        for text in texts(build(place.committee, QUARTER, length="full")).values():
            assert "““" not in text and "””" not in text


class TestMeasures:
    """Who has to put a problem right, and by when."""

    @pytest.fixture(autouse=True)
    def today(self, monkeypatch):
        monkeypatch.setattr(timezone, "localdate", lambda *args: date(2026, 10, 10))

    def test_says_who_does_what_by_when_and_to_whom_it_answers(self, place):
        said = texts(build(place.committee, QUARTER))
        _, second, _, fourth = (branch.name for branch in place.branches)
        assert said["measure.R01"] == (
            f"开好支部党员大会。{fourth}和{second}于11月30日前召开支部党员大会，并排定以后各季度会期报所属社区党委；"
            "所属社区党委派员列席，以会议记录和签到表为准。"
        )

    def test_what_a_community_owes_it_does_itself(self, place):
        names = "和".join(community.name for community in place.communities)
        assert f"{names}于11月30日前召开党建联席会议" in texts(build(place.committee, QUARTER))["measure.R40"]

    def test_those_of_one_owner_and_matter_are_put_together(self, place):
        said = texts(build(place.committee, QUARTER))
        assert "measure.R41" not in said
        assert said["measure.R40"].startswith("深化共驻共建。")
        assert "。并同驻区单位逐家对接并签订年度协议" in said["measure.R40"]

    def test_the_findings_own_deadline_and_owner_count(self, place):
        findings.sync(place.committee, QUARTER)
        for finding in Finding.objects.filter(rule="R05"):
            finding.owner, finding.deadline = "王示例", date(2026, 10, 28)
            finding.record()
        report = build(place.committee, QUARTER)
        assert "于10月28日前开展主题党日" in texts(report)["measure.R05"]
        (table,) = (one for one in report.annexes if one.kind == "measures")
        row = next(row.cells for row in table.rows if row.cells[1] == "坚持主题党日")
        assert row[4:6] == ("王示例", "10月28日")

    def test_a_lease_that_ends_is_not_renewed_after_its_end(self, place):
        Venue(organization=place.community, name="活动室", tenure="rented", lease_end=date(2026, 10, 14)).record()
        assert "于10月14日前" in texts(build(place.committee, QUARTER, length="full"))["measure.R45"]

    def test_never_tells_to_use_the_software(self, place):
        for rule in engine.every_rule():
            if rule.words:
                assert not re.search("登记|补录|台账|系统|录入", rule.words.measure.replace("登记表", "")), rule.code

    def test_every_rule_but_those_of_data_has_words_and_a_place(self):
        for rule in engine.every_rule():
            if rule.code.startswith("Q"):
                assert rule.words is None
                continue
            assert rule.words is not None, rule.code
            assert rule.words.plan in ("command", "conduct", "strength")
            assert rule.words.problem in ("guidance", "coordination", "capacity") or rule.code == "R14"
            holes = set(re.findall(r"\{(\w+)\}", rule.words.measure + rule.words.predicate))
            assert holes <= {"owner", "deadline", "supervisor", "limit", "year", "period"}


class TestOutline:
    def test_is_read_back_as_it_was_written(self):
        assert from_plain(json.loads(json.dumps(to_plain(DEFAULT)))) == DEFAULT

    @pytest.mark.parametrize(
        ("plain", "words"),
        [
            ({"sections": [{"kind": "chapter", "key": "a"}]}, "没有“chapter”这一种"),
            ({"sections": [{"kind": "section", "key": "a"}, {"kind": "section", "key": "a"}]}, "出现了两次"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, plain, words):
        with pytest.raises(ValueError, match=words):
            from_plain(plain)

    def test_headings_are_renamed_moved_left_out_and_added(self, place):
        plain = to_plain(DEFAULT)
        practice = plain["sections"][1]
        practice["entries"][1]["title"] = "抓实{党组织}的基础工作"
        practice["entries"][1]["entries"].insert(
            0, {"kind": "point", "key": "own.1", "title": "我们的话", "text": "{地方}现有党员{党员总数}名。"}
        )
        plain["sections"][2]["on"] = False
        report = build(place.committee, QUARTER, outline=from_plain(plain))
        assert [(one.number, one.title) for one in report.sections] == [
            ("一", "基本情况"), ("二", "主要做法"), ("三", "下步打算"),
        ]  # fmt: skip
        heading = report.sections[1].divisions[0]
        assert heading.title == "抓实街道党工委的基础工作"
        assert [one.number for one in heading.divisions] == ["一是", "二是"]
        own = heading.divisions[0].statements[0]
        assert own.text == "和平街道现有党员16名。"
        assert [figure.code for figure in own.figures()] == ["members.total"]

    def test_the_charts_show_the_same_numbers(self, place):
        (table,) = (one for one in build(place.committee, QUARTER).annexes if one.kind == "charts")
        shown = {(row.cells[0], row.cells[1]): row.cells[2] for row in table.rows}
        assert shown["各社区党员到会率", "HP第1社区"] == "92.9%"
        assert shown["主题党日逐月开展次数", "2026年7月"] == "2次"
        assert shown["党员队伍结构", "女"] == "8名"
        assert ("主题党日逐月开展次数", "2026年3月") not in shown  # before the records

    def test_annexes_are_left_out_one_by_one(self, place):
        report = build(place.committee, QUARTER, wanted=["measures"])
        assert [one.kind for one in report.annexes] == ["measures"]
        assert not report.rests_on


class TestEdges:
    def test_an_empty_district_says_that_nothing_is_on_record(self):
        committee = OrganizationFactory(name="空白区委", kind=Organization.Kind.DISTRICT_COMMITTEE)
        report = build(committee, QUARTER)
        said = texts(report)
        assert [one.title for one in report.sections] == ["基本情况", "主要做法", "存在的问题", "下步打算"]
        assert said["situation.none"] == "本季度没有党组织和党员记录。"
        assert said["practice.none"] == "本季度没有党建工作记录。"
        assert said["problems.none"] == "本季度没有党支部，无法对照规定检查。"
        assert report.figures() == []
        for writer in (*WRITERS.values(), *EVIDENCE_WRITERS.values()):
            assert writer(report)

    def test_hostile_names_break_no_format(self, place):
        place.branch.name = "<script>alert(1)</script>\x0b“支部”" + "长" * 60
        place.branch.record()
        report = build(place.committee, QUARTER)
        assert "\x0b" not in "".join(texts(report).values())
        for ending in (".docx", ".html", ".json"):
            assert WRITERS[ending](report)
        assert b"<script>alert" not in WRITERS[".html"](report)

    def test_a_running_period_is_not_judged_beforehand(self, place, monkeypatch):
        monkeypatch.setattr("reports.investigation.evidence.timezone.localdate", lambda: date(2026, 7, 20))
        said = texts(build(place.committee, QUARTER))
        assert "problem.R01" not in said
        assert "problem.R05" not in said

    def test_costs_the_same_queries_for_any_number_of_branches(self, place):
        build(place.committee, QUARTER)  # counts the sheets
        with CaptureQueriesContext(connection) as few:
            build(place.committee, QUARTER)
        for number in range(30):
            branch = OrganizationFactory(parent=place.communities[number % 2], code=f"X{number}")
            MemberFactory(branch=branch)
        build(place.committee, QUARTER)
        with CaptureQueriesContext(connection) as many:
            build(place.committee, QUARTER)
        assert len(many) == len(few)
        assert len(few) <= 180


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("和平街道党工委", "working-committee", "和平街道"),
        ("中共和平街道工作委员会", "working-committee", "和平街道"),
        ("东风社区党委", "community-committee", "东风社区"),
        ("社区党委", "community-committee", "社区党委"),
        ("示范区委", "district-committee", "示范区"),
        ("东风社区第一党支部", "branch", "东风社区第一党支部"),
        ("奇怪的名字", "working-committee", "奇怪的名字"),
    ],
)
def test_place(name, kind, said):
    assert wording.place(Organization(name=name, kind=kind)) == said


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (9999, "9999"), (10_000, "1万"), (47_600, "4.76万"), (32_616, "3.26万")]
)
def test_population_in_ten_thousands(value, shown):
    assert wording.in_wan(value) == shown


class TestRanking:
    def places(self, *values):
        return [(Organization(path=f"{i:04}", name=str(i)), value) for i, value in enumerate(values)]

    def named(self, *values):
        found = ends(self.places(*values))
        return found and [[o.name for o, _ in end.places] for end in found]

    def test_names_three_at_each_end(self):
        assert self.named(9, 8, 7, 6, 5, 4, 3, 2, 1) == [["0", "1", "2"], ["8", "7", "6"]]

    def test_of_few_a_third_at_each_end(self):
        assert self.named(4, 3, 3, 2) == [["0"], ["3"]]
        assert self.named(7, 6, 5, 4, 3, 2, 1) == [["0", "1"], ["6", "5"]]

    def test_the_best_lie_above_the_whole_and_the_weakest_below(self):
        best, weakest = ends(self.places(90, 84, 83, 60), 83)
        assert [[o.name for o, _ in end.places] for end in (best, weakest)] == [["0"], ["3"]]
        assert self.named(10, 10, 10, 10, 1) == [[], ["4"]]

    def test_names_nobody_where_all_are_alike(self):
        assert self.named(3, 3, 3) is None
        assert self.named(3) is None
        assert self.named() is None

    def test_an_end_that_many_share_is_left_empty(self):
        assert self.named(3, 3, 3, 3, 3, 1) == [[], ["5"]]

    def test_nobody_is_both_best_and_weakest(self):
        assert self.named(3, 1) == [["0"], ["1"]]
        assert self.named(3, 3, 1) == [["0"], ["2"]]

    def test_says_where_others_are_the_equals_of_the_last_named(self):
        best, _ = ends(self.places(9, 9, 8, 8, 8, 1, 2, 3, 3))
        assert ([o.name for o, _ in best.places], best.others) == (["0", "1", "2"], True)
