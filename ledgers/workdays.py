"""Working days: weekends and public holidays do not count, and weekends worked instead do.

The holidays are those that the State Council has announced, as `chinese_calendar` knows them; in years that it does not
know, Monday to Friday count. A page that shows such a day says so (`is_announced`, `known_until`).
"""

from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

_YEARS = {day.year for day in chinese_calendar.constants.holidays}
FIRST_YEAR, LAST_YEAR = min(_YEARS), max(_YEARS)
"""The years whose holidays are known."""


def known_until() -> date:
    """Return the last day whose holidays have been announced."""
    return date(LAST_YEAR, 12, 31)


def is_announced(day: date) -> bool:
    """Say whether the holidays of that day's year are known."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


@lru_cache(maxsize=4096)
def is_workday(day: date) -> bool:
    """Say whether people work on that day."""
    return chinese_calendar.is_workday(day) if is_announced(day) else day.weekday() < 5


def add_workdays(day: date, count: int) -> date:
    """Return the `count`-th working day after a day, before it for a negative count; the day itself for 0.

    The day itself is not counted.
    """
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day)
    return day


def workdays_between(day: date, later: date) -> int:
    """Return how many working days lie after a day, up to and including a later one; negative where it is earlier."""
    if later < day:
        return -workdays_between(later, day)
    return sum(is_workday(day + timedelta(days=n)) for n in range(1, (later - day).days + 1))
