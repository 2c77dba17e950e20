"""Co-building: units, agreements and deeds; their ledgers, facts, rules, pages and what is due."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Agreement, Contribution, PartnerUnit
from assessments import engine
from branches.panels.todos import todos_of
from ledgers import facts, undoing
from ledgers.period import Period
from tests.activities.partners import make_agreement, make_contribution, make_partner
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import ActivityFactory, sign_in, street, superuser

Q1, Q3 = Period.parse("2026Q1"), Period.parse("2026Q3")
YEAR = Period.parse("2026")


@pytest.fixture
def town(db):
    """A street of two communities with two branches each."""
    return street(code="S")


@pytest.fixture
def office(client, town):
    return sign_in(client, Role.OFFICE, town.committee, name="李办")


@pytest.fixture
def today(monkeypatch):
    """Today is 23 November 2026 for the pages."""
    from django.utils import timezone

    day = date(2026, 11, 23)
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)
    return day


def broken(town, rule, period):
    return {v.organization: v.detail for v in engine.check(town.committee, period, [rule])}


def test_it_works(client, town, office, fill_in, text_of, today):
    answer = fill_in(
        reverse("activities:partner-create") + f"?organization={town.community.code}",
        name="实验小学", kind="school", contact="张三", phone="139 1234 5678",
    )  # fmt: skip
    unit = PartnerUnit.objects.get()
    assert answer.url == unit.get_absolute_url()
    assert unit.phone == "13912345678"
    answer = fill_in(
        reverse("activities:agreement-create") + f"?partner={unit.pk}",
        signed_on="2026-02-03", needs="独居老人探访\r\n 夜间停车", projects="四点半课堂",
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    agreement = Agreement.objects.get()
    assert (agreement.organization, agreement.year, agreement.end) == (town.community, 2026, date(2026, 12, 31))
    page = text_of(client.get(answer.url))
    assert "需求清单 2 条 独居老人探访 夜间停车" in page
    assert "还有 38 天到期" in page
    fill_in(
        reverse("activities:contribution-create") + f"?partner={unit.pk}",
        date="2026-09-01", content="开放操场", people="120",
    )  # fmt: skip
    words = text_of(client.get(unit.get_absolute_url()))
    assert "139****5678" in words and "13912345678" not in words
    assert "2026-09-01 实施项目 开放操场" in words
    counted = facts.of(town.committee, Q3)
    assert [counted[f"cobuild.{code}"] for code in ("partners", "agreements", "contributions")] == [1, 1, 1]
    assert AuditEntry.objects.filter(model="activities.agreement", action="create").count() == 1


def test_the_phone_is_shown_once_with_a_trace_and_kept_when_it_comes_back_hidden(
    client, town, office, fill_in, text_of
):
    unit = make_partner(town.community, phone="13912345678")
    assert "13912345678" in text_of(client.post(reverse("activities:partner-reveal", args=[unit.pk])))
    assert AuditEntry.objects.filter(action="reveal", model="activities.partnerunit").count() == 1
    edit = reverse("activities:partner-edit", args=[unit.pk])
    fill_in(edit, contact="李四")
    assert PartnerUnit.objects.get().phone == "13912345678"
    assert "要改请整个重填" in text_of(fill_in(edit, phone="138****5678"))
    sign_in(client, Role.LEADER, town.committee)
    assert client.post(reverse("activities:partner-reveal", args=[unit.pk])).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"end": "2025-12-31"}, "到期日期早于开始日期"),
        ({"year": "2027"}, "年度与协议期限"),
        ({"signed_on": "2027-01-01"}, "签订日期晚于到期日期"),
        ({"signed_on": "2019-12-31"}, "早于这个单位的登记日期"),
        ({"year": "2025", "start": "2025-01-01"}, "这一年度的协议已经登记过"),
    ],
)
def test_what_is_wrong_with_an_agreement_is_said(client, town, office, fill_in, text_of, fields, words):
    unit = make_partner(town.community)
    make_agreement(unit, 2025)
    new = {"year": "2026", "signed_on": "2026-02-01", "start": "2026-01-01", "end": "2026-12-31"}
    page = fill_in(reverse("activities:agreement-create") + f"?partner={unit.pk}", **new | fields)
    assert page.status_code == 200
    assert words in text_of(page)
    assert Agreement.objects.count() == 1


def test_a_renewal_starts_with_the_lists_of_the_last_agreement(client, town, office, fill_in, today):
    unit = make_partner(town.community)
    make_agreement(unit, 2024, needs="操场")
    renew = reverse("activities:agreement-create") + f"?partner={unit.pk}"
    for year in (2026, 2027):
        fill_in(renew)
        made = Agreement.objects.order_by("year").last()
        assert (made.year, made.start, made.end, made.needs) == (year, date(year, 1, 1), date(year, 12, 31), "操场")


def test_the_database_refuses_it_too(town):
    unit = make_partner(town.community)
    for wrong in (
        lambda: make_agreement(unit, end=date(2025, 1, 1)),
        lambda: make_contribution(unit, money=-1),
        lambda: make_partner(town.community, left_on=date(2019, 1, 1)),
        lambda: make_partner(town.community, unit.name),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({}, 1),
        ({"end": date(2026, 9, 30)}, 1),
        ({"end": date(2026, 9, 29)}, 0),
        ({"signed_on": date(2026, 9, 30)}, 1),
        ({"signed_on": date(2026, 10, 1)}, 0),
    ],
)
def test_an_agreement_counts_from_signing_to_its_last_day(town, fields, number):
    make_agreement(make_partner(town.community), **fields)
    counted = facts.of(town.committee, Q3)
    assert (counted["cobuild.agreements"], counted["cobuild.partners"]) == (number, number)


def test_a_unit_that_leaves_takes_its_agreement_along_from_that_day(town):
    unit = make_partner(town.community)
    make_agreement(unit)
    before = facts.of(town.committee, Q3)
    assert before["cobuild.agreements"] == 1
    unit.left_on = date(2026, 10, 1)
    unit.record()
    assert facts.of(town.committee, Q3) == before
    assert facts.of(town.committee, Period.parse("2026-10"))["cobuild.agreements"] == 0


def test_one_unit_in_two_communities_counts_twice(town):
    for community in town.communities:
        make_agreement(make_partner(community, "供电所"))
    assert facts.of(town.committee, Q3)["cobuild.partners"] == 2


@pytest.mark.parametrize(("day", "met"), [(date(2026, 9, 30), True), (date(2026, 10, 1), False)])
def test_a_joint_meeting_belongs_to_its_quarter(town, day, met):
    ActivityFactory(organization=town.committee, kind="work-meeting", date=date(2026, 7, 1))
    ActivityFactory(organization=town.community, kind="joint-meeting", date=day)
    assert (town.community not in broken(town, "R40", Q3)) is met
    assert town.communities[1] in broken(town, "R40", Q3)


def test_a_meeting_of_a_branch_is_not_the_communitys(town):
    ActivityFactory(organization=town.branch, kind="joint-meeting", date=date(2026, 8, 1))
    assert town.community in broken(town, "R40", Q3)


@pytest.mark.parametrize(("signed", "kept"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_an_agreement_is_due_by_the_end_of_march(town, signed, kept):
    make_agreement(make_partner(town.community), signed_on=signed)
    for period in (YEAR, Q1, Period.parse("2026-03")):
        assert (town.community not in broken(town, "R41", period)) is kept
        assert broken(town, "R41", period)[town.communities[1]] == "3月31日没有本年度的共驻共建协议"
    assert town.community not in broken(town, "R41", Q3)
    assert broken(town, "R41", Period.parse("2026-02")) == {}


def test_later_in_the_year_the_agreement_must_still_be_in_force(town):
    make_agreement(make_partner(town.community), end=date(2026, 9, 29))
    assert "9月30日没有生效" in broken(town, "R41", Q3)[town.community]


def test_a_file_registers_units_with_their_agreements_once_and_comes_back(town):
    user = superuser()
    headers = ("社区", "共建单位", "年度", "签订日期", "到期日期", "需求清单", "资源清单")
    rows = [
        headers,
        [town.community.name, "实验小学", 2026, "2026.2.3", "", "托管班\n操场", "教师"],
        [town.community.code, "供电所", "", "2026-03-01", "2027-12-31", "", ""],
        [town.community.code, "供电所", 2025, "2025-03-01", "", "", ""],
    ]
    assert take_in("agreements", user, *rows).counts == {"new": 3}
    assert take_in("agreements", user, *rows).counts == {"same": 3}
    assert PartnerUnit.objects.count() == 2
    one = Agreement.objects.get(partner__name="实验小学")
    assert (one.start, one.end, one.needs) == (date(2026, 1, 1), date(2026, 12, 31), "托管班\n操场")
    assert take_in_file("agreements", user, export("agreements", user, all="1")).counts == {"same": 3}
    assert facts.of(town.committee, Q3)["cobuild.agreements"] == 2


def test_an_import_says_what_is_wrong_and_can_be_taken_back(town):
    user = superuser()
    make_partner(town.community, "实验小学", registered_on=date(2026, 5, 1))
    analysis = take_in(
        "agreements",
        user,
        ("社区", "共建单位", "年度", "签订日期", "开始日期", "到期日期"),
        [town.community.code, "甲", 2026, "2026-02-01", "2026-05-01", "2026-04-01"],
        [town.community.code, "乙", 20226, "2026-02-01", "", ""],
        [town.community.code, "实验小学", 2026, "2026-04-30", "", ""],
        [town.community.code, "丙", 2026, "2026-02-01", "", ""],
        [town.community.code, "丙", 2026, "2026-02-01", "", ""],
    )
    assert set(messages(analysis)) == {2, 3, 4, 6}
    assert PartnerUnit.objects.count() == 2
    undoing.undo(analysis.batch, user)
    assert PartnerUnit.objects.count() == 1
    assert not Agreement.objects.exists()


def test_units_round_trip_with_their_phones_hidden(town):
    user = superuser()
    rows = [
        ("社区", "单位名称", "单位类别", "联系人", "电话"),
        [town.community.code, "派出所", "机关", "王五", "13912345678"],
    ]
    assert take_in("partners", user, *rows).counts == {"new": 1}
    assert take_in_file("partners", user, export("partners", user)).counts == {"same": 1}
    assert take_in_file("partners", user, export("partners", user, clear=True)).counts == {"same": 1}
    assert PartnerUnit.objects.get().phone == "13912345678"


def test_deeds_round_trip_and_need_a_registered_unit(town):
    user = superuser()
    make_partner(town.community, "派出所")
    held = ActivityFactory(organization=town.community, kind="co-building")
    elsewhere = ActivityFactory(organization=town.communities[1], kind="co-building")
    headers = ("社区", "共建单位", "日期", "类别", "内容", "资金", "活动编号")
    rows = [headers, [town.community.code, "派出所", "2026-08-01", "志愿服务", "反诈宣传", "1,500", held.number]]
    assert take_in("contributions", user, *rows).counts == {"new": 1}
    assert take_in("contributions", user, *rows).counts == {"same": 1}
    assert take_in_file("contributions", user, export("contributions", user)).counts == {"same": 1}
    assert Contribution.objects.get().activity == held
    analysis = take_in(
        "contributions",
        user,
        headers,
        [town.community.code, "没有的单位", "2026-08-01", "", "甲", "", ""],
        [town.community.code, "派出所", "2026-08-01", "", "乙", "", elsewhere.number],
        [town.community.code, "派出所", "2099-08-01", "", "丙", "", ""],
    )
    assert set(messages(analysis)) == {2, 3, 4}


def test_what_was_done_shows_on_the_activity_and_the_agreement(client, town, office, fill_in, text_of):
    unit = make_partner(town.community, "派出所")
    agreement = make_agreement(unit)
    held = ActivityFactory(organization=town.community, kind="joint-meeting", date=date(2026, 8, 9))
    page = client.get(held.get_absolute_url())
    assert "共建单位办的实事" in text_of(page)
    url = reverse("activities:contribution-create") + f"?activity={held.pk}"
    assert url in page.content.decode()
    fill_in(url, partner=unit.pk, content="认领巡逻")
    assert (Contribution.objects.get().activity, Contribution.objects.get().date) == (held, held.date)
    assert "派出所 ：认领巡逻" in text_of(client.get(held.get_absolute_url()))
    assert "认领巡逻" in text_of(client.get(agreement.get_absolute_url()))
    assert "共建单位办的实事" not in text_of(client.get(ActivityFactory(organization=town.branch).get_absolute_url()))
    abroad = make_partner(town.communities[1])
    assert "不是" in text_of(fill_in(url, partner=abroad.pk, content="甲"))


def test_a_unit_with_agreements_is_not_deleted(client, town, office, text_of):
    unit = make_partner(town.community)
    agreement = make_agreement(unit)
    answer = client.post(reverse("activities:partner-delete", args=[unit.pk]), follow=True)
    assert "不能删除" in text_of(answer)
    client.post(reverse("activities:agreement-delete", args=[agreement.pk]))
    client.post(reverse("activities:partner-delete", args=[unit.pk]))
    assert not PartnerUnit.objects.exists()


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("activities:agreement-edit", args=[make_agreement(make_partner(town.community)).pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"number": "甲"})
    assert "李办刚刚修改了这条记录" in text_of(client.post(edit, other | {"number": "乙"}))
    assert Agreement.objects.get().number == "甲"


def test_out_of_scope_is_not_there(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    unit = make_partner(town.communities[1])
    agreement = make_agreement(unit)
    for name, pk in (("partner", unit.pk), ("partner-edit", unit.pk), ("agreement", agreement.pk)):
        assert client.get(reverse(f"activities:{name}", args=[pk])).status_code == 404
    form = client.get(reverse("activities:agreement-create") + f"?partner={unit.pk}").context["form"]
    assert list(form.fields["partner"].queryset) == []


def test_the_workbench_says_what_to_renew_and_who_has_not_met(client, town, office, today):
    unit = make_partner(town.community, "派出所")
    make_agreement(unit)
    ActivityFactory(organization=town.communities[1], kind="joint-meeting", date=date(2026, 10, 9))
    lines = [todo.text for todo in todos_of(town.committee, office, today)]
    assert "与派出所的共建协议快到期了，商议续签" in lines
    assert f"{town.community.label}：本季度还没开党建联席会议" in lines
    make_agreement(make_partner(town.community))
    assert any(line.startswith("2 份共建协议") for line in (t.text for t in todos_of(town.committee, office, today)))
    make_agreement(unit, 2027, signed_on=date(2026, 11, 20))
    ActivityFactory(organization=town.community, kind="joint-meeting", date=date(2026, 11, 9))
    lines = [todo.text for todo in todos_of(town.committee, office, today)]
    assert not any("派出所" in line or "联席会议" in line for line in lines)


def test_the_organisations_page_shows_it(client, town, office, text_of, today):
    make_agreement(make_partner(town.community, "派出所"))
    words = text_of(client.get(town.community.get_absolute_url()))
    assert "还有 38 天到期 与派出所的协议 有协议的共建单位 1 家" in words


def test_the_board_leads_to_the_rows_and_costs_the_same_for_many(client, town, office, today, text_of):
    url = reverse("activities:cobuilding") + "?period=2026Q3"
    for community in town.communities:
        make_agreement(make_partner(community))
        ActivityFactory(organization=community, kind="joint-meeting", date=date(2026, 8, 9))
    make_partner(town.community, "还没签的")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        page = client.get(url)
    assert "S第1社区党委 1 1 0 0 0 1 0" in text_of(page)
    assert "没有协议 还没签的" in text_of(page)
    for community in town.communities:
        for _ in range(10):
            make_agreement(make_partner(community), end=date(2026, 11, 1))
            make_partner(community)
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    assert len(few) == len(many)
    assert "看全部" in text_of(page)


def test_a_units_page_costs_the_same_for_many(client, town, office):
    unit = make_partner(town.community)
    url = unit.get_absolute_url()
    held = ActivityFactory(organization=town.community, kind="co-building")

    def cost() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    make_agreement(unit, 2025)
    make_contribution(unit, activity=held)
    few = cost()
    for year in range(2010, 2025):
        make_agreement(unit, year)
        make_contribution(unit, activity=held)
    assert cost() == few
