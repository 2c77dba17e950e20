"""Life meetings: criticism and promises on the meeting's page, their ledgers, who reads them, what is late."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from activities.models import Criticism, Promise
from branches.panels.todos import todos_of
from ledgers import facts
from ledgers.period import Period
from members.merging import merge
from tests.activities.kept import criticise, life_meeting, promise
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
CODES = ("life.criticisms", "life.promises", "life.promises_done")


@pytest.fixture
def place():
    return street(2, 2, code="S")


@pytest.fixture
def office(client, place):
    return sign_in(client, "office", place.committee, name="李办")


@pytest.fixture
def two(place):
    return [MemberFactory(branch=place.branch, name=name) for name in ("张三", "李四")]


@pytest.fixture
def meeting(place):
    return life_meeting(place.branch, number="SH-1")


def test_it_works(client, place, office, two, meeting, fill_in, text_of):
    asked = f"?activity={meeting.pk}"
    fill_in(
        reverse("activities:criticism-create") + asked, kind="mutual", member=two[1].pk, speaker=two[0].pk,
        content="会上发言少",
    )  # fmt: skip
    fill_in(reverse("activities:criticism-create") + asked, kind="self", member=two[0].pk, content="学习不够")
    fill_in(reverse("activities:promise-create") + asked, owner=two[1].pk, item="每月发言一次", deadline="2026-12-31")
    fill_in(reverse("activities:promise-create") + asked, item="调整开会时间", deadline="2026-09-30")
    page = text_of(client.get(meeting.get_absolute_url()))
    assert "张三自我批评 学习不够" in page and "张三 → 李四 会上发言少" in page
    assert "每月发言一次 李四" in page and "调整开会时间 支部班子" in page
    assert [facts.of(place.committee, Q3)[code] for code in CODES] == [2, 2, 0]
    assert "每月发言一次" in text_of(client.get(two[1].get_absolute_url()))


def test_what_was_said_is_encrypted_and_never_in_the_trail(two, meeting):
    said = criticise(meeting, two[0], two[1], content="脾气急")
    promise(meeting, two[0], item="改脾气")
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM activities_criticism")
        assert "脾气" not in cursor.fetchone()[0]
    assert Criticism.objects.get(pk=said.pk).content == "脾气急"
    assert "脾气" not in str(list(AuditEntry.objects.values_list("changes", "label")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "mutual", "member": 1}, "相互批评要选批评人"),
        ({"kind": "mutual", "member": 1, "speaker": 1}, "同一个人"),
        ({"kind": "self", "member": 0}, "已经登记过"),
        ({"kind": "mutual", "member": 1, "speaker": 0, "content": ""}, "必填"),
    ],
)
def test_criticism_that_cannot_be(client, office, two, meeting, fill_in, text_of, fields, words):
    criticise(meeting, two[0])
    given = {"content": "话", **fields} | {n: two[fields[n]].pk for n in ("member", "speaker") if n in fields}
    page = fill_in(f"{reverse('activities:criticism-create')}?activity={meeting.pk}", **given)
    assert words in text_of(page)
    assert Criticism.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"deadline": "2026-07-31"}, "整改时限早于组织生活会"),
        ({"deadline": "2026-10-01", "done_on": "2026-07-31"}, "完成日期早于"),
        ({"deadline": "2026-10-01", "done_on": "2099-01-01"}, "还没有到"),
        ({"deadline": "2026-10-01", "item": "补交学习笔记"}, "已经登记过"),
    ],
)
def test_promises_that_cannot_be(client, office, two, meeting, fill_in, text_of, fields, words):
    promise(meeting)
    page = fill_in(f"{reverse('activities:promise-create')}?activity={meeting.pk}", **{"item": "按时开会"} | fields)
    assert words in text_of(page)
    assert Promise.objects.count() == 1


def test_the_database_refuses_it_too(two, meeting):
    promise(meeting)
    criticise(meeting, two[0])
    for wrong in (
        lambda: promise(meeting),
        lambda: criticise(meeting, two[0]),
        lambda: criticise(meeting, two[0], two[0]),
        lambda: criticise(meeting, two[0], two[1], kind="self"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_it_hangs_on_life_meetings_only(client, place, office, two, text_of):
    lecture = ActivityFactory(organization=place.branch, kind="lecture")
    assert client.get(f"{reverse('activities:promise-create')}?activity={lecture.pk}").status_code == 404
    assert "还没有组织生活会" in text_of(client.get(reverse("activities:promise-create")))
    life = life_meeting(place.branch)
    assert f"?activity={life.pk}" in client.get(reverse("activities:promise-create")).content.decode()
    assert "整改承诺" not in text_of(client.get(lecture.get_absolute_url()))


@pytest.mark.parametrize(
    ("role", "reads"), [("office", True), ("community-secretary", True), ("branch-secretary", True), ("leader", False)]
)
def test_leaders_see_counts_only(client, place, two, meeting, text_of, role, reads):
    records = [criticise(meeting, two[0], two[1]), promise(meeting, two[0])]
    posts = {"community-secretary": place.community, "branch-secretary": place.branch}
    sign_in(client, role, posts.get(role, place.committee))
    for record in records:
        assert (client.get(record.get_absolute_url()).status_code == 200) is reads
    for slug in ("criticisms", "promises"):
        assert (client.get(f"/ledgers/{slug}/?period=2026Q3").status_code == 200) is reads
    assert ("补交学习笔记" in text_of(client.get(meeting.get_absolute_url()))) is reads
    assert ("补交学习笔记" in text_of(client.get(two[0].get_absolute_url()))) is reads
    panel = client.get(f"{place.branch.get_absolute_url()}?period=2026Q3&choose=1").content.decode()
    assert "整改承诺" in panel and ("/ledgers/promises/?" in panel) is reads


def test_another_branch_reads_nothing(client, place, two, meeting):
    records = [criticise(meeting, two[0], two[1]), promise(meeting, two[0])]
    sign_in(client, "branch-secretary", place.branches[1])
    assert {client.get(record.get_absolute_url()).status_code for record in records} == {404}
    assert client.get(f"{reverse('activities:promise-create')}?activity={meeting.pk}").status_code == 404


def test_it_is_changed_and_deleted(client, office, two, meeting, fill_in, text_of):
    held = promise(meeting, two[0])
    assert "已超期" in text_of(client.get(held.get_absolute_url()))
    fill_in(reverse("activities:promise-edit", args=[held.pk]), done_on="2026-10-08", result="交了")
    held.refresh_from_db()
    assert (held.done_on, held.result, held.owner) == (date(2026, 10, 8), "交了", two[0])
    assert facts.of(two[0].branch, Q3)["life.promises_done"] == 1
    client.post(reverse("activities:promise-delete", args=[held.pk]))
    assert not Promise.objects.exists()


def test_a_draft_is_deleted_with_what_hangs_on_it(client, place, office, two):
    draft = life_meeting(place.branch, status="draft")
    promise(draft, two[0])
    client.post(reverse("activities:delete", args=[draft.pk]))
    assert not Promise.objects.exists()


SHEETS = {
    "criticisms": (
        ("活动编号", "类型", "提出人", "被批评人", "意见"),
        ["SH-1", "互相批评", "张三", "李四", "发言少"],
        ["SH-1", "自我批评", "", "张三", "学习少"],
    ),
    "promises": (
        ("活动编号", "责任人", "整改事项", "整改期限", "完成时间"),
        ["SH-1", "李四", "发言", "2026.12.1", ""],
        ["SH-1", "", "改时间", "2026年9月", "2026-09-02"],
    ),
}
WRONG = {
    "criticisms": {
        "没有这个编号": ["SH-9", "自我批评", "", "张三", "话"],
        "没有这个人": ["SH-1", "相互批评", "王五", "李四", "话"],
        "要写明批评人": ["SH-1", "相互批评", "", "李四", "话"],
        "是同一个人": ["SH-1", "相互批评", "李四", "李四", "话"],
    },
    "promises": {
        "没有这个编号": ["SH-9", "李四", "发言", "2026-12-01", ""],
        "本支部的花名册里没有": ["SH-1", "王五", "发言", "2026-12-01", ""],
        "早于组织生活会": ["SH-1", "李四", "学习", "2026-07-01", ""],
    },
}


@pytest.mark.parametrize("slug", SHEETS)
def test_a_sheet_is_taken_in_and_twice_changes_nothing(office, two, meeting, slug):
    analysis = take_in(slug, office, *SHEETS[slug])
    assert dict(analysis.counts) == {"new": 2}, messages(analysis)
    assert take_in(slug, office, *SHEETS[slug]).counts["same"] == 2
    analysis = take_in(slug, office, SHEETS[slug][0], *WRONG[slug].values())
    assert analysis.counts["wrong"] == len(WRONG[slug])
    for told, words in zip(messages(analysis).values(), WRONG[slug], strict=True):
        assert words in told


def test_a_changed_row_changes_the_record(office, two, meeting):
    take_in("promises", office, *SHEETS["promises"])
    row = ["SH-1", "李四", "发言", "2026.12.1", "2026-10-01"]
    assert take_in("promises", office, SHEETS["promises"][0], row).counts["changed"] == 1
    assert Promise.objects.get(owner=two[1]).done_on == date(2026, 10, 1)


@pytest.mark.parametrize("slug", SHEETS)
@pytest.mark.parametrize("clear", [False, True])
def test_export_then_import_changes_nothing(place, office, two, meeting, slug, clear):
    twin = MemberFactory(branch=place.branch, name="张三")
    for member in (*two, twin):
        criticise(meeting, member)
        promise(meeting, member, done_on=date(2026, 9, 1), result="好")
    criticise(meeting, two[1], twin)
    criticise(meeting, two[1], two[0])
    promise(meeting)
    analysis = take_in_file(slug, office, export(slug, office, clear=clear))
    assert set(analysis.counts) == {"same"}, messages(analysis)


def promised(organization, user, today):
    """Return what the workbench says of promises."""
    return [todo for todo in todos_of(organization, user, today) if "承诺" in todo.text]


@pytest.mark.parametrize(("today", "words"), [(date(2026, 10, 2), "超期"), (date(2026, 9, 24), "7 天内到期")])
def test_the_workbench_tells_of_late_and_due_promises(place, office, two, meeting, today, words):
    promise(meeting, two[0])
    promise(meeting, two[1], done_on=date(2026, 9, 1))
    (todo,) = promised(place.committee, office, today)
    assert words in todo.text and "1 项" in todo.text
    assert promised(place.communities[1], office, today) == []


@pytest.mark.parametrize("today", [date(2026, 9, 23), date(2026, 9, 1)])
def test_what_is_not_due_yet_is_not_told(place, office, two, meeting, today):
    promise(meeting, two[0])
    assert promised(place.committee, office, today) == []


def test_a_merge_moves_them(place, two, meeting):
    criticise(meeting, two[0], two[1])
    promise(meeting, two[1])
    kept = MemberFactory(branch=place.branches[1], id_number=two[1].id_number)
    merge(kept, two[1])
    assert Criticism.objects.get().speaker == kept and Promise.objects.get().owner == kept


def test_the_meetings_page_costs_the_same_for_many(client, place, office, two, meeting):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(meeting.get_absolute_url())
        return len(queries)

    criticise(meeting, *two)
    promise(meeting, two[0])
    cost()
    few = cost()
    for member in MemberFactory.create_batch(20, branch=place.branch):
        criticise(meeting, member, two[0])
        promise(meeting, member)
    assert cost() == few
