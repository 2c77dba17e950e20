"""The yearly democratic review: the branch's sheet, the ledger, and where it is seen."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from activities.models import BranchReview, DemocraticReview
from ledgers import facts
from ledgers.period import Period
from tests.activities.kept import review
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.factories import ActivityFactory, MemberFactory, sign_in, street

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
HEADERS = ("年度", "党支部", "姓名", "自评", "优秀票数", "合格票数", "等次", "评议日期", "处置情况")


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
def today(monkeypatch):
    day = date(2026, 11, 23)
    monkeypatch.setattr(timezone, "localdate", lambda *args: day)
    return day


def sheet_url(branch, year=2026):
    return reverse("activities:democratic-sheet", args=[branch.code, year])


def typed(client, url):
    """Return what the sheet would send untouched."""
    sheet = client.get(url).context["sheet"]
    sent = {"steps-was": sheet.steps_was} | {name: value for name, _, value, _ in sheet.steps}
    for line in sheet.lines:
        pk = line.member.pk
        sent[f"was-{pk}"] = line.was
        sent |= {f"{name}-{pk}": value for name, value in line.shown.items() if name != "self" or value}
    return sent


def test_it_works(client, place, office, two, today, text_of):
    url, (one, other) = sheet_url(place.branch), two
    filled = {
        f"self-{one.pk}": "1", f"votes_excellent-{one.pk}": "9", f"votes_qualified-{one.pk}": "2",
        f"grade-{one.pk}": "excellent", f"grade-{other.pk}": "unqualified", f"decision-{other.pk}": "限期改正",
        "settled_on": "2026-11-20",
    }  # fmt: skip
    assert client.post(url, typed(client, url) | filled).status_code == 302
    first = DemocraticReview.objects.get(member=one)
    assert (first.self_reviewed, first.votes, first.grade, first.date) == (True, 11, "excellent", date(2026, 11, 20))
    assert DemocraticReview.objects.get(member=other).decision == "限期改正"
    assert BranchReview.objects.get().steps_taken == 1
    assert AuditEntry.objects.filter(model="activities.democraticreview", action="create").count() == 2
    numbers = facts.of(place.committee, Period.parse("2026-11"))
    assert (numbers["democratic.graded"], numbers["democratic.unqualified"]) == (2, 1)
    assert "评完" in text_of(client.get(url))
    assert "1 人，占 50.0 %" in text_of(client.get(url)).replace("50.0%", "50.0 %")


def test_untouched_it_saves_nothing(client, place, office, two, today):
    url = sheet_url(place.branch)
    client.post(url, typed(client, url))
    assert not DemocraticReview.objects.exists() and not BranchReview.objects.exists()


def test_the_rest_are_qualified_with_one_press(client, place, office, two, today):
    probationary = MemberFactory(branch=place.branch, category="probationary", joined_on=date(2026, 3, 1))
    review(two[0], "basic")
    url = sheet_url(place.branch)
    client.post(url, typed(client, url) | {"fill": "1"})
    grades = dict(DemocraticReview.objects.values_list("member_id", "grade"))
    assert grades == {two[0].pk: "basic", two[1].pk: "qualified"}
    assert probationary.pk not in grades


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("votes_excellent", "很多", "不是数字"),
        ("votes_excellent", "-1", "票数不对"),
        ("grade", "super", "请从列表里选"),
        ("decision", "字" * 201, "最多 200 个字"),
    ],
)
def test_one_wrong_row_saves_none(client, place, office, two, today, text_of, field, value, words):
    url = sheet_url(place.branch)
    sent = typed(client, url) | {f"{field}-{two[0].pk}": value, f"grade-{two[1].pk}": "qualified"}
    page = client.post(url, sent)
    assert page.status_code == 422
    assert words in text_of(page)
    assert not DemocraticReview.objects.exists()


@pytest.mark.parametrize(("day", "words"), [("2026-11-24", "还没有到"), ("2025-12-31", "早于评议年度")])
def test_days_of_steps_that_cannot_be(client, place, office, two, today, text_of, day, words):
    url = sheet_url(place.branch)
    page = client.post(url, typed(client, url) | {"mobilised_on": day})
    assert page.status_code == 422
    assert words in text_of(page)


def test_of_two_secretaries_the_second_is_told_and_wins_on_the_second_press(client, place, office, two, today, text_of):
    url, pk = sheet_url(place.branch), two[0].pk
    mine, theirs = typed(client, url), typed(client, url)
    client.post(url, theirs | {f"grade-{pk}": "basic"})
    page = client.post(url, mine | {f"grade-{pk}": "excellent"})
    assert page.status_code == 422
    assert "李办刚刚改过这一行，最新是：基本合格" in text_of(page)
    line = next(line for line in page.context["sheet"].lines if line.member.pk == pk)
    client.post(url, mine | {f"was-{pk}": line.was, f"grade-{pk}": "excellent"})
    assert DemocraticReview.objects.get(member=pk).grade == "excellent"


def test_who_left_before_the_years_end_is_not_on_the_sheet(client, place, office, two, today):
    two[0].leave("deceased", date(2026, 5, 1))
    assert [line.member for line in client.get(sheet_url(place.branch)).context["sheet"].lines] == [two[1]]
    assert len(client.get(sheet_url(place.branch, 2025)).context["sheet"].lines) == 2


def test_scope(client, place, two, today):
    sign_in(client, "branch-secretary", place.branches[1])
    assert client.get(sheet_url(place.branch)).status_code == 404
    sign_in(client, "leader", place.committee)
    page = client.get(sheet_url(place.branch))
    assert page.status_code == 200 and "保存" not in page.content.decode()
    assert client.post(sheet_url(place.branch), {}).status_code in (403, 404)
    assert client.get(sheet_url(place.branch, 2027)).status_code == 404


def test_the_overview_counts_each_branch(client, place, office, two, today, text_of):
    review(two[0], "excellent", date=date(2026, 11, 1))
    text = text_of(client.get(reverse("activities:democratic") + "?year=2026"))
    assert "S第1社区第1党支部 正在评 2 1 1 1 0/6 步" in text
    assert "S第1社区第2党支部 没有正式党员" in text
    sign_in(client, "branch-secretary", place.branch)
    assert client.get(reverse("activities:democratic")).url == sheet_url(place.branch)
    assert client.get(reverse("activities:democratic") + "?year=x").status_code == 404


def test_pages_cost_the_same_for_many(client, place, office, today):
    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    urls = [sheet_url(place.branch), reverse("activities:democratic")]
    review(MemberFactory(branch=place.branch))
    few = [cost(url) for url in urls]
    for member in MemberFactory.create_batch(20, branch=place.branch):
        review(member)
    assert [cost(url) for url in urls] == few


def test_where_it_is_seen(client, place, office, two, today, text_of):
    held = review(two[0], "excellent", decision="表彰")
    member = text_of(client.get(two[0].get_absolute_url()))
    assert "优秀 2026 年民主评议 2026-09-01" in member
    assert member.count("2026 年民主评议") == 2  # the card and the timeline
    page = text_of(client.get(held.get_absolute_url()))
    assert "评定等次 优秀" in page and "表彰" in page
    panel = text_of(client.get(f"{place.branch.get_absolute_url()}?period=2026Q3&choose=1"))
    assert "评定为优秀 1 人次" in panel
    meeting = ActivityFactory(organization=place.branch, kind="review", date=date(2026, 11, 2))
    assert "2026 年评议表 ：正式党员 2 人，已评定 1 人" in text_of(client.get(meeting.get_absolute_url()))


def test_one_is_changed_and_deleted(client, place, office, two, today, fill_in, text_of):
    held = review(two[0])
    edit = reverse("activities:democratic-review-edit", args=[held.pk])
    assert "早于评议年度" in text_of(fill_in(edit, date="2025-12-31"))
    fill_in(edit, grade="basic")
    assert DemocraticReview.objects.get().grade == "basic"
    client.post(reverse("activities:democratic-review-delete", args=[held.pk]))
    assert not DemocraticReview.objects.exists()


def test_one_a_member_and_year(two):
    review(two[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        review(two[0], "basic")
    review(two[0], year=2025)


def test_a_sheet_is_taken_in_and_twice_changes_nothing(place, office, two, today):
    branch = place.branch.name
    rows = [
        HEADERS,
        ["2025", branch, "张三", "是", 9, 2, "优秀", "2026.1.10", ""],
        ["2025", branch, "李四", "", 0, 1, "不合格党员", "", "限期改正"],
        ["2025", branch, "王五", "", "", "", "合格", "", ""],
        ["2027", branch, "李四", "", "", "", "合格", "", ""],
        ["2026", branch, "张三", "", "", "", "合格", "2025-12-31", ""],
    ]
    analysis = take_in("democratic-reviews", office, *rows)
    assert dict(analysis.counts) == {"new": 2, "wrong": 3}, messages(analysis)
    told = " ".join(messages(analysis).values())
    assert "没有这个人" in told and "之间" in told and "早于评议年度" in told
    undated = DemocraticReview.objects.get(member=two[1])
    assert (undated.date, undated.grade, undated.decision) == (date(2025, 12, 31), "unqualified", "限期改正")
    assert take_in("democratic-reviews", office, *rows).counts["same"] == 2


@pytest.mark.parametrize("clear", [False, True])
def test_export_then_import_changes_nothing(place, office, two, today, clear):
    twin = MemberFactory(branch=place.branch, name="李四")
    for member in (*two, twin):
        review(member, "basic", votes_basic=3, self_reviewed=True, decision="谈话")
    review(two[0], "", year=2025, date=date(2025, 12, 1))
    analysis = take_in_file("democratic-reviews", office, export("democratic-reviews", office, clear=clear))
    assert dict(analysis.counts) == {"same": 4}, messages(analysis)


def test_the_list_does_not_add_up_years(client, place, office, two, text_of):
    for member in two:
        review(member, votes_excellent=3)
    page = text_of(client.get("/ledgers/democratic-reviews/?period=2026Q3"))
    assert "4052" not in page.replace(",", "")
