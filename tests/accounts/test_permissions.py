from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Posting, User
from accounts.permissions import ROLE_RIGHTS, Right, access_of, scope
from accounts.roles import Role
from branches.models import Organization
from tests.accounts.factories import make_posted, make_user


def fresh(user):
    """Return the user as the next request loads it."""
    return User.objects.get(pk=user.pk)


def names_in(user, right):
    return set(Organization.objects.filter(scope(user, right)).values_list("code", flat=True))


def test_office_works_in_its_street_and_nowhere_else(tree):
    access = access_of(make_posted(tree["S1"], Role.OFFICE))
    assert access.has(Right.MEMBERS_EDIT)
    assert access.has_on(Right.MEMBERS_EDIT, tree["S1"].path)
    assert access.has_on(Right.MEMBERS_EDIT, tree["B1"].path)
    assert not access.has_on(Right.MEMBERS_EDIT, tree["S2"].path)
    assert not access.has_on(Right.MEMBERS_EDIT, tree["D"].path)


def test_scope_is_the_subtree(tree):
    assert names_in(make_posted(tree["C1"], Role.COMMUNITY_SECRETARY), Right.MEMBERS_VIEW) == {"C1", "B1"}


def test_a_right_that_the_role_lacks_covers_no_row(tree):
    user = make_posted(tree["C1"], Role.COMMUNITY_SECRETARY)
    assert names_in(user, Right.ACCOUNTS_MANAGE) == set()
    assert access_of(user).paths(Right.ACCOUNTS_MANAGE) == []


def test_superuser_covers_everything(tree):
    user = User.objects.create_superuser("root", password="x")
    access = access_of(user)
    assert access.paths(Right.AUDIT_READ) is None
    assert all(access.has_on(right, tree["S2"].path) for right in Right)
    assert len(names_in(user, Right.MEMBERS_VIEW)) == 6
    assert access.role_label == "超级管理员"


@pytest.mark.parametrize("nobody", ["anonymous", "inactive", "unposted"])
def test_nobody_may_nothing(tree, nobody):
    if nobody == "anonymous":
        user = AnonymousUser()
    elif nobody == "inactive":
        user = make_posted(tree["S1"], Role.OFFICE)
        user.is_active = False
    else:
        user = make_user()
    access = access_of(user)
    assert not any(access.has(right) for right in Right)
    assert names_in(user, Right.MEMBERS_VIEW) == set()


def test_a_disabled_superuser_may_nothing(db):
    user = User.objects.create_superuser("root", password="x", is_active=False)
    assert not access_of(user).has(Right.MEMBERS_VIEW)


@pytest.mark.parametrize(
    ("first", "last", "in_force"),
    [(0, None, True), (-5, 0, True), (0, 0, True), (-5, -1, False), (1, None, False)],
)
def test_a_posting_counts_from_its_first_to_its_last_day(tree, first, last, in_force):
    today = timezone.localdate()
    end = None if last is None else today + timedelta(days=last)
    user = make_posted(tree["S1"], Role.OFFICE, start=today + timedelta(days=first), end=end)
    assert access_of(user).has(Right.MEMBERS_VIEW) is in_force


def test_a_posting_cannot_end_before_it_starts(tree):
    with pytest.raises(IntegrityError):
        make_posted(tree["S1"], Role.OFFICE, start=date(2026, 7, 1), end=date(2026, 6, 30))


def test_rights_of_two_postings_stay_with_their_organisations(tree):
    user = make_posted(tree["S2"], Role.LEADER)
    Posting.objects.create(user=user, organization=tree["B1"], role=Role.BRANCH_SECRETARY, start=date(2020, 1, 1))
    assert names_in(user, Right.MEMBERS_VIEW) == {"S2", "B1"}
    assert names_in(user, Right.MEMBERS_EDIT) == {"B1"}


def test_paths_inside_another_are_left_out(tree):
    user = make_posted(tree["C1"], Role.COMMUNITY_SECRETARY)
    Posting.objects.create(user=user, organization=tree["B1"], role=Role.BRANCH_SECRETARY, start=date(2020, 1, 1))
    Posting.objects.create(user=user, organization=tree["C2"], role=Role.BRANCH_SECRETARY, start=date(2020, 1, 1))
    assert access_of(user).paths(Right.MEMBERS_VIEW) == [tree["C1"].path, tree["C2"].path]


def test_home_is_the_highest_posting(tree):
    user = make_posted(tree["B1"], Role.BRANCH_SECRETARY)
    Posting.objects.create(user=user, organization=tree["S1"], role=Role.LEADER, start=date(2020, 1, 1))
    access = access_of(user)
    assert access.home_organization_id == tree["S1"].pk
    assert access.home_path == tree["S1"].path
    assert access.role_label == "领导"


def test_all_questions_of_a_request_take_one_query(tree, django_assert_num_queries):
    user = fresh(make_posted(tree["S1"], Role.OFFICE))
    with django_assert_num_queries(1):
        access_of(user).has(Right.MEMBERS_VIEW)
        scope(user, Right.MEMBERS_EDIT)
        assert access_of(user).postings[0].organization.name == "和平街道"


def test_a_new_posting_is_seen_by_the_user_at_hand(tree):
    user = make_user()
    assert not access_of(user).has(Right.MEMBERS_VIEW)
    Posting.objects.create(user=user, organization=tree["S1"], role=Role.OFFICE)
    assert access_of(user).has(Right.MEMBERS_VIEW)


def test_who_keeps_accounts_or_reads_the_trail_reads_no_member():
    records = {Right.MEMBERS_VIEW, Right.MEMBERS_EDIT, Right.ACTIVITIES_VIEW, Right.EXPORT, Right.SENSITIVE_REVEAL}
    assert not records & ROLE_RIGHTS[Role.SYSTEM_ADMIN]
    assert ROLE_RIGHTS[Role.AUDITOR] == {Right.AUDIT_READ, Right.POSTINGS_CONFIRM}


def test_leaders_change_and_reveal_nothing():
    forbidden = {r for r in Right if r.value.endswith(("-edit", "-confirm", "-sign", "-handle", "-build", "-manage"))}
    forbidden |= {Right.SENSITIVE_REVEAL, Right.SENSITIVE_EXPORT, Right.TALKS_READ, Right.IMPORT}
    assert not forbidden & ROLE_RIGHTS[Role.LEADER]
    assert Right.EXPORT in ROLE_RIGHTS[Role.LEADER]


def test_only_the_office_signs_reports_and_exports_in_clear():
    for right in (Right.REPORTS_SIGN, Right.SENSITIVE_EXPORT, Right.SETTINGS_MANAGE):
        assert [role for role in Role if right in ROLE_RIGHTS[role]] == [Role.OFFICE]


def test_a_branch_secretary_submits_but_neither_confirms_nor_reveals():
    rights = ROLE_RIGHTS[Role.BRANCH_SECRETARY]
    assert Right.ACTIVITIES_EDIT in rights
    assert not rights & {Right.ACTIVITIES_CONFIRM, Right.SENSITIVE_REVEAL, Right.IMPORT}


def test_the_office_gives_no_role_above_its_own(tree):
    access = access_of(make_posted(tree["S1"], Role.OFFICE))
    assert access.grantable(tree["C1"].path) == set(Role) - {Role.SYSTEM_ADMIN, Role.AUDITOR}
    assert access.grantable(tree["S2"].path) == set()
    assert access_of(make_posted(tree["S1"], Role.SYSTEM_ADMIN)).grantable(tree["S1"].path) == set(Role)
    assert access_of(make_posted(tree["S1"], Role.LEADER)).grantable_anywhere() == set()
