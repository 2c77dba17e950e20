"""Each formula kind at its edges: what a line scores, and what it says."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from assessments.schemes import formulas
from assessments.schemes.seen import Given, RuleSeen
from ledgers.period import Period
from tests.assessments.schemes import seen

THEME = "meetings.theme_day"
MONTHLY = {"kind": "required", "fact": THEME, "at_least": 1, "every": "month", "deduct": 5}
RATE = {"kind": "rate", "rate": "attendance.rate", "zero": 0.5, "full": 0.9}


def outcome(formula, values, points=15, given=Given()):
    return formulas.read(formula, "指标").outcome(Decimal(points), values, given)


def held(*months: int, times: int = 1) -> dict[str, dict[str, int]]:
    return {f"2026-{month:02}": {THEME: times} for month in months}


def attendance(present: int, expected: int) -> dict[str, dict[str, int]]:
    return {"2026-07": {"attendance.present": present, "attendance.expected": expected}}


class TestRequired:
    def test_each_month_missed_costs(self):
        found = outcome(MONTHLY, seen(held(7)))
        assert (found.score, found.value) == (Decimal("5.00"), 2)
        assert found.why == "8月、9月缺主题党日，扣 10 分"

    def test_nothing_missed_costs_nothing(self):
        assert outcome(MONTHLY, seen(held(7, 8, 9))).score == 15

    def test_never_below_zero(self):
        assert outcome({**MONTHLY, "deduct": 8}, seen()).score == 0

    def test_a_month_that_is_not_over_is_no_miss(self):
        assert outcome(MONTHLY, seen(held(7), today=date(2026, 8, 31))).value == 0
        assert outcome(MONTHLY, seen(held(7), today=date(2026, 9, 1))).value == 1

    def test_only_months_lived_through_from_first_day_to_last_are_asked(self):
        assert outcome(MONTHLY, seen(established=date(2026, 8, 1))).value == 2
        assert outcome(MONTHLY, seen(established=date(2026, 8, 2))).value == 1
        assert outcome(MONTHLY, seen(held(7, 8), dissolved_on=date(2026, 10, 1))).value == 1

    def test_without_a_unit_it_does_not_apply(self):
        found = outcome({**MONTHLY, "every": "quarter"}, seen(established=date(2026, 7, 2)))
        assert (found.applies, found.score) == (False, None)
        assert not outcome({**MONTHLY, "every": "year"}, seen()).applies

    def test_times_that_are_missing_are_added_up(self):
        formula = {**MONTHLY, "at_least": 2, "deduct": 2, "count": "times"}
        found = outcome(formula, seen(held(7, 8)))
        assert (found.value, found.score) == (4, 7)
        assert outcome({**formula, "count": "units"}, seen(held(7, 8))).value == 3

    def test_more_in_one_month_does_not_make_up_for_another(self):
        assert outcome(MONTHLY, seen(held(7, times=3))).value == 2
        assert outcome({**MONTHLY, "every": "period", "at_least": 3}, seen(held(7, times=3))).value == 0


class TestRate:
    @pytest.mark.parametrize(
        ("present", "score"), [(90, "20"), (95, "20"), (50, "0"), (40, "0"), (70, "10"), (85, "17.50")]
    )
    def test_between_the_limits_by_the_straight_line(self, present, score):
        assert outcome(RATE, seen(attendance(present, 100)), points=20).score == Decimal(score)

    def test_it_is_compared_exactly_and_never_shown_against_it(self):
        found = outcome(
            {"kind": "bands", "rate": "attendance.rate", "bands": [[0.8, 1]]}, seen(attendance(7996, 10000))
        )
        assert found.score == 0
        assert "79.96%" in found.why

    def test_rounding_is_half_up(self):
        found = outcome({**RATE, "zero": 0, "full": 1}, seen(attendance(1, 8)), points=1)  # 0.125
        assert found.score == Decimal("0.13")
        assert found.value == Decimal("0.125")

    def test_without_a_denominator_it_does_not_apply(self):
        assert not outcome(RATE, seen()).applies

    def test_a_ratio_of_two_facts(self):
        numbers = {"2026-07": {"services.events": 1}, "2026-08": {"services.events": 2, "services.projects": 9}}
        numbers["2026-09"] = {"services.projects": 4}  # a stock: as of the end
        formula = {"kind": "rate", "of": ["services.events", "services.projects"], "zero": 0, "full": 1}
        assert outcome(formula, seen(numbers), points=10).score == Decimal("7.5")

    def test_less_can_be_better(self):
        formula = {**RATE, "zero": 0.5, "full": 0.1}
        assert outcome(formula, seen(attendance(20, 100)), points=4).score == 3

    def test_a_rate_with_a_rest(self):
        numbers = {"2026-07": {"concerns.resolved": 3}, "2026-09": {"concerns.open": 1}}
        formula = {"kind": "bands", "rate": "concerns.resolution", "bands": [[0.8, 1], [0.75, 0.6], [0.5, 0.2]]}
        assert outcome(formula, seen(numbers), points=10).score == 6


class TestCount:
    FORMULA = {"kind": "count", "fact": "services.events", "target": 6}

    def test_in_proportion_up_to_the_target(self):
        numbers = {"2026-07": {"services.events": 1}, "2026-09": {"services.events": 1}}
        assert outcome(self.FORMULA, seen(numbers), points=4).score == Decimal("1.33")
        assert outcome(self.FORMULA, seen({"2026-07": {"services.events": 9}}), points=4).score == 4

    def test_a_running_period_owes_the_months_that_are_over(self):
        numbers = {"2026-07": {"services.events": 1}, "2026-08": {"services.events": 1}}
        assert outcome(self.FORMULA, seen(numbers, today=date(2026, 8, 15)), points=4).score == 4
        assert outcome(self.FORMULA, seen(numbers, today=date(2026, 9, 15)), points=4).score == 2


class TestRules:
    FORMULA = {"kind": "rules", "rules": ["R05", "R02"], "deduct": 2}

    def test_each_breach_costs(self):
        rules = {"R05": RuleSeen(breaches=2), "R02": RuleSeen(applies=False)}
        found = outcome(self.FORMULA, seen(rules=rules))
        assert (found.score, found.value) == (11, 2)

    def test_it_applies_where_one_of_the_rules_asks(self):
        nobody = RuleSeen(applies=False)
        assert not outcome(self.FORMULA, seen(rules={"R05": nobody, "R02": nobody})).applies
        assert outcome(self.FORMULA, seen(rules={"R05": nobody, "R02": RuleSeen()})).score == 15

    def test_by_the_share_of_organisations(self):
        rules = {
            "R05": RuleSeen(breaches=3, asked=frozenset({1, 2, 3}), in_breach=frozenset({1})),
            "R02": RuleSeen(breaches=1, asked=frozenset({1, 2, 4}), in_breach=frozenset({1, 2})),
        }
        found = outcome({"kind": "rules", "rules": ["R05", "R02"], "per": "share"}, seen(rules=rules), points=10)
        assert (found.score, found.value) == (5, 4)


class TestEnteredByPeople:
    def test_deductions_have_their_most_and_the_line_its_zero(self):
        items = [{"title": "制度不健全", "each": 2, "most": 4}, {"title": "记录逾期", "each": 0.5, "rules": ["R19"]}]
        values = seen(rules={"R19": RuleSeen(breaches=3)})
        formula = {"kind": "deduct", "items": items}
        assert outcome(formula, values, points=10).score == Decimal("8.5")
        assert outcome(formula, values, points=10, given=Given(counts=[Decimal(3)])).score == Decimal("4.5")
        assert outcome(formula, values, points=5, given=Given(counts=[Decimal(3)])).score == 0

    def test_a_grade_is_open_until_it_is_given(self):
        formula = {"kind": "graded", "levels": {"A": 1, "B": 0.66, "D": 0.2}}
        waiting = outcome(formula, seen(), points=10)
        assert (waiting.score, waiting.least, waiting.most, waiting.is_open) == (None, 2, 10, True)
        assert outcome(formula, seen(), points=10, given=Given(share=Decimal("0.66"))).score == Decimal("6.6")
        assert not outcome(formula, seen(), given=Given(applies=False)).applies

    @pytest.mark.parametrize("kind", ["manual", "observation", "review", "selfcheck", "satisfaction"])
    def test_what_is_still_to_be_held_is_open(self, kind):
        waiting = outcome({"kind": kind}, seen(), points=8)
        assert (waiting.is_open, waiting.least, waiting.most) == (True, 0, 8)

    def test_levels_stand_from_the_highest_down(self):
        formula = formulas.read({"kind": "graded", "levels": {"差": 0, "优": 1, "良": 0.8}}, "指标")
        assert [title for title, _ in formula.levels] == ["优", "良", "差"]

    def test_bonus_and_penalty_stop_at_their_points(self):
        claims = Given(claims=[("省级表彰", Decimal(3)), ("市级表彰", Decimal(4))])
        assert outcome({"kind": "bonus", "levels": {"省级": 3, "市级": 2}}, seen(), 5, claims).score == 5
        assert outcome({"kind": "penalty", "each": 2}, seen(), 5, claims).score == -5
        assert str(outcome({"kind": "penalty", "each": 2}, seen(), 5).score) == "0.00"
        sanctions = {"2026-07": {"honors.sanctions": 1}}
        assert outcome({"kind": "penalty", "each": 2, "fact": "honors.sanctions"}, seen(sanctions), 5).score == -2


counts = st.integers(0, 40)


class TestProperties:
    @given_that(counts, counts, counts, st.integers(1, 4), st.sampled_from(["units", "times"]), st.integers(1, 9))
    def test_one_more_held_never_lowers_a_line(self, july, august, september, least, how, deduct):
        def at(extra: int, formula):
            numbers = {"2026-07": {THEME: july + extra}, "2026-08": {THEME: august}, "2026-09": {THEME: september}}
            return outcome(formula, seen(numbers), points=20)

        for formula in (
            {**MONTHLY, "at_least": least, "count": how, "deduct": deduct},
            {"kind": "count", "fact": THEME, "target": deduct},
            {"kind": "bonus", "each": deduct, "fact": THEME},
        ):
            before, after = at(0, formula).score, at(1, formula).score
            assert 0 <= before <= after <= 20

    @given_that(counts, st.integers(1, 40), st.decimals(-2, 2, places=2), st.decimals(-2, 2, places=2))
    def test_a_line_stays_inside_its_points(self, present, expected, zero, full):
        if zero != full:
            found = outcome({**RATE, "zero": zero, "full": full}, seen(attendance(present, expected)), points=7)
            assert 0 <= found.score <= 7

    @given_that(st.lists(st.tuples(st.text(max_size=3), st.decimals(0, 9, places=2)), max_size=6))
    def test_what_lies_outside_the_base_stays_inside_its_points(self, claims):
        given = Given(claims=claims)
        assert 0 <= outcome({"kind": "bonus", "each": 1}, seen(), 5, given).score <= 5
        assert -5 <= outcome({"kind": "penalty", "each": 1}, seen(), 5, given).score <= 0


def test_a_month_s_scheme_names_its_month():
    values = seen({}, period=Period.parse("2026-07"))
    assert outcome(MONTHLY, values).why == "7月缺主题党日，扣 5 分"
