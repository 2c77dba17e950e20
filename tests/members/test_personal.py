"""Talks, major matters, honours and sanctions, achievements: ledgers in and out, pages, and who may read what."""

import io
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from ledgers import exporting, facts, importing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from members.models import Honor, Talk
from reports.workbench import Day
from tests.factories import MemberFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

from .people import achievement, honor, matter, sanction, talk

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
CODES = ("talks.held", "talks.heart", "matters.reported", "honors.granted", "honors.sanctions", "achievements.recorded")


@pytest.fixture
def two(place):
    return [MemberFactory(branch=place.branch, name=name) for name in ("张三", "李四")]


def load(user, slug, data):
    batch, match = importing.open_batch(ledgers.get(slug), data, "表.xlsx", user, None)
    batch.save()
    analysis = importing.preview(batch, match)
    importing.apply(batch)
    return analysis


def messages(analysis):
    return [error.message for _, error in analysis.errors]


def every_kind(one, other):
    return [talk(one, other), matter(other), honor(other), sanction(other), achievement(other)]


def test_it_works(place, two):
    every_kind(*two)
    talk(*two, kind="reminder")
    numbers = facts.of(place.committee, Q3)
    assert [numbers[code] for code in CODES] == [2, 1, 1, 1, 1, 1]
    assert not any(facts.of(place.communities[1], Q3)[code] for code in CODES)


def test_a_record_stays_with_the_branch_of_its_day(place, two):
    honor(two[1])
    two[1].branch = place.branches[2]
    two[1].amend(date(2026, 9, 1))
    assert facts.of(place.branch, Q3)["honors.granted"] == 1
    assert facts.of(place.branches[2], Q3)["honors.granted"] == 0


