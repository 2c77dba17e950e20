"""Small makers of organisations, accounts and postings."""

from datetime import date

from accounts.models import Posting, User
from accounts.roles import Role
from branches.models import Organization

PASSWORD = "Peaceful-2026"


def make_tree() -> dict[str, Organization]:
    """Return a district with two streets; the first has two communities, its first community one branch."""
    tree: dict[str, Organization] = {}
    for code, name, kind, parent in (
        ("D", "城区", "district-committee", ""),
        ("S1", "和平街道", "working-committee", "D"),
        ("S2", "新华街道", "working-committee", "D"),
        ("C1", "东风社区", "community-committee", "S1"),
        ("C2", "西风社区", "community-committee", "S1"),
        ("B1", "第一党支部", "branch", "C1"),
    ):
        fields = {"code": code, "name": name, "kind": kind}
        if parent:
            tree[code] = Organization.objects.add_child(Organization.objects.get(code=parent), fields)
        else:
            tree[code] = Organization.objects.add_root(fields)
    return tree


def make_user(username: str = "li", name: str = "", **fields: object) -> User:
    return User.objects.create_user(username, password=PASSWORD, name=name or username, **fields)


def make_posted(organization: Organization, role: Role, username: str = "", **fields: object) -> User:
    """Return a user with one posting, in force since 2020 unless `fields` say otherwise."""
    user = make_user(username or f"{role.value}-{organization.code}")
    Posting.objects.create(
        **{"user": user, "organization": organization, "role": role, "start": date(2020, 1, 1)} | fields
    )
    return user
