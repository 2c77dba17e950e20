"""Working days: the holidays as announced, weekends worked instead, and years that nobody has announced yet."""

from datetime import date

import pytest

from ledgers import workdays


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 1), False),  # a Thursday, the national holiday
        (date(2026, 9, 20), True),  # a Sunday, worked instead
        (date(2026, 11, 21), False),
        (date(2026, 11, 23), True),
        (date(2003, 10, 1), True),  # before the first year known, Monday to Friday count
    ],
)
def test_it_works(day, works):
    assert workdays.is_workday(day) is works


def test_the_day_itself_does_not_count():
    assert workdays.add_workdays(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert workdays.add_workdays(date(2026, 11, 21), 1) == date(2026, 11, 23)
    assert workdays.add_workdays(date(2026, 11, 21), 0) == date(2026, 11, 21)


def test_fifteen_working_days_over_the_national_holiday():
    due = workdays.add_workdays(date(2026, 9, 25), 15)
    assert workdays.workdays_between(date(2026, 9, 25), due) == 15
    assert due > date(2026, 10, 20)


def test_what_is_past_is_negative():
    assert workdays.workdays_between(date(2026, 11, 23), date(2026, 11, 20)) == -1
    assert workdays.workdays_between(date(2026, 11, 23), date(2026, 11, 23)) == 0


def test_past_the_last_year_known_monday_to_friday_count():
    after = date(workdays.LAST_YEAR + 1, 10, 1)
    assert not workdays.is_announced(after)
    assert workdays.is_workday(after) is (after.weekday() < 5)
    assert workdays.is_announced(date(workdays.LAST_YEAR, 12, 31))
