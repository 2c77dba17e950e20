"""Working days of mainland China: weekends, holidays and the days worked in their stead, as announced each year."""

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar import constants


def known_until() -> date:
    """Return the last day whose holidays have been announced; after it Monday to Friday count as working days."""
    return date(max(constants.holidays).year, 12, 31)


def is_workday(day: date) -> bool:
    """Say whether people work on that day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # not announced yet, or before 2004
        return day.weekday() < 5


def add_workdays(day: date, n: int) -> date:
    """Return the n-th working day after a day; before it, for a negative n. The day itself does not count."""
    step = timedelta(days=1 if n > 0 else -1)
    left = abs(n)
    while left:
        day += step
        left -= is_workday(day)
    return day
