"""Totals, ranks and grades."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from assessments.schemes.scoring import score
from assessments.schemes.seen import Given
from tests.assessments.schemes import indicator, manual, read, seen, share

ABOUT = [
    {"title": "优秀", "from": 95, "at_most_percent": 30},
    {"title": "较好", "from": 90},
    {"title": "较差", "from": 0},
]


def totals(document, *shares, **fields):
    return score(document, [seen(given=share(one), **fields) for one in shares], {})


class TestTotals:
    def test_the_base_is_scaled_to_the_lines_that_apply(self):
        document = read(manual("A1", 30), indicator("A2", 20, kind="rate", rate="attendance.rate", zero=0, full=1))
        card = totals(document, 0.5)[0]
        assert card.total == 50  # 15 of 30: nobody was expected anywhere, so A2 does not apply
        assert card.line("A2").outcome.score is None

    def test_or_such_lines_count_in_full(self):
        rate = indicator("A2", 20, kind="rate", rate="attendance.rate", zero=0, full=1)
        assert totals(read(manual("A1", 30), rate, not_applicable="full"), 0.5)[0].total == 70

    def test_lines_are_rounded_before_the_total(self):
        lines = [indicator(code, 1, kind="graded", levels={"甲": 1}) for code in ("A1", "A2", "A3")]
        given = {code: Given(share=Decimal("0.335")) for code in ("A1", "A2", "A3")}  # 0.34 each
        card = score(read(*lines, base=3), [seen(given=given)], {})[0]
        assert card.total == Decimal("1.02")

    def test_bonus_and_penalty_lie_outside_the_base(self):
        document = read(
            manual("A1", 50), indicator("P1", 5, kind="bonus", each=1), indicator("M1", 9, kind="penalty", each=3)
        )
        claims = {"P1": Given(claims=[("表彰", Decimal(4))]), "M1": Given(claims=[("通报", Decimal(3))])}
        card = score(document, [seen(given=share(1) | claims)], {})[0]
        assert card.total == 101
        assert score(document, [seen(given=share(0) | {"M1": claims["M1"]})], {})[0].total == 0

    def test_open_lines_make_a_range(self):
        card = score(read(manual("A1", 40), manual("A2", 60)), [seen(given=share(1))], {})[0]
        assert (card.total, card.least, card.most, card.rank) == (None, 40, 100, None)

    def test_without_a_line_that_applies_there_is_no_total(self):
        given = {"A1": Given(applies=False)}
        card = score(read(manual()), [seen(given=given)], {})[0]
        assert (card.total, card.least, card.most, card.rank) == (None, None, None, None)


class TestRanks:
    def test_equals_share_a_place(self):
        assert [card.rank for card in totals(read(manual()), 0.9, 0.9, 0.8, 0.95)] == [2, 2, 4, 1]

    def test_unless_a_line_parts_them(self):
        document = read(manual("A1", 50), manual("A2", 50), tie_break=["A2"])
        values = [{"A1": Given(Decimal(a)), "A2": Given(Decimal(b))} for a, b in ((1, 0), (0, 1), (0, 0))]
        assert [card.rank for card in score(document, [seen(given=one) for one in values], {})] == [2, 1, 3]

    def test_each_class_and_each_community_for_itself(self):
        classes = [{"title": "社区", "unit_kinds": ["社区"]}, {"title": "机关", "unit_kinds": ["机关", "学校"]}]
        document = read(manual(), classes=classes)
        seen_ones = [
            seen(given=share(number), unit_kind=kind)
            for number, kind in ((0.9, "community"), (0.8, "community"), (0.7, "agency"), (0.6, ""))
        ]
        east, west = seen().organization, seen().organization
        of = dict(zip((one.organization.pk for one in seen_ones), (east, west, east, None), strict=True))
        cards = score(document, seen_ones, of)
        assert [card.class_title for card in cards] == ["社区", "社区", "机关", None]
        assert [card.rank for card in cards] == [1, 2, 1, 1]
        assert [card.rank_in_community for card in cards] == [1, 1, 2, None]

    def test_a_running_period_has_totals_and_no_ranks(self):
        card = totals(read(manual(), grades=ABOUT), 1, today=date(2026, 9, 30))[0]
        assert (card.total, card.rank, card.grade) == (100, None, None)

    @pytest.mark.parametrize(("founded", "rank"), [(date(2026, 8, 16), 1), (date(2026, 8, 17), None)])
    def test_who_lived_for_less_than_half_of_it_is_scored_only(self, founded, rank):
        card = totals(read(manual()), 1, established=founded)[0]  # 92 days
        assert (card.total, card.rank) == (100, rank)


class TestGrades:
    def grades(self, *shares, **more):
        return [card.grade for card in totals(read(manual(), grades=ABOUT, **more), *shares)]

    def test_by_the_total(self):
        assert self.grades(0.95, 0.9, 0.8999) == ["优秀", "较好", "较差"]

    def test_the_excess_by_rank_gets_the_next(self):
        assert self.grades(1, 0.99, 0.98, 0.97, 0.96, 0.5, 0.5) == ["优秀", "优秀", *["较好"] * 3, "较差", "较差"]

    def test_at_least_one(self):
        assert self.grades(1, 0.99) == ["优秀", "较好"]

    def test_ties_at_the_edge_stay_out_together_and_nobody_jumps_the_queue(self):
        assert self.grades(1, 0.99, 0.99, 0.96, 0.5, 0.5, 0.5) == ["优秀", "较好", "较好", "较好", *["较差"] * 3]
        assert self.grades(1, 1, 0.99) == ["较好", "较好", "较好"]

    def test_the_excess_counts_in_the_next_quota(self):
        grades = [{**ABOUT[0], "at_most_percent": 25}, {**ABOUT[1], "at_most_percent": 25}, ABOUT[2]]
        document = read(manual(), grades=grades)
        cards = totals(document, 1, 0.99, 0.91, 0.5)
        assert [card.grade for card in cards] == ["优秀", "较好", "较差", "较差"]

    def test_a_veto_comes_first_and_leaves_the_total(self):
        from assessments.schemes.seen import RuleSeen

        veto = {"code": "V1", "title": "任期届满不换届", "when": {"rules": ["R13"]}, "not_above": "较好"}
        document = read(manual(), grades=ABOUT, vetoes=[veto])
        broken = {"R13": RuleSeen(breaches=1)}
        cards = score(document, [seen(given=share(1), rules=broken), seen(given=share(0.99))], {})
        assert [(card.total, card.rank, card.grade) for card in cards] == [(100, 1, "较好"), (99, 2, "优秀")]
        assert [veto.title for veto in cards[0].vetoes] == ["任期届满不换届"]


shares = st.lists(st.decimals(0, 1, places=2), min_size=1, max_size=12)


class TestProperties:
    @given_that(shares, st.integers(0, 20), st.integers(0, 20))
    def test_totals_stay_inside_their_bounds(self, given, plus, minus):
        document = read(
            manual("A1", 60),
            indicator("P1", 5, kind="bonus", each=1),
            indicator("M1", 7, kind="penalty", each=1),
        )
        claims = {"P1": Given(claims=[("一", Decimal(plus))]), "M1": Given(claims=[("二", Decimal(minus))])}
        for card in score(document, [seen(given=share(one) | claims) for one in given], {}):
            assert 0 <= card.total <= 105

    @given_that(shares, st.randoms(use_true_random=False))
    def test_the_order_of_indicators_never_matters(self, given, random):
        lines = [manual("A1", 30), manual("A2", 50), indicator("P1", 5, kind="bonus", each=1)]
        given_all = [share(one) | {"A2": Given(share=1 - one)} for one in given]
        before = score(read(*lines, grades=ABOUT), [seen(given=one) for one in given_all], {})
        random.shuffle(lines)
        after = score(read(*lines, grades=ABOUT), [seen(given=one) for one in given_all], {})
        said = [[(card.total, card.rank, card.grade) for card in cards] for cards in (before, after)]
        assert said[0] == said[1]

    @given_that(shares)
    def test_ties_share_ranks_and_grades_and_a_better_total_never_stands_behind(self, given):
        cards = totals(read(manual(), grades=ABOUT), *given)
        order = [grade["title"] for grade in ABOUT]
        for one in cards:
            assert one.rank == 1 + sum(other.total > one.total for other in cards)
            for other in cards:
                if other.total == one.total:
                    assert other.grade == one.grade
                if other.total > one.total:
                    assert order.index(other.grade) <= order.index(one.grade)
        assert sum(card.grade == "优秀" for card in cards) <= max(1, len(cards) * 30 // 100)
