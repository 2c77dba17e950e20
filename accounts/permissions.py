"""Which role may do what, and what one user may do where: the one place that every view, queryset and command asks."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from accounts.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import Posting, User


class Right(StrEnum):
    """One thing that can be allowed."""

    ORGANIZATIONS_VIEW = "organizations-view"
    ORGANIZATIONS_EDIT = "organizations-edit"
    ORGANIZATIONS_RESTRUCTURE = "organizations-restructure"
    MEMBERS_VIEW = "members-view"
    MEMBERS_EDIT = "members-edit"
    SENSITIVE_REVEAL = "sensitive-reveal"
    SENSITIVE_EXPORT = "sensitive-export"
    TALKS_READ = "talks-read"
    SANCTIONS_READ = "sanctions-read"  # sanctions, and major matters that members reported
    ACTIVITIES_VIEW = "activities-view"
    ACTIVITIES_EDIT = "activities-edit"
    ACTIVITIES_CONFIRM = "activities-confirm"
    IMPORT = "import"
    EXPORT = "export"
    FINDINGS_VIEW = "findings-view"
    FINDINGS_HANDLE = "findings-handle"
    ASSESSMENTS_VIEW = "assessments-view"
    ASSESSMENTS_SELF = "assessments-self"
    ASSESSMENTS_REVIEW = "assessments-review"
    ASSESSMENTS_DECIDE = "assessments-decide"
    SCHEMES_MANAGE = "schemes-manage"
    MEASURES_VIEW = "measures-view"
    MEASURES_REPORT = "measures-report"  # say how far what one owes has come
    MEASURES_SET = "measures-set"  # give tasks, extend and accept them
    MEASURES_DIRECT = "measures-direct"  # ask in writing that something be seen to
    DASHBOARD_VIEW = "dashboard-view"
    REPORTS_VIEW = "reports-view"
    REPORTS_BUILD = "reports-build"
    REPORTS_SIGN = "reports-sign"
    ACCOUNTS_MANAGE = "accounts-manage"
    AUDIT_READ = "audit-read"
    POSTINGS_CONFIRM = "postings-confirm"
    SETTINGS_MANAGE = "settings-manage"
    BACKGROUND_VIEW = "background-view"  # who runs the portal: what is done in the background, and whether


class Public:
    """In the URL table: anyone, signed in or not."""


class SignedIn:
    """In the URL table: anyone who is signed in; the view itself narrows what is shown."""


PUBLIC = Public()
SIGNED_IN = SignedIn()

_READ_RECORDS = frozenset(
    {
        Right.ORGANIZATIONS_VIEW,
        Right.MEMBERS_VIEW,
        Right.ACTIVITIES_VIEW,
        Right.FINDINGS_VIEW,
        Right.ASSESSMENTS_VIEW,
        Right.MEASURES_VIEW,
        Right.DASHBOARD_VIEW,
        Right.REPORTS_VIEW,
        Right.EXPORT,
    }
)
_KEEP_BRANCH_RECORDS = _READ_RECORDS | {
    Right.ORGANIZATIONS_EDIT,
    Right.MEMBERS_EDIT,
    Right.ACTIVITIES_EDIT,
    Right.TALKS_READ,
    Right.SANCTIONS_READ,
    Right.ASSESSMENTS_SELF,
    Right.MEASURES_REPORT,
}
_KEEP_COMMUNITY_RECORDS = _KEEP_BRANCH_RECORDS | {
    Right.IMPORT,
    Right.ORGANIZATIONS_RESTRUCTURE,
    Right.ACTIVITIES_CONFIRM,
    Right.FINDINGS_HANDLE,
    Right.ASSESSMENTS_REVIEW,
    Right.MEASURES_SET,
    Right.MEASURES_DIRECT,
    Right.SENSITIVE_REVEAL,
    Right.REPORTS_BUILD,
}

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.SYSTEM_ADMIN: frozenset({Right.ACCOUNTS_MANAGE, Right.BACKGROUND_VIEW}),
    Role.AUDITOR: frozenset({Right.AUDIT_READ, Right.POSTINGS_CONFIRM}),
    Role.OFFICE: _KEEP_COMMUNITY_RECORDS
    | {
        Right.SENSITIVE_EXPORT,
        Right.REPORTS_SIGN,
        Right.ACCOUNTS_MANAGE,
        Right.POSTINGS_CONFIRM,
        Right.SETTINGS_MANAGE,
        Right.SCHEMES_MANAGE,
        Right.ASSESSMENTS_DECIDE,
    },
    Role.LEADER: _READ_RECORDS | {Right.MEASURES_DIRECT},
    Role.COMMUNITY_SECRETARY: _KEEP_COMMUNITY_RECORDS,
    Role.BRANCH_SECRETARY: _KEEP_BRANCH_RECORDS,
}

# Who may give which roles: nobody hands out a role above their own.
GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.SYSTEM_ADMIN: frozenset(Role),
    Role.OFFICE: frozenset(Role) - {Role.SYSTEM_ADMIN, Role.AUDITOR},
}

# Which of them take effect at once. Who runs the accounts sees no records: an account that would see them waits for a
# second person, so that nobody makes a puppet to look through.
GRANTED_AT_ONCE: dict[Role, frozenset[Role]] = GRANTABLE | {Role.SYSTEM_ADMIN: frozenset({Role.SYSTEM_ADMIN})}
CONFIRMABLE: dict[Role, frozenset[Role]] = {Role.OFFICE: GRANTABLE[Role.OFFICE], Role.AUDITOR: frozenset(Role)}


@dataclass(frozen=True)
class Access:
    """What one user may do, and where, on one day. Get it from `access_of`."""

    postings: list[Posting] = field(default_factory=list)
    """The postings in force, the highest in the tree first, each with its organisation loaded."""
    everything: bool = False
    """True for a superuser: every right on every organisation."""

    def has(self, right: Right) -> bool:
        """Say whether the user holds the right on any organisation."""
        return self.everything or any(right in ROLE_RIGHTS[Role(p.role)] for p in self.postings)

    def has_on(self, right: Right, path: str) -> bool:
        """Say whether the user holds the right on the organisation with this tree path."""
        paths = self.paths(right)
        return paths is None or path.startswith(tuple(paths))

    def paths(self, right: Right) -> list[str] | None:
        """Return the tree paths whose subtrees the right covers, none inside another; None means everything."""
        if self.everything:
            return None
        minimal: list[str] = []
        for path in sorted(p.organization.path for p in self.postings if right in ROLE_RIGHTS[Role(p.role)]):
            if not minimal or not path.startswith(minimal[-1]):
                minimal.append(path)
        return minimal

    def scope(self, right: Right, field: str = "path") -> Q:
        """Return the condition on `field` (the way to an organisation's path) that the right covers."""
        paths = self.paths(right)
        return Q() if paths is None else under_any(paths, field)

    def grantable(self, path: str) -> frozenset[Role]:
        """Return the roles this user may give on, or take from, the organisation with this path."""
        if self.everything:
            return frozenset(Role)
        return frozenset[Role]().union(
            *(GRANTABLE.get(Role(p.role), ()) for p in self.postings if path.startswith(p.organization.path))
        )

    def takes_effect_at_once(self, role: Role, path: str) -> bool:
        """Say whether a role that this user gives there needs no second person."""
        return self.everything or any(
            role in GRANTED_AT_ONCE.get(Role(p.role), ()) for p in self.postings if path.startswith(p.organization.path)
        )

    def confirmable_postings(self) -> Q:
        """Return the condition on postings for which this user may be the second person."""
        return Q() if self.everything else self._within(CONFIRMABLE)

    def grantable_anywhere(self) -> frozenset[Role]:
        """Return the roles this user may give somewhere."""
        if self.everything:
            return frozenset(Role)
        return frozenset[Role]().union(*(GRANTABLE.get(Role(p.role), ()) for p in self.postings))

    def grantable_postings(self) -> Q:
        """Return the condition on postings that this user may give or take: role and place both within reach."""
        return Q() if self.everything else self._within(GRANTABLE)

    def _within(self, roles: Mapping[Role, frozenset[Role]]) -> Q:
        return _any_of(
            Q(organization__path__startswith=p.organization.path, role__in=roles[Role(p.role)])
            for p in self.postings
            if p.role in roles
        )

    @property
    def home_organization_id(self) -> int | None:
        """The organisation that pages open on: that of the highest posting."""
        return self.postings[0].organization_id if self.postings else None

    @property
    def home_path(self) -> str:
        """The tree path of that organisation; empty without a posting."""
        return self.postings[0].organization.path if self.postings else ""

    @property
    def role_label(self) -> str:
        """What to call the user's role on screen."""
        if self.everything:
            return "超级管理员"
        return Role(self.postings[0].role).label if self.postings else "未任职"


def under_any(paths: Iterable[str], field: str) -> Q:
    """Return the condition that `field` lies in the subtree of one of the paths; no path, no row."""
    return _any_of(Q(**{f"{field}__startswith": path}) for path in paths)


def _any_of(conditions: Iterable[Q]) -> Q:
    return reduce(operator.or_, conditions, Q(pk__in=[]))


def access_of(user: User | AnonymousUser) -> Access:
    """Return what the user may do today. One query, kept on the user object; none for a superuser or nobody."""
    if not user.is_authenticated or not user.is_active:
        return Access()
    if user.is_superuser:
        return Access(everything=True)
    today = timezone.localdate()
    kept: tuple[date, Access] | None = getattr(user, "_access", None)
    if kept is None or kept[0] != today:
        postings = list(user.postings.in_force(today).select_related("organization"))
        ranks = list(Role)
        postings.sort(key=lambda p: (len(p.organization.path), ranks.index(Role(p.role)), p.organization.path))
        kept = (today, Access(postings=postings))
        user._access = kept
    return kept[1]


def scope(user: User | AnonymousUser, right: Right, field: str = "path") -> Q:
    """Return the condition on `field` that limits rows to where the user holds the right."""
    return access_of(user).scope(right, field)
