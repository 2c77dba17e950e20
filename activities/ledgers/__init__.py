"""Ledgers of what was done; one module for each concern."""

from .leave import LeaveLedger
from .records import ActivitiesLedger, AttendanceLedger

__all__ = ["ActivitiesLedger", "AttendanceLedger", "LeaveLedger"]
