"""Residents' concerns: the record, its ledger, its pages, facts, R54, the street's own limit, the workbench."""

from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Concern, HandOver
from activities.panels.concerns import waiting_concerns
from assessments import engine
from assessments.models import LocalSetting
from branches.panels.todos import todos_of
from ledgers import facts, undoing, workdays
from ledgers.ledger import Query, get
from ledgers.period import Period
from reports.investigation.building import build
from reports.investigation.outline import DEFAULT, from_plain, to_plain
from tests.activities.heard import make_concern, make_visit, settle
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import sign_in, street, superuser

pytestmark = pytest.mark.django_db

Q3 = Period.parse("2026Q3")
DUE = date(2026, 9, 21)
"""Fifteen working days after 1 September 2026, the Sunday worked instead of a holiday included."""
HEADERS = (
    "反映事项",
    "社区",
    "受理时间",
    "渠道",
    "反映人",
    "联系电话",
    "责任单位",
    "答复时间",
    "办理结果",
    "办结时间",
    "评价",
)


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee, name="李办")


@pytest.fixture
def today(monkeypatch):
    day = date(2026, 9, 18)
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)
    return day


def test_it_works(client, town, office, fill_in, text_of, today):
    url = reverse("activities:concern-create") + f"?organization={town.community.code}"
    response = fill_in(
        url, title="3 号楼楼道灯不亮", resident="王小明", phone="140 0000 1234", received_on="2026-09-01"
    )
    concern = Concern.objects.get()
    assert response.url == concern.get_absolute_url()
    assert (concern.organization, concern.number, concern.due_on) == (town.community, f"SQ{concern.pk:06}", DUE)
    assert AuditEntry.objects.filter(model="activities.concern", action="create").count() == 1
    page = client.get(response.url)
    words = text_of(page)
    assert "还有 2 个工作日" in words
    assert "王**" in words and "140****1234" in words
    assert "王小明" not in page.content.decode() and "14000001234" not in page.content.decode()
    assert facts.of(town.committee, Q3)["concerns.received"] == 1


def test_a_star_in_a_new_concern_is_not_taken_for_a_mask(town, office, fill_in, today):
    url = reverse("activities:concern-create") + f"?organization={town.community.code}"
    fill_in(url, title="电梯停运", resident="王*", address="东风里*号楼", received_on="2026-09-01")
    concern = Concern.objects.get()
    assert (concern.resident, concern.address) == ("王*", "东风里*号楼")
    half = fill_in(url, title="路面积水", phone="140****1234", received_on="2026-09-01")
    assert "phone" in half.context["form"].errors
    assert Concern.objects.count() == 1


def test_who_keeps_one_organisation_is_not_asked_which(client, town, fill_in):
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    url = reverse("activities:concern-create")
    assert '<select name="organization"' not in client.get(url).content.decode()
    fill_in(url, title="停车难")
    assert Concern.objects.get().organization == town.branch


def test_name_phone_and_address_lie_encrypted(town):
    make_concern(town.community, resident="王小明", phone="14000001234", address="东风路 3 号")
    with connection.cursor() as cursor:
        cursor.execute("SELECT resident, phone, address FROM activities_concern")
        stored = cursor.fetchone()
    assert all(value.startswith("v2:") for value in stored)
    entry = AuditEntry.objects.get(model="activities.concern", action="create")
    assert "14000001234" not in str(entry.changes) and "王小明" not in str(entry.changes)


def test_who_may_reveals_it_with_a_trace(client, town, office, text_of):
    concern = make_concern(town.community, resident="王小明", phone="14000001234")
    url = reverse("activities:concern-reveal", args=[concern.pk])
    assert "14000001234" in text_of(client.post(url))
    entry = AuditEntry.objects.get(action="reveal")
    assert (entry.object_id, entry.organization_path) == (str(concern.pk), town.community.path)
    sign_in(client, Role.BRANCH_SECRETARY, town.branch)
    assert client.post(url).status_code == 404


def test_masked_values_come_back_as_they_were(client, town, office, fill_in, text_of):
    concern = make_concern(town.community, resident="王小明", phone="14000001234", address="东风路 3 号")
    edit = reverse("activities:concern-edit", args=[concern.pk])
    fill_in(edit, title="灯坏了")
    concern.refresh_from_db()
    assert (concern.title, concern.resident, concern.phone, concern.address) == (
        "灯坏了", "王小明", "14000001234", "东风路 3 号",
    )  # fmt: skip
    assert "要改请整个重填" in text_of(fill_in(edit, phone="140****9999"))


