import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Organization, OrganizationEvent
from tests.factories import sign_in, superuser

NEW = "/branches/new/?parent=S-1"
FILLED = {"code": "S-1-9", "name": "新成立党支部", "kind": "branch", "established": "2026-09-01"}


def test_it_works(client, town, office, fill_in):
    response = fill_in(NEW, **FILLED, document="和工委〔2026〕3号")
    assert response.status_code == 302 and response.url == "/branches/S-1-9/"
    made = Organization.objects.get(code="S-1-9")
    assert Organization.objects.get_parent(made) == town.community
    assert made.name == "新成立党支部"
    event = made.events.get()
    assert (event.kind, event.document) == (OrganizationEvent.Kind.ESTABLISHED, "和工委〔2026〕3号")
    entry = AuditEntry.objects.get(action="create", model="branches.organization", object_id=str(made.pk))
    assert entry.organization_path == made.path and entry.actor == office


def test_pressed_twice_it_is_made_once(client, town, office):
    from tests.conftest import shown

    data = shown(client.get(NEW)) | FILLED
    first = client.post(NEW, data)
    second = client.post(NEW, data)
    assert first.url == second.url == "/branches/S-1-9/"
    assert Organization.objects.filter(name="新成立党支部").count() == 1


def test_the_parent_must_be_in_scope(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    assert client.get("/branches/new/?parent=S-2").status_code == 404
    assert client.get("/branches/new/?parent=S").status_code == 404
    page = client.get("/branches/new/").content.decode()
    assert "S第1社区党委" in page and "S第2社区党委" not in page


def test_a_parent_out_of_scope_cannot_be_slipped_in(client, town, fill_in):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    response = fill_in(NEW, **FILLED, parent=town.communities[1].pk)
    assert response.status_code == 200
    assert "parent" in response.context["form"].errors
    assert not Organization.objects.filter(code="S-1-9").exists()


def test_who_may_not_edit_has_no_form(client, town):
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(NEW).status_code == 404


def test_only_a_superuser_adds_a_root(client, town, office, fill_in):
    assert "parent" in fill_in(NEW, **FILLED, parent="").context["form"].errors
    superuser(client)
    response = fill_in("/branches/new/", code="T", name="新街道党工委", kind="working-committee")
    assert response.status_code == 302
    assert Organization.objects.get(code="T").is_root()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"code": ""}, "code", "请填写组织编码"),
        ({"code": "S-1-1"}, "code", "这个编码不能用"),
        ({"code": "new"}, "code", "编码只能用"),
        ({"code": "甲/乙"}, "code", "编码只能用"),
        ({"name": "S第1社区第1党支部"}, "name", "已有同名的组织"),
        ({"kind": "community-committee"}, "kind", "社区党委不能设在社区党委之下"),
        ({"kind": "group"}, "kind", "党小组不能设在社区党委之下"),
        ({"established": "2026-13-01"}, "established", "成立日期请写成日期"),
        ({"population": "-1"}, "population", "总人口不能小于 0"),
        ({"name": "长" * 101}, "name", "100"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client, town, office, fill_in, changes, field, words):
    form = fill_in(NEW, **FILLED | changes).context["form"]
    assert words in " ".join(form.errors[field])
    assert not Organization.objects.filter(name="新成立党支部").exists()


def test_a_code_typed_in_full_width_is_stored_half_width(client, town, office, fill_in):
    fill_in(NEW, **FILLED | {"code": "Ｓ－１ ９"})
    assert Organization.objects.filter(code="S-19").exists()


def test_a_group_stands_under_a_branch(client, town, secretary, fill_in):
    response = fill_in("/branches/new/?parent=S-1-1", code="S-1-1-1", name="第一党小组", kind="group")
    assert response.status_code == 302


def test_nothing_is_added_below_a_dissolved_one(client, town, office, today):
    town.branch.dissolve(today)
    assert client.get("/branches/new/?parent=S-1-1").status_code == 404
