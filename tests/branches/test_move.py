from datetime import date

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from branches.models import Organization
from ledgers import facts, ledger
from ledgers.ledger import Query
from ledgers.period import Period
from tests.conftest import shown
from tests.factories import ActivityFactory, MemberFactory, OrganizationFactory, sign_in

MOVE = "/branches/S-1-1/move/"
AUGUST, OCTOBER, NOVEMBER = (Period.parse(f"2026-{m}") for m in ("08", "10", "11"))


def number(organization, period, code="members.total"):
    return facts.of(Organization.objects.get(pk=organization.pk), period)[code]


def rows(organization, slug, period):
    """How many rows the ledger shows behind a number."""
    stock = not ledger.get(slug).date
    query = Query(
        Organization.objects.get(pk=organization.pk), None if stock else period, period.end if stock else None
    )
    return ledger.get(slug).rows(query).count()


def superior():
    """The branch's superior now."""
    return Organization.objects.get_parent(Organization.objects.get(code="S-1-1"))


def test_it_works(client, town, office, fill_in, today):
    target = town.communities[1]
    response = fill_in(MOVE, new_parent=target.pk, on="2026-10-15", document="和工委〔2026〕5号")
    assert response.status_code == 302 and response.url == "/branches/S-1-1/"
    assert superior() == target
    event = town.branch.events.get()
    assert (event.on, event.document) == (date(2026, 10, 15), "和工委〔2026〕5号")
    assert event.detail == "由S第1社区党委转隶S第2社区党委"


def test_numbers_of_past_months_stay_with_the_old_superior(client, town, office, fill_in, today):
    old, new = town.communities
    group = OrganizationFactory(code="G", kind="group", parent=town.branch)
    MemberFactory.create_batch(2, branch=town.branch)
    ActivityFactory(organization=town.branch, date=date(2026, 8, 5))
    ActivityFactory(organization=group, kind="group", date=date(2026, 8, 6))
    ActivityFactory(organization=town.branch, date=date(2026, 11, 5))
    assert (number(old, AUGUST), number(new, AUGUST)) == (2, 0)  # counted before the move

    fill_in(MOVE, new_parent=new.pk, on="2026-10-15")

    for month, owner, other in ((AUGUST, old, new), (OCTOBER, new, old), (NOVEMBER, new, old)):
        assert (number(owner, month), number(other, month)) == (2, 0), month
        assert (rows(owner, "members", month), rows(other, "members", month)) == (2, 0), month
    assert number(old, AUGUST, "meetings.general") == 1 and number(old, AUGUST, "meetings.group") == 1
    assert number(new, AUGUST, "meetings.general") == 0
    assert number(new, NOVEMBER, "meetings.general") == 1 and number(old, NOVEMBER, "meetings.general") == 0
    assert (rows(old, "activities", AUGUST), rows(new, "activities", AUGUST)) == (2, 0)
    assert number(old, OCTOBER, "orgs.branches") == 1 and number(old, AUGUST, "orgs.branches") == 2
    assert number(town.committee, AUGUST) == number(town.committee, NOVEMBER) == 2


def test_a_move_and_back_leaves_each_month_where_it_was(client, town, office, fill_in, today):
    old, new = town.communities
    MemberFactory(branch=town.branch)
    fill_in(MOVE, new_parent=new.pk, on="2026-09-10")
    fill_in(MOVE, new_parent=old.pk, on="2026-11-10")
    months = [Period.parse(f"2026-{m:02}") for m in (8, 9, 10, 11)]
    assert [number(new, month) for month in months] == [0, 1, 1, 0]
    assert [number(old, month) for month in months] == [1, 0, 0, 1]
    assert [rows(new, "members", month) for month in months] == [0, 1, 1, 0]


def test_everything_below_comes_along(client, town, office, fill_in, today):
    group = OrganizationFactory(code="G", kind="group", parent=town.branch)
    fill_in(MOVE, new_parent=town.communities[1].pk, on="2026-10-15")
    assert Organization.objects.get(pk=group.pk).path.startswith(town.communities[1].path)
    assert Organization.objects.find_problems() == ([], [], [], [], [])


def test_pressed_twice_it_is_moved_once(client, town, office, today):
    data = shown(client.get(MOVE)) | {"new_parent": town.communities[1].pk, "on": "2026-10-15"}
    assert client.post(MOVE, data).url == client.post(MOVE, data).url == "/branches/S-1-1/"
    assert town.branch.events.count() == 1


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2026-11-24", "不能晚于今天"),
        ("2010-06-30", "不能早于成立日期"),
        ("", "请填写转隶日期"),
    ],
)
def test_the_day_must_make_sense(client, town, office, fill_in, today, on, words):
    form = fill_in(MOVE, new_parent=town.communities[1].pk, on=on).context["form"]
    said = [*form.non_field_errors(), *form.errors.get("on", ())]
    assert words in said[0]
    assert superior() == town.community


def test_a_move_is_not_dated_before_the_last_one(client, town, office, fill_in, today):
    fill_in(MOVE, new_parent=town.communities[1].pk, on="2026-10-15")
    form = fill_in(MOVE, new_parent=town.community.pk, on="2026-10-14").context["form"]
    assert "上一次转隶" in form.non_field_errors()[0]


def test_the_choices_are_places_within_reach_where_it_may_stand(client, town, office):
    OrganizationFactory(code="OUT", kind="working-committee", name="外街道")
    group = OrganizationFactory(code="G", kind="group", parent=town.branch)
    offered = {o.code for o in client.get(MOVE).context["form"].fields["new_parent"].queryset}
    assert offered == {"S", "S-2"}
    offered = {
        o.code for o in client.get(f"/branches/{group.code}/move/").context["form"].fields["new_parent"].queryset
    }
    assert offered == {"S-1-2", "S-2-1", "S-2-2"}


def test_a_place_out_of_scope_cannot_be_slipped_in(client, town, fill_in, today):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.community)
    form = fill_in(MOVE, new_parent=town.communities[1].pk, on="2026-10-15").context["form"]
    assert "new_parent" in form.errors


def test_ones_own_branch_is_the_superiors_to_move(client, town, secretary):
    assert client.get(MOVE).status_code == 404
    assert client.post(MOVE, {}).status_code == 404


def test_out_of_scope_is_not_there(client, town):
    sign_in(client, Role.COMMUNITY_SECRETARY, town.communities[1])
    assert client.get(MOVE).status_code == 404


def test_the_top_of_the_scope_does_not_move(client, town, office):
    assert client.get("/branches/S/move/").status_code == 404


def test_the_audit_trail_names_the_move(client, town, office, fill_in, today):
    fill_in(MOVE, new_parent=town.communities[1].pk, on="2026-10-15")
    entry = AuditEntry.objects.get(model="branches.organizationevent")
    assert "转隶S第2社区党委" in entry.label
    assert entry.organization_path.startswith(town.communities[1].path)
