"""The leadership's dashboard."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from activities.models import record_roll
from assessments.models import Finding
from branches.models import Organization
from ledgers.period import Period
from reports import charts
from reports import dashboard as module
from reports.dashboard import spans
from reports.obligations import DUTIES
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db
PAGE = "/dashboard/"
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: DAY)


@pytest.fixture
def place():
    """Two communities of two branches; the first branch met in the third quarter, with three of four present."""
    made = street()
    ActivityFactory(organization=made.committee, kind="work-meeting", date=date(2026, 4, 1))  # the records begin
    people = [MemberFactory(branch=made.branch, birth_date=date(1960 + 10 * n, 1, 1)) for n in range(4)]
    for kind, days in {
        "general": [date(2026, 8, 3)],
        "lecture": [date(2026, 9, 30)],
        "theme-day": [date(2026, 6, 1), date(2026, 7, 1), date(2026, 9, 1)],
    }.items():
        for day in days:
            activity = ActivityFactory(organization=made.branch, kind=kind, date=day)
            states = ["present", "late", "present", "absent"]
            record_roll(activity, {p.pk: (state, "") for p, state in zip(people, states, strict=True)})
    return made


@pytest.fixture
def leader(client, place):
    return sign_in(client, Role.LEADER, place.committee)


def look(client, **asked):
    page = client.get(PAGE, {"period": "2026Q3"} | asked)
    assert page.status_code == 200
    return page


def links(page):
    """Return (address, text) of every link of the page's body."""
    body = page.content.decode().split("<main", 1)[1]
    return [
        (unescape(address), re.sub(r"<[^>]+>|\s", "", text))
        for address, text in re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', body, re.S)
    ]


def test_it_works(client, leader, place, text_of):
    text = text_of(look(client))
    assert "党员总数 4 人" in text
    assert "三会一课落实率 20.0%" in text  # 4 of 20: a general meeting, a lecture, two of three theme days
    assert "已落实 4 ÷ 应落实 20 项" in text
    assert "党员到会率 75.0%" in text
    assert "到会 12 ÷ 应到 16 人次" in text
    assert "未销号预警" in text


def test_every_number_is_the_count_of_the_rows_it_leads_to(client, leader, place):
    checked = 0
    for address, text in links(look(client)):
        if address.startswith("/ledgers/") and re.fullmatch(r"\d+", text):
            rows = client.get(address)
            assert rows.context["page"].paginator.count == int(text), address
            checked += 1
    assert checked > 20


def test_members_of_the_structure_lead_to_their_rows(client, leader, place):
    structure = dict(look(client).context["board"].structure)
    assert [(bar.label, bar.number) for bar in structure["年龄"]] == [("36至60岁", 3), ("61岁及以上", 1)]
    for bars in structure.values():
        for bar in bars:
            assert client.get(bar.url).context["page"].paginator.count == bar.number


def test_a_branch_cell_is_its_count_or_says_missing(client, leader, place):
    board = look(client).context["board"]
    row = next(row for row in board.rows if row.url == place.branch.get_absolute_url())
    assert [cell.text for cell in row.cells] == ["缺", "缺", "1", "1", "缺", "1"]
    assert [cell.state for cell in row.cells] == ["bad", "bad", "ok", "ok", "bad", "ok"]
    assert client.get(row.cells[3].url).context["page"].paginator.count == 1
    assert "应开 1 次，缺 1 次" in row.cells[4].label


def test_the_most_missing_come_first(client, leader, place):
    rows = look(client).context["board"].rows
    assert [row.missed for row in rows] == [6, 6, 6, 3]


def test_colour_is_never_alone(client, leader, place):
    for kind in DUTIES:
        for row in look(client, kind=kind.kind).context["board"].rows:
            assert all(cell.text and cell.label for cell in row.cells)


def test_quarterly_kinds_stand_by_quarter(client, leader, place):
    board = look(client, kind="general").context["board"]
    assert [column.code for column in board.columns] == ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    row = next(row for row in board.rows if row.url == place.branch.get_absolute_url())
    assert [cell.text for cell in row.cells] == ["缺", "缺", "缺", "1"]


def test_small_branches_owe_no_committee_meeting(client, leader, place):
    board = look(client, kind="committee").context["board"]
    assert {cell.text for row in board.rows for cell in row.cells} == {"–"}


def test_a_running_month_is_not_missing_yet(client, leader, place):
    board = look(client, period="2026Q4").context["board"]
    row = next(row for row in board.rows if row.url == place.branch.get_absolute_url())
    assert [cell.text for cell in row.cells[3:]] == ["缺", "待开", "未到"]
    assert board.is_running


