"""Ledgers of what was done; one module for each concern."""

from .concerns import ConcernsLedger
from .practices import PracticesLedger
from .records import ActivitiesLedger, AttendanceLedger
from .tours import TourStopsLedger
from .visits import VisitsLedger

__all__ = [
    "ActivitiesLedger",
    "AttendanceLedger",
    "ConcernsLedger",
    "PracticesLedger",
    "TourStopsLedger",
    "VisitsLedger",
]
