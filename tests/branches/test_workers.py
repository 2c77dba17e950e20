"""Party workers: coming and going, pay that not everybody sees, training, who is a member, turnover."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from branches.models import PartyWorker, WorkerTraining
from branches.turnover import turnover
from ledgers import facts
from ledgers.period import Period
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.branches.places import make_training, make_worker
from tests.factories import MemberFactory, sign_in, superuser

Q3 = Period.parse("2026Q3")
HEADERS = ("社区", "姓名", "岗位", "薪酬档次", "入职日期", "离职日期", "离职原因", "身份证号")


def test_it_works(client, town, office, fill_in, text_of, today):
    response = fill_in(
        reverse("branches:worker-create") + f"?organization={town.community.code}",
        name="王 芳",
        post="officer",
        pay_band="to-5000",
        start="2021-03-01",
        reserve_since="2025-01-01",
    )
    worker = PartyWorker.objects.get()
    assert response.url == worker.get_absolute_url()
    assert (worker.name, worker.member) == ("王芳", None)
    words = text_of(client.get(response.url))
    assert "王芳 党建专干 后备干部" in words
    assert "4001—5000 元" in words
    assert "王芳" in text_of(client.get(town.community.get_absolute_url()))
    counted = facts.of(town.committee, Q3)
    assert (counted["workers.total"], counted["workers.reserve"], counted["workers.left"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"left_on": "2026-01-01"}, "请选离岗原因"),
        ({"left_reason": "resigned"}, "还要填离岗日期"),
        ({"left_on": "2020-01-01", "left_reason": "resigned"}, "应晚于到岗日期"),
        ({"reserve_until": "2026-01-01"}, "请填列为后备干部的日期"),
        ({"name": "老李", "start": "2021-01-01"}, "已有同名的人在岗"),
    ],
)
def test_what_is_wrong_is_said(client, town, office, fill_in, text_of, fields, words):
    make_worker(town.community, "老李")
    given = {"name": "王芳", "post": "clerk", "start": "2020-01-01"} | fields
    page = fill_in(reverse("branches:worker-create") + f"?organization={town.community.code}", **given)
    assert page.status_code == 200
    assert words in text_of(page)
    assert PartyWorker.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"left_on": date(2026, 1, 1)},
        {"left_reason": "resigned"},
        {"reserve_until": date(2026, 1, 1), "reserve_since": date(2026, 1, 1)},
    ],
)
def test_the_database_refuses_it_too(town, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_worker(town.community, **fields)


@pytest.mark.parametrize(
    ("day", "total", "left"),
    [(date(2026, 6, 30), 0, 0), (date(2026, 7, 1), 0, 1), (date(2026, 9, 30), 0, 1), (date(2026, 10, 1), 1, 0)],
)
def test_leaving_counts_on_its_day_and_the_day_no_longer_as_employed(town, day, total, left):
    make_worker(town.community, left_on=day, left_reason="resigned")
    counted = facts.of(town.committee, Q3)
    assert (counted["workers.total"], counted["workers.left"]) == (total, left)


def test_a_namesake_in_the_register_is_asked_for_and_shown_on_the_members_page(client, town, office, fill_in, text_of):
    member = MemberFactory(branch=town.branch, name="王芳")
    url = reverse("branches:worker-create") + f"?organization={town.community.code}"
    given = {"name": "王芳", "post": "clerk", "start": "2020-01-01"}
    page = fill_in(url, **given)
    assert "请选定是不是同一个人" in text_of(page)
    assert not PartyWorker.objects.exists()
    fill_in(url, **given, namesake=str(member.pk))
    worker = PartyWorker.objects.get()
    assert worker.member == member
    words = text_of(client.get(member.get_absolute_url()))
    assert "S第1社区党委党务干事" in words
    assert "任党务工作者" in words
    fill_in(reverse("branches:worker-edit", args=[worker.pk]), namesake="0")
    worker.refresh_from_db()
    assert worker.member is None


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.OFFICE, True), (Role.COMMUNITY_SECRETARY, True), (Role.LEADER, False)]
)
def test_what_somebody_earns_is_not_for_everybody(client, town, text_of, role, sees):
    worker = make_worker(town.community, pay_band="to-5000")
    sign_in(client, role, town.committee)
    assert ("4001—5000 元" in text_of(client.get(worker.get_absolute_url()))) == sees
    listed = client.get("/ledgers/workers/?columns=name&columns=pay_band")
    assert "4001—5000 元" not in text_of(listed)


def test_a_branch_secretary_changes_a_worker_without_touching_the_pay(client, town, secretary, fill_in):
    worker = make_worker(town.branch, pay_band="to-5000")
    fill_in(reverse("branches:worker-edit", args=[worker.pk]), note="请假一周")
    worker.refresh_from_db()
    assert (worker.note, worker.pay_band) == ("请假一周", "to-5000")


def test_trainings_add_up(client, town, office, fill_in, text_of):
    worker = make_worker(town.community)
    url = reverse("branches:training-create", args=[worker.pk])
    assert "学时应大于 0" in text_of(fill_in(url, on="2026-05-01", subject="党务", hours="0"))
    fill_in(url, on="2026-05-01", subject="党务", hours="8")
    training = WorkerTraining.objects.get()
    fill_in(reverse("branches:training-edit", args=[training.pk]), hours="12.5")
    assert "1 次，12.5 学时" in text_of(client.get(worker.get_absolute_url()))
    assert "12.5" in text_of(client.get("/ledgers/workers/"))
    client.post(reverse("branches:training-delete", args=[training.pk]))
    assert not WorkerTraining.objects.exists()


def test_out_of_scope_is_not_there(client, town, secretary):
    other = make_worker(town.branches[1])
    training = make_training(other)
    for name, pk in (
        ("worker", other.pk),
        ("worker-edit", other.pk),
        ("training-create", other.pk),
        ("training-edit", training.pk),
    ):
        assert client.get(reverse(f"branches:{name}", args=[pk])).status_code == 404, name


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    member = MemberFactory(branch=town.branch, name="李四")
    MemberFactory(branch=town.branches[2], name="王五")
    rows = [
        HEADERS,
        [town.community.name, "张三", "专干", "3001—4000 元", "2020.3", "", "", ""],
        [town.community.code, "李四", "书记", "", "2019-01-01", "", "", member.id_number],
        [town.community.code, "王五", "干事", "", "2019-01-01", "2026-08-01", "考走", ""],
    ]
    assert take_in("workers", user, *rows).counts == {"new": 3}
    assert take_in("workers", user, *rows).counts == {"same": 3}
    assert take_in_file("workers", user, export("workers", user, all="1")).counts == {"same": 3}
    assert take_in_file("workers", user, export("workers", user, clear=True, all="1")).counts == {"same": 3}
    held = {worker.name: worker for worker in PartyWorker.objects.all()}
    assert held["张三"].pay_band == "to-4000"
    assert held["李四"].member == member
    assert held["王五"].member is None, "a namesake in another community is somebody else"
    assert held["王五"].left_reason == "recruited"


def test_a_new_worker_is_linked_by_a_name_that_one_member_has(town):
    user = superuser()
    member = MemberFactory(branch=town.branch, name="张三")
    take_in("workers", user, HEADERS[:5], [town.community.code, "张三", "专干", "", "2020-03-01"])
    assert PartyWorker.objects.get().member == member


def test_an_import_says_what_is_wrong(town):
    user = superuser()
    make_worker(town.community, "张三")
    member = MemberFactory(branch=town.branch, name="李四")
    analysis = take_in(
        "workers",
        user,
        HEADERS,
        [town.community.code, "张三", "专干", "", "2021-01-01", "", "", ""],
        [town.community.code, "王五", "专干", "", "2021-01-01", "2022-01-01", "", ""],
        [town.community.code, "赵六", "专干", "", "2021-01-01", "", "", member.id_number],
    )
    found = messages(analysis)
    assert "已登记为 2020-01-01 到岗" in found[2]
    assert "请选离岗原因" in found[3]
    assert "不是同一名党员" in found[4]
    assert PartyWorker.objects.count() == 1


def test_turnover_counts_the_twelve_months_before_the_day(town):
    day = date(2026, 9, 30)
    for number, left in enumerate([None, None, date(2025, 9, 30), date(2025, 10, 1), day, date(2026, 10, 1)]):
        make_worker(town.community, f"工人{number}", left_on=left, left_reason="resigned" if left else "")
    found = turnover(town.committee, day)
    here = found[town.community.pk]
    assert (here.employed, here.lost, str(here.percent())) == (3, 2, "40.0")
    assert found[town.committee.pk].lost == 2
    assert found[town.communities[1].pk].employed == 0


def test_the_board_leads_to_who_left(client, town, office, today, text_of):
    url = reverse("branches:worker-board") + "?period=2026Q3"
    make_worker(town.community, "在岗")
    make_worker(town.community, "走了", left_on=date(2026, 3, 1), left_reason="resigned")
    page = client.get(url)
    assert "S第1社区党委 1 0 0 1 50.0%" in text_of(page)
    rows = client.get(f"/ledgers/workers/?organization={town.community.code}&on=2026-09-30&event=lost")
    words = text_of(rows)
    assert "走了" in words
    assert "共 1 人" in words
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(10):
        make_worker(town.community, f"又{number}")
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(few) == len(many)
