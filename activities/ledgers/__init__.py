"""Ledgers of what was done; one module for each concern."""

from .brands import BrandsLedger, ParticipantsLedger, ServicesLedger
from .cobuilding import AgreementsLedger, ContributionsLedger, PartnersLedger
from .democratic import DemocraticReviewsLedger
from .leave import LeaveLedger
from .life import CriticismsLedger, PromisesLedger
from .plans import PlansLedger
from .records import ActivitiesLedger, AttendanceLedger
from .study import CertificatesLedger, StudyHoursLedger, StudySeriesLedger, StudyThemesLedger
from .votes import ResolutionsLedger, VotesLedger

__all__ = [
    "ActivitiesLedger",
    "AgreementsLedger",
    "AttendanceLedger",
    "BrandsLedger",
    "CertificatesLedger",
    "ContributionsLedger",
    "CriticismsLedger",
    "DemocraticReviewsLedger",
    "LeaveLedger",
    "ParticipantsLedger",
    "PartnersLedger",
    "PlansLedger",
    "PromisesLedger",
    "ResolutionsLedger",
    "ServicesLedger",
    "StudyHoursLedger",
    "StudySeriesLedger",
    "StudyThemesLedger",
    "VotesLedger",
]
