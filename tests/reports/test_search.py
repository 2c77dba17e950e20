"""The search over members, organisations and activities."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from tests.activities.heard import make_concern
from tests.activities.partners import make_partner
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db
PAGE = "/search/"
ID = "99010019500101009X"


@pytest.fixture
def place():
    return street()


@pytest.fixture
def office(client, place):
    return sign_in(client, Role.OFFICE, place.committee)


def found(response):
    """Return ledger title → names found."""
    return {each.title: [str(row) for row in each.rows] for each in response.context["found"]}


def test_it_works(client, office, place, text_of):
    MemberFactory(branch=place.branch, name="王小明")
    page = client.get(PAGE, {"q": "小明"})
    assert page.status_code == 200
    assert "王小明" in text_of(page)
    assert found(page) == {"党员花名册": ["王小明"]}


def test_an_empty_search_says_what_can_be_found(client, office, text_of):
    assert "拼音首字母" in text_of(client.get(PAGE))


def test_nothing_found_says_what_to_try(client, office, text_of):
    assert "没有找到" in text_of(client.get(PAGE, {"q": "无此人"}))


def test_finds_members_by_initials(client, office, place):
    MemberFactory(branch=place.branch, name="王小明")
    assert found(client.get(PAGE, {"q": "wxm"})) == {"党员花名册": ["王小明"]}


def test_finds_organisations_and_activities(client, office, place):
    ActivityFactory(organization=place.branch, topic=f"{place.branch.name}换届")
    names = found(client.get(PAGE, {"q": place.branch.name}))
    assert names["党组织名册"] == [place.branch.name]
    assert len(names["组织生活台账"]) == 1


def test_finds_activities_by_their_kind(client, office, place):
    ActivityFactory(organization=place.branch, kind="theme-day", topic="清洁家园")
    assert "清洁家园" in str(found(client.get(PAGE, {"q": "主题党日"})))


def test_words_get_an_address_of_their_own(client, office):
    answer = client.post(PAGE, {"q": " 小明 "})
    assert answer.status_code == 302
    assert answer.url == "/search/?q=%E5%B0%8F%E6%98%8E"


@pytest.mark.parametrize(
    "typed",
    [ID, ID.lower(), "990100 19500101 009X", "９９０１００１９５００１０１００９Ｘ", "13900001234", "139-0000-1234"],
)
def test_a_whole_number_finds_its_member_and_stays_out_of_addresses(client, office, place, typed):
    MemberFactory(branch=place.branch, name="王小明", id_number=ID, phone="13900001234")
    answer = client.post(PAGE, {"q": typed})
    assert answer.status_code == 200
    assert found(answer) == {"党员花名册": ["王小明"]}
    page = answer.content.decode()
    assert ID not in page
    assert "13900001234" not in page


def test_a_number_in_the_address_is_not_looked_for(client, office, place, text_of):
    MemberFactory(branch=place.branch, name="王小明", id_number=ID)
    answer = client.get(PAGE, {"q": ID})
    assert found(answer) == {}
    assert "不能写在网址里" in text_of(answer)


def test_what_is_out_of_scope_is_not_found(client, place):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    elsewhere = place.branches[-1]
    MemberFactory(branch=elsewhere, name="王小明", id_number=ID)
    ActivityFactory(organization=elsewhere, topic="小明讲党课")
    assert found(client.get(PAGE, {"q": "小明"})) == {}
    assert found(client.get(PAGE, {"q": elsewhere.name})) == {}
    assert found(client.post(PAGE, {"q": ID})) == {}


def test_says_who_has_left(client, office, place, text_of):
    MemberFactory(branch=place.branch, name="王小明").leave("transferred", date(2026, 3, 1))
    assert "转出" in text_of(client.get(PAGE, {"q": "小明"}))


def test_more_than_ten_lead_to_the_ledger(client, office, place):
    for number in range(11):
        MemberFactory(branch=place.branch, name=f"王小明{number}")
    each = client.get(PAGE, {"q": "小明"}).context["found"][0]
    assert len(each.rows) == 10
    assert client.get(each.more).context["page"].paginator.count == 11


def test_ten_are_all_there_is(client, office, place):
    for number in range(10):
        MemberFactory(branch=place.branch, name=f"王小明{number}")
    assert client.get(PAGE, {"q": "小明"}).context["found"][0].more == ""


def test_more_activities_of_any_time(client, office, place):
    for number in range(11):
        ActivityFactory(organization=place.branch, topic=f"读书{number}", date=date(2020 + number % 5, 3, 1))
    each = client.get(PAGE, {"q": "读书"}).context["found"][0]
    assert client.get(each.more).context["page"].paginator.count == 11


def test_accounts_and_audit_have_nothing_to_search(client, place):
    sign_in(client, Role.SYSTEM_ADMIN, place.committee)
    assert client.get(PAGE).status_code == 404


def test_hostile_words_are_only_words(client, office):
    for words in ("<script>alert(1)</script>", "%00", "\x00", "' OR 1=1 --", "长" * 300):
        answer = client.get(PAGE, {"q": words})
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


def test_queries_do_not_grow_with_the_register(client, office, place):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE, {"q": "小明"})
        return len(queries)

    for number in range(3):
        MemberFactory(branch=place.branch, name=f"王小明{number}")
        ActivityFactory(organization=place.branch, topic=f"小明{number}")
    few = count()
    for number in range(12):
        MemberFactory(branch=place.branch, name=f"李小明{number}")
        ActivityFactory(organization=place.branch, topic=f"小明又{number}")
    assert count() == few


def test_finds_concerns_and_partner_units(client, office, place, text_of):
    make_concern(place.branch, title="门禁坏了")
    make_partner(place.community, name="门禁设备公司")
    names = found(client.get(PAGE, {"q": "门禁"}))
    assert list(names) == ["群众诉求台账", "共建单位台账"]
    assert "门禁坏了" in text_of(client.get(PAGE, {"q": "门禁"}))
    sign_in(client, Role.OFFICE, street().committee)
    assert found(client.get(PAGE, {"q": "门禁"})) == {}