def test_what_cannot_be_is_refused_by_the_database(two):
    for wrong in (
        lambda: talk(two[0], two[0]),
        lambda: talk(*two, followed_up_on=date(2026, 8, 4)),
        lambda: sanction(two[0], ends_on=date(2026, 8, 6)),
        lambda: Honor(organization=two[0].branch, date=date(2026, 8, 1), nature="sanction", title="警告").record(),
        lambda: matter(two[0], answered_on=date(2026, 8, 6)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_what_was_said_is_encrypted_and_never_in_the_trail(two):
    said = talk(*two, content="家里有困难")
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM members_talk")
        assert "困难" not in cursor.fetchone()[0]
    assert Talk.objects.get(pk=said.pk).content == "家里有困难"
    assert "困难" not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


# ledgers


SHEETS = {
    "talks": (
        ("谈话时间", "支部", "类型", "谈话人", "谈话对象", "谈话内容"),
        ["2026.8.5", "{branch}", "谈心", "张三", "李四", "家里有困难"],
    ),
    "matters": (("报告时间", "党支部", "报告人", "报告事项"), ["2026.8.5", "{branch}", "李四", "因私出国"]),
    "honors": (
        ("表彰时间", "党支部", "姓名", "类别", "荣誉名称", "级别"),
        ["2026.8.5", "{branch}", "李四", "表彰", "优秀共产党员", "区"],
    ),
    "achievements": (
        ("时间", "党支部", "姓名", "类别", "主要实绩"),
        ["2026.8.5", "{branch}", "李四", "民生", "装电梯"],
    ),
}


@pytest.mark.parametrize("slug", SHEETS)
def test_a_sheet_is_taken_in_and_twice_changes_nothing(place, office, two, slug):
    headers, row = SHEETS[slug]
    row = [cell.format(branch=place.branch.name) for cell in row]
    sheet = xlsx(headers, row, [cell.replace("李四", "无此人") for cell in row], [row[0], "没有的支部", *row[2:]])
    analysis = load(office, slug, sheet)
    assert dict(analysis.counts) == {"new": 1, "wrong": 2}, messages(analysis)
    record = ledgers.get(slug).model.objects.get()
    assert record.member == two[1]
    assert (record.organization, record.date) == (place.branch, date(2026, 8, 5))
    assert load(office, slug, sheet).counts["same"] == 1
    if slug == "talks":
        assert (record.talker, record.content) == (two[0], "家里有困难")


@pytest.mark.parametrize("slug", SHEETS)
@pytest.mark.parametrize("clear", [False, True])
def test_export_then_import_changes_nothing(place, office, two, slug, clear):
    for day in (date(2026, 8, 1), date(2026, 9, 30)):
        talk(*two, day=day, follow_up="回访", follow_up_by=date(2026, 10, 9))
        matter(two[1], day=day, opinion="同意")
        honor(two[1], day=day)
        sanction(two[0], day=day)
        achievement(two[1], day=day)
    Honor(organization=place.branch, date=date(2026, 7, 1), nature="honor", title="先进支部").record()
    sheet = io.BytesIO()
    rows = exporting.export(ledgers.get(slug), Query(place.committee, Q3), office, sheet, clear=clear)
    analysis = load(office, slug, sheet.getvalue())
    assert dict(analysis.counts) == {"same": rows}, messages(analysis)


def test_an_export_hides_what_was_said_unless_in_clear(place, office, two):
    talk(*two, content="家里有困难")
    ledger = ledgers.get("talks")
    rows = ledger.rows(Query(place.committee, Q3), office)
    assert "家里有困难" not in str(list(ledger.table(rows, ledger.columns)))
    assert "家里有困难" in str(list(ledger.table(rows, ledger.columns, clear=True)))


def test_namesakes_are_told_apart_by_id(place, office, two):
    twin = MemberFactory(branch=place.branch, name="李四")
    headers, row = (
        ("日期", "支部", "姓名", "类别", "名称", "身份证号"),
        ["2026-08-05", place.branch.code, "李四", "奖", "好人"],
    )
    assert "2 名党员叫这个名字" in messages(load(office, "honors", xlsx(headers, [*row, ""])))[0]
    load(office, "honors", xlsx(headers, [*row, twin.id_number]))
    assert Honor.objects.get().member == twin
    (told,) = messages(load(office, "honors", xlsx(headers, [*row[:2], "王五", *row[3:], twin.id_number])))
    assert "不是同一名党员" in told


def test_days_that_cannot_be_are_wrong_cells(place, office, two):
    headers = ("日期", "支部", "类型", "谈话人", "谈话对象", "办结日期")
    row = [place.branch.name, "谈心谈话", "张三", "李四"]
    assert "之后" in messages(load(office, "talks", xlsx(headers, ["2099-01-01", *row, ""])))[0]
    assert "不能早于" in messages(load(office, "talks", xlsx(headers, ["2026-08-05", *row, "2026-08-04"])))[0]
    row[2] = "李四"
    assert "同一个人" in messages(load(office, "talks", xlsx(headers, ["2026-08-05", *row, ""])))[0]


# pages


def test_a_talk_is_entered_from_the_members_page(client, place, secretary, two, fill_in, text_of):
    url = f"{reverse('members:talk-create')}?member={two[1].pk}"
    answer = fill_in(url, date="2026-08-05", talker=two[0].pk, content="谈工作", kind="heart")
    said = Talk.objects.get()
    assert (said.talker_name, said.member, said.organization) == ("张三", two[1], place.branch)
    text = text_of(client.get(answer.url))
    assert "谈工作" in text and "张三" in text
    assert "张三同李四谈话" in text_of(client.get(two[1].get_absolute_url()))


def test_a_talker_may_be_nobody_of_the_register_but_must_be_somebody(two, office, fill_in):
    url = f"{reverse('members:talk-create')}?member={two[1].pk}"
    assert "请选择谈话人" in fill_in(url, date="2026-08-05").content.decode()
    assert "同一个人" in fill_in(url, date="2026-08-05", talker=two[1].pk).content.decode()
    fill_in(url, date="2026-08-05", talker_name="王 主任")
    assert Talk.objects.get().talker_name == "王主任"
    assert "已经登记过" in fill_in(url, date="2026-08-05", talker_name="王主任").content.decode()


def test_each_kind_is_entered_changed_and_deleted(client, two, office, fill_in):
    member = two[1]
    entered = {
        "matter": {"kind": "abroad", "content": "探亲"},
        "honor": {"nature": "honor", "title": "优秀共产党员"},
        "achievement": {"area": "livelihood", "title": "装电梯"},
    }
    for name, values in entered.items():
        answer = fill_in(f"{reverse(f'members:{name}-create')}?member={member.pk}", date="2026-08-05", **values)
        assert answer.status_code == 302, name
        pk = int(answer.url.rstrip("/").rsplit("/", 1)[1])
        fill_in(reverse(f"members:{name}-edit", args=[pk]), date="2026-08-06")
        assert "2026-08-06" in client.get(answer.url).content.decode()
        client.post(reverse(f"members:{name}-delete", args=[pk]))
        assert client.get(answer.url).status_code == 404
    assert AuditEntry.objects.filter(action="delete").count() == 3


def test_two_people_on_one_record(client, two, office, fill_in):
    record = achievement(two[1])
    url = reverse("members:achievement-edit", args=[record.pk])
    page = client.get(url)
    record.evidence = "简报第一期"
    record.record()
    sent = {name: page.context["form"].initial.get(name) or "" for name in page.context["form"].fields}
    answer = client.post(url, sent | {"date": "2026-08-08", "evidence": "照片"})
    assert answer.status_code == 200
    assert "简报第一期" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "reads"), [("office", True), ("community-secretary", True), ("branch-secretary", True), ("leader", False)]
)
def test_leaders_see_counts_only(client, place, two, text_of, role, reads):
    said, reported, given, imposed, done = every_kind(*two)
    posts = {"community-secretary": place.community, "branch-secretary": place.branch}
    sign_in(client, role, posts.get(role, place.committee))
    for record in (said, reported, imposed):
        assert (client.get(record.get_absolute_url()).status_code == 200) is reads, record
    for record in (given, done):
        assert client.get(record.get_absolute_url()).status_code == 200
    for slug in ("talks", "matters"):
        assert (client.get(f"/ledgers/{slug}/?period=2026Q3").status_code == 200) is reads
    page = text_of(client.get("/ledgers/honors/?period=2026Q3"))
    assert "优秀共产党员" in page and ("党内警告" in page) is reads
    page = text_of(client.get(two[1].get_absolute_url()))
    assert "优秀共产党员" in page and ("党内警告" in page) is reads
    page = client.get(f"{place.branch.get_absolute_url()}?period=2026Q3&choose=1").content.decode()
    assert "惩处" in page and ("/ledgers/talks/" in page) is reads


