from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import include, path

from accounts.models import Posting
from accounts.permissions import SIGNED_IN, Right
from accounts.roles import Role
from branches.models import Organization
from config.permissions import URL_TABLE as REAL_TABLE
from ledgers.period import Period
from reports import navigation
from reports.navigation import Chrome, chosen, register_badge
from tests.accounts.factories import make_posted, make_tree, make_user


def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
    # Names of its own that must not change the frame around it.
    return render(request, "base.html", {"organization": "别的组织", "period": "别的时期"})


def follow(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.chosen_organization.code} {request.chosen_period.code}")


urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("", include(([path("", page, name="workbench"), path("search/", page, name="search")], "reports"))),
    path("dashboard/", include(([path("", page, name="board")], "other"))),
    path("branches/", include(([path("", page, name="tree")], "branches"))),
    path("members/<int:pk>/", page),
    path("activities/", include(([path("upload/", page, name="upload"), path("x/", follow, name="x")], "activities"))),
    path("ledgers/", include(([path("<slug>/", page, name="list")], "ledgers"))),
]
TABLE = REAL_TABLE | {
    "reports:workbench": SIGNED_IN,
    "reports:search": SIGNED_IN,
    "branches:tree": Right.ORGANIZATIONS_VIEW,
    "activities:upload": Right.ACTIVITIES_EDIT,
    "activities:x": Right.ACTIVITIES_VIEW,
    "ledgers:list": SIGNED_IN,
    "reports:dashboard": Right.DASHBOARD_VIEW,
}
TODAY = date(2026, 10, 20)


@pytest.fixture(autouse=True)
def portal(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    settings.URL_TABLE = f"{__name__}.TABLE"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: TODAY)


@pytest.fixture
def tree(db):
    return make_tree()


@pytest.fixture
def office(tree):
    return make_posted(tree["S1"], Role.OFFICE)


def ask(user, query: str = "", session: dict | None = None, path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path + query)
    request.user, request.session = user, {} if session is None else session
    return request


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lines(user, path: str = "/") -> dict[str, dict]:
    return {item["label"]: item for group in Chrome(ask(user, path=path)).navigation for item in group["items"]}


# --- the choice


def test_opens_on_own_organization_and_present_quarter(office):
    organization, period = chosen(ask(office))
    assert (organization.code, period.code) == ("S1", "2026Q4")


def test_choice_made_once_is_followed_by_the_next_page(office):
    session = {}
    chosen(ask(office, "?choose=1&organization=C1&period=2026-08", session))
    organization, period = chosen(ask(office, session=session))
    assert (organization.code, period.code) == ("C1", "2026-08")


def test_going_back_to_ones_own_organization_is_kept_too(office):
    session = {"organization": "C1", "period": "2026Q1"}
    chosen(ask(office, "?choose=1&organization=S1&period=2026Q4", session))
    organization, period = chosen(ask(office, session=session))
    assert (organization.code, period.code) == ("S1", "2026Q4")


def test_the_link_of_a_number_chooses_nothing(office):
    session = {}
    organization, period = chosen(ask(office, "?organization=C1&period=2026-08", session))
    assert (organization.code, period.code) == ("C1", "2026-08")
    assert session == {}


def test_reading_without_choosing_leaves_the_session_alone(office):
    session = {}
    chosen(ask(office, "?organization=S1&period=2026Q4&page=2", session))
    assert session == {}


@pytest.mark.parametrize("code", ["S2", "D", "nowhere", ""])
def test_organization_out_of_sight_is_passed_over(office, code):
    session = {"organization": "C2"}
    assert chosen(ask(office, f"?organization={code}", session))[0].code == "C2"
    assert session == {"organization": "C2"}


def test_organization_lost_since_falls_back_to_home(tree, office):
    session = {"organization": "C1"}
    office.postings.all().delete()
    Posting.objects.create(user=office, organization=tree["C2"], role=Role.OFFICE, start=date(2020, 1, 1))
    assert chosen(ask(office, session=session))[0].code == "C2"


@pytest.mark.parametrize("text", ["2026Q5", "last", "2026-13", "%00"])
def test_unreadable_period_is_passed_over(office, text):
    assert chosen(ask(office, f"?period={text}", {"period": "2026H1"}))[1].code == "2026H1"


