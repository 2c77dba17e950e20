from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from members.models import Member
from tests.factories import (
    ActivityFactory,
    AttendanceFactory,
    CommitteeFactory,
    DuesChargeFactory,
    MemberFactory,
    SeatFactory,
    sign_in,
    street,
)

from .conftest import citizen_id

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def member(place):
    return MemberFactory(
        branch=place.branch, name="张三", id_number=citizen_id("19800102", "003"), phone="13912345678",
        joined_on=date(2010, 7, 1), regularised_on=date(2011, 7, 1),
    )  # fmt: skip


@pytest.fixture
def url(member):
    return reverse("members:detail", args=[member.pk])


def attend(member, *states, kind="general", day=TODAY, organization=None, **fields):
    """Let the member be on the roll of one activity for each state."""
    for state in states:
        activity = ActivityFactory(organization=organization or member.branch, kind=kind, date=day, **fields)
        AttendanceFactory(activity=activity, member=member, state=state)


def rows_behind(client, url):
    """Return how many rows the list behind a link counts."""
    return client.get(url).context["page"].paginator.count


def test_it_works(client, office, url, text_of):
    text = text_of(client.get(url))
    assert "张三" in text and "正式党员" in text and "S第1社区第1党支部" in text


def test_numbers_are_masked(client, office, url, member):
    text = client.get(url).content.decode()
    assert member.id_number not in text and "13912345678" not in text and "139****5678" in text


def test_standing_counts_whole_years_since_regularisation(client, office, url, member, text_of):
    years = TODAY.year - 2011 - ((TODAY.month, TODAY.day) < (7, 1))
    assert f"党龄 {years} 年" in text_of(client.get(url))
    Member.objects.filter(pk=member.pk).update(category="probationary", regularised_on=None)
    assert "转正后起算" in text_of(client.get(url))


def test_attendance_counts_meetings_and_each_number_opens_its_rows(client, office, url, member, place):
    attend(member, "present", "late", "leave", "absent")
    attend(member, "present", status="draft")
    attend(member, "present", kind="training")
    part = client.get(url).context["part"]
    this_month, this_year = part.months[-1], part.years[0]
    for attended in (this_month, this_year):
        assert (attended.expected.value, attended.present.value, attended.percent) == (4, 2, 50)
        assert rows_behind(client, attended.expected.url) == 4
        assert rows_behind(client, attended.present.url) == 2
    assert (this_month.state, part.months[0].state) == ("warn", "none")


def test_attendance_counts_what_the_user_may_see(client, place, url, member):
    attend(member, "present")
    attend(member, "present", organization=place.committee)
    sign_in(client, "branch-secretary", place.branch)
    year = client.get(url).context["part"].years[0]
    assert year.expected.value == rows_behind(client, year.expected.url) == 1
    sign_in(client, "leader", place.committee)
    year = client.get(url).context["part"].years[0]
    assert year.expected.value == rows_behind(client, year.expected.url) == 2


def test_numbers_hold_after_the_branch_came_from_elsewhere(client, member, url, place):
    last_year = date(TODAY.year - 1, 3, 1)
    attend(member, "present", day=last_year)
    attend(member, "present", day=TODAY)
    place.branch.move_under(place.communities[1], TODAY.replace(month=1, day=1))
    sign_in(client, "community-secretary", place.communities[1])
    for year in client.get(url).context["part"].years:
        assert year.expected.value == rows_behind(client, year.expected.url)


def test_hours_of_this_year_against_what_is_owed(client, office, url, member, place, text_of):
    attend(member, "present", "absent", kind="training", hours=20)
    part = client.get(url).context["part"]
    assert (part.hours.value, part.hours_required) == (20, 32)
    assert rows_behind(client, part.hours.url) == 1
    assert "还差 12" in text_of(client.get(url))


def test_a_committee_member_owes_more_and_a_probationary_one_nothing(client, office, url, member, place):
    SeatFactory(committee=CommitteeFactory(organization=place.branch), member=member)
    assert client.get(url).context["part"].hours_required == 56
    new = MemberFactory(branch=place.branch, category="probationary")
    assert client.get(new.get_absolute_url()).context["part"].hours_required is None


def test_faults_are_shown_with_what_to_do(client, office, url, member, place, text_of):
    Member.objects.filter(pk=member.pk).update(birth_date=date(1981, 1, 1), regularised_on=date(2010, 12, 1))
    twin = MemberFactory(branch=place.branches[3], id_number=member.id_number)
    response = client.get(url)
    text = text_of(response)
    assert "出生日期与身份证号不一致：身份证号上是 1980-01-02" in text
    assert "不早于 2011-07-01" in text
    assert "对照入党志愿书" in text
    assert f'href="{twin.get_absolute_url()}"' in response.content.decode()


