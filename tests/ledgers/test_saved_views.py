"""Saved views: one person's filters, sorting and columns of a list, under a name."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from ledgers.models import SavedView
from ledgers.saved_views import MOST
from tests.factories import MemberFactory, Street, sign_in, street

pytestmark = pytest.mark.django_db

LIST = "/ledgers/members/"


@pytest.fixture
def place(client: Client) -> Street:
    """A street with a probationary and a full member; the office is signed in."""
    made = street()
    sign_in(client, Role.OFFICE, made.committee)
    MemberFactory(branch=made.branch, name="张三", category="probationary")
    MemberFactory(branch=made.branches[1], name="李四")
    return made


def save(client: Client, name: str = "预备党员", query: str = "category=probationary", *columns: str) -> Any:
    return client.post(f"{LIST}views/", {"name": name, "query": query, "columns": columns}, follow=True)


def test_a_list_is_kept_and_opened_again(client: Client, place: Street, text_of: Any) -> None:
    page = save(client, "预备党员", "category=probationary&sort=-name&page=3", "name", "category")
    assert "已保存视图“预备党员”" in text_of(page)
    view = SavedView.objects.get()
    assert view.query == {"category": "probationary", "sort": "-name"}
    page = client.get(LIST)
    assert f'href="{LIST}views/{view.pk}/"' in page.content.decode()
    page = client.get(f"{LIST}views/{view.pk}/", follow=True)
    text = text_of(page)
    assert "张三" in text
    assert "李四" not in text
    assert [c.key for c in page.context["columns"]] == ["name", "category"]
    assert page.context["sort"] == "-name"
    assert len(client.get(LIST).context["columns"]) > 2, "a view's columns are of the view alone"
    printed = client.get(f"{LIST}print/", {"category": "probationary", "view": view.pk})
    assert [c.key for c in printed.context["columns"]] == ["name", "category"]


def test_it_keeps_a_branch_but_not_whose_rows_nor_personal_numbers(client: Client, place: Street, text_of: Any) -> None:
    query = f"organization={place.community.code}&branch={place.branch.code}&q=990100199001011234&pk=1,2"
    assert "没有存进视图" in text_of(save(client, "一支部", query))
    view = SavedView.objects.get()
    assert view.query == {"branch": place.branch.code}
    save(client, "找张", "q=张")
    assert SavedView.objects.get(name="找张").query == {"q": "张"}


def test_time_is_kept_only_where_it_was_asked_for(client: Client, place: Street) -> None:
    for name, query in (("一直", "period=all"), ("去年三季度", "period=2025Q3")):
        client.post("/ledgers/activities/views/", {"name": name, "query": query})
    now = client.get("/ledgers/activities/").context["query"].period.code
    client.post("/ledgers/activities/views/", {"name": "这个季度", "query": f"period={now}&kind=lecture"})
    kept = dict(SavedView.objects.values_list("name", "query"))
    assert kept == {
        "一直": {"period": "all"},
        "去年三季度": {"period": "2025Q3"},
        "这个季度": {"kind": "lecture"},
    }


def test_only_its_owner_sees_opens_or_changes_it(client: Client, place: Street, text_of: Any) -> None:
    save(client)
    view = SavedView.objects.get()
    sign_in(client, Role.OFFICE, place.committee)
    assert "预备党员" not in [each.name for each in client.get(LIST).context["saved"]]
    assert client.get(f"{LIST}views/{view.pk}/").status_code == 404
    assert client.post(f"{LIST}views/{view.pk}/", {"do": "delete"}).status_code == 404
    assert save(client).status_code == 200, "two people may use one name"
    assert SavedView.objects.count() == 2


def test_a_view_without_the_ledgers_right_is_not_found(client: Client, place: Street) -> None:
    sign_in(client, Role.SYSTEM_ADMIN, place.committee)
    assert client.post(f"{LIST}views/", {"name": "x", "query": ""}).status_code == 404


def test_it_is_renamed_renewed_moved_and_deleted(client: Client, place: Street, text_of: Any) -> None:
    save(client, "甲")
    save(client, "乙")
    second = SavedView.objects.get(name="乙")
    address = f"{LIST}views/{second.pk}/"
    assert "已改名为“丙”" in text_of(client.post(address, {"do": "rename", "name": "丙"}, follow=True))
    client.post(address, {"do": "renew", "query": "category=full", "columns": ["name"]})
    second.refresh_from_db()
    assert (second.query, second.columns) == ({"category": "full"}, ["name"])
    client.post(address, {"do": "earlier"})
    assert [each.name for each in client.get(LIST).context["saved"]] == ["丙", "甲"]
    assert "已删除视图“丙”" in text_of(client.post(address, {"do": "delete"}, follow=True))
    assert [each.name for each in client.get(LIST).context["saved"]] == ["甲"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("  ", "请给视图起个名称"),
        ("预备党员", "已经有名称是“预备党员”的视图"),
        ("字" * 21, "最多 20 个字，现在是 21 个"),
        ("13900000000", "不要写身份证号、手机号"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_the_list_stays(
    client: Client, place: Street, text_of: Any, name: str, said: str
) -> None:
    save(client)
    page = save(client, name)
    assert said in text_of(page)
    assert page.request["QUERY_STRING"] == "category=probationary"
    assert SavedView.objects.count() == 1
    other = save(client, "别的")
    address = f"{LIST}views/{SavedView.objects.get(name='别的').pk}/"
    assert other.status_code == 200
    assert said in text_of(client.post(address, {"do": "rename", "name": name}, follow=True))


def test_there_is_an_end_to_them(client: Client, place: Street, text_of: Any) -> None:
    for number in range(MOST):
        save(client, f"视图{number}")
    assert f"最多存 {MOST} 个视图" in text_of(save(client, "再一个"))
    assert SavedView.objects.count() == MOST


def test_what_a_view_can_no_longer_follow_is_left_out_and_told(client: Client, place: Street, text_of: Any) -> None:
    user = sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
    view = SavedView.objects.create(
        user=user,
        ledger="members",
        name="旧的",
        query={
            "gone": "1",
            "category": "nonsense",
            "branch": place.branches[2].code,
            "sort": "nothing",
            "employment": "in-service",
        },
        columns=["nothing", "name"],
    )
    page = client.get(f"{LIST}views/{view.pk}/", follow=True)
    assert page.status_code == 200
    text = text_of(page)
    assert "视图“旧的”里有 3 个筛选条件（“党支部”、“党员类别”）现在用不了，已经略去" in text
    assert "gone" not in text
    assert dict(page.context["query"].filters) == {"employment": "in-service"}
    assert [c.key for c in page.context["columns"]] == ["name"]


def test_every_ledger_offers_views_and_queries_do_not_grow_with_them(client: Client, place: Street) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page = client.get(LIST)
        assert 'aria-label="我的视图"' in page.content.decode()
        return len(found)

    save(client, "甲")
    before = queries()
    for name in "乙丙丁":
        save(client, name)
    assert queries() == before
