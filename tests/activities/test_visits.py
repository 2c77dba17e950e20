"""Notes of visits: the record, its ledger, its pages, concerns that come up at one, the report's basis."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Concern, Visit
from ledgers import facts
from ledgers.period import Period
from reports.investigation.building import build
from tests.activities.heard import make_concern, make_visit
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import sign_in, street, superuser

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee, name="李办")


def test_it_works(client, town, office, fill_in, text_of):
    url = reverse("activities:visit-create") + f"?organization={town.community.code}"
    response = fill_in(url, date="2026-09-01", target="东风路小区", people="8", problem="路灯坏了")
    visit = Visit.objects.get()
    assert response.url == visit.get_absolute_url()
    assert (visit.organization, visit.kind, visit.visitors) == (town.community, "residents", "李办")
    assert AuditEntry.objects.filter(model="activities.visit", action="create").count() == 1
    words = text_of(client.get(response.url))
    assert "访谈人数 8 人" in words and "这次走访还没有登记诉求" in words
    numbers = facts.of(town.committee, Q3)
    assert (numbers["visits.residents"], numbers["visits.people"], numbers["visits.papers"]) == (1, 8, 0)


def test_a_concern_is_registered_from_it_by_one_click(client, town, office, fill_in, text_of):
    visit = make_visit(town.community, problem="路灯坏了")
    url = reverse("activities:concern-create") + f"?visit={visit.pk}"
    assert url in client.get(visit.get_absolute_url()).content.decode()
    fill_in(url)
    concern = Concern.objects.get()
    assert (concern.visit, concern.source, concern.title, concern.received_on, concern.organization) == (
        visit, "visit", "路灯坏了", date(2026, 9, 1), town.community,
    )  # fmt: skip
    assert "登记的诉求 1 件" in text_of(client.get(visit.get_absolute_url()))


def test_deleting_a_visit_keeps_its_concerns(client, town, office):
    visit = make_visit(town.community)
    make_concern(town.community, visit=visit)
    assert client.post(reverse("activities:visit-delete", args=[visit.pk])).status_code == 302
    assert Concern.objects.get().visit is None
    assert facts.of(town.committee, Q3)["visits.residents"] == 0


def test_what_is_wrong_is_said(client, town, office, fill_in, text_of):
    held = make_visit(town.community)
    url = reverse("activities:visit-create") + f"?organization={town.community.code}"
    assert "还没有到" in text_of(fill_in(url, date="2099-01-01", target="甲"))
    assert "访谈人数应大于 0" in text_of(fill_in(url, target="甲", people="0"))
    again = fill_in(url, date="2026-09-01", target=held.target)
    assert "这一天同样的走访已经登记过" in text_of(again)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_visit(town.community, people=0)


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("activities:visit-edit", args=[make_visit(town.community).pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"problem": "甲"})
    assert "李办刚刚修改了这条记录" in text_of(client.post(edit, other | {"problem": "乙"}))


def test_out_of_scope_is_not_there(client, town, text_of):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    other = make_visit(town.communities[1])
    for name in ("visit", "visit-edit"):
        assert client.get(reverse(f"activities:{name}", args=[other.pk])).status_code == 404
    assert client.post(reverse("activities:visit-delete", args=[other.pk])).status_code == 404
    sign_in(client, Role.LEADER, town.committee)
    assert "编辑" not in text_of(client.get(other.get_absolute_url()))


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    rows = [
        ("走访时间", "社区", "走访方式", "调研人", "走访对象", "人数", "主要情况", "存在问题"),
        ["2026.9.1", town.community.name, "座谈", "李办", "支部书记", 6, "听汇报", "记录不全"],
        ["2026年9月2日", town.branch.code, "查资料", "李办", "发展党员档案", "", "", ""],
    ]
    assert take_in("visits", user, *rows).counts == {"new": 2}
    assert take_in("visits", user, *rows).counts == {"same": 2}
    assert take_in_file("visits", user, export("visits", user)).counts == {"same": 2}
    numbers = facts.of(town.committee, Q3)
    assert (numbers["visits.reports"], numbers["visits.papers"], numbers["visits.people"]) == (1, 1, 6)


def test_undo_says_which_records_no_longer_point_to_what_it_takes_back(client, town, text_of):
    user, row = superuser(), ["2026.9.1", town.community.name, "座谈", "李办", "居民"]
    batch = take_in("visits", user, ("走访时间", "社区", "走访方式", "调研人", "走访对象"), row).batch
    concern = make_concern(town.community, visit=Visit.objects.get())
    client.force_login(user)
    answer = client.post(reverse("ledgers:undo", args=["visits", batch.pk]), follow=True)
    assert "群众诉求 1 条不再指向被撤销的记录" in text_of(answer)
    before, concern = concern, Concern.objects.get()
    assert (concern.visit, concern.version, concern.updated_by) == (None, before.version + 1, user)
    let_go = AuditEntry.objects.get(action="undo-import", model="activities.concern")
    assert let_go.changes == {"visit": [before.visit_id, None]}
    assert AuditEntry.objects.get(action="undo-import", model="ledgers.importbatch").changes[
        "不再指向它的群众诉求"
    ] == [1, 0]


def test_an_import_says_what_is_wrong(town):
    headers = ("日期", "组织编码", "方式", "走访人", "走访对象", "访谈人数")
    rows = [
        ["2099-01-01", town.community.code, "走访群众", "甲", "乙", 1],
        ["2026-09-01", town.community.code, "走访群众", "甲", "丙", 0],
    ]
    assert set(messages(take_in("visits", superuser(), headers, *rows))) == {2, 3}


def test_the_organisations_page_shows_the_three_sources(client, town, office, text_of):
    make_visit(town.branch, target="老党员")
    words = text_of(client.get(f"{town.community.get_absolute_url()}?period=2026Q3"))
    assert "听取汇报 0 次 查阅资料 0 次 走访群众 1 次" in words
    assert "走访群众 老党员" in words


def test_the_report_names_its_sources_only_where_there_are_records(town):
    def lead():
        return next(s for s in build(town.committee, Q3).statements() if s.key == "lead")

    assert lead().text == "现将S街道2026年第三季度基层党建工作情况报告如下："
    make_visit(town.community, kind="papers", people=None)
    make_visit(town.community)
    make_visit(town.communities[1])
    assert lead().text == (
        "近期，S街道党建办通过查阅资料1次、走访群众2次，对S街道基层党建工作进行了调研。现将有关情况报告如下："
    )
    assert "/ledgers/visits/" in next(lead().figures()).url


def test_the_pages_cost_the_same_for_many(client, town, office):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    visit = make_visit(town.community)
    make_concern(town.community, visit=visit)
    pages = ("/ledgers/visits/?period=2026Q3", visit.get_absolute_url())
    few = [cost(url) for url in pages]
    for _ in range(15):
        make_concern(town.community, visit=make_visit(town.community))
        make_concern(town.community, visit=visit)
    assert [cost(url) for url in pages] == few