def test_superuser_opens_on_the_root(tree):
    assert chosen(ask(make_user("root", is_superuser=True)))[0].code == "D"


def test_superuser_of_an_empty_portal_has_nothing_to_choose(db):
    frame = Chrome(ask(make_user("root", is_superuser=True)))
    assert (frame.organization, frame.organization_choices, frame.search_url) == (None, [], "")


def test_auditor_and_visitor_have_no_organization(tree):
    for user in (make_posted(tree["D"], Role.AUDITOR), AnonymousUser()):
        assert chosen(ask(user))[0] is None


def test_home_is_where_records_may_be_seen_not_where_accounts_are_kept(tree):
    user = make_posted(tree["D"], Role.SYSTEM_ADMIN)
    Posting.objects.create(user=user, organization=tree["C1"], role=Role.LEADER, start=date(2020, 1, 1))
    assert chosen(ask(user))[0].code == "C1"


def test_views_of_other_apps_follow_the_choice(office):
    client = signed_in(office)
    client.get("/branches/?choose=1&organization=C1&period=2026Q2")
    assert client.get("/activities/x/").content.decode() == "C1 2026Q2"


# --- what the pickers offer


def codes(frame: Chrome) -> list[str]:
    return [code for code, _, _ in frame.organization_choices]


def test_picker_offers_what_is_above_beside_and_below(tree, office):
    assert codes(Chrome(ask(office))) == ["S1", "C1", "B1", "C2"]
    assert codes(Chrome(ask(office, "?organization=C1"))) == ["S1", "C1", "B1", "C2"]
    assert codes(Chrome(ask(office, "?organization=B1"))) == ["S1", "C1", "B1"]


def test_picker_marks_and_indents(office):
    choices = Chrome(ask(office, "?organization=C1")).organization_choices
    assert choices[:2] == [("S1", "和平街道", False), ("C1", "　东风社区", True)]
    assert Chrome(ask(office, "?organization=C1")).organization_indent == 1
    assert Chrome(ask(office)).organization_indent == 0


def test_picker_offers_a_streets_branches_but_not_their_groups_nor_too_many(tree, office, monkeypatch):
    group = Organization(code="G1", name="第一党小组", kind=Organization.Kind.GROUP).place_under(tree["B1"])
    assert "G1" not in codes(Chrome(ask(office)))
    assert "G1" not in codes(Chrome(ask(office, "?organization=C1")))
    assert group.code in codes(Chrome(ask(office, "?organization=B1")))
    monkeypatch.setattr(navigation, "MOST_OFFERED", 3)
    assert codes(Chrome(ask(office))) == ["S1", "C1", "C2"]


def test_picker_of_two_postings_reaches_both(tree):
    user = make_posted(tree["B1"], Role.BRANCH_SECRETARY)
    Posting.objects.create(user=user, organization=tree["C2"], role=Role.BRANCH_SECRETARY, start=date(2020, 1, 1))
    assert set(codes(Chrome(ask(user)))) == {"B1", "C2"}


def test_picker_leaves_out_the_dissolved_unless_chosen(tree, office):
    Organization.objects.filter(code="C2").update(dissolved_on=date(2026, 3, 1))
    assert "C2" not in codes(Chrome(ask(office)))
    assert "C2" in codes(Chrome(ask(office, "?organization=C2")))


def test_period_picker_is_newest_first_and_always_holds_the_chosen_one(office):
    quarters = dict(Chrome(ask(office, "?period=2019Q1")).period_choices)["季度"]
    assert quarters[0] == Period.parse("2026Q4")
    assert quarters[-1] == Period.parse("2019Q1")


# --- the navigation


def test_each_role_sees_what_it_may_open(tree, office):
    assert {"组织树", "党员花名册", "上传会议记录", "账号"} <= lines(office).keys()
    leader = lines(make_posted(tree["S1"], Role.LEADER))
    assert "组织树" in leader
    assert not {"上传会议记录", "账号", "审计"} & leader.keys()
    assert lines(make_posted(tree["D"], Role.AUDITOR)).keys() == {"工作台", "审计", "待确认的任职"}
    assert lines(make_posted(tree["D"], Role.SYSTEM_ADMIN)).keys() == {"工作台", "账号"}


def test_page_that_does_not_exist_is_left_out(office):
    assert "看板" not in lines(office)  # in the table, but no such address


