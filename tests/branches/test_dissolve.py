from datetime import date

from branches.models import Organization, OrganizationEvent
from ledgers import facts
from ledgers.period import Period
from tests.factories import MemberFactory, OrganizationFactory

DISSOLVE = "/branches/S-1-1/dissolve/"


def test_it_works(client, town, office, fill_in, today):
    response = fill_in(DISSOLVE, on="2026-11-20", document="和工委〔2026〕9号")
    assert response.status_code == 302 and response.url == "/branches/S-1-1/"
    branch = Organization.objects.get(code="S-1-1")
    assert branch.dissolved_on == date(2026, 11, 20) and not branch.is_live
    event = branch.events.get(kind=OrganizationEvent.Kind.DISSOLVED)
    assert (event.on, event.document) == (date(2026, 11, 20), "和工委〔2026〕9号")


def test_the_months_before_still_count_it(client, town, office, fill_in, today):
    fill_in(DISSOLVE, on="2026-11-20")
    count = [facts.of(town.community, Period.parse(p))["orgs.branches"] for p in ("2026-10", "2026-11")]
    assert count == [2, 1]


def test_while_members_are_left_it_is_refused_with_the_reason(client, town, office, today, text_of):
    MemberFactory.create_batch(2, branch=town.branch)
    response = client.get(DISSOLVE)
    assert "还有 2 名党员在册" in text_of(response)
    assert '<button class="btn btn-primary" type="submit">撤销' not in response.content.decode()
    response = client.post(DISSOLVE, {"on": "2026-11-20"})
    assert "还有 2 名党员在册" in text_of(response)
    assert Organization.objects.get(code="S-1-1").is_live


def test_while_subordinates_are_left_it_is_refused_with_the_reason(client, town, office, today, text_of):
    group = OrganizationFactory(code="G", kind="group", parent=town.branch)
    assert "还有 1 个下级组织没有撤销" in text_of(client.get(DISSOLVE))
    group.dissolve(today)
    assert "还有" not in text_of(client.get(DISSOLVE))


def test_a_member_who_leaves_later_than_that_day_is_still_in_the_way(client, town, office, fill_in, today):
    member = MemberFactory(branch=town.branch)
    member.leave("transferred", date(2026, 11, 10))
    form = fill_in(DISSOLVE, on="2026-11-09").context["form"]
    assert "还有 1 名党员在册" in form.non_field_errors()[0]
    assert fill_in(DISSOLVE, on="2026-11-10").status_code == 302


def test_not_in_the_future_nor_before_it_was_founded(client, town, office, fill_in, today):
    assert "不能晚于今天" in fill_in(DISSOLVE, on="2026-11-24").context["form"].non_field_errors()[0]
    assert "不能早于成立日期" in fill_in(DISSOLVE, on="2010-06-30").context["form"].non_field_errors()[0]


def test_once_is_enough(client, town, office, today, text_of):
    town.branch.dissolve(today)
    assert "已经在 2026-11-23 撤销" in text_of(client.get(DISSOLVE))
    client.post(DISSOLVE, {"on": "2026-11-20"})
    assert Organization.objects.get(code="S-1-1").dissolved_on == today


def test_ones_own_branch_is_the_superiors_to_dissolve(client, town, secretary):
    assert client.get(DISSOLVE).status_code == 404
    assert client.post(DISSOLVE, {"on": "2026-11-20"}).status_code == 404


def test_out_of_scope_is_not_there(client, town, secretary):
    assert client.get("/branches/S-2-1/dissolve/").status_code == 404
