"""Periods: how they are written, where they begin and end, what comes before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgers.period import Period, PeriodKind


@pytest.mark.parametrize(
    ("text", "start", "end", "label", "before"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026年", "2025"),
        ("2026H1", date(2026, 1, 1), date(2026, 6, 30), "2026年上半年", "2025H2"),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), "2026年第三季度", "2026Q2"),
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), "2026年第一季度", "2025Q4"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024年2月", "2024-01"),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "2026年1月", "2025-12"),
    ],
)
def test_it_works(text: str, start: date, end: date, label: str, before: str) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, period.label) == (start, end, label)
    assert period.code == str(period) == text
    assert period.previous().code == before
    assert period.previous().following() == period


@pytest.mark.parametrize("text", ["", "2026Q5", "2026-13", "2026-1", "Q3", "26Q3", "2026H3", "3026", "2026Q3x"])
def test_a_wrong_period_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(ValueError, match="看不懂的时期"):
        Period.parse(text)


def test_months_of_a_quarter_stand_in_order() -> None:
    assert [m.code for m in Period.parse("2026Q3").months()] == ["2026-07", "2026-08", "2026-09"]
    assert [q.code for q in Period.parse("2026H2").split(Period.QUARTER)] == ["2026Q3", "2026Q4"]
    with pytest.raises(ValueError, match="不能按"):
        Period.parse("2026-07").split(Period.QUARTER)


def test_the_last_minute_of_a_quarter_belongs_to_it() -> None:
    quarter = Period.parse("2026Q2")
    assert date(2026, 6, 30) in quarter
    assert date(2026, 7, 1) not in quarter


@given(st.dates(date(1901, 1, 1), date(2100, 12, 31)), st.sampled_from(PeriodKind))
def test_a_day_lies_in_exactly_the_period_that_contains_it(day: date, kind: PeriodKind) -> None:
    period = Period.containing(day, kind)
    assert day in period
    assert day not in period.previous()
    assert Period.parse(period.code) == period
    assert sum((m.end - m.start).days + 1 for m in period.months()) == (period.end - period.start).days + 1


def test_a_running_period_is_as_of_today() -> None:
    quarter, today = Period.parse("2026Q4"), date(2026, 11, 26)
    assert (quarter.has_begun(today), quarter.is_over(today), quarter.as_of(today)) == (True, False, today)


def test_a_period_is_over_on_the_day_after_its_last() -> None:
    quarter = Period.parse("2026Q3")
    assert not quarter.is_over(date(2026, 9, 30))
    assert quarter.is_over(date(2026, 10, 1))
    assert quarter.as_of(date(2026, 11, 26)) == date(2026, 9, 30)


def test_a_period_begins_on_its_first_day() -> None:
    assert not Period.parse("2027Q1").has_begun(date(2026, 12, 31))
    assert Period.parse("2027Q1").has_begun(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026Q3", "2026Q3"),
        ("2026年第三季度", "2026Q3"),
        ("2026年3季度", "2026Q3"),
        ("2026年上半年", "2026H1"),
        ("2026年", "2026"),
        ("2026年度", "2026"),
        ("2026 年 9 月", "2026-09"),
        ("2026年12月", "2026-12"),
    ],
)
def test_a_period_is_read_as_people_write_it(text, code):
    assert Period.read(text).code == code


@pytest.mark.parametrize("text", ["", "去年", "2026年五季度", "2026年13月"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="看不懂的时期"):
        Period.read(text)
