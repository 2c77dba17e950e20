"""Check-ins: the record, the hours behind the fact, the ledger in and out, the pages."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from activities.models import Activity, record_roll
from activities.models.service import SERVED, ServiceLine
from ledgers import exporting, facts, importing
from ledgers import ledger as ledgers
from ledgers.ledger import Query
from ledgers.period import Period
from members.models import CommunityCheckIn, ServiceEntry
from tests.factories import ActivityFactory, MemberFactory, sign_in, street
from tests.ledgers.workbooks import xlsx

from .people import check_in, serve

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")


def volunteer(organization, member, day=date(2026, 8, 10), hours="3", **fields):
    own = {"organization": organization, "kind": "volunteering", "date": day, "hours": Decimal(hours)}
    activity = ActivityFactory(**own | fields)
    record_roll(activity, {member.pk: ("present", "")})
    return activity


def hours(organization, period=Q3):
    return facts.of(organization, period)["checkin.service_hours"]


def load(user, data, slug="checkins", organization=None):
    batch, match = importing.open_batch(ledgers.get(slug), data, "表.xlsx", user, organization)
    batch.save()
    analysis = importing.preview(batch, match)
    importing.apply(batch)
    return analysis


def test_it_works(place):
    member = MemberFactory(branch=place.branch)
    checkin = check_in(place.community, member)
    serve(checkin)
    volunteer(place.community, member)
    numbers = facts.of(place.committee, Q3)
    assert (numbers["checkin.members"], numbers["checkin.service_hours"]) == (1, Decimal("5.5"))
    assert facts.of(place.communities[1], Q3)["checkin.members"] == 0


@pytest.mark.parametrize(("day", "there"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_the_day_on_which_it_ends_is_not_in_it(place, day, there):
    check_in(place.community, end=day)
    assert facts.of(place.community, Q3)["checkin.members"] == there


def test_a_past_quarter_keeps_its_number(place):
    checkin = check_in(place.community)
    before = facts.of(place.community, Q3)
    checkin.end = date(2026, 10, 1)
    checkin.record()
    assert facts.of(place.community, Q3) == before
    assert facts.of(place.community, Period.parse("2026Q4"))["checkin.members"] == 0


def test_hours_come_from_volunteering_of_the_community_and_what_lies_below_it(place):
    member = MemberFactory(branch=place.branch)
    check_in(place.community, member)
    volunteer(place.community, member)
    volunteer(place.branch, member)
    volunteer(place.communities[1], member)
    volunteer(place.committee, member)
    volunteer(place.community, member, kind="theme-day")
    assert hours(place.community) == hours(place.committee) == 6
    assert hours(place.branch) == 3


@pytest.mark.parametrize(
    ("day", "counted"),
    [(date(2026, 6, 30), 0), (date(2026, 7, 1), 3), (date(2026, 8, 31), 3), (date(2026, 9, 1), 0)],
)
def test_hours_count_while_the_check_in_stands(place, day, counted):
    member = MemberFactory(branch=place.branch)
    check_in(place.community, member, end=date(2026, 9, 1))
    volunteer(place.community, member, day)
    assert hours(place.community, Period.parse("2026")) == counted


def test_hours_follow_the_roll_and_the_state_of_the_activity(place):
    member = MemberFactory(branch=place.branch)
    check_in(place.community, member)
    activity = volunteer(place.branch, member)
    assert hours(place.committee) == 3
    record_roll(activity, {member.pk: ("absent", "")})
    assert hours(place.committee) == 0
    record_roll(activity, {member.pk: ("late", "")})
    activity.refresh_from_db()
    assert hours(place.committee) == 3
    activity.send_back("缺记录")
    assert hours(place.committee) == 0


def test_a_check_in_entered_later_finds_the_hours_of_the_branches_below(place):
    member = MemberFactory(branch=place.branch)
    volunteer(place.branch, member)
    assert hours(place.committee) == 0
    check_in(place.community, member)
    assert hours(place.committee) == 3


def test_the_number_of_hours_is_that_of_its_rows(place):
    member = MemberFactory(branch=place.branch)
    serve(check_in(place.community, member))
    volunteer(place.branch, member)
    fact = facts.get("checkin.service_hours")
    rows = fact.register.rows(fact.query(place.committee, Q3), None)
    assert sorted(rows.values_list("source", "hours")) == [("hand", Decimal("2.5")), ("roll", Decimal("3"))]


def test_the_view_is_gone_while_tables_change_and_back_afterwards(place):
    SERVED.drop(plan=["something"])
    assert "activities_serviceline" not in connection.introspection.get_table_list(connection.cursor())
    SERVED.make()
    assert ServiceLine.objects.count() == 0


def test_one_open_check_in_for_each_member(place):
    member = MemberFactory(branch=place.branch)
    check_in(place.community, member, end=date(2026, 7, 20))
    check_in(place.communities[1], member, start=date(2026, 7, 20))
    with pytest.raises(IntegrityError), transaction.atomic():
        check_in(place.community, member, start=date(2026, 8, 1))


# the ledger

HEADERS = ("姓名", "工作单位", "所在党支部", "报到社区", "报到时间", "特长", "岗位", "电话", "身份证号")


def test_a_sheet_is_taken_in_and_twice_changes_nothing(place, office):
    member = MemberFactory(branch=place.branch, name="张三")
    data = xlsx(
        HEADERS,
        [
            "张三",
            "供电公司",
            place.branch.name,
            place.community.name,
            "2026.7.1",
            "水电",
            "便民维修、法律咨询岗，便民维修岗",
            "13900000001",
            "",
        ],
        ["李四", "税务局", "税务局一支部", place.community.code, "2026年7月2日", "", "法律咨询岗", "", ""],
        ["王五", "税务局", "税务局一支部", place.branch.name, "2026-07-02", "", "", "", ""],
    )
    analysis = load(office, data)
    assert (analysis.counts["new"], analysis.counts["wrong"]) == (2, 1)
    (wrong,) = [error.message for _, error in analysis.errors]
    assert "不是社区党委" in wrong
    ours, theirs = CommunityCheckIn.objects.order_by("start")
    assert (ours.member, ours.posts, ours.phone) == (member, ",law,repair,", "13900000001")
    assert (theirs.member, theirs.party_branch, theirs.posts) == (None, "税务局一支部", ",law,")
    assert facts.of(place.committee, Q3)["checkin.members"] == 2
    assert load(office, data).counts["same"] == 2


def test_a_member_is_found_by_id_and_namesakes_are_asked_about(place, office):
    one, _ = MemberFactory(branch=place.branch, name="张三"), MemberFactory(branch=place.branches[1], name="张三")
    row = ["张三", "", "", place.community.name, "2026-07-01", "", "", ""]
    assert load(office, xlsx(HEADERS, [*row, ""])).counts["wrong"] == 1
    load(office, xlsx(HEADERS, [*row, one.id_number]))
    assert CommunityCheckIn.objects.get().member == one


def test_a_second_open_check_in_is_refused(place, office):
    member = MemberFactory(branch=place.branch, name="张三")
    check_in(place.communities[1], member)
    data = xlsx(HEADERS, ["张三", "", place.branch.name, place.community.name, "2026-08-01", "", "", "", ""])
    analysis = load(office, data)
    assert "先结束原来的报到" in next(error.message for _, error in analysis.errors)


def test_export_then_import_changes_nothing(place, office):
    member = MemberFactory(branch=place.branch, name="张三")
    check_in(place.community, member, phone="13900000001", posts=",law,repair,", specialty="法律", workplace="律所")
    check_in(place.community, workplace="税务局", party_branch="一支部", end=date(2026, 12, 1))
    sheet = io.BytesIO()
    exporting.export(ledgers.get("checkins"), Query(place.committee, on=date(2026, 9, 1)), office, sheet)
    analysis = load(office, sheet.getvalue())
    assert dict(analysis.counts) == {"same": 2}, list(analysis.errors)


def test_importing_costs_the_same_for_many_rows(place, office):
    def cost(first: int, number: int) -> int:
        rows = [
            [f"外来{chr(0x4E00 + n)}", "税务局", "一支部", place.community.name, "2026-07-01"]
            for n in range(first, first + number)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert load(office, xlsx(HEADERS[:5], *rows)).counts["new"] == number
        return len(queries)

    assert cost(0, 3) == cost(100, 60)


# the pages


def test_a_check_in_is_entered_shown_and_ended(client, place, office, fill_in, text_of):
    member = MemberFactory(branch=place.branch, name="张三", workplace="供电公司")
    url = f"{reverse('members:checkin-create')}?member={member.pk}"
    answer = fill_in(url, community=place.community.pk, start="2026-07-01", posts=["law", "repair"])
    checkin = CommunityCheckIn.objects.get()
    assert (checkin.member, checkin.name, checkin.workplace, checkin.posts) == (
        member,
        "张三",
        "供电公司",
        ",law,repair,",
    )
    assert "法律咨询岗 便民维修岗" in text_of(client.get(answer.url))
    fill_in(reverse("members:checkin-edit", args=[checkin.pk]), end="2026-08-01")
    checkin.refresh_from_db()
    assert checkin.end == date(2026, 8, 1)


def test_somebody_registered_elsewhere_needs_name_and_unit(place, office, fill_in):
    page = fill_in(reverse("members:checkin-create"), community=place.community.pk, name="")
    assert "请选择党员" in page.content.decode()
    page = fill_in(reverse("members:checkin-create"), community=place.community.pk, name="李四")
    assert "请填工作单位" in page.content.decode()
    fill_in(reverse("members:checkin-create"), community=place.community.pk, name="李四", workplace="税务局")
    assert CommunityCheckIn.objects.get().member is None


def test_a_second_open_check_in_is_refused_on_the_form(place, office, fill_in):
    member = MemberFactory(branch=place.branch)
    check_in(place.communities[1], member)
    page = fill_in(reverse("members:checkin-create"), community=place.community.pk, member=member.pk)
    assert f"已在{place.communities[1].name}报到" in page.content.decode()


def test_hours_are_noted_within_the_check_in(place, office, fill_in):
    checkin = check_in(place.community, end=date(2026, 8, 1))
    url = reverse("members:service-create", args=[checkin.pk])
    for day in ("2026-06-30", "2026-08-01"):
        assert "应在报到期间" in fill_in(url, date=day, hours="2", content="走访").content.decode()
    assert fill_in(url, date="2026-07-31", hours="2", content="走访").status_code == 302
    entry = ServiceEntry.objects.get()
    fill_in(reverse("members:service-edit", args=[entry.pk]), hours="3")
    assert hours(place.community) == 3


def test_the_page_shows_hours_of_both_sources(client, place, office, text_of):
    member = MemberFactory(branch=place.branch)
    checkin = check_in(place.community, member)
    serve(checkin)
    volunteer(place.community, member, topic="清理楼道")
    text = text_of(client.get(checkin.get_absolute_url()))
    assert "共 5.5 小时" in text and "清理楼道" in text and "入户走访" in text


def test_the_page_costs_the_same_for_many_hours(client, place, office):
    checkin = check_in(place.community)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(checkin.get_absolute_url())
        return len(queries)

    serve(checkin)
    cost()
    few = cost()
    for day in range(1, 29):
        serve(checkin, day=date(2026, 9, day))
    assert cost() == few


def test_the_members_branch_sees_where_they_went_and_others_do_not(client, place):
    member = MemberFactory(branch=place.branch)
    checkin = check_in(place.communities[1], member)
    sign_in(client, "branch-secretary", place.branch)
    assert client.get(checkin.get_absolute_url()).status_code == 200
    sign_in(client, "branch-secretary", place.branches[1])
    assert client.get(checkin.get_absolute_url()).status_code == 404
    sign_in(client, "office", street(code="T").committee)
    assert client.get(checkin.get_absolute_url()).status_code == 404
    assert client.get(reverse("members:checkin-edit", args=[checkin.pk])).status_code == 404


def test_a_branch_secretary_may_choose_the_community_above(client, place, secretary):
    page = client.get(reverse("members:checkin-create"))
    assert list(page.context["form"].fields["community"].queryset) == [place.community]


def test_two_people_on_one_record(client, place, office, fill_in):
    checkin = check_in(place.community, workplace="税务局")
    url = reverse("members:checkin-edit", args=[checkin.pk])
    page = client.get(url)
    checkin.specialty = "法律"
    checkin.record()
    sent = {name: page.context["form"].initial.get(name) or "" for name in page.context["form"].fields}
    answer = client.post(url, sent | {"specialty": "医护", "start": "2026-07-01", "end": "", "phone": ""})
    text = answer.content.decode()
    assert answer.status_code == 200 and "法律" in text and "医护" in text


def test_a_check_in_with_hours_is_not_deleted(client, place, office):
    checkin = check_in(place.community)
    serve(checkin)
    url = reverse("members:checkin-delete", args=[checkin.pk])
    client.post(url)
    assert CommunityCheckIn.objects.count() == 1
    ServiceEntry.objects.get().erase()
    client.post(url)
    assert CommunityCheckIn.objects.count() == 0


def test_the_community_page_shows_who_checked_in(client, place, office, text_of):
    check_in(place.community, posts=",law,")
    check_in(place.community, posts=",law,repair,")
    text = text_of(client.get(place.community.get_absolute_url()))
    assert "到社区报到在职党员 2 人" in text and "法律咨询岗 2 人" in text and "便民维修岗 1 人" in text


@pytest.mark.parametrize(("wanted", "count"), [("law", 2), ("repair", 1), ("law,repair", 2), ("care", 0)])
def test_who_claimed_several_posts_is_found_by_each(place, office, wanted, count):
    check_in(place.community, posts=",law,repair,")
    check_in(place.community, posts=",law,")
    check_in(place.community)
    ledger = ledgers.get("checkins")
    assert ledger.rows(Query(place.committee, filters={"post": wanted})).count() == count
    assert ledger.rows(Query(place.committee, filters={"posted": "0"})).count() == 1


def test_a_post_that_does_not_exist_is_a_wrong_cell(place, office):
    row = ["李四", "税务局", "", place.community.name, "2026-07-02", "", "法律咨询岗、治安岗", "", ""]
    (wrong,) = [error for _, error in load(office, xlsx(HEADERS, row)).errors]
    assert wrong.column == "认领岗位" and "治安巡逻岗" in wrong.message


def test_activities_keep_counting_as_what_they_are(place):
    assert Activity.Kind.VOLUNTEERING == "volunteering", "the view of hours names the kind"
    assert set(Activity.Status.counted()) == {"submitted", "confirmed"}
