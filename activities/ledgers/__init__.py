"""Ledgers of what was done; one module for each concern."""

from .plans import PlansLedger
from .records import ActivitiesLedger, AttendanceLedger
from .votes import ResolutionsLedger, VotesLedger

__all__ = ["ActivitiesLedger", "AttendanceLedger", "PlansLedger", "ResolutionsLedger", "VotesLedger"]
