"""Full text of minutes: any two characters, within scope, kept up on every way of writing."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from activities import fulltext, querysets
from activities.fulltext import Piece, excerpt, marked, words_of
from activities.models import Activity
from ledgers import bulk, importing, undoing
from ledgers import ledger as ledgers
from tests.factories import ActivityFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db
PAGE = reverse("activities:search")
TEXT = "会议由张三同志主持。与会党员围绕“垃圾分类、楼院整治”展开讨论，决定十月底前完成3号楼的改造。"


@pytest.fixture
def place():
    return street()


@pytest.fixture
def office(client, place):
    return sign_in(client, Role.OFFICE, place.committee)


@pytest.fixture
def held(place):
    return ActivityFactory(
        organization=place.branch, kind="theme-day", date=date(2026, 9, 15), topic="清洁家园", content=TEXT
    )


def topics(*words):
    return [activity.topic for activity in Activity.objects.saying(words).order_by("pk")]


def test_it_works(client, office, held, text_of):
    page = client.get(PAGE, {"q": "楼院"})
    assert page.status_code == 200
    assert "<mark>楼院</mark>" in page.content.decode()
    assert "清洁家园" in text_of(page)
    assert "共 1 条" in text_of(page)


def test_any_two_characters_are_found(held):
    for run in (
        TEXT.replace("。", " ").replace("“", " ").replace("、", " ").replace("”", " ").replace("，", " ").split()
    ):
        for start in range(len(run) - 1):
            assert topics(run[start : start + 2]) == ["清洁家园"], run[start : start + 2]
    assert topics("清洁") == topics("垃圾分类") == topics("会议由张三同志主持") == ["清洁家园"]
    assert topics("类垃") == topics("院楼") == topics("持与") == []


def test_all_words_must_stand_there(held):
    assert topics("垃圾", "改造") == ["清洁家园"]
    assert topics("垃圾", "换届") == []


def test_pairs_alone_are_no_hit(place):
    ActivityFactory(organization=place.branch, topic="甲乙", content="乙丙")
    assert topics("甲乙丙") == []


def test_latin_and_digits_whatever_their_case(place):
    ActivityFactory(organization=place.branch, topic="学习", content="用 Excel2026 登记")
    assert topics("excel") == topics("L20") == topics("2026") == ["学习"]


@pytest.mark.parametrize("common", [1, 20], ids=["read back from the newest", "from the index"])
def test_the_latest_are_the_same_either_way(place, monkeypatch, common):
    monkeypatch.setattr(querysets, "COMMON", common)
    for day in range(1, 6):
        ActivityFactory(organization=place.branches[day % 2], date=date(2026, 9, day), topic=f"{day}", content=TEXT)
    ActivityFactory(organization=place.branch, content="垃圾，分类")
    own = Activity.objects.under(place.branch)
    for words in (["垃圾"], ["垃圾分类"], ["垃圾", "3号楼"], ["清洁", "垃圾"]):
        latest = [activity.topic for activity in own.latest_saying(words)]
        assert latest == [a.topic for a in own.order_by("-date", "-pk") if a in Activity.objects.saying(words)]
    assert [activity.topic for activity in own.latest_saying(["垃圾分类"])] == ["4", "2"]


def test_hostile_words_are_only_words(client, office, held):
    for words in ('" OR "', "' OR 1=1 --", "垃圾*", "NEAR(垃圾 改造)", "%%", "\x00垃圾", "({[", "长" * 300):
        assert client.get(PAGE, {"q": words}).status_code == 200
    assert topics(*words_of('垃圾" OR "换届')) == []


# Every way of writing


def test_what_is_changed_is_found_as_it_is_now(held):
    held.content = "改学党章"
    held.record()
    assert topics("垃圾") == []
    assert topics("党章") == ["清洁家园"]
    Activity.objects.filter(pk=held.pk).update(resolution="一致同意换届")
    assert topics("换届") == topics("党章") == ["清洁家园"]
    held.refresh_from_db()
    held.send_back("请补充")
    assert topics("换届") == ["清洁家园"]
    held.refresh_from_db()
    held.erase()
    assert topics("换届") == []


def test_bulk_ways_of_writing(place):
    made = Activity.objects.bulk_create(
        [Activity(organization=place.branch, kind="study", date=date(2026, 9, 1), topic="甲", content="学习党章")]
    )
    with transaction.atomic():
        bulk.insert(
            [Activity(organization=place.branch, kind="study", date=date(2026, 9, 2), topic="乙", content="党章")]
        )
    assert topics("党章") == ["甲", "乙"]
    made[0].content = "换届"
    Activity.objects.bulk_update(made, ["content"])
    assert topics("换届") == ["甲"]
    Activity.objects.filter(topic="乙").delete()
    assert topics("党章") == []


def imported(user, place, content):
    header = ("活动编号", "组织编码", "活动类型", "日期", "主题", "内容")
    data = xlsx(header, ["A1", place.branch.code, "主题党日", "2026-09-15", "导入的", content])
    batch, match = importing.open_batch(ledgers.get("activities"), data, "表.xlsx", user, place.committee)
    batch.save()
    importing.preview(batch, match)
    return importing.apply(batch)


def test_import_rewriting_and_undo(office, place):
    imported(office, place, "垃圾分类")
    assert topics("垃圾") == ["导入的"]
    second = imported(office, place, "楼院整治")
    assert topics("垃圾") == []
    assert topics("楼院") == ["导入的"]
    undoing.undo(second, office)
    assert topics("楼院") == []
    assert topics("垃圾") == ["导入的"]


def test_what_is_rolled_back_is_not_found(place):
    with pytest.raises(RuntimeError), transaction.atomic():
        ActivityFactory(organization=place.branch, content="垃圾分类")
        raise RuntimeError
    assert topics("垃圾") == []


def test_the_demo_is_indexed(settings):
    call_command("load_demo", members_per_street=30, months=2)
    one = Activity.objects.exclude(content="").first()
    assert one in Activity.objects.saying(words_of(one.content)[:2])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite loses triggers")
def test_the_index_is_made_anew_after_a_migration_took_it(held):
    fulltext.drop_triggers(plan=["something"])
    Activity.objects.filter(pk=held.pk).update(content="没有触发器的时候改的")
    assert topics("触发器") == []
    fulltext.make_index()
    assert topics("触发器") == ["清洁家园"]
    held.refresh_from_db()
    held.content = "以后改的"
    held.record()
    assert topics("触发器") == []
    assert topics("以后") == ["清洁家园"]


# The page


def test_outside_the_scope_nothing_is_found(client, place, held):
    sign_in(client, Role.BRANCH_SECRETARY, place.branches[1])
    assert client.get(PAGE, {"q": "垃圾"}).context["page"].paginator.count == 0
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    assert client.get(PAGE, {"q": "垃圾"}).context["page"].paginator.count == 1


def test_filters_by_kind_and_period_and_organisation(client, office, place, held):
    def count(**more):
        return client.get(PAGE, {"q": "垃圾"} | more).context["page"].paginator.count

    ActivityFactory(organization=place.branches[3], kind="lecture", date=date(2025, 3, 1), content="垃圾分类")
    assert count() == 2
    assert count(kind="lecture") == 1
    assert count(when="period", period="2026Q3") == 1
    assert count(when="period", period="2025Q1") == 1
    assert count(organization=place.communities[0].code) == 1


def test_says_what_to_type(client, office, held, text_of):
    assert "任意两个字" in text_of(client.get(PAGE))
    assert "至少输入两个" in text_of(client.get(PAGE, {"q": "垃"}))
    assert "没有找到" in text_of(client.get(PAGE, {"q": "无此事"}))


def test_a_number_in_the_address_is_not_looked_for(client, office, place, text_of):
    ActivityFactory(organization=place.branch, content="联系电话13900001234")
    page = client.get(PAGE, {"q": "139-0000-1234"})
    assert page.context["page"].paginator.count == 0
    assert "不能写在网址里" in text_of(page)


def test_markup_in_minutes_is_text(client, office, place):
    ActivityFactory(organization=place.branch, content="<script>alert(1)</script>垃圾")
    page = client.get(PAGE, {"q": "垃圾"}).content
    assert b"<script>alert" not in page
    assert "<mark>垃圾</mark>" in page.decode()


def test_queries_do_not_grow_with_the_hits(client, office, place):
    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE, {"q": "垃圾"})
        return len(queries)

    ActivityFactory(organization=place.branch, content="垃圾分类")
    few = count()
    for day in range(1, 19):
        ActivityFactory(organization=place.branches[day % 4], date=date(2026, 9, day), content="垃圾分类")
    assert count() == few


def test_the_search_over_everything_shows_what_minutes_say(client, office, place, held):
    page = client.get(reverse("reports:search"), {"q": "垃圾分类"})
    (found,) = page.context["found"]
    assert (found.title, [a.topic for a in found.rows]) == ("会议记录全文", ["清洁家园"])
    assert "<mark>垃圾分类</mark>" in page.content.decode()


# Pieces


def test_words():
    assert words_of(" 垃圾  分类、我 垃圾") == ["垃圾", "分类"]
    assert words_of("我") == []


def test_marks():
    assert marked("学习Excel和excel", ["EXCEL"]) == [
        Piece("学习"),
        Piece("Excel", True),
        Piece("和"),
        Piece("excel", True),
    ]
    assert marked("甲乙丙", ["甲乙", "甲乙丙"]) == [Piece("甲乙丙", True)]


def test_an_excerpt_surrounds_the_first_hit():
    pieces = excerpt(["", "前" * 100 + "垃圾" + "后" * 200], ["垃圾"])
    assert [piece.hit for piece in pieces] == [False, True, False]
    assert (pieces[0].text, pieces[2].text) == ("…" + "前" * 45, "后" * 90 + "…")
    assert excerpt(["", "只有开头"], ["垃圾"]) == [Piece("只有开头")]
    assert excerpt(["", ""], ["垃圾"]) == []


def test_a_word_that_is_everywhere_is_counted_up_to_a_limit(client, monkeypatch, text_of):
    tree = street()
    for day in range(1, 6):
        ActivityFactory(organization=tree.branch, topic="垃圾分类", date=date(2026, 8, day))
    sign_in(client, Role.OFFICE, tree.committee)
    monkeypatch.setattr("activities.views.searching.MOST", 3)
    page = client.get(PAGE, {"q": "垃圾"})
    assert page.context["page"].paginator.count == 3
    assert [activity.date.day for activity, *_ in page.context["found"]] == [5, 4, 3]
    assert "超过 3 条" in text_of(page)
