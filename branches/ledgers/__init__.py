"""Ledgers of organisations; one module for each concern."""

from .enterprises import EnterprisesLedger
from .life import CandidatesLedger, ElectionsLedger, GroupLeadersLedger, JointUnitsLedger
from .tree import CommitteesLedger, OrganizationsLedger
from .venues import ShortagesLedger, VenuesLedger
from .workers import WorkersLedger

__all__ = [
    "CandidatesLedger",
    "CommitteesLedger",
    "ElectionsLedger",
    "EnterprisesLedger",
    "GroupLeadersLedger",
    "JointUnitsLedger",
    "OrganizationsLedger",
    "ShortagesLedger",
    "VenuesLedger",
    "WorkersLedger",
]
