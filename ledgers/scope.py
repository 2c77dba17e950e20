"""Querysets that know whose records they are: what a user may see, what lies under an organisation."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.permissions import Right, access_of

if TYPE_CHECKING:
    from branches.models import Organization

M = TypeVar("M", bound=models.Model)


def subtree(field: str, path: str) -> Q:
    """Return the condition that the path in `field` is `path` or below it: one indexed range on every database."""
    return Q(**{f"{field}__gte": path, f"{field}__lte": path + "Z" * 12})


class ScopedQuerySet(models.QuerySet[M]):
    """Base of every scoped queryset. `path` leads from the model to the organisation's tree path."""

    path: ClassVar[str] = "organization__path"
    right: ClassVar[Right] = Right.ORGANIZATIONS_VIEW

    def visible_to(self, user: Any, right: Right | None = None) -> Self:
        """Keep what the user's postings let them see, or do, when another `right` is named."""
        return self.filter(access_of(user).scope(right or self.right, self.path))

    def under(self, organization: "Organization", on: date | None = None) -> Self:
        """Keep what belongs to the organisation or anything below it, in the tree as it stood on a day."""
        return self.filter(organization.subtree(self.path, on))


def may(user: User, right: Right, organization: "Organization") -> bool:
    """Say whether the user has the right on this very organisation."""
    return access_of(user).has_on(right, organization.path)
