"""The import wizard, as somebody at a browser goes through it."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from accounts.models import User
from accounts.roles import Role
from ledgers import undoing
from ledgers.importing import CannotImport
from ledgers.models import ImportBatch
from members.models import Member
from tests.factories import MemberFactory, citizen_ids, sign_in, street
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db

HEADERS = ("姓名", "身份证号", "所在党支部", "党员类别")
IDS = [number for number, _ in zip(citizen_ids(), range(12), strict=False)]


def upload(client: Client, *rows: Any, name: str = "花名册.xlsx", data: bytes = b"") -> HttpResponse:
    """Send a file to the wizard's first step."""
    file = SimpleUploadedFile(name, data or xlsx(*rows))
    return client.post("/ledgers/members/import/", {"file": file}, follow=True)


def test_it_works(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    assert "直接用现有的 Excel 即可" in text_of(client.get("/ledgers/members/import/"))
    page = upload(
        client, HEADERS, ["张三", IDS[0], place.branch.name, "正式党员"], ["李四", IDS[1], "没有的支部", "正式党员"]
    )
    text = text_of(page)
    assert "新增 1 · 有变化 0 · 相同 0 · 有错 1" not in text  # wrong rows come first in the line
    assert "只看有错 1" in text
    assert "登记册里没有这个组织" in text
    assert "导入其余 1 行" in text
    assert not Member.objects.exists(), "a preview writes nothing"

    batch = ImportBatch.objects.get()
    done = client.post(f"/ledgers/members/import/{batch.pk}/apply/", follow=True)
    assert "已导入" in text_of(done)
    assert Member.objects.get().name == "张三"

    undone = client.post(f"/ledgers/members/import/{batch.pk}/undo/", follow=True)
    assert "已撤销" in text_of(undone)
    assert not Member.objects.exists()


def test_a_table_of_another_ledger_is_recognised(client: Client, text_of: Any) -> None:
    place = street(1, 1)
    sign_in(client, Role.OFFICE, place.committee)
    meetings = ("支部", "类型", "日期", "主题", "应到人数", "实到人数")
    page = upload(client, meetings, [place.branch.name, "主题党日", "2026-11-19", "学习", 41, 38])
    assert "这张表像是组织生活台账" in text_of(page)
    assert 'href="/ledgers/activities/import/"' in page.content.decode()
    page = upload(client, ("姓名", "所在党支部"), ["张三", place.branch.name])
    assert "这张表像是" not in text_of(page)


def test_the_wrong_rows_come_back_as_they_stood_and_go_in_again(client: Client) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    upload(
        client,
        ["花名册"],
        ("党员姓名", "公民身份号码", "支部", "人员类别"),
        ["李四", IDS[1], "没有的支部", "正式党员"],
    )
    batch = ImportBatch.objects.get()
    response = client.get(f"/ledgers/members/import/{batch.pk}/wrong.xlsx")
    data = b"".join(response.streaming_content)
    book = load_workbook(BytesIO(data))
    cells = [[c.value for c in row] for row in book.active.iter_rows()]
    row = next(r for r in cells if "李四" in r)
    assert IDS[1] in row and "登记册里没有这个组织" in row[-1]
    place_at = row.index("没有的支部") + 1
    book.active.cell(next(i for i, r in enumerate(cells, 1) if "李四" in r), place_at).value = place.branch.name
    stream = BytesIO()
    book.save(stream)
    upload(client, data=stream.getvalue())
    again = ImportBatch.objects.latest("pk")
    client.post(f"/ledgers/members/import/{again.pk}/apply/")
    assert Member.objects.get().name == "李四"


def test_an_unknown_header_is_asked_about(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    page = upload(client, ("姓名", "证件", "所在党支部", "党员类别"), ["张三", IDS[0], place.branch.name, "正式党员"])
    assert "还没有找到必填的列：身份证号" in text_of(page)
    batch = ImportBatch.objects.get()
    url = f"/ledgers/members/import/{batch.pk}/mapping/"
    twice = client.post(url, {"column-0": "姓名", "column-1": "姓名", "column-2": "所在党支部", "column-3": "党员类别"})
    assert twice.status_code == 400
    assert "选了两次" in text_of(twice)
    page = client.post(
        url, {"column-0": "姓名", "column-1": "身份证号", "column-2": "所在党支部", "column-3": "党员类别"}, follow=True
    )
    assert "导入 1 行" in text_of(page)


def test_changed_cells_show_old_and_new_and_ids_stay_masked(client: Client) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    MemberFactory(branch=place.branch, id_number=IDS[0], name="张三")
    page = upload(client, HEADERS, ["张三丰", IDS[0], place.branch.name, "正式党员"]).content.decode()
    assert "<s>张三</s> 张三丰" in page
    assert IDS[0] not in page
    assert f"{IDS[0][:4]}**********{IDS[0][-4:]}" in page


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("说明.txt", "没有表格".encode(), ""),
        ("坏.xlsx", b"PK\x03\x04 not really", "文件已损坏"),
        ("程序.xlsx", b"MZ" + b"\0" * 100, "不是能读取的电子表格"),
        ("空.xlsx", xlsx(), "表格里没有内容"),
    ],
)
def test_a_wrong_file_is_refused_in_plain_words(
    client: Client, text_of: Any, name: str, data: bytes, message: str
) -> None:
    sign_in(client, Role.OFFICE, street().committee)
    page = upload(client, name=name, data=data)
    assert page.status_code == 400
    assert message in text_of(page)
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_with_the_limit(client: Client, text_of: Any, settings: Any) -> None:
    sign_in(client, Role.OFFICE, street().committee)
    settings.UPLOAD_MAX_BYTES = 2_000_000
    page = upload(client, data=b"x" * 2_500_000)
    assert "超过 1 MB 的上限" in text_of(page)


