import pytest

from accounts.permissions import Right
from accounts.roles import Role
from branches.panels.registry import Action, Panel, actions, actions_of, panels, panels_of
from ledgers.period import Period
from tests.factories import sign_in


@pytest.fixture
def registry(monkeypatch):
    """Nothing registered."""
    monkeypatch.setattr(panels, "_things", [])
    monkeypatch.setattr(actions, "_things", [])


def test_panels_stand_in_their_order_and_only_where_they_have_something_to_say(town, office, registry):
    panels.add(
        Panel("后", "x.html", lambda o, p, u: {"n": o.code}, order=2),
        Panel("前", "x.html", lambda o, p, u: {"n": p.code}, order=1),
        Panel("无", "x.html", lambda o, p, u: None),
    )
    shown = panels_of(town.branch, Period.parse("2026Q3"), office)
    assert [(panel.title, context["n"]) for panel, context in shown] == [("前", "2026Q3"), ("后", "S-1-1")]


def test_actions_are_for_who_has_the_right_there(client, town, registry):
    actions.add(
        Action("后", lambda o: f"/{o.code}/b", Right.MEMBERS_EDIT, order=2),
        Action("前", lambda o: f"/{o.code}/a", Right.ORGANIZATIONS_EDIT, order=1),
        Action("无", lambda o: "", Right.ORGANIZATIONS_VIEW),
    )
    office = sign_in(client, Role.OFFICE, town.committee)
    assert actions_of(town.branch, office) == [("前", "/S-1-1/a"), ("后", "/S-1-1/b")]
    assert actions_of(town.branch, sign_in(client, Role.LEADER, town.committee)) == []
    assert actions_of(town.branches[2], sign_in(client, Role.BRANCH_SECRETARY, town.branch)) == []


def test_a_panel_of_another_app_stands_on_the_page(client, town, office, registry, text_of):
    panels.add(Panel("我的面板", "branches/_trail.html", lambda o, p, u: {"note": "旁注"}))
    assert "我的面板 旁注" in text_of(client.get("/branches/S-1-1/"))
