"""Minutes that say nearly the same: found, measured, shown side by side, to none who may not see them."""

from datetime import date
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from activities import likeness
from activities.fulltext import Piece
from activities.likeness import alike, bands, common, share, shingles
from activities.models import Activity, MinutesBand
from ledgers import importing, undoing
from ledgers import ledger as ledgers
from tests.activities.conftest import as_file, minutes_docx
from tests.factories import ActivityFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

pytestmark = pytest.mark.django_db
LETTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def text(seed, length=200):
    random = Random(seed)
    return "".join(random.choice(LETTERS) for _ in range(length))


def changed(body, times, seed=0):
    """Return the text with so many letters changed, far from one another."""
    letters = list(body)
    step = len(letters) // times
    for number in range(times):
        letters[number * step] = chr(0x9F00 + number)
    return "".join(letters)


@pytest.fixture
def place():
    return street()


@pytest.fixture
def community(client, place):
    return sign_in(client, Role.COMMUNITY_SECRETARY, place.community)


def held(branch, content, month=9, **more):
    return ActivityFactory(
        organization=branch, content=content, date=date(2026, month, 15), status=Activity.Status.SUBMITTED, **more
    )


def test_it_works(client, community, place, text_of):
    other = held(place.branches[1], text(1), topic="原来那份")
    mine = held(place.branch, changed(text(1), 5))
    page = client.get(mine.get_absolute_url())
    assert f"与{place.branches[1].name} 2026-09-15 的 原来那份 相似 84%，请核对。" in text_of(page)
    assert reverse("activities:compare", args=[mine.pk, other.pk]) in page.content.decode()


def test_another_month_of_the_same_branch(client, place):
    user = sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    other = held(place.branch, f"2026年8月15日应到12人。{text(1)}", month=8)
    mine = held(place.branch, f"2026年9月15日应到13人。{text(1)}")
    (found,) = alike(mine, user)
    assert (found.other, found.percent) == (other, 100)  # digits make no other text


def test_a_branch_secretary_is_not_told_of_other_branches(client, place, text_of):
    user = sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    other = held(place.branches[1], text(1), topic="原来那份")
    mine = held(place.branch, text(1))
    assert alike(mine, user) == []
    assert "原来那份" not in text_of(client.get(mine.get_absolute_url()))
    assert client.get(reverse("activities:compare", args=[mine.pk, other.pk])).status_code == 404
    assert client.get(reverse("activities:compare", args=[other.pk, mine.pk])).status_code == 404


@pytest.mark.parametrize(("changes", "found"), [(0, 1), (3, 1), (12, 1), (40, 0)])
def test_how_much_may_differ(community, place, changes, found):
    held(place.branches[1], text(1))
    mine = held(place.branch, changed(text(1), changes) if changes else text(1))
    assert len(alike(mine, community)) == found


def test_a_paper_hung_on_later_is_read_as_well(client, community, place, text_of):
    mine = held(place.branch, text(1))
    client.post(
        reverse("activities:attach", args=[mine.pk]),
        {"file": as_file(minutes_docx("主题党日活动记录", "时间：2026年8月3日"), "记录.docx")},
    )
    assert "“记录.docx”里写的日期是 2026-08-03，登记的是 2026-09-15" in text_of(client.get(mine.get_absolute_url()))


def test_short_and_different_texts_are_not_alike(community, place):
    held(place.branches[1], "参观见学。")
    assert alike(held(place.branch, "参观见学。"), community) == []
    held(place.branches[1], text(1))
    assert alike(held(place.branch, text(2)), community) == []


def test_only_the_three_most_alike(community, place):
    for changes in (4, 1, 8, 2):
        held(place.branches[1], changed(text(1), changes), topic=str(changes))
    assert [found.other.topic for found in alike(held(place.branch, text(1)), community)] == ["1", "2", "4"]


