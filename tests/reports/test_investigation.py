"""The investigation report as it is built: what it says, and that every number leads to the rows behind it."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from activities.models import record_roll
from branches.models import Organization
from ledgers import facts, ledger
from ledgers.period import Period
from reports.document import Figure
from reports.investigation import wording
from reports.investigation.building import build
from reports.investigation.evidence import violations
from reports.investigation.ranking import ends
from reports.official import WRITERS
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, street

pytestmark = pytest.mark.django_db

QUARTER = Period.parse("2026Q3")
THIRD = [date(2026, month, 10) for month in (7, 8, 9)]


def texts(report):
    """Key → text of every statement."""
    return {
        statement.key: statement.text
        for section in report.sections
        for topic in section.topics
        for statement in topic.statements
    }


def section(report, number):
    return [s for topic in report.sections[number - 1].topics for s in topic.statements]


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
        found = {v.rule for v in violations(place.committee, QUARTER)}
        assert {s.key.removeprefix("problem.") for s in section(report, 3) if s.key.startswith("problem.")} == found
        counted = {f.code: f.value for s in section(report, 3) for f in s.figures() if f.unit != "%"}
        for rule in ("R01", "R05"):
            assert counted[rule] == len([v for v in violations(place.committee, QUARTER) if v.rule == rule])

    def test_a_filter_on_broken_rules_refuses_what_it_does_not_know(self, place):
        register = ledger.get("organizations")
        for value in ("R99@2026Q3", "R01@2026Q9", "R01"):
            with pytest.raises(ledger.BadQuery):
                register.rows(register.query({"breaks": value}, organization=place.committee))


class TestWording:
    def test_describes_the_street_with_its_numbers(self, place):
        said = texts(build(place.committee, QUARTER))
        assert said["organizations.counts"] == "和平街道下辖2个社区党委，共有4个党支部，总人口4.76万人，居民18000户。"
        assert said["members.total"] == "现有党员16名，与上季度末持平，其中正式党员16名。"
        assert said["meetings.counts"] == (
            "2026年第三季度，全街道各党支部召开支部党员大会2次，讲党课1次，开展主题党日5次。"
        )

    def test_compares_with_the_period_before(self, place):
        said = texts(build(place.committee, QUARTER))
        assert said["meetings.changes"] == "与上季度相比，主题党日增加2次，支部党员大会减少1次。"
        assert "到会率84.4%，较上季度下降15.6个百分点" in said["meetings.attendance"]

    def test_compares_nothing_where_nothing_was_recorded_before(self, place):
        report = build(place.committee, Period.parse("2026Q2"))
        assert "党建工作记录从2026年4月开始，不与上季度比较。" in texts(report)["period.about"]
        assert "meetings.changes" not in texts(report)
        problem = texts(report)["problem.R05"]
        assert "连续" not in problem
        assert "较上季度" not in problem

    def test_names_the_best_and_the_weakest_branches(self, place):
        said = texts(build(place.committee, QUARTER))
        first, _, third, _ = (branch.name for branch in place.branches)
        assert said["meetings.branches"] == (
            f"从各党支部看，到会率较高的是{first}（100.0%），较低的是{third}（25.0%）。"
        )
        assert f"较多的是{first}（3次）" in said["meetings.theme-days"]

    def test_a_topic_without_data_says_so(self, place):
        said = texts(build(place.committee, QUARTER))
        assert said["study.none"] == "本季度没有学习教育记录。"
        assert said["training.none"] == "本季度没有业务培训记录。"

    def test_a_topic_that_the_portal_does_not_count_is_left_out(self, place, monkeypatch):
        known = {code: fact for code, fact in facts._facts.items() if not code.startswith(("study.", "training."))}
        monkeypatch.setattr(facts, "_facts", known)
        titles = [topic.title for topic in build(place.committee, QUARTER).sections[1].topics]
        assert "组织生活" in titles
        assert "学习教育" not in titles
        assert "业务培训" not in titles

    def test_a_branch_reads_naturally(self, place):
        report = build(place.branches[1], QUARTER)
        said = texts(report)
        assert report.title == "关于HP第1社区第2党支部党建工作情况的调研报告"
        assert said["organizations.place"] == "HP第1社区第2党支部隶属HP第1社区党委，2010年7月1日成立。"
        assert said["meetings.counts"] == "2026年第三季度，支部开展主题党日2次。"
        assert said["problem.R05"].endswith("本支部没有做到（缺9月），已连续两个季度存在这一问题。")
        assert "meetings.branches" not in said
        assert [key for key in said if key.endswith(".none")] == []  # nothing on what a branch has no business with
        assert not any("各党支部" in text or "个党支部" in text for text in said.values())

    @pytest.mark.parametrize(
        ("period", "words"), [("2026-08", "本月"), ("2026H1", "上半年"), ("2026H2", "下半年"), ("2026", "本年度")]
    )
    def test_speaks_of_other_periods(self, place, period, words):
        assert texts(build(place.committee, Period.parse(period)))["study.none"] == f"{words}没有学习教育记录。"


class TestProblems:
    def test_stand_in_the_order_of_how_widespread_they_are(self, place):
        report = build(place.committee, QUARTER)
        where: dict[str, set[int]] = {}
        for violation in violations(place.committee, QUARTER):
            where.setdefault(violation.rule, set()).add(violation.organization.pk)
        items = [s for s in section(report, 3) if s.kind == "item"]
        ranks = [(len(where[s.key.removeprefix("problem.")]), next(iter(s.figures())).value) for s in items]
        assert ranks == sorted(ranks, reverse=True)  # the most organisations, then the most people
        assert len(set(ranks)) > 1

    def test_name_cases_share_and_change(self, place):
        text = texts(build(place.committee, QUARTER))["problem.R01"]
        _, second, _, fourth = (branch.name for branch in place.branches)
        assert text == (
            "支部党员大会没有按季度召开。按照《中国共产党支部工作条例（试行）》，支部党员大会每季度至少召开一次。"
            f"2个党支部没有做到，占适用党支部的50.0%，较上季度增加1个。涉及{fourth}（连续两个季度）、{second}。"
        )

    def test_a_missing_month_is_named(self, place):
        text = texts(build(place.committee, QUARTER))["problem.R05"]
        assert (
            f"{place.branches[3].name}（缺7月、8月、9月）、{place.branches[1].name}（缺9月），均已连续两个季度" in text
        )

    def test_each_has_a_next_step_with_owner_and_deadline(self, place):
        report = build(place.committee, QUARTER)
        problems = [s.key.split(".")[1] for s in section(report, 3) if s.kind == "item"]
        steps = {s.key.split(".")[1]: s.text for s in section(report, 4)}
        assert list(steps) == problems
        assert steps["R01"] == (
            "针对“支部党员大会没有按季度召开”的问题（涉及2个党支部），尽快召开支部党员大会，并把会议记录传上来；"
            "已经召开的，补录会议记录。由HP第1社区党委、HP第2社区党委督促有关党支部落实，2026年12月31日前完成。"
        )

    def test_what_was_put_right_is_said(self, place):
        meeting(place.branches[3], "general", THIRD[0])
        meeting(place.branches[1], "general", THIRD[0])
        said = texts(build(place.committee, QUARTER))
        assert "problem.R01" not in said
        assert "“支部党员大会没有按季度召开”" in said["problems.solved"]

    def test_none_are_invented(self):
        branch = OrganizationFactory(name="齐全党支部")
        people = MemberFactory.create_batch(3, branch=branch, employment="retired")
        for day in THIRD:
            meeting(branch, "theme-day", day, people)
        meeting(branch, "general", THIRD[0], people)
        meeting(branch, "lecture", THIRD[0], people)
        report = build(branch, QUARTER)
        assert [s.key for s in section(report, 3)] == ["problems.none"]
        assert [s.key for s in section(report, 4)] == ["steps.none"]

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
        figure = next(s for s in section(report, 3) if s.key == "problem.R24").parts[1]
        assert [row.member_id for row in rows_behind(figure)] == [late.pk]


class TestEdges:
    def test_an_empty_district_says_that_nothing_is_on_record(self):
        committee = OrganizationFactory(name="空白区委", kind=Organization.Kind.DISTRICT_COMMITTEE)
        report = build(committee, QUARTER)
        said = texts(report)
        assert said["organizations.none"] == "本季度没有党组织记录。"
        assert said["members.none"] == "本季度没有党员记录。"
        assert said["problems.none"] == "本季度没有登记党支部，无法按规则检查。"
        assert report.figures() == []
        for writer in WRITERS.values():
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


class TestOwners:
    """Who has to put a problem right."""

    def steps(self, place):
        return {key: text for key, text in texts(build(place.committee, QUARTER)).items() if key.startswith("step.")}

    def test_what_a_community_owes_it_sees_to_itself(self, place):
        step = self.steps(place)["step.R40"]
        names = "、".join(community.name for community in place.communities)
        assert f"由{names}负责" in step and "督促" not in step

    def test_what_the_street_owes_it_sees_to_itself(self, place):
        assert f"由{place.committee.name}负责" in self.steps(place)["step.R50"]

    def test_what_branches_owe_their_community_has_them_do(self, place):
        assert "督促有关党支部落实" in self.steps(place)["step.R05"]

    def test_a_quotation_inside_quotation_marks_has_single_ones(self, place):
        for text in texts(build(place.committee, QUARTER)).values():
            assert "““" not in text and "””" not in text
