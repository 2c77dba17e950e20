"""The list page of every ledger: what it shows, filters, sorts, exports and prints."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.roles import Role
from ledgers import ledger
from tests.factories import ActivityFactory, MemberFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db


def rows_of(response: Any) -> list[list[Any]]:
    """Return the cells of a downloaded workbook."""
    data = b"".join(response.streaming_content)
    return [[c.value for c in row] for row in load_workbook(BytesIO(data)).active.iter_rows()]


def test_it_works(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    member = MemberFactory(branch=place.branch, name="张三")
    page = client.get("/ledgers/members/")
    assert "张三" in text_of(page)
    assert "共 1 人" in text_of(page)
    assert member.id_number not in page.content.decode()
    assert f'href="/members/{member.pk}/"' in page.content.decode()


@pytest.mark.parametrize("slug", [each.slug for each in ledger.catalogue()])
def test_every_ledger_lists_prints_and_exports_when_empty(client: Client, slug: str) -> None:
    superuser(client)
    for url in (f"/ledgers/{slug}/", f"/ledgers/{slug}/print/", f"/ledgers/{slug}/export.xlsx"):
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("slug", [each.slug for each in ledger.catalogue()])
def test_every_filter_and_sort_of_every_ledger_answers(client: Client, slug: str) -> None:
    superuser(client)
    register = ledger.get(slug)
    for each in register.filters:
        for value, _ in each.choices:
            assert client.get(f"/ledgers/{slug}/", {each.name: value, "organization": ""}).status_code == 200, each.name
    for column in register.columns:
        assert client.get(f"/ledgers/{slug}/", {"sort": f"-{column.key}"}).status_code == 200
    assert client.get(f"/ledgers/{slug}/", {"q": "张三"}).status_code == 200


@pytest.mark.parametrize("slug", [each.slug for each in ledger.catalogue()])
def test_no_ledger_breaks_on_what_it_does_not_know(client: Client, slug: str) -> None:
    user, register = superuser(client), ledger.get(slug)
    refused = {"period": "2026Q9"}
    for value in ("x", "9" * 23, "9" * 5000, "-1", "٣", "2026-13-45", ",", "'--"):
        for each in register.filters:
            try:
                register.rows(register.query({each.name: value}), user).exists()
            except ledger.BadQuery as complaint:
                assert str(complaint)
                refused = {each.name: value}
    page = client.get(f"/ledgers/{slug}/", {"per": "9" * 5000, "page": "x", "sort": "x", "q": "\x00", "columns": "x"})
    assert page.status_code == 200
    assert client.get(f"/ledgers/{slug}/", refused).status_code == 400
    for part in ("print/", "export.xlsx"):
        assert client.get(f"/ledgers/{slug}/{part}", refused).status_code == 404, (part, refused)


def test_a_wrong_filter_is_told(client: Client, text_of: Any) -> None:
    superuser(client)
    page = client.get("/ledgers/members/", {"category": "nonsense"})
    assert page.status_code == 400
    assert "没有“nonsense”这一项" in text_of(page)
    assert client.get("/ledgers/activities/", {"period": "x"}).status_code == 400
    assert client.get("/ledgers/nothing/").status_code == 404


def test_only_what_lies_in_scope_is_listed_and_exported(client: Client, text_of: Any) -> None:
    place = street()
    MemberFactory(branch=place.branches[0], name="张三")
    MemberFactory(branch=place.branches[2], name="李四")
    sign_in(client, Role.COMMUNITY_SECRETARY, place.communities[0])
    assert "李四" not in text_of(client.get("/ledgers/members/"))
    assert "李四" not in text_of(client.get("/ledgers/members/", {"organization": place.communities[1].code}))
    names = [row[1] for row in rows_of(client.get("/ledgers/members/export.xlsx"))]
    assert "张三" in names
    assert "李四" not in names


def test_an_export_is_masked_unless_cleared_with_the_right_and_a_trace(client: Client) -> None:
    place = street()
    member = MemberFactory(branch=place.branch, phone="13900000000")
    office = sign_in(client, Role.OFFICE, place.committee)
    flat = [str(c) for row in rows_of(client.get("/ledgers/members/export.xlsx")) for c in row]
    assert member.id_number not in flat
    assert "139****0000" in flat
    assert not AuditEntry.objects.filter(action="export-clear").exists()
    flat = [str(c) for row in rows_of(client.post("/ledgers/members/export.xlsx", {"clear": "1"})) for c in row]
    assert member.id_number in flat
    assert AuditEntry.objects.get(action="export-clear").actor_id == office.pk
    sign_in(client, Role.LEADER, place.committee)
    assert client.post("/ledgers/members/export.xlsx", {"clear": "1"}).status_code == 404


def test_the_printed_form_carries_title_and_place(client: Client) -> None:
    place = street()
    MemberFactory(branch=place.branch)
    sign_in(client, Role.OFFICE, place.committee, name="李办")
    rows = rows_of(client.get("/ledgers/members/export.xlsx"))
    assert rows[0][0] == f"{place.committee.name}党员花名册"
    assert "填表人：李办" in "".join(str(c) for c in rows[1] if c)
    assert rows[2][:2] == ["序号", "姓名"]
    assert rows[3][0] == 1


def test_the_list_follows_the_period_chosen_at_the_top(client: Client, text_of: Any) -> None:
    place = street()
    ActivityFactory(organization=place.branch, topic="七月的会", date=date(2026, 7, 31))
    ActivityFactory(organization=place.branch, topic="六月的会", date=date(2026, 6, 30))
    sign_in(client, Role.OFFICE, place.committee)
    text = text_of(client.get("/ledgers/activities/", {"period": "2026Q3", "choose": "1"}))
    assert "七月的会" in text
    assert "六月的会" not in text
    assert "六月的会" in text_of(client.get("/ledgers/activities/", {"period": "all"}))
    text = text_of(client.get("/ledgers/activities/"))
    assert "七月的会" in text  # chosen a moment ago


def test_columns_are_chosen_and_kept(client: Client, text_of: Any) -> None:
    place = street()
    MemberFactory(branch=place.branch, native_place="某省某市")
    sign_in(client, Role.OFFICE, place.committee)
    assert "某省某市" not in text_of(client.get("/ledgers/members/"))
    assert "某省某市" in text_of(client.get("/ledgers/members/", {"columns": ["name", "native_place"]}))
    assert "某省某市" in text_of(client.get("/ledgers/members/"))


def test_queries_are_the_same_for_many_rows(client: Client) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)

    def cost(count: int) -> int:
        MemberFactory.create_batch(count, branch=place.branch)
        client.get("/ledgers/members/", {"per": 100})
        with CaptureQueriesContext(connection) as queries:
            client.get("/ledgers/members/", {"per": 100})
        return len(queries)

    assert cost(2) == cost(40)


def test_the_catalogue_shows_each_role_its_ledgers(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.LEADER, place.committee)
    page = client.get("/ledgers/")
    assert "党员花名册" in text_of(page)
    assert "/import/" not in page.content.decode()
    sign_in(client, Role.AUDITOR, place.committee)
    assert client.get("/ledgers/").status_code == 404
