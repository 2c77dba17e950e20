from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Organization, OrganizationEvent
from tests.conftest import shown
from tests.factories import sign_in

EDIT = "/branches/S-1-1/edit/"


def test_it_works(client, town, office, fill_in):
    response = fill_in(EDIT, phone="88001234", short_name="一支部")
    assert response.status_code == 302 and response.url == "/branches/S-1-1/"
    branch = Organization.objects.get(code="S-1-1")
    assert (branch.phone, branch.short_name) == ("88001234", "一支部")
    changes = AuditEntry.objects.latest("seq").changes
    assert changes == {"phone": ["", "88001234"], "short_name": ["", "一支部"]}


def test_out_of_scope_is_not_there(client, town, secretary):
    assert client.get("/branches/S-1-2/edit/").status_code == 404
    assert client.post("/branches/S-1-2/edit/", {"name": "改"}).status_code == 404


def test_who_only_reads_has_no_form(client, town):
    sign_in(client, Role.LEADER, town.committee)
    assert client.get(EDIT).status_code == 404


def test_a_new_name_is_history(client, town, office, fill_in, today):
    fill_in(EDIT, name="红旗党支部")
    event = town.branch.events.get(kind=OrganizationEvent.Kind.RENAMED)
    assert event.on == today
    assert event.detail == "由S第1社区第1党支部更名为红旗党支部"


def test_a_save_without_a_new_name_is_not(client, town, office, fill_in):
    fill_in(EDIT, phone="88001234")
    assert not town.branch.events.exists()


def test_of_two_editors_the_second_is_told_and_loses_nothing(client, town, office, text_of):
    one, other = shown(client.get(EDIT)), shown(client.get(EDIT))
    client.post(EDIT, one | {"phone": "11111111"})
    response = client.post(EDIT, other | {"phone": "22222222"})
    words = text_of(response)
    assert "李办刚刚修改了这条记录" in words
    assert "联系电话 11111111 22222222" in words
    assert Organization.objects.get(code="S-1-1").phone == "11111111"
    client.post(EDIT, shown(response))
    assert Organization.objects.get(code="S-1-1").phone == "22222222"


def test_a_branch_secretary_does_not_rename_the_branch(client, town, secretary, fill_in):
    fill_in(EDIT, name="自己改的", code="X", kind="joint-branch", phone="88001234")
    branch = Organization.objects.get(pk=town.branch.pk)
    assert (branch.name, branch.code, branch.kind) == ("S第1社区第1党支部", "S-1-1", "branch")
    assert branch.phone == "88001234"


def test_another_kind_has_a_page_of_its_own(client, town, office, fill_in):
    fill_in(EDIT, kind="joint-branch", phone="88001234")
    branch = Organization.objects.get(pk=town.branch.pk)
    assert (branch.kind, branch.phone) == ("branch", "88001234")


def test_the_heading_keeps_the_saved_name_while_the_form_is_wrong(client, town, office, fill_in, text_of):
    response = fill_in(EDIT, name="")
    assert "S第1社区第1党支部 / 编辑资料" in text_of(response)