@pytest.mark.parametrize(
    ("period", "kind", "expected"),
    [
        ("2026-09", "theme-day", "2026-04 2026-05 2026-06 2026-07 2026-08 2026-09"),
        ("2026-09", "general", "2025Q4 2026Q1 2026Q2 2026Q3"),
        ("2026Q1", "theme-day", "2025Q4 2026Q1"),
        ("2026H1", "theme-day", "2026H1"),
        ("2026H1", "lecture", "2025H2 2026H1"),
        ("2026", "theme-day", "2026"),
        ("2026", "lecture", "2026"),
    ],
)
def test_the_matrix_reaches_back_six_months_or_four_quarters(period, kind, expected):
    duty = next(duty for duty in DUTIES if duty.kind == kind)
    assert " ".join(span.code for span in spans(Period.parse(period), duty)) == expected


def test_a_large_street_shows_its_communities(client, leader, place, monkeypatch):
    monkeypatch.setattr(module, "BRANCH_ROWS", 3)
    board = look(client).context["board"]
    rows = {row.name: row for row in board.rows}
    assert len(rows) == 2
    first = next(row for row in board.rows if f"organization={place.community.code}&" in row.url)
    assert [cell.text for cell in first.cells][3:] == ["1/2", "0/2", "1/2"]
    assert "1 个支部达标，应达标 2 个" in first.cells[3].label
    assert client.get(first.cells[3].url).context["page"].paginator.count == 1
    below = client.get(first.url)  # drills to the branches
    assert len(below.context["board"].rows) == 2


def test_ranks_communities(client, leader, place):
    places = look(client).context["board"].places
    assert [(p.rank, p.share.percent, p.attendance.percent) for p in places] == [
        (1, Decimal("40.0"), Decimal("75.0")),
        (2, Decimal("0.0"), None),
    ]
    assert places[0].share.words == "已落实 4 项，应落实 10 项"
    rows = client.get(places[0].attendance.url).context["page"].paginator.count
    assert rows == 12


def test_equals_share_a_rank(client, place):
    sign_in(client, Role.COMMUNITY_SECRETARY, place.communities[1])
    assert [p.rank for p in look(client).context["board"].places] == [1, 1]


def test_places_shown_with_different_attendance_are_different_places(client, place):
    for branch, states in zip(place.branches[2:], (["present", "absent"], ["present", "present"]), strict=True):
        # two theme days of three asked for, in both: 落实率 alike, 到会率 not
        people = [MemberFactory(branch=branch) for _ in states]
        activity = ActivityFactory(organization=branch, kind="theme-day", date=date(2026, 9, 3))
        record_roll(activity, {p.pk: (state, "") for p, state in zip(people, states, strict=True)})
    sign_in(client, Role.COMMUNITY_SECRETARY, place.communities[1])
    places = look(client).context["board"].places
    assert len({p.share.percent for p in places}) == 1
    assert [(p.rank, p.attendance.percent) for p in places] == [(1, Decimal("100.0")), (2, Decimal("50.0"))]


def test_a_long_ranking_shows_both_ends(client, leader, place, monkeypatch):
    monkeypatch.setattr(module, "RANKED", 1)
    for number in range(2):
        OrganizationFactory(
            kind="community-committee", parent=place.committee, name=f"新{number}社区党委", code=f"N{number}"
        )
        OrganizationFactory(parent=Organization.objects.get(code=f"N{number}"), name=f"新{number}支部")
    ranking = look(client).context["board"].ranking
    assert (len(ranking["first"]), len(ranking["last"]), ranking["between"]) == (1, 1, 2)


def test_a_branch_has_nobody_to_be_compared_with(client, place):
    sign_in(client, Role.BRANCH_SECRETARY, place.branch)
    page = look(client)
    main = page.content.decode().partition("<main")[2]
    assert "排名" not in main
    assert len(page.context["board"].rows) == 1


def test_compares_with_the_period_before(client, leader, place):
    board = look(client).context["board"]
    assert board.share_change == Decimal("20.0") - Decimal("5.0")  # the second quarter: 1 of 20
    assert board.attendance_change == Decimal("0.0")
    assert board.members_change == 0


def test_compares_with_nothing_where_nothing_was_recorded(client, leader, place):
    board = look(client, period="2026Q2").context["board"]
    assert board.share_change is None
    assert board.findings_change is None


