import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Posting, User
from accounts.roles import Role
from tests.accounts.factories import PASSWORD, make_posted, make_user


@pytest.fixture
def office(tree):
    return make_posted(tree["S1"], Role.OFFICE, username="office")


@pytest.fixture
def secretary(tree):
    return make_posted(tree["B1"], Role.BRANCH_SECRETARY, username="secretary")


@pytest.fixture
def desk(client, office):
    """A browser in which the office is signed in."""
    client.force_login(office)
    return client


def shown_password(response):
    assert "no-store" in response.headers["Cache-Control"]
    return re.search(r'id="one-time-password">([^<]+)<', response.content.decode())[1]


def usernames(response):
    return [account.username for account in response.context["page"]]


def act(client, name, pk, /, **data):
    return client.post(reverse(f"accounts:{name}", args=[pk]), data)


def new_account(tree, **fields):
    return {
        "username": "zhao",
        "name": "赵敏",
        "organization": tree["C1"].pk,
        "role": Role.COMMUNITY_SECRETARY,
        "start": timezone.localdate().isoformat(),
    } | fields


# list


def test_the_list_shows_the_accounts_of_the_subtree_only(desk, tree, secretary):
    make_posted(tree["S2"], Role.OFFICE, username="elsewhere")
    make_posted(tree["S1"], Role.AUDITOR, username="auditor")
    User.objects.create_superuser("root", password="x")
    assert usernames(desk.get(reverse("accounts:list"))) == ["office", "secretary"]


def test_somebody_with_a_post_elsewhere_is_out_of_reach_until_it_ends(desk, tree, secretary):
    elsewhere = Posting.objects.create(user=secretary, organization=tree["S2"], role=Role.LEADER)
    assert usernames(desk.get(reverse("accounts:list"))) == ["office"]
    elsewhere.start, elsewhere.end = date(2020, 1, 1), timezone.localdate() - timedelta(days=1)
    elsewhere.save()
    assert usernames(desk.get(reverse("accounts:list"))) == ["office", "secretary"]


def test_the_list_finds_by_name_and_state(desk, tree, secretary):
    make_posted(tree["C1"], Role.COMMUNITY_SECRETARY, username="closed")
    User.objects.filter(username="closed").update(is_active=False, name="孙停")
    assert usernames(desk.get(reverse("accounts:list"), {"q": "SECRET"})) == ["secretary"]
    assert usernames(desk.get(reverse("accounts:list"), {"q": "孙"})) == ["closed"]
    assert usernames(desk.get(reverse("accounts:list"), {"state": "disabled"})) == ["closed"]
    assert "没有符合条件的账号" in desk.get(reverse("accounts:list"), {"q": "nobody"}).content.decode()


def test_the_list_takes_the_same_queries_for_one_and_for_twenty(desk, tree, django_assert_max_num_queries):
    for n in range(20):
        make_posted(tree["B1"], Role.BRANCH_SECRETARY, username=f"s{n}")
    with django_assert_max_num_queries(16):
        assert len(usernames(desk.get(reverse("accounts:list")))) == 21


# create


def test_a_new_account_gets_a_post_and_a_password_that_must_be_changed(desk, tree):
    response = desk.post(reverse("accounts:create"), new_account(tree))
    password = shown_password(response)
    account = User.objects.get(username="zhao")
    assert account.check_password(password)
    assert (account.name, account.must_change_password, account.is_staff) == ("赵敏", True, False)
    posting = account.postings.get()
    assert (posting.organization, posting.role) == (tree["C1"], Role.COMMUNITY_SECRETARY)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"account-create", "post"}
    assert password not in str(AuditEntry.objects.values_list("changes", "label"))


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDITOR])
def test_the_office_makes_no_admin_and_no_auditor(desk, tree, role):
    response = desk.post(reverse("accounts:create"), new_account(tree, role=role))
    assert "role" in response.context["posting_form"].errors
    assert not User.objects.filter(username="zhao").exists()


