"""Ledgers of organisations; one module for each concern."""

from .tree import CommitteesLedger, OrganizationsLedger

__all__ = ["CommitteesLedger", "OrganizationsLedger"]
