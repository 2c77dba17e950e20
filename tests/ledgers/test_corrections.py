"""Wrong cells put right in the preview: one by one, one value throughout, or a suggestion with one click."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import AuditEntry
from accounts.roles import Role
from ledgers.models import ImportBatch
from members.models import Member
from tests.factories import citizen_ids, sign_in, street
from tests.ledgers.test_wizard import HEADERS, upload

pytestmark = pytest.mark.django_db
IDS = [number for number, _ in zip(citizen_ids(), range(8), strict=False)]


@pytest.fixture
def place() -> Any:
    return street(1, 1)


@pytest.fixture
def office(client: Client, place: Any) -> Client:
    sign_in(client, Role.OFFICE, place.committee)
    return client


def fields(page: Any) -> dict[str, str]:
    """Name → text of the inputs for wrong cells."""
    found = re.findall(r'<input[^>]*name="(cell-[^"]+)" value="([^"]*)"', page.content.decode())
    return dict(found)


def correct(client: Client, **data: str) -> Any:
    batch = ImportBatch.objects.get()
    return client.post(reverse("ledgers:correct", args=["members", batch.pk]), data, follow=True)


def apply(client: Client) -> None:
    client.post(reverse("ledgers:apply", args=["members", ImportBatch.objects.get().pk]))


def test_a_wrong_cell_is_put_right_in_the_preview_and_goes_in(office, place, text_of):
    page = upload(office, HEADERS, ["张三", IDS[0][:-1] + "?", place.branch.name, "正式党员"])
    (name,) = fields(page)
    page = correct(office, **{name: IDS[0]})
    assert "已改，没有错误了" in text_of(page)
    assert "已在这里改正 1 处" in text_of(page)
    with connection.cursor() as cursor:
        cursor.execute("SELECT corrections FROM ledgers_importbatch")
        assert IDS[0] not in cursor.fetchone()[0]
    apply(office)
    assert Member.objects.get().id_number == IDS[0]
    assert AuditEntry.objects.get(action="import").changes["预览中更正"] == [None, 1]


def test_one_value_is_put_right_in_all_rows_and_again(office, place, text_of):
    rows = [[f"张{i}", IDS[i], "东方支部", "正式党员"] for i in range(3)]
    page = upload(office, HEADERS, *rows, ["李四", IDS[3], "西方支部", "正式党员"])
    assert text_of(page).count("同样的 3 处都改") == 3
    first, second, _third, other = fields(page)
    page = correct(office, **{first: "南方支部", f"all-{first}": "on", second: "东方支部", f"all-{second}": "on"})
    assert [*fields(page).values()] == ["南方支部"] * 3 + ["西方支部"]
    page = correct(office, **{first: place.branch.name, f"all-{first}": "on"})
    assert "有错的由 4 行变为 1 行" in text_of(page)
    page = correct(office, **{other: place.branch.name})
    apply(office)
    assert Member.objects.count() == 4


def test_one_cell_alone_where_the_others_are_to_stay(office, place, text_of):
    page = upload(office, HEADERS, *[[f"张{i}", IDS[i], "东方支部", "正式党员"] for i in range(2)])
    first, _ = fields(page)
    page = correct(office, **{first: place.branch.name})
    assert "有错的由 2 行变为 1 行" in text_of(page)


def test_a_suggestion_is_one_click_for_every_cell_alike(office, place, text_of):
    page = upload(office, HEADERS, *[[f"张{i}", IDS[i], place.branch.name, "正式党圆"] for i in range(3)])
    assert "改为“正式党员”（3 处）" in text_of(page)
    names = [*fields(page)]
    page = correct(office, use=names[1], **fields(page))
    assert "已改，没有错误了" in text_of(page)


def test_all_of_it_can_be_taken_off_again(office, place, text_of):
    page = upload(office, HEADERS, ["张三", IDS[0], "东方支部", "正式党员"])
    (name,) = fields(page)
    assert "没有改动" in text_of(correct(office, **{name: "东方支部"}))
    correct(office, **{name: place.branch.name})
    page = correct(office, reset="1")
    assert "已恢复成文件里的内容" in text_of(page)
    assert fields(page) == {name: "东方支部"}
    assert ImportBatch.objects.get().corrections == ""


def test_cells_of_several_sheets_are_told_apart(office, place, text_of):
    book = Workbook()
    for number, name in enumerate(("一月", "二月")):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = name
        sheet.append(HEADERS)
        sheet.append([f"张{number}", IDS[number], "东方支部", "正式党员"])
    book.save(held := BytesIO())
    page = upload(office, data=held.getvalue())
    first, second = fields(page)
    page = correct(office, **{second: place.branch.name})
    assert [*fields(page)] == [first]
    apply(office)
    assert Member.objects.get().name == "张1"


def test_nothing_is_put_right_after_the_import_nor_by_somebody_else(office, place):
    page = upload(
        office, HEADERS, ["张三", IDS[0], "东方支部", "正式党员"], ["李四", IDS[1], place.branch.name, "正式党员"]
    )
    (name,) = fields(page)
    stranger = Client()
    sign_in(stranger, Role.OFFICE, place.committee)
    batch = ImportBatch.objects.get()
    assert stranger.post(reverse("ledgers:correct", args=["members", batch.pk]), {name: "x"}).status_code == 404
    apply(office)
    page = correct(office, **{name: place.branch.name})
    assert ImportBatch.objects.get().corrections == ""
    assert fields(page) == {}


def test_fields_that_are_no_wrong_cells_change_nothing(office, place, text_of):
    upload(office, HEADERS, ["张三", IDS[0], "东方支部", "正式党员"])
    assert "没有改动" in text_of(correct(office, **{"cell-0-2-0": "王五", "cell-9-9-9": "x", "use": "cell-7-7-7"}))
