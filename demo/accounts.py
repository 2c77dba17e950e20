"""One sign-in for each role, on the first street."""

from django.contrib.auth.hashers import make_password

from accounts.models import Posting, User
from accounts.roles import Role
from branches.models import Organization

from .names import person
from .plan import Street

PASSWORD = "Demo-Portal-2026"  # noqa: S105 -- printed on purpose: demo sign-ins guard nothing


def open_accounts(street: Street) -> list[dict[str, str]]:
    """Make the demo accounts with their postings and return what to tell the person who tries them.

    A username that is already taken keeps its account as it is and gets no posting.
    """
    branch = street.branches[0]
    top = Organization.objects.get(path=street.organization.path[: Organization.steplen])
    posts: list[tuple[str, Role, Organization]] = [
        ("office", Role.OFFICE, street.organization),
        ("leader", Role.LEADER, top),
        ("shequ", Role.COMMUNITY_SECRETARY, street.communities[0]),
        ("zhibu", Role.BRANCH_SECRETARY, branch.organization),
        ("admin", Role.SYSTEM_ADMIN, top),
        ("auditor", Role.AUDITOR, top),
    ]
    taken = set(User.objects.filter(username__in=[name for name, _, _ in posts]).values_list("username", flat=True))
    posts = [post for post in posts if post[0] not in taken]
    random = street.random("accounts")
    users = [
        User(username=username, name=person(random, male=random.random() < 0.5), password=make_password(PASSWORD))
        for username, _, _ in posts
    ]
    if branch.seats:
        for user, (_, role, _) in zip(users, posts, strict=True):
            if role == Role.BRANCH_SECRETARY:
                user.name = branch.seats[0].name
    User.objects.bulk_create(users)
    Posting.objects.bulk_create(
        Posting(user=user, organization=organization, role=role, start=street.plan.first)
        for user, (_, role, organization) in zip(users, posts, strict=True)
    )
    return [
        {"username": username, "role": role.label, "organization": organization.name}
        for username, role, organization in posts
    ]
