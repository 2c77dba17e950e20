"""Ledgers of what was done; one module for each concern."""

from .brands import BrandsLedger, MilestonesLedger, ParticipantsLedger, ServicesLedger
from .cobuilding import AgreementsLedger, ContributionsLedger, PartnersLedger
from .concerns import ConcernsLedger, ConcernStepsLedger
from .democratic import DemocraticReviewsLedger
from .leave import LeaveLedger
from .life import CriticismsLedger, PromisesLedger
from .plans import PlansLedger
from .practices import PracticesLedger
from .records import ActivitiesLedger, AttendanceLedger
from .service import ServiceLedger
from .study import CertificatesLedger, StudyHoursLedger, StudySeriesLedger, StudyThemesLedger
from .tours import TourStopsLedger
from .visits import VisitsLedger
from .votes import ResolutionsLedger, VotesLedger

__all__ = [
    "ActivitiesLedger",
    "AgreementsLedger",
    "AttendanceLedger",
    "BrandsLedger",
    "CertificatesLedger",
    "ConcernStepsLedger",
    "ConcernsLedger",
    "ContributionsLedger",
    "CriticismsLedger",
    "DemocraticReviewsLedger",
    "LeaveLedger",
    "MilestonesLedger",
    "ParticipantsLedger",
    "PartnersLedger",
    "PlansLedger",
    "PracticesLedger",
    "PromisesLedger",
    "ResolutionsLedger",
    "ServiceLedger",
    "ServicesLedger",
    "StudyHoursLedger",
    "StudySeriesLedger",
    "StudyThemesLedger",
    "TourStopsLedger",
    "VisitsLedger",
    "VotesLedger",
]
