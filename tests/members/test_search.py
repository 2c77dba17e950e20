from datetime import date

import pytest

from tests.factories import MemberFactory, street

pytestmark = pytest.mark.django_db
URL = "/members/search/"


@pytest.fixture
def names(client):
    def found(**params):
        return [one["name"] for one in client.get(URL, params).json()["results"]]

    return found


@pytest.fixture(autouse=True)
def people(office, place):
    MemberFactory(branch=place.branch, name="张三丰", phone="13912345678")
    MemberFactory(branch=place.branches[1], name="张飞")
    MemberFactory(branch=street(code="T").branch, name="张无忌")


def test_it_works(names):
    assert names(q="张") == ["张三丰", "张飞"]


def test_initials_and_pinyin(names):
    assert names(q="zsf") == names(q="ZhangSan") == ["张三丰"]


def test_kept_to_a_branch(names, place):
    assert names(q="张", branch=place.branches[1].code) == ["张飞"]


def test_who_left_is_not_offered(names, place):
    MemberFactory(branch=place.branch, name="张良").leave("deceased", date(2026, 1, 1))
    assert "张良" not in names(q="张")


def test_nothing_typed_nobody_found(names):
    assert names(q="") == names(q="  ") == []


def test_a_number_finds_nobody_since_it_does_not_belong_in_an_address(names):
    assert names(q="13912345678") == []


def test_twenty_at_most(names, place):
    for _ in range(25):
        MemberFactory(branch=place.branch, name="王五")
    assert len(names(q="王")) == 20


def test_options_for_htmx(client):
    html = client.get(URL, {"q": "张飞"}, headers={"HX-Request": "true"}).content.decode()
    assert "<option" in html and "张飞 · S第1社区第2党支部" in html