def test_the_same_phone_leads_to_earlier_concerns(client, town, office, text_of):
    make_concern(town.community, title="水压低", phone="14000001234")
    again = make_concern(town.community, phone="14000001234")
    assert "同一电话反映过" in text_of(client.get(again.get_absolute_url()))
    rows = get("concerns").rows(Query(text="14000001234"), superuser())
    assert rows.count() == 2


def test_it_is_handed_over_answered_and_settled(client, town, office, fill_in, text_of, today):
    concern = make_concern(town.community)
    page = client.get(concern.get_absolute_url())
    client.post(
        reverse("activities:concern-hand-over", args=[concern.pk]),
        shown(page) | {"on": "2026-09-02", "giver": "张三", "taker": "物业公司", "note": "三天内换好"},
    )
    concern.refresh_from_db()
    assert concern.handler == "物业公司"
    answer = reverse("activities:concern-answer", args=[concern.pk])
    assert "早于受理日期" in text_of(fill_in(answer, answered_on="2026-08-31", answer="已换"))
    fill_in(answer, answered_on="2026-09-05", answer="已换灯泡", resolved_on="2026-09-06", satisfaction="satisfied")
    words = text_of(client.get(concern.get_absolute_url()))
    assert "转给物业公司 张三转出；三天内换好" in words
    assert "已办结" in words and "居民评价：满意" in words
    numbers = facts.of(town.committee, Q3)
    assert (numbers["concerns.resolved"], numbers["concerns.satisfied"], numbers["concerns.overdue"]) == (1, 1, 0)
    assert facts.rate("concerns.resolution").of(numbers) == 1


def test_a_step_before_the_concern_came_in_is_refused(client, town, office, text_of):
    concern = make_concern(town.community)
    page = client.get(concern.get_absolute_url())
    fields = shown(page) | {"on": "2026-08-31", "taker": "物业公司"}
    answer = client.post(reverse("activities:concern-hand-over", args=[concern.pk]), fields)
    assert "早于受理日期 2026-09-01" in text_of(answer)
    assert not HandOver.objects.exists()