def test_the_office_posts_nobody_outside_its_subtree(desk, tree):
    for organization in (tree["S2"], tree["D"]):
        response = desk.post(reverse("accounts:create"), new_account(tree, organization=organization.pk))
        assert "organization" in response.context["posting_form"].errors
    assert not User.objects.filter(username="zhao").exists()
    assert "新华街道" not in desk.get(reverse("accounts:create")).content.decode()


def test_a_system_admin_makes_any_role(client, tree):
    client.force_login(make_posted(tree["D"], Role.SYSTEM_ADMIN))
    for role in Role:
        response = client.post(
            reverse("accounts:create"), new_account(tree, username=role.value, organization=tree["S2"].pk, role=role)
        )
        assert shown_password(response)
    assert Posting.objects.filter(organization=tree["S2"]).count() == len(Role)


def test_role_and_place_must_be_within_reach_together(client, tree):
    """Who is system admin in one street and office in another makes auditors only in the first."""
    user = make_posted(tree["S1"], Role.SYSTEM_ADMIN)
    Posting.objects.create(user=user, organization=tree["S2"], role=Role.OFFICE)
    client.force_login(user)
    refused = client.post(reverse("accounts:create"), new_account(tree, organization=tree["S2"].pk, role=Role.AUDITOR))
    assert "您不能在这个党组织任命这个角色" in refused.content.decode()
    assert shown_password(client.post(reverse("accounts:create"), new_account(tree, role=Role.AUDITOR)))


def test_a_taken_username_and_a_missing_name_are_pointed_out(desk, tree, secretary):
    response = desk.post(reverse("accounts:create"), new_account(tree, username="secretary", name=""))
    assert set(response.context["account_form"].errors) == {"username", "name"}


# detail


def test_the_detail_page_shows_and_renames(desk, secretary):
    assert "第一党支部" in act_get(desk, secretary).content.decode()
    assert act(desk, "detail", secretary.pk, name="周红").status_code == 302
    secretary.refresh_from_db()
    assert secretary.name == "周红"
    assert AuditEntry.objects.get(action="account-change").changes == {"name": ["secretary", "周红"]}
    act(desk, "detail", secretary.pk, name="周红")
    assert AuditEntry.objects.filter(action="account-change").count() == 1


def test_an_empty_name_is_refused(desk, secretary):
    assert act(desk, "detail", secretary.pk, name="").context["name_form"].errors
    secretary.refresh_from_db()
    assert secretary.name == "secretary"


def act_get(client, user):
    return client.get(reverse("accounts:detail", args=[user.pk]))


@pytest.mark.parametrize("name", ["detail", "disable", "enable", "reset", "post"])
@pytest.mark.parametrize("whose", ["other street", "auditor", "superuser", "own"])
def test_accounts_out_of_reach_and_ones_own_are_404(desk, tree, office, name, whose):
    target = {
        "other street": lambda: make_posted(tree["S2"], Role.BRANCH_SECRETARY),
        "auditor": lambda: make_posted(tree["S1"], Role.AUDITOR),
        "superuser": lambda: User.objects.create_superuser("root", password=PASSWORD),
        "own": lambda: office,
    }[whose]()
    before = target.password
    assert act(desk, name, target.pk, name="x").status_code == 404
    target.refresh_from_db()
    assert (target.password, target.is_active) == (before, True)


def test_a_superuser_keeps_every_account(client, tree):
    client.force_login(User.objects.create_superuser("root", password="x"))
    nobody = make_user("nobody")
    assert act_get(client, nobody).status_code == 200
    assert shown_password(act(client, "reset", nobody.pk))


# disable, enable, reset


def test_disabling_ends_the_sessions_for_good(desk, secretary):
    theirs = Client()
    theirs.force_login(secretary)
    act(desk, "disable", secretary.pk)
    secretary.refresh_from_db()
    assert not secretary.is_active
    assert theirs.get(reverse("accounts:change-password")).status_code == 302
    password = shown_password(act(desk, "enable", secretary.pk))
    assert theirs.get(reverse("accounts:change-password")).status_code == 302
    secretary.refresh_from_db()
    assert secretary.is_active
    assert secretary.check_password(password)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"account-disable", "account-enable"}


