from datetime import date

import pytest

from members.quality import faults_of_dates, faults_of_id

from .conftest import citizen_id

TODAY = date(2026, 9, 30)
ID = citizen_id("19800102", "003")


def rules(faults):
    return [fault.rule for fault in faults]


@pytest.mark.parametrize(
    ("number", "born", "gender", "found"),
    [
        (ID, date(1980, 1, 2), "male", []),
        (ID, None, "", []),
        (ID, date(1980, 1, 3), "male", ["Q02"]),
        (ID, date(1980, 1, 3), "female", ["Q02", "Q02"]),
        (ID[:-1] + ("1" if ID[-1] != "1" else "2"), None, "", ["Q01"]),
        ("123", None, "", ["Q01"]),
        ("", None, "", ["Q01"]),
    ],
)
def test_what_the_id_says(number, born, gender, found):
    assert rules(faults_of_id(number, born, gender)) == found


@pytest.mark.parametrize(
    ("born", "joined", "regularised", "fields"),
    [
        (date(1980, 1, 2), date(1998, 1, 2), date(1999, 1, 2), []),
        (date(1980, 1, 2), date(1998, 1, 1), None, ["joined_on"]),
        (date(2008, 2, 29), date(2026, 2, 28), None, []),
        (None, date(2026, 9, 30), None, []),
        (None, date(2026, 10, 1), None, ["joined_on"]),
        (None, date(2025, 9, 30), date(2026, 9, 30), []),
        (None, date(2025, 9, 30), date(2026, 9, 29), ["regularised_on"]),
        (None, date(2024, 2, 29), date(2025, 2, 28), []),
        (None, None, date(2026, 10, 1), ["regularised_on"]),
        (None, None, None, []),
    ],
)
def test_what_the_dates_say(born, joined, regularised, fields):
    assert [fault.fields[0] for fault in faults_of_dates(born, joined, regularised, TODAY)] == fields