def test_ledger_that_does_not_exist_is_left_out(office, monkeypatch):
    monkeypatch.setattr(navigation, "NAVIGATION", (("党员", (navigation._ledger("没有的台账", "no-such", "x"),)),))
    assert lines(office) == {}


def test_page_missing_from_the_url_table_is_left_out(office, monkeypatch):
    monkeypatch.setattr(navigation, "NAVIGATION", (("", (navigation.Item("看板", "other:board", "x"),)),))
    assert lines(office) == {}


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("/", "工作台"),
        ("/members/7/", "党员花名册"),
        ("/ledgers/members/", "党员花名册"),
        ("/activities/x/", "组织生活"),
        ("/activities/upload/", "上传会议记录"),
        ("/search/", None),
    ],
)
def test_current_line_is_marked(office, address, label):
    assert [name for name, item in lines(office, address).items() if item["active"]] == ([label] if label else [])


def test_badge_counts_for_the_user_and_only_where_shown(tree, office, monkeypatch):
    monkeypatch.setattr(navigation, "_badges", {})
    asked = []
    register_badge("branches:tree", lambda user: asked.append(user) or 3)
    register_badge("ledgers:list", lambda user: 5, "members")
    assert (lines(office)["组织树"]["badge"], lines(office)["党员花名册"]["badge"]) == (3, 5)
    assert lines(office)["组织生活"]["badge"] == 0
    asked.clear()
    lines(make_posted(tree["D"], Role.AUDITOR))
    assert asked == []


def test_nothing_to_follow_before_the_password_is_changed(office):
    office.must_change_password = True
    assert Chrome(ask(office)).navigation == []


def test_brand_is_the_own_organization_by_its_short_name(tree, office):
    Organization.objects.filter(code="S1").update(short_name="和平")
    assert Chrome(ask(office, "?organization=C1")).brand == "和平党建工作台"
    assert Chrome(ask(AnonymousUser())).brand == "党建工作台"


def test_whole_frame_costs_two_queries_beside_the_postings(office, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(navigation, "_badges", {})
    request = ask(office, "?organization=C1")
    Chrome(request).access  # the postings, which every view asks for anyway
    with django_assert_max_num_queries(2):
        render_to_string("base.html", request=request)


# --- the page


def test_frame_stands_whatever_the_page_calls_its_own(office):
    html = signed_in(office).get("/branches/?choose=1&organization=C1&period=2026Q2").content.decode()
    assert '<option value="C1" selected>' in html
    assert '<option value="2026Q2" selected>' in html
    assert "别的" not in html


def test_choosing_keeps_the_filters_but_not_page_or_day(office):
    html = signed_in(office).get("/branches/?kind=full&kind=half&page=3&on=2026-01-01").content.decode()
    form = html.split('class="chosen"')[1].split("</form>")[0]
    assert form.count('name="kind"') == 2
    assert 'name="page"' not in form
    assert 'name="on"' not in form


def test_page_holds_nothing_the_security_policy_would_block(office):
    response = signed_in(office).get("/branches/?q=<script>alert(1)</script>")
    html = response.content.decode()
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "<script>" not in html
    assert " style=" not in html
    assert "<style" not in html


def test_branch_secretary_of_one_branch_has_no_organization_to_pick(tree):
    html = signed_in(make_posted(tree["B1"], Role.BRANCH_SECRETARY)).get("/").content.decode()
    assert 'name="organization"' not in html
    assert 'name="period"' in html


def test_auditor_is_not_asked_for_period_or_search(tree):
    html = signed_in(make_posted(tree["D"], Role.AUDITOR)).get("/").content.decode()
    assert 'name="period"' not in html
    assert 'name="q"' not in html


@pytest.mark.parametrize("template", ["500.html", "403_csrf.html", "403.html", "404.html"])
def test_error_pages_need_nothing_to_be_drawn(template):
    assert "回到首页" in render_to_string(template)


def test_unknown_address_answers_in_chinese(office):
    response = signed_in(office).get("/nowhere/")
    assert response.status_code == 404
    assert "没有找到这个页面" in response.content.decode()


def test_related_registers_share_a_line(tree, office):
    assert {"社区报到", "谈心谈话", "奖惩与实绩"} <= lines(office).keys()
    leader = make_posted(tree["S1"], Role.LEADER)
    assert "谈心谈话" not in lines(leader), "talks are not for everybody"
