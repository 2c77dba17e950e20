"""The year's plan: days that suit, the table, what became of it, the ledger, reminders."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import Activity, PlannedActivity
from activities.planning import OF_BRANCH, Habit, adopt, propose, suitable
from branches.panels.todos import todos_of
from ledgers import facts, undoing, workdays
from ledgers.period import Period
from tests.activities.plans import make_plan
from tests.branches.importing import export, take_in, take_in_file
from tests.branches.life import make_group
from tests.factories import ActivityFactory, MemberFactory, sign_in, street, superuser

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 10)
THEME = next(r for r in OF_BRANCH if r.kind == "theme-day")


@pytest.fixture
def town():
    return street(code="S")


@pytest.fixture
def secretary(client, town):
    return sign_in(client, Role.BRANCH_SECRETARY, town.branch)


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *args: TODAY)
    return TODAY


def typed(page):
    """Return what the table would send untouched."""
    plan = page.context["plan"]
    cells = [cell for block in plan.blocks for line in block.lines for cell in line.cells]
    return {cell.name: cell.text for cell in cells} | {"seen": plan.seen}


def address(organization, **asked):
    return f"{reverse('activities:plan')}?organization={organization.code}&year=2026" + "".join(
        f"&{name}={value}" for name, value in asked.items()
    )


def test_it_works(client, town, secretary, today, text_of):
    for _ in range(7):
        MemberFactory(branch=town.branch)
    page = client.get(address(town.branch, propose=1))
    # August to December: a theme day and a committee meeting each month, two general meetings and two lectures
    assert "按规定还要安排 16 次" in text_of(page)
    assert not PlannedActivity.objects.exists()
    response = client.post(address(town.branch), typed(page))
    assert response.status_code == 302
    assert "计划已保存：新增 16 次" in text_of(client.get(response.url))
    assert PlannedActivity.objects.filter(organization=town.branch).count() == 16
    assert AuditEntry.objects.filter(model="activities.plannedactivity", action="create").count() == 16
    assert "该安排的都在计划里了" in text_of(client.get(address(town.branch, propose=1)))
    assert facts.of(town.committee, Period.parse("2026"))["plans.made"] == 16


def test_working_days_know_the_holidays():
    assert not workdays.is_workday(date(2026, 10, 1))
    assert workdays.is_workday(date(2026, 10, 10))  # a Saturday worked in its stead
    assert workdays.add_workdays(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert workdays.add_workdays(date(2026, 10, 8), -1) == date(2026, 9, 30)
    beyond = date(workdays.known_until().year + 1, 10, 1)
    assert workdays.is_workday(beyond) == (beyond.weekday() < 5)


@pytest.mark.parametrize(
    ("habit", "month", "expected"),
    [
        (None, 10, date(2026, 10, 13)),  # after the holidays 8, 9, 10 (a Saturday worked), 12
        (Habit(day=15), 9, date(2026, 9, 15)),
        (Habit(day=3), 10, date(2026, 10, 8)),
        (Habit(day=31), 5, date(2026, 5, 29)),  # a Sunday with no working day left in May
        (Habit(week=1, weekday=4), 9, date(2026, 9, 4)),
        (Habit(week=5, weekday=4), 9, date(2026, 9, 28)),  # the last Friday is Mid-Autumn
    ],
)
def test_a_day_suits(habit, month, expected):
    assert suitable(THEME, habit, 2026, month) == expected


def test_a_habit_is_what_half_of_the_days_have_in_common():
    assert Habit.of([date(2025, m, 5) for m in (1, 2)]) is None
    assert Habit.of([date(2025, m, 5) for m in (1, 2, 3)] + [date(2025, 4, 7)]) == Habit(day=5)
    fridays = [date(2025, 1, 3), date(2025, 2, 7), date(2025, 3, 7), date(2025, 4, 4), date(2025, 5, 2)]
    assert Habit.of(fridays) == Habit(week=1, weekday=4)
    assert Habit.of([date(2025, 1, 3), date(2025, 2, 12), date(2025, 3, 20)]) is None


def test_what_the_rules_ask_for_is_proposed_and_nothing_twice(town):
    group = make_group(town.branch)
    for _ in range(6):
        MemberFactory(branch=town.branch)
    ActivityFactory(organization=town.branch, kind="general", date=date(2026, 7, 2))
    make_plan(town.branch, date(2026, 8, 20))
    found = propose([town.branch, group], 2026, TODAY)
    kinds = {kind for organization, kind in found if organization == town.branch.pk}
    assert kinds == {"general", "lecture", "theme-day", "life", "review"}  # six full members: no committee
    assert [d.month for d in found[town.branch.pk, "general"]] == [11]
    assert [d.month for d in found[town.branch.pk, "theme-day"]] == [9, 10, 11, 12]
    assert len(found[group.pk, "group"]) == 5
    assert all(workdays.is_workday(day) for days in found.values() for day in days)


def test_a_community_plans_for_all_its_branches_in_a_few_queries(town):
    def cost(organizations):
        with CaptureQueriesContext(connection) as queries:
            assert propose(organizations, 2027, TODAY)
        return len(queries)

    assert cost(town.branches[:1]) == cost(town.branches) == 3


def test_the_table_moves_adds_and_drops(client, town, secretary, today, text_of):
    moved = make_plan(town.branch, date(2026, 9, 8), topic="参观")
    make_plan(town.branch, date(2026, 10, 8))
    fields = typed(client.get(address(town.branch)))
    name = f"d-{town.branch.pk}-theme-day-"
    fields |= {f"{name}9": "9、22日", f"{name}10": ""}
    client.post(address(town.branch), fields)
    plans = PlannedActivity.objects.order_by("date")
    assert [(p.date.month, p.date.day, p.topic) for p in plans] == [(9, 9, "参观"), (9, 22, "")]
    moved.refresh_from_db()
    assert moved.date == date(2026, 9, 9)
    assert set(AuditEntry.objects.filter(object_id=str(moved.pk)).values_list("action", flat=True)) >= {"change"}


@pytest.mark.parametrize("text", ["31", "0", "下旬", "8-9"])
def test_a_day_that_is_none_is_refused_where_it_stands(client, town, secretary, today, text_of, text):
    fields = typed(client.get(address(town.branch))) | {f"d-{town.branch.pk}-theme-day-9": text}
    page = client.post(address(town.branch), fields)
    assert f"填的“{text}”不是这个月的日子" in text_of(page)
    assert f'value="{text}"' in page.content.decode()
    assert not PlannedActivity.objects.exists()


def test_of_two_planners_the_second_is_told(client, town, secretary, today, text_of):
    fields = typed(client.get(address(town.branch))) | {f"d-{town.branch.pk}-theme-day-9": "8"}
    make_plan(town.branch, date(2026, 9, 10))
    page = client.post(address(town.branch), fields)
    assert "刚刚被别人改过" in text_of(page)
    client.post(address(town.branch), typed(page))
    assert [p.date.day for p in PlannedActivity.objects.all()] == [8]


def test_planning_stays_in_scope(client, town, secretary, today):
    foreign = town.branches[1]
    fields = typed(client.get(address(town.branch))) | {f"d-{foreign.pk}-theme-day-9": "8"}
    client.post(address(foreign), fields)
    assert not PlannedActivity.objects.filter(organization=foreign).exists()
    other = make_plan(foreign, date(2026, 9, 8))
    for name in ("planned", "planned-edit"):
        assert client.get(reverse(f"activities:{name}", args=[other.pk])).status_code == 404
    assert client.post(reverse("activities:planned-delete", args=[other.pk])).status_code == 404


def test_a_leader_reads_and_changes_nothing(client, town, today, text_of):
    sign_in(client, Role.LEADER, town.committee)
    plan = make_plan(town.branch, date(2026, 9, 8))
    words = text_of(client.get(address(town.branch)))
    assert "8日" in words
    assert "保存计划" not in words
    assert "按计划登记" not in text_of(client.get(plan.get_absolute_url()))
    assert client.post(address(town.branch), {}).status_code == 404


def test_the_form_opens_filled_in_and_saving_ties_it(client, town, secretary, press, text_of):
    MemberFactory(branch=town.branch)
    plan = make_plan(town.branch, date(2026, 8, 20), topic="重温入党誓词")
    url = f"{reverse('activities:create')}?plan={plan.pk}"
    assert "重温入党誓词" in client.get(url).content.decode()
    press(url, "draft")
    activity = Activity.objects.get()
    plan.refresh_from_db()
    assert (activity.topic, activity.kind, plan.activity) == ("重温入党誓词", "theme-day", activity)
    assert "已登记" in text_of(client.get(plan.get_absolute_url()))
    client.post(reverse("activities:delete", args=[activity.pk]))
    plan.refresh_from_db()
    assert plan.activity is None


def test_what_was_entered_otherwise_is_tied_by_its_month(client, town, secretary, press):
    MemberFactory(branch=town.branch)
    plan = make_plan(town.branch, date(2026, 8, 20))
    make_plan(town.branch, date(2026, 9, 20))
    press(f"{reverse('activities:create')}?kind=theme-day", "draft", topic="学习", date="2026-08-03")
    plan.refresh_from_db()
    assert plan.activity.date == date(2026, 8, 3)
    assert PlannedActivity.objects.open().count() == 1


def test_an_import_ties_too_and_lets_go_when_taken_back(town):
    user = superuser()
    plan = make_plan(town.branch, date(2026, 8, 20))
    row = [("组织", "类型", "日期", "主题"), [town.branch.code, "主题党日", date(2026, 8, 3), "学习"]]
    analysis = take_in("activities", user, *row)
    plan.refresh_from_db()
    assert plan.activity == Activity.objects.get()
    undoing.undo(analysis.batch, user)
    plan.refresh_from_db()
    assert plan.activity is None


def test_the_table_shows_what_is_on_record_planned_or_not(client, town, secretary, today, text_of):
    ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 3, 5))
    assert "5日 ✓" in text_of(client.get(address(town.branch)))


def test_one_activity_fulfils_one_plan(town):
    for day in (5, 20):
        make_plan(town.branch, date(2026, 8, day))
    ActivityFactory(organization=town.branch, kind="theme-day", date=date(2026, 8, 6))
    assert adopt([town.branch.pk], date(2026, 8, 1), date(2026, 8, 1)) == 1
    assert adopt([town.branch.pk], date(2026, 8, 1), date(2026, 8, 1)) == 0


def test_the_ledger_takes_a_file_once_and_gives_it_back(town):
    user = superuser()
    rows = [("支部", "类型", "日期", "主题"), [town.branch.name, "党日活动", "2026.9.8", "参观"]]
    assert take_in("plans", user, *rows).counts == {"new": 1}
    assert take_in("plans", user, *rows).counts == {"same": 1}
    rows[1][3] = "参观纪念馆"
    assert take_in("plans", user, *rows).counts == {"changed": 1}
    assert take_in_file("plans", user, export("plans", user)).counts == {"same": 1}


def test_one_plan_is_made_and_changed_on_its_page(client, town, secretary, fill_in, text_of):
    fill_in(reverse("activities:planned-create"), organization=town.branch.pk, kind="lecture", date="2026-09-08")
    plan = PlannedActivity.objects.get()
    again = fill_in(
        reverse("activities:planned-create"), organization=town.branch.pk, kind="lecture", date="2026-09-08"
    )
    assert "这一天已经计划了同类活动" in text_of(again)
    fill_in(reverse("activities:planned-edit", args=[plan.pk]), topic="讲党史")
    assert "讲党史" in text_of(client.get(plan.get_absolute_url()))
    client.post(reverse("activities:planned-delete", args=[plan.pk]))
    assert not PlannedActivity.objects.exists()


def test_the_workbench_reminds_of_this_week_and_of_what_passed(client, town, secretary, today, text_of):
    make_plan(town.branch, date(2026, 8, 16))  # Sunday
    make_plan(town.branch, date(2026, 8, 17), "lecture")
    make_plan(town.branch, date(2026, 8, 7), "committee")
    said = {todo.word: todo for todo in todos_of(town.branch, secretary, TODAY)}
    assert said["本周"].text == "主题党日（8月16日）计划在本周"
    assert said["计划"].text == "支部委员会（8月7日）计划的日子过了，还没有登记"
    assert "?plan=" in said["计划"].url
    assert "组织生活计划" in text_of(client.get(town.branch.get_absolute_url()))


def test_a_large_place_shows_how_far_those_below_are(client, town, today, text_of, monkeypatch):
    monkeypatch.setattr("activities.views.plans.TOGETHER", 1)
    sign_in(client, Role.OFFICE, town.committee)
    make_plan(town.branch, date(2026, 8, 7))
    page = client.get(address(town.committee))
    assert "S第1社区党委 1 0 1" in text_of(page)
    assert "state=missed" in page.content.decode()


def test_the_table_costs_the_same_for_many_plans(client, town, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)

    def cost(month):
        for day in range(1, 20):
            make_plan(town.branch, date(2026, month, day))
        with CaptureQueriesContext(connection) as queries:
            client.get(address(town.community))
        return len(queries)

    client.get(address(town.community))
    assert cost(9) == cost(10)