def test_a_reset_ends_the_sessions_and_gives_a_new_password(desk, tree, secretary):
    theirs = Client()
    theirs.force_login(secretary)
    assert theirs.get(reverse("accounts:change-password")).status_code == 200
    password = shown_password(act(desk, "reset", secretary.pk))
    assert theirs.get(reverse("accounts:change-password")).status_code == 302
    secretary.refresh_from_db()
    assert secretary.check_password(password)
    assert secretary.must_change_password
    entry = AuditEntry.objects.get(action="account-reset")
    assert entry.organization_path == tree["B1"].path
    assert password not in str(entry.changes) + entry.label


def test_a_reset_lifts_a_lockout(desk, secretary):
    theirs = Client()
    for _ in range(5):
        theirs.post(reverse("accounts:sign-in"), {"username": "secretary", "password": "Wrong-pass-1"})
    password = shown_password(act(desk, "reset", secretary.pk))
    response = theirs.post(reverse("accounts:sign-in"), {"username": "secretary", "password": password})
    assert response.status_code == 302


def test_a_disabled_account_is_enabled_and_not_reset(desk, secretary):
    act(desk, "disable", secretary.pk)
    assert act(desk, "reset", secretary.pk).status_code == 404


@pytest.mark.parametrize("name", ["disable", "enable", "reset", "post"])
def test_a_link_alone_changes_nothing(desk, secretary, name):
    assert desk.get(reverse(f"accounts:{name}", args=[secretary.pk])).status_code == 405


# postings


def test_a_posting_is_added(desk, tree, secretary):
    today = timezone.localdate()
    response = act(
        desk, "post", secretary.pk, organization=tree["C1"].pk, role=Role.COMMUNITY_SECRETARY, start=today, end=""
    )
    assert response.status_code == 302
    assert secretary.postings.filter(organization=tree["C1"], end=None).count() == 1
    assert "东风社区 社区书记" in AuditEntry.objects.get(action="post").label


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-07-01", "2026-06-30", "任职结束不能早于任职开始"),
        ("2026-07-01", "", "已有同样的任职"),
        ("2010-01-01", "2020-01-01", "已有同样的任职"),
        ("昨天", "", "日期"),
    ],
)
def test_a_posting_that_makes_no_sense_is_refused(desk, tree, secretary, start, end, message):
    response = act(
        desk, "post", secretary.pk, organization=tree["B1"].pk, role=Role.BRANCH_SECRETARY, start=start, end=end
    )
    assert message in str(response.context["posting_form"].errors)
    assert secretary.postings.count() == 1


def test_the_same_posting_before_and_after_is_no_double(desk, tree, secretary):
    response = act(
        desk,
        "post",
        secretary.pk,
        organization=tree["B1"].pk,
        role=Role.BRANCH_SECRETARY,
        start="2010-01-01",
        end="2019-12-31",
    )
    assert response.status_code == 302


def test_ending_a_posting_takes_its_rights_at_once_and_keeps_its_history(desk, secretary):
    posting = secretary.postings.get()
    assert act(desk, "unpost", posting.pk).url == reverse("accounts:detail", args=[secretary.pk])
    posting.refresh_from_db()
    assert posting.end == timezone.localdate() - timedelta(days=1)
    assert AuditEntry.objects.get(action="unpost").changes == {"end": [None, str(posting.end)]}
    assert "已卸任" in act_get(desk, secretary).content.decode()


def test_a_posting_of_today_is_taken_back_whole(desk, tree, secretary):
    posting = Posting.objects.create(user=secretary, organization=tree["C1"], role=Role.COMMUNITY_SECRETARY)
    act(desk, "unpost", posting.pk)
    assert not Posting.objects.filter(pk=posting.pk).exists()
    assert AuditEntry.objects.get(action="unpost").changes == {"start": [str(timezone.localdate()), None]}


def test_postings_out_of_reach_ones_own_and_ended_ones_are_404(desk, tree, office, secretary):
    theirs = make_posted(tree["S2"], Role.OFFICE).postings.get()
    own = office.postings.get()
    ended = Posting.objects.create(
        user=secretary, organization=tree["C1"], role=Role.LEADER, start=date(2020, 1, 1), end=date(2021, 1, 1)
    )
    for posting in (theirs, own, ended):
        assert act(desk, "unpost", posting.pk).status_code == 404


