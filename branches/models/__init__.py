"""The organisation tree and what hangs on it; one module for each concern."""

from .tree import (
    Committee,
    CommitteeSeat,
    Organization,
    OrganizationEvent,
    Term,
    organization_choices,
)

__all__ = [
    "Committee",
    "CommitteeSeat",
    "Organization",
    "OrganizationEvent",
    "Term",
    "organization_choices",
]
