"""Ledgers of what was done; one module for each concern."""

from .records import ActivitiesLedger, AttendanceLedger
from .votes import ResolutionsLedger, VotesLedger

__all__ = ["ActivitiesLedger", "AttendanceLedger", "ResolutionsLedger", "VotesLedger"]