def test_nobody_posts_themselves(desk, tree, office):
    response = act(desk, "post", office.pk, organization=tree["S1"].pk, role=Role.LEADER, start=timezone.localdate())
    assert response.status_code == 404
    assert office.postings.count() == 1
    assert "这是您自己的账号" in act_get(desk, office).content.decode()


def test_every_change_leaves_the_chain_whole(desk, tree, secretary):
    from accounts.audit import verify

    desk.post(reverse("accounts:create"), new_account(tree))
    act(desk, "disable", secretary.pk)
    act(desk, "enable", secretary.pk)
    assert verify() == AuditEntry.objects.count() == 5


# a second person


@pytest.fixture
def admin(tree):
    return make_posted(tree["S1"], Role.SYSTEM_ADMIN, username="admin")


def puppet(client, tree, admin, role=Role.OFFICE):
    """An account that the administrator makes to look through, and its browser."""
    client.force_login(admin)
    page = client.post(reverse("accounts:create"), new_account(tree, organization=tree["S1"].pk, role=role))
    assert "另一人确认后才生效" in page.content.decode()
    User.objects.filter(username="zhao").update(must_change_password=False)
    browser = Client()
    browser.force_login(User.objects.get(username="zhao"))
    return browser


def test_who_keeps_accounts_looks_through_no_puppet(client, tree, admin):
    browser = puppet(client, tree, admin)
    for path in (
        "/ledgers/members/",
        "/ledgers/members/export.xlsx",
        reverse("accounts:waiting"),
        reverse("accounts:list"),
    ):
        assert browser.get(path).status_code == 404
    posting = Posting.objects.get(user__username="zhao")
    assert act(client, "confirm", posting.pk).status_code == 404  # nor does the administrator confirm
    assert posting.state == "待确认"


@pytest.mark.parametrize("second", [Role.OFFICE, Role.AUDITOR])
def test_a_second_person_lets_it_take_effect(client, tree, admin, second):
    browser = puppet(client, tree, admin)
    client.force_login(make_posted(tree["S1"], second, username="second"))
    page = client.get(reverse("accounts:waiting")).content.decode()
    assert "赵敏" in page and "admin" in page
    assert act(client, "confirm", Posting.objects.get(user__username="zhao").pk).url == reverse("accounts:waiting")
    assert browser.get("/ledgers/members/").status_code == 200
    entry = AuditEntry.objects.get(action="confirm-posting")
    assert entry.actor.username == "second"


def test_the_office_confirms_no_auditor_and_nobody_confirms_elsewhere(client, tree, admin, office):
    puppet(client, tree, admin, Role.AUDITOR)
    posting = Posting.objects.get(user__username="zhao")
    client.force_login(office)
    assert act(client, "confirm", posting.pk).status_code == 404
    client.force_login(make_posted(tree["C1"], Role.AUDITOR, username="below"))
    assert act(client, "confirm", posting.pk).status_code == 404


def test_what_the_office_gives_takes_effect_at_once(desk, tree):
    desk.post(reverse("accounts:create"), new_account(tree))
    assert not Posting.objects.get(user__username="zhao").waits


def test_another_administrator_is_made_at_once(client, tree, admin):
    client.force_login(admin)
    client.post(reverse("accounts:create"), new_account(tree, organization=tree["S1"].pk, role=Role.SYSTEM_ADMIN))
    assert not Posting.objects.get(user__username="zhao").waits


def test_a_password_that_the_administrator_knows_opens_nothing_either(client, tree, admin, office):
    client.force_login(admin)
    page = act(client, "reset", office.pk)
    assert "另一人确认后才生效" in page.content.decode()
    assert office.postings.get().waits
    assert office.postings.get().given_by == admin


def test_a_password_that_the_office_resets_holds_nobody_back(desk, secretary):
    act(desk, "reset", secretary.pk)
    assert not secretary.postings.get().waits
