"""Ledgers of what was done; one module for each concern."""

from .brands import BrandsLedger, ParticipantsLedger, ServicesLedger
from .cobuilding import AgreementsLedger, ContributionsLedger, PartnersLedger
from .records import ActivitiesLedger, AttendanceLedger

__all__ = [
    "ActivitiesLedger",
    "AgreementsLedger",
    "AttendanceLedger",
    "BrandsLedger",
    "ContributionsLedger",
    "ParticipantsLedger",
    "PartnersLedger",
    "ServicesLedger",
]
