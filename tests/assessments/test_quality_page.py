"""The data quality centre: what is counted, that each number is its rows, and the way to the field."""

from datetime import date
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from assessments.quality import KINDS, lines
from branches.models import Organization
from ledgers.parsing import check_digit
from members.gaps import implausible
from members.models import Member
from members.quality import faults_of_dates
from tests.factories import MemberFactory, Street, sign_in, street, superuser

pytestmark = pytest.mark.django_db
URL = "/quality/"


def complete(branch: Organization, **fields: Any) -> Member:
    """A member whose record lacks nothing."""
    return MemberFactory(branch=branch, **{"phone": "13900000000", "education": "bachelor"} | fields)


@pytest.fixture
def place() -> Street:
    return street(2, 1)


def test_it_works(client: Client, place: Street, text_of: Any) -> None:
    complete(place.branch)
    MemberFactory(branch=place.branch, education="bachelor")
    sign_in(client, Role.OFFICE, place.committee)
    text = text_of(client.get(URL))
    assert "资料齐全的占 50%" in text
    assert "缺手机号码" in text


def furnish(place: Street) -> None:
    """Break each thing once, in the first branch."""
    today, branch = timezone.localdate(), place.branch
    complete(branch)
    complete(branch, phone="")
    complete(branch, joined_on=None, regularised_on=None, category="probationary")
    complete(branch, education="")
    complete(branch, ethnicity="")
    complete(branch, regularised_on=None)
    complete(branch, category="probationary", joined_on=today - relativedelta(years=2, days=1))
    complete(branch, employment="")
    complete(branch, id_number="990100198001010000")
    number = "99010019800101001"
    complete(branch, id_number=number + check_digit(number), birth_date=date(1981, 1, 1))
    twin = complete(branch)
    complete(place.branches[1], id_number=twin.id_number, birth_date=twin.birth_date, gender=twin.gender)
    complete(branch, birth_date=date(1999, 7, 2), id_number="990100199907020010", joined_on=date(2017, 7, 1))


def test_every_number_is_the_count_of_its_rows(client: Client, place: Street) -> None:
    furnish(place)
    user = superuser(client)
    whole, branches = lines(place.committee, timezone.localdate(), None, user)
    assert {line.organization for line in branches} == set(place.branches)
    for line in (whole, *branches):
        for figure in (line.total, line.incomplete, *line.figures):
            page = client.get(figure.url)
            assert page.context["page"].paginator.count == figure.value, figure.url
    assert all(figure.value for figure in whole.figures), [
        kind.slug for (_, kind), figure in zip(KINDS, whole.figures, strict=True) if not figure.value
    ]


def test_a_past_period_is_counted_as_of_its_end(client: Client, place: Street) -> None:
    complete(place.branch, phone="", joined_on=date(2026, 7, 1), regularised_on=date(2027, 7, 1))
    user = superuser(client)
    june, _ = lines(place.committee, date(2026, 6, 30), date(2026, 6, 30), user)
    july, _ = lines(place.committee, date(2026, 7, 31), date(2026, 7, 31), user)
    assert (june.total.value, july.total.value) == (0, 1)


@pytest.mark.parametrize(("days", "counts"), [(0, 0), (1, 1)])
def test_probation_is_overdue_after_two_years(place: Street, client: Client, days: int, counts: int) -> None:
    today = timezone.localdate()
    complete(place.branch, category="probationary", joined_on=today - relativedelta(years=2) - relativedelta(days=days))
    whole, _ = lines(place.committee, today, None, superuser(client))
    assert whole.incomplete.value == counts


@pytest.mark.parametrize(
    ("born", "joined", "regularised"),
    [
        ("1990-05-05", "2008-05-04", "2010-01-01"),
        ("1990-05-05", "2008-05-05", "2010-01-01"),
        ("2000-02-29", "2018-02-27", None),
        ("2000-02-29", "2018-02-28", None),
        ("1980-01-01", "2012-02-29", "2013-02-27"),
        ("1980-01-01", "2012-02-29", "2013-02-28"),
        ("1980-01-01", "2012-03-01", "2013-02-28"),
        ("1980-01-01", "2199-01-01", None),
        (None, "2012-03-01", None),
        ("1980-01-01", None, "2199-01-01"),
    ],
)
def test_the_condition_of_q04_says_what_the_form_says(
    place: Street, born: str | None, joined: str | None, regularised: str | None
) -> None:
    today = timezone.localdate()
    days = [date.fromisoformat(day) if day else None for day in (born, joined, regularised)]
    member = MemberFactory(branch=place.branch)
    Member.objects.filter(pk=member.pk).update(birth_date=days[0], joined_on=days[1], regularised_on=days[2])
    asked = Member.objects.filter(implausible(today, prefix="")).exists()
    assert asked == bool(list(faults_of_dates(*days, today)))


def test_a_row_leads_to_the_field_that_is_missing(client: Client, place: Street) -> None:
    member = MemberFactory(branch=place.branch, education="bachelor")
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    page = client.get("/ledgers/members/", {"gap": "phone"})
    address = f"/members/{member.pk}/edit/?focus=phone"
    assert f'href="{address}"' in page.content.decode()
    form = client.get(address)
    assert 'name="phone"' in form.content.decode()
    assert form.context["form"].fields["phone"].widget.attrs["autofocus"] is True


def test_who_may_not_edit_is_led_to_the_record(client: Client, place: Street) -> None:
    member = MemberFactory(branch=place.branch)
    sign_in(client, Role.LEADER, place.committee)
    assert f'href="/members/{member.pk}/"' in client.get("/ledgers/members/", {"gap": "phone"}).content.decode()


def test_what_lies_out_of_scope_is_not_counted(client: Client, place: Street, text_of: Any) -> None:
    complete(place.branches[1])
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert "还没有党员" in text_of(client.get(URL))


def test_who_keeps_no_register_gets_nothing(client: Client, place: Street) -> None:
    sign_in(client, Role.AUDITOR, place.committee)
    assert client.get(URL).status_code == 404


def test_queries_are_the_same_for_many(client: Client, place: Street) -> None:
    sign_in(client, Role.OFFICE, place.committee)

    def cost() -> int:
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        return len(queries)

    complete(place.branch)
    few = cost()
    for branch in place.branches:
        MemberFactory.create_batch(10, branch=branch)
    assert cost() == few