def test_a_hard_case_goes_up_to_the_street(client, town, fill_in, text_of, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    concern = make_concern(town.community, title="围墙要倒")
    url = reverse("activities:concern-escalate", args=[concern.pk])
    assert "请写明难在哪里" in text_of(fill_in(url))
    fill_in(url, reason="产权单位已撤销")
    user = sign_in(client, Role.OFFICE, town.committee)
    assert [todo.text for todo in todos_of(town.committee, user, today) if todo.word == "上报"] == [
        "1 件上报街道的诉求还没有办结"
    ]
    assert "1 件上报街道的诉求还没有办结" in text_of(client.get("/"))
    concern.refresh_from_db()
    with pytest.raises(ValueError, match="已经在 2026-09-18 上报街道"):
        concern.escalate(today, "再报一次")
    settle(concern, today)
    assert not [todo for todo in todos_of(town.committee, user, today) if todo.word == "上报"]
    assert facts.of(town.community, Q3)["concerns.escalated"] == 1


@pytest.mark.parametrize(("days", "reminded"), [(3, 1), (4, 0), (0, 1), (-1, 0)])
def test_the_workbench_reminds_three_working_days_before(client, town, office, days, reminded):
    concern = make_concern(town.community)
    day = workdays.add_workdays(concern.received_on, 15 - days) if days >= 0 else DUE + timedelta(days=1)
    assert len(list(waiting_concerns(town.community, office, day))) == reminded


@pytest.mark.parametrize(
    ("received", "answered", "on", "overdue"),
    [
        (date(2026, 9, 1), None, "2026-09", 1),
        (date(2026, 9, 1), DUE, "2026-09", 0),
        (date(2026, 9, 1), date(2026, 10, 1), "2026-09", 1),  # answered after the month: it was overdue at its end
        (date(2026, 9, 1), date(2026, 9, 30), "2026-09", 0),
        (date(2026, 9, 1), None, "2026-08", 0),
        (date(2026, 9, 10), None, "2026-09", 0),  # the last day is in October
    ],
)
def test_overdue_is_what_is_open_past_its_last_day(town, received, answered, on, overdue):
    make_concern(town.community, received, answered_on=answered)
    assert facts.of(town.committee, Period.parse(on))["concerns.overdue"] == overdue


@pytest.mark.parametrize(("answered", "broken"), [(DUE, 0), (DUE + timedelta(days=1), 1), (None, 1)])
def test_r54_gives_fifteen_working_days(town, answered, broken):
    make_concern(town.community, answered_on=answered)
    assert len(engine.check(town.committee, Q3, ["R54"])) == broken


def test_r54_is_not_broken_on_the_last_day_and_is_on_the_next(town):
    make_concern(town.community)
    assert engine.check(town.committee, Q3, ["R54"], by=DUE) == []
    (violation,) = engine.check(town.committee, Q3, ["R54"], by=DUE + timedelta(days=1))
    assert (violation.organization, violation.value, violation.required) == (town.community, 1, 0)
    assert violation.detail == "1 件诉求超过期限没有答复"


def test_r54_holds_a_late_answer_against_the_period_in_which_it_was_given(town):
    make_concern(town.community, answered_on=date(2026, 10, 9))
    make_concern(town.community)
    (third,) = engine.check(town.committee, Q3, ["R54"])
    assert third.detail == "2 件诉求超过期限没有答复"
    (fourth,) = engine.check(town.committee, Period.parse("2026-10"), ["R54"])
    assert fourth.detail == "1 件诉求超过期限没有答复，1 件诉求答复超过期限"
    assert [v.value for v in engine.check(town.committee, Period.parse("2026-11"), ["R54"])] == [1]


def test_r54_leads_to_the_rows(client, town, office):
    make_concern(town.community)
    make_concern(town.branch)
    url = engine.get("R54").evidence(town.community, Q3)
    assert 'data-count="1"' in client.get(url).content.decode()


def test_a_street_sets_its_own_limit(client, town, office):
    concern, answered = make_concern(town.community), make_concern(town.community, answered_on=date(2026, 9, 3))
    client.post("/settings/local/", {"answer-days": "5"})
    assert LocalSetting.objects.get().value == 5
    for one in (concern, answered):
        one.refresh_from_db()
    assert (concern.due_on, answered.due_on) == (date(2026, 9, 8), DUE)
    assert make_concern(town.community).due_on == date(2026, 9, 8)
    elsewhere = street(code="T")
    assert make_concern(elsewhere.community).due_on == DUE
    client.post("/settings/local/", {"answer-days": ""})
    concern.refresh_from_db()
    assert concern.due_on == DUE


def test_the_nightly_check_reckons_open_ones_anew(town):
    waiting, answered = make_concern(town.community), make_concern(town.community, answered_on=date(2026, 9, 3))
    Concern.objects.update(due_on=date(2026, 9, 22))  # as reckoned before a holiday was announced
    call_command("sync_findings", stdout=StringIO())
    waiting.refresh_from_db()
    answered.refresh_from_db()
    assert (waiting.due_on, answered.due_on) == (DUE, date(2026, 9, 22))


def test_where_no_holidays_are_known_the_page_says_so(client, town, office, text_of, monkeypatch):
    late = date(workdays.LAST_YEAR, 12, 28)
    monkeypatch.setattr(timezone, "localdate", lambda *args: late)
    page = client.get(make_concern(town.community, late).get_absolute_url())
    assert f"{workdays.LAST_YEAR + 1} 年的节假日安排还没有公布" in text_of(page)


@pytest.mark.parametrize(
    "fields",
    [
        {"answered_on": date(2026, 8, 31)},
        {"resolved_on": date(2026, 9, 3)},
        {"answered_on": date(2026, 9, 4), "resolved_on": date(2026, 9, 3)},
        {"satisfaction": "satisfied"},
        {"escalated_on": date(2026, 8, 31)},
    ],
)
def test_the_database_refuses_what_cannot_be(town, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_concern(town.community, **fields)


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("activities:concern-edit", args=[make_concern(town.community, phone="14000001234").pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"phone": "14000005555"})
    page = client.post(edit, other | {"title": "乙"})
    words = text_of(page)
    assert "李办刚刚修改了这条记录" in words
    assert "14000005555" not in words


def test_pressed_twice_it_is_one(client, town, office):
    url = reverse("activities:concern-create") + f"?organization={town.community.code}"
    typed = shown(client.get(url)) | {"title": "甲"}
    assert client.post(url, typed).url == client.post(url, typed).url
    assert Concern.objects.count() == 1


def test_out_of_scope_is_not_there(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    other = make_concern(town.communities[1])
    for name in ("concern", "concern-edit", "concern-answer", "concern-escalate"):
        assert client.get(reverse(f"activities:{name}", args=[other.pk])).status_code == 404
    for name in ("concern-delete", "concern-hand-over", "concern-reveal"):
        assert client.post(reverse(f"activities:{name}", args=[other.pk])).status_code == 404
    foreign = make_visit(town.communities[1])
    assert client.get(reverse("activities:concern-create") + f"?visit={foreign.pk}").status_code == 404


def test_a_leader_reads_and_changes_nothing(client, town, text_of):
    sign_in(client, Role.LEADER, town.committee)
    concern = make_concern(town.community, phone="14000001234")
    words = text_of(client.get(concern.get_absolute_url()))
    assert "编辑" not in words and "查看完整信息" not in words
    assert client.get(reverse("activities:concern-edit", args=[concern.pk])).status_code == 404


def test_it_is_deleted_with_its_trace(client, town, office):
    concern = make_concern(town.community)
    concern.escalate(date(2026, 9, 2), "难")
    assert client.post(reverse("activities:concern-delete", args=[concern.pk])).status_code == 302
    assert not Concern.objects.exists() and not HandOver.objects.exists()
    assert AuditEntry.objects.filter(model="activities.concern", action="delete").count() == 1
    assert facts.of(town.committee, Q3)["concerns.received"] == 0


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    rows = [
        HEADERS,
        ["楼道灯不亮", town.community.name, "2026.9.1", "来电", "王小明", "14000001234", "物业", "", "", "", ""],
        ["停车难", town.branch.code, "2026年9月2日", "入户走访", "", "", "", "", "已划线", "2026-09-08", "很满意"],
    ]
    assert take_in("concerns", user, *rows).counts == {"new": 2}
    assert take_in("concerns", user, *rows).counts == {"same": 2}
    assert take_in_file("concerns", user, export("concerns", user)).counts == {"same": 2}
    assert take_in_file("concerns", user, export("concerns", user, clear=True)).counts == {"same": 2}
    lamp, parking = Concern.objects.order_by("received_on")
    assert (lamp.phone, lamp.due_on, lamp.source) == ("14000001234", DUE, "phone")
    assert Concern.objects.filter(phone_index=lamp.phone_index).count() == 1
    assert (parking.answered_on, parking.resolved_on) == (date(2026, 9, 8), date(2026, 9, 8))
    numbers = facts.of(town.committee, Q3)
    assert (numbers["concerns.received"], numbers["concerns.resolved"]) == (2, 1)


def test_what_was_entered_by_hand_goes_out_and_comes_back(town):
    user = superuser()
    concern = make_concern(town.community, resident="王小明", phone="14000001234", address="东风路", content="第二次了")
    concern.escalate(date(2026, 9, 3), "物业不管")
    settle(make_concern(town.community), date(2026, 9, 10), "fair")
    masked = load_workbook(BytesIO(export("concerns", user))).active
    assert "14000001234" not in str([[c.value for c in row] for row in masked.iter_rows()])
    assert take_in_file("concerns", user, export("concerns", user)).counts == {"same": 2}
    moved = [(*HEADERS[:3], "编号"), ["改了说法", town.community.code, "2026-09-01", concern.number]]
    assert take_in("concerns", user, *moved).counts == {"changed": 1}
    concern.refresh_from_db()
    assert (concern.title, concern.phone) == ("改了说法", "14000001234")


def test_hand_overs_round_trip(town):
    user, concern = superuser(), make_concern(town.community)
    concern.hand_over(HandOver(on=date(2026, 9, 2), giver="李办", taker="物业公司", note="三天内回话"))
    concern.escalate(date(2026, 9, 5), "物业不管")
    assert take_in_file("concern-steps", user, export("concern-steps", user)).counts == {"same": 2}
    assert take_in_file("concern-steps", user, export("concern-steps", user, clear=True)).counts == {"same": 2}
    header = ("诉求编号", "社区", "转办时间", "交办人", "承办单位")
    rows = [
        [concern.number, town.community.code, "2026.9.9", "张办", "区住建局"],
        [concern.number, town.community.code, "2026-8-1", "张办", "区城管局"],
        ["SQ9", town.community.code, "2026-9-9", "张办", "区城管局"],
    ]
    analysis = take_in("concern-steps", user, header, *rows)
    assert set(messages(analysis)) == {3, 4}
    concern.refresh_from_db()
    assert (concern.handler, concern.steps.count()) == ("区住建局", 3)
    undoing.undo(analysis.batch, user)
    concern.refresh_from_db()
    assert (concern.handler, concern.steps.count()) == ("物业公司", 2)


def test_an_import_says_what_is_wrong_and_can_be_taken_back(town):
    user = superuser()
    analysis = take_in(
        "concerns",
        user,
        HEADERS,
        ["甲", town.community.code, "2026-09-02", "", "", "", "", "2026-09-01", "", "", ""],
        ["乙", town.community.code, "2026-09-02", "", "", "", "", "", "", "", "满意"],
        ["丙", town.community.code, "2099-01-01", "", "", "", "", "", "", "", ""],
        ["丁", town.community.code, "2026-09-02", "", "", "12345", "", "", "", "", ""],
        ["戊", town.community.code, "2026-09-02", "", "", "", "", "", "", "", ""],
    )
    found = messages(analysis)
    assert set(found) == {2, 3, 4, 5}
    assert "早于受理日期" in found[2] and "请填答复日期" in found[3] and "还没有到" in found[4]
    assert Concern.objects.get().title == "戊"
    undoing.undo(analysis.batch, user)
    assert not Concern.objects.exists()


def test_the_command_line_exports_what_came_in_in_the_period(town):
    make_concern(town.community, date(2026, 6, 30))
    make_concern(town.community, date(2026, 7, 1))
    ledger = get("concerns")
    assert ledger.rows(ledger.query({"period": "2026Q3"}, strict=True)).count() == 1
    assert ledger.rows(ledger.query({}, strict=True)).count() == 2


def test_the_list_costs_the_same_for_many(client, town, office):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    concern = make_concern(town.community, phone="14000001234")
    pages = (
        "/ledgers/concerns/?period=2026Q3&per=100",
        concern.get_absolute_url(),
        town.committee.get_absolute_url(),
        "/",
    )
    few = [cost(url) for url in pages]
    for number in range(30):
        make_concern(town.community, date(2026, 9, 1), phone="14000001234", handler=f"物业{number}")
    assert [cost(url) for url in pages] == few


def test_the_organisations_page_shows_what_waits(client, town, office, text_of, today):
    make_concern(town.branch, title="围墙开裂")
    words = text_of(client.get(town.community.get_absolute_url()))
    assert "群众诉求 2026年第三季度 受理群众诉求 1 件" in words
    assert "待答复 围墙开裂" in words


def told(town):
    """What the report says of concerns where the outline has that point."""
    plain = to_plain(DEFAULT)
    plain["sections"][1]["entries"][2]["entries"].append({"kind": "point", "key": "concerns", "title": "办好群众诉求"})
    report = build(town.committee, Q3, outline=from_plain(plain))
    return next(s.text for s in report.statements() if s.key == "point.concerns")


def test_what_falls_due_later_in_a_running_quarter_is_not_called_overdue(client, town, office, text_of, today):
    make_concern(town.community)
    words = text_of(client.get(f"{town.community.get_absolute_url()}?period=2026Q3"))
    assert "超期未答复 0 件" in words
    assert "受理群众诉求1件" in told(town)
    assert "超期" not in told(town)


def test_the_report_tells_of_them(town):
    settle(make_concern(town.communities[0]), date(2026, 9, 10), "satisfied")
    make_concern(town.communities[1])
    assert "受理群众诉求2件，办结1件，办结率50.0%，超期未答复1件。居民作出评价1件，满意率100.0%。" in told(town)
    report = build(town.committee, Q3, length="full")
    problem = next(s for s in report.statements() if s.key == "problem.R54")
    assert problem.text.startswith("群众诉求答复不及时。1件群众诉求超过15个工作日没有答复，涉及")
