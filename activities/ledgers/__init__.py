"""Ledgers of what was done; one module for each concern."""

from .democratic import DemocraticReviewsLedger
from .life import CriticismsLedger, PromisesLedger
from .records import ActivitiesLedger, AttendanceLedger
from .study import CertificatesLedger, StudyHoursLedger, StudySeriesLedger, StudyThemesLedger

__all__ = [
    "ActivitiesLedger",
    "AttendanceLedger",
    "CertificatesLedger",
    "CriticismsLedger",
    "DemocraticReviewsLedger",
    "PromisesLedger",
    "StudyHoursLedger",
    "StudySeriesLedger",
    "StudyThemesLedger",
]