def test_a_twin_out_of_sight_is_not_told_of(client, secretary, url, member, place, text_of):
    MemberFactory(branch=place.branches[3], id_number=member.id_number)
    assert "同一个身份证号" not in text_of(client.get(url))


def test_the_timeline_tells_what_happened_the_latest_first(client, office, url, member, place):
    with acting_as(office):
        held = Member.objects.get(pk=member.pk)
        held.employment, held.phone = "retired", "13800000000"
        held.amend(date(2026, 6, 1))
        held.branch = place.branches[1]
        held.amend(date(2026, 7, 1))
    SeatFactory(committee=CommitteeFactory(organization=place.branch), member=member, post="publicity")
    moments = client.get(url).context["moments"]
    told = [(str(m.day), m.title, m.detail) for m in moments]
    assert [m.day for m in moments] == sorted((m.day for m in moments), reverse=True)
    assert ("2026-07-01", "支部间调整", "由S第1社区第1党支部调整到S第1社区第2党支部") in told
    assert ("2026-06-01", "状态变动", "在职 → 离退休") in told
    assert ("2025-03-01", "当选", "S第1社区第1党支部第一届宣传委员") in told
    assert ("2011-07-01", "转正", "成为正式党员，党龄从这天算起") in told
    words = " ".join(m.detail for m in moments if m.title == "修改")
    assert "就业状态：在职 → 离退休" in words
    assert "手机号码（已更改，不显示）" in words and "13800000000" not in words
    assert "S第1社区第1党支部 → S第1社区第2党支部" in words


def test_one_who_left_is_shown_with_the_way_back(client, office, url, member, text_of):
    member.leave("transferred", date(2026, 5, 1))
    text = text_of(client.get(url))
    assert "2026-05-01 转出" in text and "恢复到登记册" in text and "调整支部" not in text


@pytest.mark.parametrize(
    ("role", "edit", "reveal"),
    [("leader", False, False), ("branch-secretary", True, False), ("community-secretary", True, True)],
)
def test_what_a_role_may_not_do_is_not_shown(client, place, url, role, edit, reveal):
    organization = {"leader": place.committee, "branch-secretary": place.branch}.get(role, place.community)
    sign_in(client, role, organization)
    html = client.get(url).content.decode()
    assert ("/edit/" in html) is edit
    assert ("/reveal/" in html) is reveal


def test_elsewhere_is_not_found(client, url):
    sign_in(client, "office", street(code="T").committee)
    assert client.get(url).status_code == 404


def test_a_very_long_name_does_not_hurt(client, office, place):
    long = MemberFactory(branch=place.branch, name="欧" * 60, workplace="单" * 120)
    assert client.get(long.get_absolute_url()).status_code == 200


def test_as_many_queries_for_much_as_for_little(client, office, url, member):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(url)
        return len(caught)

    attend(member, *["present"] * 20)
    client.get(url)
    few = queries()
    attend(member, *["present"] * 180)
    for day in range(1, 21):
        held = Member.objects.get(pk=member.pk)
        held.employment = "retired" if day % 2 else "in-service"
        held.amend(date(2026, 3, day))
    assert queries() == few <= 53


def test_the_timeline_tells_of_dues_by_year(client, office, url, member):
    for month in (1, 2):
        DuesChargeFactory(member=member, month=date(2025, month, 1), due=10, paid=10)
    DuesChargeFactory(member=member, month=date(2026, 1, 1), due=10, paid=0)
    DuesChargeFactory(member=member, month=date(2026, 2, 1), due=10, paid=10, late_reason="补交")
    held = Member.objects.get(pk=member.pk)
    held.dues_base = 4000
    held.amend(date(2026, 5, 1))
    moments = client.get(url).context["moments"]
    told = {(str(m.day), m.title): m for m in moments}
    assert told["2025-12-31", "2025年缴纳党费"].detail == "应缴 20.00 元，实缴 20.00 元"
    (running,) = [moment for (_, title), moment in told.items() if title == "2026年缴纳党费"]
    assert running.detail == "应缴 20.00 元，实缴 10.00 元，1 个月没有缴清"
    assert "原因：补交" in told["2026-02-28", "封账后补录党费"].detail
    assert told["2026-05-01", "党费基数调整"].detail == "未填 → 4000.00 元"
    assert client.get(told["2025-12-31", "2025年缴纳党费"].url).status_code == 200


def test_dues_of_many_years_cost_no_more(client, office, url, member):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            client.get(url)
        return len(caught)

    DuesChargeFactory(member=member, month=date(2026, 1, 1))
    client.get(url)
    few = queries()
    for year in range(2015, 2026):
        DuesChargeFactory(member=member, month=date(year, 1, 1), late_reason="补录")
    assert queries() == few