def test_a_changed_text_is_compared_as_it_is_now(community, place):
    first, second = held(place.branch, text(1)), held(place.branches[1], text(1))
    assert alike(first, community)
    second.content = text(2)
    second.record()
    assert alike(first, community) == []
    third = held(place.branches[1], text(2))
    assert alike(third, community) == []  # nobody looked at the second since
    alike(second, community)
    assert [found.other for found in alike(third, community)] == [second]


def test_confirmed_minutes_are_let_be(client, community, place, text_of):
    held(place.branches[1], text(1))
    mine = held(place.branch, text(1)).confirm()
    assert "请核对" not in text_of(client.get(mine.get_absolute_url()))


def test_imported_minutes_get_their_fingerprints_at_night(place):
    Activity.objects.bulk_create(
        Activity(organization=place.branch, kind="study", date=date(2026, 9, 1), topic=str(n), content=body)
        for n, body in enumerate([text(1), "", text(2)])
    )
    answer = StringIO()
    call_command("sign_minutes", stdout=answer)
    assert answer.getvalue().strip() == '{"signed": 3}'
    assert MinutesBand.objects.values("activity").distinct().count() == 3
    assert likeness.catch_up() == 0


def test_an_import_with_fingerprints_is_undone(client, community, place):
    header = ("活动编号", "组织编码", "活动类型", "日期", "主题", "内容")
    data = xlsx(header, ["A1", place.branch.code, "主题党日", "2026-09-15", "导入的", text(1)])
    batch, match = importing.open_batch(ledgers.get("activities"), data, "表.xlsx", community, place.community)
    batch.save()
    importing.preview(batch, match)
    importing.apply(batch)
    likeness.catch_up()
    undoing.undo(batch, community)
    assert not Activity.objects.exists()
    assert alike(held(place.branch, text(1)), community) == []
    call_command("sign_minutes", stdout=StringIO())
    assert MinutesBand.objects.count() == likeness.BANDS


def test_many_short_ones_do_not_stand_in_the_way(place):
    for _ in range(3):
        held(place.branch, "短")
    assert [likeness.catch_up(2), likeness.catch_up(2), likeness.catch_up(2)] == [2, 1, 0]


def test_queries_do_not_grow(client, community, place):
    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(mine.get_absolute_url())
        return len(queries)

    mine = held(place.branch, text(1))
    held(place.branches[1], text(1))
    count()
    few = count()
    for number in range(15):
        held(place.branches[1], changed(text(1), number + 1))
    likeness.catch_up()
    assert count() == few


def test_side_by_side(client, community, place, text_of):
    other, mine = held(place.branches[1], text(1)[:50] + "甲乙丙"), held(place.branch, text(1)[:50] + "丁戊己")
    page = client.get(reverse("activities:compare", args=[mine.pk, other.pk]))
    assert f"<mark>{text(1)[:50]}</mark>丁戊己" in page.content.decode()
    assert f"<mark>{text(1)[:50]}</mark>甲乙丙" in page.content.decode()


# Pure


def test_bands_agree_for_like_texts_and_no_others():
    one = set(bands(1, shingles(text(1))))
    assert len(one) == likeness.BANDS
    assert one == set(bands(2, shingles(text(1))))
    assert one & set(bands(2, shingles(changed(text(1), 6))))
    assert not one & set(bands(2, shingles(text(2))))


def test_nine_of_ten_like_texts_are_found():
    bodies = [text(seed) for seed in range(60)]
    pairs = [(shingles(body), shingles(changed(body, 12))) for body in bodies]
    assert all(0.55 < share(*pair) < 0.68 for pair in pairs)
    assert sum(bool(set(bands(1, a)) & set(bands(2, b))) for a, b in pairs) >= 54


def test_common_passages():
    assert common("一二三四五六，甲", "乙一二三四五六") == [Piece("一二三四五六", True), Piece("，甲")]
    assert common("一二三，四五六。", "一二三四五六") == [Piece("一二三，四五六", True), Piece("。")]
    assert common("一二三四五", "一二三四五") == [Piece("一二三四五")]
    assert common("", "一二三") == []