def test_another_branch_reads_nothing(client, place, two):
    records = every_kind(*two)
    for role, where in (("branch-secretary", place.branches[1]), ("office", street(code="T").committee)):
        sign_in(client, role, where)
        assert {client.get(r.get_absolute_url()).status_code for r in records} == {404}


def test_the_members_page_costs_the_same_for_many_records(client, two, office):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(two[1].get_absolute_url())
        return len(queries)

    for day in range(1, 8):
        for make in (honor, matter, achievement):
            make(two[1], day=date(2026, 7, day))
        talk(*two, day=date(2026, 7, day))
    cost()
    few = cost()
    for day in range(8, 29):
        for make in (honor, matter, achievement):
            make(two[1], day=date(2026, 7, day))
        talk(*two, day=date(2026, 7, day))
    assert cost() == few


@pytest.mark.parametrize(("ahead", "told"), [(7, True), (8, False)])
def test_the_workbench_tells_of_follow_ups_due_within_a_week(place, office, two, ahead, told):
    today = date(2026, 8, 20)
    talk(*two, follow_up="回访", follow_up_by=date(2026, 8, 20 + ahead))
    todos = Day(office, place.committee, Q3, today)._talks()
    assert bool(todos) is told


@pytest.mark.parametrize(
    ("one", "other"), [("honors", "achievements"), ("talks", "matters"), ("checkins", "service-hours")]
)
def test_registers_under_one_line_of_the_menu_link_to_each_other(client, office, one, other):
    for here, there in ((one, other), (other, one)):
        assert f'href="/ledgers/{there}/"' in client.get(f"/ledgers/{here}/").content.decode()


def test_a_leader_is_shown_no_link_to_what_is_closed(client, place):
    sign_in(client, "leader", place.committee)
    assert 'href="/ledgers/talks/"' not in client.get("/ledgers/honors/").content.decode()
