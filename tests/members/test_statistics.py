"""Statistics of members: each number is the count of the rows that it opens."""

from datetime import date
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import openpyxl
import pytest
from django.urls import reverse

from accounts.roles import Role
from ledgers.ledger import get
from members.statistics import SORTS, statistics
from tests.factories import MemberFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db

DAY = date(2026, 9, 30)


@pytest.fixture
def town():
    town = street(code="S")
    people = (
        {"gender": "female", "ethnicity": "回族", "education": "college", "birth_date": date(1995, 1, 1)},
        {"gender": "male", "joined_on": date(1976, 7, 1), "employment": "retired", "birth_date": date(1950, 1, 1)},
        {"gender": "male", "joined_on": date(1976, 7, 2), "employment": "retired", "birth_date": date(1950, 1, 1)},
        {"gender": "male", "category": "probationary", "joined_on": date(2026, 3, 1), "birth_date": date(1980, 1, 1)},
    )
    for number, fields in enumerate(people):
        MemberFactory(branch=town.branches[number % 4], **fields)
    return town


def test_every_number_is_the_count_of_its_rows(town):
    user = superuser()
    lines = statistics(town.committee, DAY, user)
    assert [line.organization for line in lines] == [town.committee, *town.communities]
    for line in lines:
        for sort, number, url in zip(SORTS, line.numbers, line.urls, strict=True):
            params = dict(parse_qsl(urlsplit(url).query))
            code = params.pop("organization")
            query = get("members").query(params, organization=type(town.committee).objects.get(code=code))
            assert get("members").rows(query, user).count() == number, sort.title
    whole = dict(zip((sort.title for sort in SORTS), lines[0].numbers, strict=True))
    assert (whole["党员合计"], whole["女"], whole["少数民族"], whole["预备党员"], whole["离退休"]) == (4, 1, 1, 1, 2)


def test_fifty_years_are_reckoned_on_the_first_of_july(town):
    whole = dict(
        zip((sort.title for sort in SORTS), statistics(town.committee, DAY, superuser())[0].numbers, strict=True)
    )
    assert whole["光荣在党50年"] == 1


def test_the_queries_do_not_grow(town, django_assert_num_queries):
    user = superuser()
    for branch in town.branches * 3:
        MemberFactory(branch=branch)
    with django_assert_num_queries(3):
        statistics(town.committee, DAY, user)


def test_the_page_and_its_workbook_say_the_same(client, town, text_of):
    sign_in(client, Role.OFFICE, town.committee)
    assert "光荣在党50年" in text_of(client.get(reverse("members:statistics"), {"period": "2026Q3"}))
    answer = client.get(reverse("members:statistics-export"), {"period": "2026Q3"})
    sheet = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    cells = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert any(row[:3] == [1, town.committee.name, 4] or row[:2] == [town.committee.name, 4] for row in cells)


def test_a_birthday_in_the_party_is_found_by_its_month(town):
    ledger, user = get("members"), superuser()
    assert ledger.rows(ledger.query({"birthday": "7", "on": "2026-09-30"}), user).count() == 3
    assert ledger.rows(ledger.query({"birthday": "now", "on": "2026-03-31"}), user).count() == 1