def test_the_quarter_before_is_checked_before_it_is_compared(client, leader, place):
    """A theme day of June is recorded, so the second quarter's gaps are real and not zero because nobody looked."""
    board = look(client).context["board"]
    assert board.before("findings.open") > 0
    assert Finding.objects.filter(period="2026Q2").exists()
    assert look(client).context["board"].findings_change == board.findings_change


def test_the_trend_has_twelve_months_each_with_its_rows(client, leader, place):
    marks = look(client).context["board"].trend.marks
    assert [mark.value.label for mark in marks][-4:] == ["6月", "7月", "8月", "9月"]
    assert [mark.value.count for mark in marks] == [0] * 8 + [1, 1, 1, 2]
    assert client.get(marks[-1].value.count_url).context["page"].paginator.count == 2


def test_the_trend_ends_with_this_month(client, leader, place):
    assert look(client, period="2026").context["board"].trend.marks[-1].value.name == "2026年11月"


def test_charts_keep_to_the_content_security_policy(client, leader, place):
    page = look(client).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)


def test_the_chart_is_said_in_a_table_too(client, leader, place):
    page = look(client).content.decode()
    svg = page[page.index('<svg viewBox="0 0 720') : page.index("trend-table")]
    assert 'aria-hidden="true"' in svg
    assert svg.count('tabindex="-1"') == svg.count("<a ")
    assert "<caption" in page[page.index("trend-table") :]


def test_bars_and_line_are_drawn_to_scale():
    def month(count, percent):
        return charts.Value("1月", "2026年1月", count, "/a", percent, "/b")

    drawn = charts.trend([month(10, Decimal(100)), month(5, None), month(0, Decimal(0)), month(0, Decimal(50))])
    assert [mark.height for mark in drawn.marks] == [156, 78, 0, 0]
    assert [mark.y for mark in drawn.marks] == [10, None, 166, 88]
    assert drawn.lines == ["450.0,166.0 630.0,88.0"]  # a month without attendance breaks the line
    assert not drawn.is_empty
    assert charts.trend([month(0, None)]).is_empty


def test_follows_the_organisation_asked_for(client, leader, place):
    board = look(client, organization=place.community.code).context["board"]
    assert board.organization == place.community
    assert len(board.rows) == 2


def test_going_to_another_period_chooses_it(client, leader):
    board = look(client).context["board"]
    client.get(board.earlier_url)
    assert client.get(PAGE).context["board"].period.code == "2026Q2"


def test_a_period_to_come_is_not_offered(client, leader):
    assert look(client, period="2026Q4").context["board"].later_url == ""
    assert "2026Q4" in look(client).context["board"].later_url


def test_another_street_does_not_exist(client, leader):
    elsewhere = street()
    assert client.get(PAGE, {"organization": elsewhere.committee.code}).status_code == 404
    assert client.get(PAGE, {"organization": "nowhere"}).status_code == 404


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDITOR])
def test_closed_to_those_without_records(client, place, role):
    sign_in(client, role, place.committee)
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER, Role.COMMUNITY_SECRETARY, Role.BRANCH_SECRETARY])
def test_open_to_those_with_records(client, place, role):
    sign_in(client, role, place.branch)
    assert client.get(PAGE).status_code == 200


def test_leads_up_only_as_far_as_one_may_see(client, place):
    sign_in(client, Role.COMMUNITY_SECRETARY, place.community)
    trail = client.get(PAGE, {"organization": place.branch.code}).context["trail"]
    assert [dict(parse_qsl(urlsplit(url).query)).get("organization") for _, url in trail] == [
        place.community.code,
        None,
    ]


def test_an_empty_database_leads_to_the_first_steps(client, text_of):
    superuser(client)
    assert "还没有党组织" in text_of(client.get(PAGE))


def test_an_empty_street_draws_its_page(client, text_of):
    empty = street(0, 0)
    sign_in(client, Role.OFFICE, empty.committee)
    text = text_of(client.get(PAGE))
    assert "这里还没有党支部" in text
    assert "这 12 个月没有记录" in text


def test_long_and_hostile_names_stay_text(client, leader, place):
    OrganizationFactory(parent=place.community, name="<b>" + "长" * 97, code="LONG")
    assert b"<b>\xe9\x95\xbf" not in look(client).content


def test_queries_do_not_grow_with_the_branches(client, leader, place):
    def count() -> int:
        look(client)
        with CaptureQueriesContext(connection) as queries:
            look(client)
        return len(queries)

    few = count()
    for number in range(20):
        branch = OrganizationFactory(parent=place.community, name=f"新{number}支部")
        MemberFactory(branch=branch)
        ActivityFactory(organization=branch)
    assert count() == few <= 34
