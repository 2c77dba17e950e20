"""Projects: the records, their ledgers, facts, rule and pages, stories with photos, and how projects spread."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from activities.models import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from activities.spread import families, family_of
from assessments import engine
from branches.panels.todos import todos_of
from ledgers import facts, papers, undoing
from ledgers.ledger import Query, get
from ledgers.period import Period
from tests.activities.brands import make_brand, make_milestone, make_participant, make_service, make_story
from tests.activities.conftest import as_file, minutes_docx, photo
from tests.branches.importing import export, messages, take_in, take_in_file
from tests.conftest import shown
from tests.factories import ActivityFactory, sign_in, street, superuser

Q3 = Period.parse("2026Q3")


@pytest.fixture
def town(db):
    """A street of three communities with one branch each."""
    return street(3, 1, code="S")


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


def lacking(town, period=Q3):
    return {v.organization for v in engine.check(town.committee, period, ["R46"])}


def test_it_works(client, town, office, fill_in, text_of, today):
    answer = fill_in(
        reverse("activities:brand-create") + f"?organization={town.community.code}",
        name="爱心商户联盟", kind="service", stage="running", budget="20000",
        start="2025-03-01", summary="沿街商户\r\n惠老",
    )  # fmt: skip
    project = BrandProject.objects.get()
    assert answer.url == project.get_absolute_url()
    assert (project.organization, project.budget) == (town.community, Decimal("20000.00"))
    fill_in(reverse("activities:milestone-create", args=[project.pk]), title="签约十家", due="2026-10-01")
    fill_in(
        reverse("activities:participant-create", args=[project.pk]), name="老王理发", kind="merchant", offer="老人五折"
    )
    fill_in(
        reverse("activities:service-create") + f"?project={project.pk}",
        date="2026-08-03", content="上门理发", served="42",
    )  # fmt: skip
    words = text_of(client.get(project.get_absolute_url()))
    assert "预算 20000.00 元" in words
    assert "逾期 签约十家" in words
    assert "商户 老王理发 ，老人五折" in words
    assert "2026-08-03 上门理发 — 42" in words
    counted = facts.of(town.committee, Q3)
    codes = ("brands.projects", "services.projects", "services.units", "services.events", "services.participants")
    assert [counted[code] for code in codes] == [0, 1, 0, 1, 42]
    assert AuditEntry.objects.filter(model="activities.serviceevent", action="create").count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"end": "2025-03-01"}, "结束日期应晚于启动日期"),
        ({"budget": "-1"}, "预算不能是负数"),
        ({"name": "旧项目"}, "已经登记过同名的项目"),
    ],
)
def test_what_is_wrong_is_said(client, town, office, fill_in, text_of, fields, words):
    make_brand(town.community, "旧项目")
    url = reverse("activities:brand-create") + f"?organization={town.community.code}"
    page = fill_in(url, **{"name": "新", "start": "2025-03-01"} | fields)
    assert page.status_code == 200
    assert words in text_of(page)
    assert BrandProject.objects.count() == 1


def test_the_database_refuses_it_too(town):
    project = make_brand(town.community)
    make_milestone(project, title="甲")
    for wrong in (
        lambda: make_brand(town.community, project.name),
        lambda: make_brand(town.community, end=date(2024, 3, 1)),
        lambda: make_brand(town.community, budget=-1),
        lambda: make_milestone(project, title="甲"),
        lambda: make_participant(project, until=date(2025, 1, 1)),
        lambda: make_service(project, served=-1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_a_second_milestone_or_participant_of_a_name_is_refused_on_the_form(client, town, office, fill_in, text_of):
    project = make_brand(town.community)
    make_milestone(project, title="甲")
    make_participant(project, name="甲")
    page = fill_in(reverse("activities:milestone-create", args=[project.pk]), title="甲", due="2026-10-01")
    assert "已经有同名的节点" in text_of(page)
    page = fill_in(reverse("activities:participant-create", args=[project.pk]), name="甲", kind="unit")
    assert "已经登记过同名的参与者" in text_of(page)


def test_pressed_twice_it_is_one(client, town, office):
    url = reverse("activities:milestone-create", args=[make_brand(town.community).pk])
    typed = shown(client.get(url)) | {"title": "甲", "due": "2026-10-01"}
    assert client.post(url, typed).url == client.post(url, typed).url
    assert Milestone.objects.count() == 1


def test_of_two_editors_the_second_is_told(client, town, office, text_of):
    edit = reverse("activities:brand-edit", args=[make_brand(town.community).pk])
    one, other = shown(client.get(edit)), shown(client.get(edit))
    client.post(edit, one | {"lead": "甲"})
    assert "李办刚刚修改了这条记录" in text_of(client.post(edit, other | {"lead": "乙"}))
    assert BrandProject.objects.get().lead == "甲"


@pytest.mark.parametrize(("start", "number"), [(date(2026, 9, 30), 1), (date(2026, 10, 1), 0)])
def test_a_project_counts_from_its_first_day(town, start, number):
    make_brand(town.community, start=start)
    assert facts.of(town.committee, Q3)["brands.projects"] == number


@pytest.mark.parametrize(("end", "number"), [(date(2026, 9, 30), 0), (date(2026, 10, 1), 1)])
def test_a_project_no_longer_counts_on_its_last_day_and_a_past_quarter_stays(town, end, number):
    project = make_brand(town.community)
    project.end = end
    project.record()
    assert facts.of(town.committee, Q3)["brands.projects"] == number
    assert facts.of(town.committee, Period.parse("2026Q2"))["brands.projects"] == 1


def test_participants_count_as_long_as_they_and_their_project_go_on(town):
    project = make_brand(town.community)
    make_participant(project, since=None)
    make_participant(project, until=date(2026, 9, 30))
    assert facts.of(town.committee, Q3)["services.units"] == 1
    assert facts.of(town.committee, Period.parse("2026Q2"))["services.units"] == 2
    project.end = date(2026, 9, 1)
    project.record()
    assert facts.of(town.committee, Q3)["services.units"] == 0
    assert facts.of(town.committee, Period.parse("2026Q2"))["services.units"] == 2
    project.erase()
    assert facts.of(town.committee, Period.parse("2026Q2"))["services.units"] == 0


def test_each_community_needs_a_brand_of_its_own(town):
    own = make_brand(town.communities[0])
    make_brand(town.communities[1], kind="service")
    make_brand(town.communities[2], source=own)
    assert lacking(town) == set(town.communities[1:])
    own.end = date(2026, 9, 30)
    own.record()
    assert town.communities[0] in lacking(town)


def test_the_ledger_takes_a_family_in_any_order_once_and_gives_it_back(town):
    user = superuser()
    headers = ("社区", "项目名称", "类别", "启动日期", "预算", "复制自")
    one, two, three = town.communities
    rows = [
        headers,
        [three.code, "联盟", "特色服务", "2026-05-01", "", f"{two.name}/联盟"],
        [two.code, "联盟", "服务", "2025-05-01", "1万元", f"{one.code}/爱心商户联盟"],
        [one.code, "爱心商户联盟", "特色服务", "2024-05-01", "20000", ""],
    ]
    assert take_in("brands", user, *rows).counts == {"new": 3}
    first = BrandProject.objects.get(organization=one)
    assert BrandProject.objects.get(organization=two).source == first
    assert BrandProject.objects.get(organization=three).source.organization == two
    assert take_in("brands", user, *rows).counts == {"same": 3}
    assert take_in_file("brands", user, export("brands", user)).counts == {"same": 3}
    assert facts.of(town.committee, Q3)["brands.copied"] == 2
    analysis = take_in("brands", user, headers, [three.code, "联盟", "", "2026-05-01", "", f"{one.code}/爱心商户联盟"])
    assert analysis.counts == {"changed": 1}
    assert BrandProject.objects.get(organization=three).source == first
    undoing.undo(analysis.batch, user)
    assert BrandProject.objects.get(organization=three).source.organization == two


def test_an_import_says_what_is_wrong_and_can_be_taken_back(town):
    user = superuser()
    one, two, _ = town.communities
    make_brand(one, "甲")
    analysis = take_in(
        "brands",
        user,
        ("社区", "项目名称", "启动日期", "结束日期", "复制自"),
        [two.code, "乙", "2026-05-01", "2026-04-01", ""],
        [two.code, "丙", "2026-05-01", "", "没有的/项目"],
        [two.code, "丁", "2026-05-01", "", f"{one.code}/甲"],
        [one.code, "甲", "2024-03-01", "", f"{two.code}/丁"],
    )
    assert set(messages(analysis)) == {2, 3, 4, 5}
    analysis = take_in(
        "brands", user, ("社区", "项目名称", "启动日期", "复制自"), [two.code, "丁", "2026-05-01", f"{one.code}/甲"]
    )
    undoing.undo(analysis.batch, user)
    assert [project.name for project in BrandProject.objects.all()] == ["甲"]


def test_milestones_round_trip(town, today):
    user, project = superuser(), make_brand(town.community, "联盟", kind="service")
    header = ("社区", "项目", "节点", "计划完成时间", "完成日期")
    rows = [
        header,
        [town.community.code, "联盟", "挂牌", "2026.8.1", "2026-08-03"],
        [town.community.name, "联盟", "开街", "2026-9-1", ""],
    ]
    assert take_in("milestones", user, *rows).counts == {"new": 2}
    assert take_in("milestones", user, *rows).counts == {"same": 2}
    assert take_in_file("milestones", user, export("milestones", user)).counts == {"same": 2}
    assert take_in_file("milestones", user, export("milestones", user, clear=True)).counts == {"same": 2}
    assert [(one.title, one.done_on) for one in project.milestones.all()] == [
        ("挂牌", date(2026, 8, 3)),
        ("开街", None),
    ]
    held = get("milestones")
    late = Query(town.community, Period.parse("2026Q3"), filters={"state": "late"})
    assert [one.title for one in held.rows(late, user)] == ["开街"]
    analysis = take_in(
        "milestones",
        user,
        header,
        [town.community.code, "没有的", "挂牌", "2026-8-1", ""],
        [town.community.code, "联盟", "验收", "2026-8-1", "2099-1-1"],
    )
    assert set(messages(analysis)) == {2, 3}
    moved = take_in("milestones", user, header, [town.community.code, "联盟", "开街", "2026-10-1", ""])
    assert moved.counts == {"changed": 1}
    undoing.undo(moved.batch, user)
    assert project.milestones.get(title="开街").due == date(2026, 9, 1)


def test_services_and_participants_round_trip(town):
    user = superuser()
    make_brand(town.community, "联盟", kind="service")
    rows = [("社区", "项目", "日期", "服务内容", "服务人数"), [town.community.code, "联盟", "2026-8-1", "理发", "42"]]
    assert take_in("services", user, *rows).counts == {"new": 1}
    assert take_in("services", user, *rows).counts == {"same": 1}
    assert take_in_file("services", user, export("services", user)).counts == {"same": 1}
    assert facts.of(town.community, Q3)["services.participants"] == 42
    rows = [("社区", "项目", "名称", "类别"), [town.community.code, "联盟", "老王理发", "爱心商户"]]
    assert take_in("brand-participants", user, *rows).counts == {"new": 1}
    assert take_in_file("brand-participants", user, export("brand-participants", user)).counts == {"same": 1}
    assert Participant.objects.get().organization == town.community
    analysis = take_in(
        "services",
        user,
        ("社区", "项目", "日期", "服务内容", "服务人数"),
        [town.community.code, "没有的项目", "2026-8-1", "理发", "42"],
        [town.community.code, "联盟", "2026-8-2", "理发", "-1"],
        [town.community.code, "联盟", "2099-8-2", "理发", "1"],
    )
    assert set(messages(analysis)) == {2, 3, 4}
    assert ServiceEvent.objects.count() == 1


def test_a_project_is_replicated_into_another_community_and_drawn(client, town, office, fill_in, text_of):
    one, two, three = town.communities
    first = make_brand(one, "爱心商户联盟", kind="service")
    copy = reverse("activities:brand-create") + f"?source={first.pk}"
    for community in (two, three):
        fill_in(copy, organization=community.pk, start="2026-01-05")
    second = BrandProject.objects.get(organization=two)
    assert (second.name, second.kind, second.source) == ("爱心商户联盟", "service", first)
    make_service(second, served=70, content="上门修鞋")
    family = family_of(second, office)
    assert (family.places, family.served, len(family.lines)) == (3, 70, 2)
    assert "服务 70 人次" in text_of(client.get(second.get_absolute_url()))
    assert "上门修鞋" in text_of(client.get(family.services_url))
    root, upper, lower = family.nodes
    assert root.y == (upper.y + lower.y) / 2 and upper.x == lower.x > root.x + family.box_width
    page = client.get(second.get_absolute_url())
    assert "复制自 S第1社区党委：爱心商户联盟" in text_of(page)
    assert page.content.decode().count('class="spread-box is-current"') == 1
    spread = text_of(client.get(reverse("activities:spread")))
    assert "爱心商户联盟 3 个组织，服务 70 人次" in spread
    assert "style=" not in page.content.decode().split("<svg viewBox")[1].split("</svg>")[0]


def test_nothing_replicates_itself(client, town, office, fill_in, text_of):
    first = make_brand(town.communities[0])
    second = make_brand(town.communities[1], source=first)
    page = fill_in(reverse("activities:brand-edit", args=[first.pk]), source=second.pk)
    assert "不能反过来" in text_of(page)


def test_a_source_out_of_sight_is_named_but_neither_opened_nor_drawn(client, town, text_of, fill_in):
    first = make_brand(town.communities[1], "三大暖情")
    copy = make_brand(town.community, "三大暖情", source=first)
    user = sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    page = client.get(copy.get_absolute_url())
    assert "S第2社区党委：三大暖情" in text_of(page)
    assert first.get_absolute_url() not in page.content.decode()
    assert families(user) == []
    fill_in(reverse("activities:brand-edit", args=[copy.pk]), lead="张三")
    copy.refresh_from_db()
    assert (copy.lead, copy.source) == ("张三", first)


def test_out_of_scope_is_not_there(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    project = make_brand(town.communities[1])
    story = make_story(project)
    for name, pk in (
        ("brand", project.pk), ("brand-edit", project.pk), ("story", story.pk), ("milestone-create", project.pk),
    ):  # fmt: skip
        assert client.get(reverse(f"activities:{name}", args=[pk])).status_code == 404
    assert client.get(reverse("activities:service-create") + f"?project={project.pk}").status_code == 404


def test_a_leader_reads_and_changes_nothing(client, town, text_of):
    sign_in(client, Role.LEADER, town.committee)
    project = make_brand(town.community)
    words = text_of(client.get(project.get_absolute_url()))
    assert not any(word in words for word in ("编辑", "登记节点", "写故事", "复制推广"))
    assert client.get(reverse("activities:brand-edit", args=[project.pk])).status_code == 404


def test_a_project_with_services_or_copies_is_not_deleted(client, town, office, text_of):
    project = make_brand(town.community)
    make_milestone(project)
    service = make_service(project)
    url = reverse("activities:brand-delete", args=[project.pk])
    assert "不能删除" in text_of(client.post(url, follow=True))
    client.post(reverse("activities:service-delete", args=[service.pk]))
    client.post(url)
    assert not BrandProject.objects.exists()


def test_a_story_gets_photos_and_only_photos(client, town, office, fill_in, text_of, media):
    project = make_brand(town.community)
    fill_in(reverse("activities:story-create", args=[project.pk]), title="一碗热汤", content="冬天的早上")
    story = Story.objects.get()
    add = reverse("activities:story-photos", args=[story.pk])
    files = [as_file(photo(), "现场.jpg"), as_file(photo(), "又一次.jpg"), as_file(minutes_docx("甲"), "记录.docx")]
    page = client.post(add, {"photo": files}, follow=True)
    assert "已添加 1 张照片" in text_of(page) and "不是照片" in text_of(page)
    held = StoryPhoto.objects.get()
    for name in ("photo", "photo-thumbnail"):
        answer = client.get(reverse(f"activities:{name}", args=[held.pk]))
        assert answer["Content-Type"] == "image/jpeg"
    assert AuditEntry.objects.get(action="attach").changes == {"照片": [None, "现场.jpg"]}
    call_command("clear_pending")
    assert papers.content_of(held.digest)
    client.post(reverse("activities:photo-delete", args=[held.pk]))
    assert not StoryPhoto.objects.exists()
    assert "还没有选择照片" in text_of(client.post(add, follow=True))


def test_a_service_shows_on_its_activity(client, town, office, fill_in, text_of):
    project = make_brand(town.community, "三大暖情")
    held = ActivityFactory(organization=town.community, kind="volunteering")
    elsewhere = ActivityFactory(organization=town.communities[1], kind="volunteering")
    service = make_service(project, activity=held)
    assert "服务 30 人次 三大暖情" in text_of(client.get(held.get_absolute_url()))
    edit = reverse("activities:service-edit", args=[service.pk])
    assert "有效的选项" in text_of(fill_in(edit, activity=elsewhere.pk)) or ServiceEvent.objects.get().activity == held


def test_the_workbench_and_the_organisations_page_show_it(client, town, office, today, text_of):
    project = make_brand(town.community, "三大暖情")
    make_milestone(project, title="建成")
    make_milestone(project, title="推广", due=date(2026, 12, 23))
    make_milestone(project, title="以后", due=date(2026, 12, 24))
    make_milestone(project, title="做完了", done_on=date(2026, 7, 1))
    make_milestone(make_brand(town.communities[1], end=date(2026, 11, 1)))
    lines = [(todo.state, todo.text) for todo in todos_of(town.committee, office, today)]
    assert ("bad", "三大暖情：建成过了计划日期还没完成") in lines
    assert ("none", "三大暖情：推广30 天内应完成") in lines
    make_milestone(make_brand(town.communities[1]), title="别处")
    late = next(todo for todo in todos_of(town.committee, office, today) if todo.text.startswith("2 个项目节点"))
    ledger = get("brands")
    asked = ledger.rows(Query(town.committee, on=today, filters={"milestones": "late", "all": "1"}))
    assert asked.count() == 2 and "milestones=late" in late.url
    words = text_of(client.get(town.community.get_absolute_url()))
    assert "党建品牌项目 1 个" in words and "三大暖情 党建品牌 成型" in words


def test_a_projects_page_costs_the_same_for_many(client, town, office):
    project = make_brand(town.community)
    held = ActivityFactory(organization=town.community, kind="volunteering")

    def more(number):
        for _ in range(number):
            make_milestone(project)
            make_participant(project)
            make_service(project, activity=held)
            make_story(project)
            make_brand(town.communities[1], source=project)

    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    urls = (project.get_absolute_url(), reverse("activities:spread"))
    more(2)
    few = [cost(url) for url in urls]
    more(10)
    assert [cost(url) for url in urls] == few