def test_pressing_twice_imports_once(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    upload(client, HEADERS, ["张三", IDS[0], place.branch.name, "正式党员"])
    batch = ImportBatch.objects.get()
    for _ in range(2):
        page = client.post(f"/ledgers/members/import/{batch.pk}/apply/", follow=True)
    assert "没有重复导入" in text_of(page)
    assert Member.objects.count() == 1


def test_somebody_elses_batch_does_not_exist(client: Client) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    upload(client, HEADERS, ["张三", IDS[0], place.branch.name, "正式党员"])
    batch = ImportBatch.objects.get()
    sign_in(client, Role.OFFICE, place.committee)
    assert client.get(f"/ledgers/members/import/{batch.pk}/").status_code == 404
    assert client.post(f"/ledgers/members/import/{batch.pk}/apply/").status_code == 404
    assert not Member.objects.exists()


def test_a_branch_secretary_does_not_import(client: Client) -> None:
    place = street()
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert client.get("/ledgers/members/import/").status_code == 404
    assert client.get("/ledgers/members/template.xlsx").status_code == 404


def test_the_template_goes_in_again(client: Client, text_of: Any) -> None:
    place = street()
    sign_in(client, Role.OFFICE, place.committee)
    book = load_workbook(BytesIO(client.get("/ledgers/members/template.xlsx").content))
    headers = [c.value for c in book.worksheets[0][3]]
    assert "姓名" in headers
    row = {"姓名": "张三", "身份证号": IDS[0], "所在党支部": place.branch.name, "党员类别": "正式党员"}
    for index, header in enumerate(headers, 1):
        if header in row:
            book.worksheets[0].cell(4, index).value = row[header]
    stream = BytesIO()
    book.save(stream)
    page = upload(client, data=stream.getvalue())
    assert "导入 1 行" in text_of(page)


def test_who_has_moved_to_another_office_takes_nothing_back_here(client: Client) -> None:
    place = street()
    user = sign_in(client, Role.COMMUNITY_SECRETARY, place.communities[0])
    upload(client, HEADERS, ["张三", IDS[0], place.branch.name, "正式党员"])
    batch = ImportBatch.objects.get()
    client.post(f"/ledgers/members/import/{batch.pk}/apply/", follow=True)
    user.postings.update(organization=place.communities[1])
    for path in ("", "undo/", "wrong.xlsx"):
        address = f"/ledgers/members/import/{batch.pk}/{path}"
        assert client.get(address).status_code in (404, 405)
        assert client.post(address).status_code in (404, 405)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.APPLIED
    with pytest.raises(CannotImport, match="1 条不在您现在可以修改的范围"):
        undoing.undo(batch, User.objects.get(pk=user.pk))
    assert Member.objects.count() == 1
