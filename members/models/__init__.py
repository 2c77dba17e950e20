"""People: the register, and what is recorded about them; one module for each concern."""

from .checkins import CommunityCheckIn, ServiceEntry, standing
from .development import (
    DevelopmentCase,
    DevelopmentStep,
    DevelopmentVote,
    here_by,
    progress_of,
    standing_on,
    under_way,
)
from .dues import FLAT, UNPAID, ClosedDues, DuesBase, DuesCharge, can_be_reckoned
from .merging import MergeRecord
from .papers import DevelopmentPaper
from .personal import Honor, MatterReport, PerformanceRecord, Talk, in_sight
from .register import (
    ETHNICITIES,
    UNKNOWN_START,
    Education,
    Employment,
    Gender,
    Member,
    Membership,
    derived,
    floated,
    mask_address,
    mask_id,
    mask_phone,
    pinyin_of,
    years_between,
)
from .transfers import TAKEN_IN_WITHIN, Transfer, street_of
from .whereabouts import Contact, Whereabouts, without

__all__ = [
    "ETHNICITIES",
    "FLAT",
    "TAKEN_IN_WITHIN",
    "UNKNOWN_START",
    "UNPAID",
    "ClosedDues",
    "CommunityCheckIn",
    "Contact",
    "DevelopmentCase",
    "DevelopmentPaper",
    "DevelopmentStep",
    "DevelopmentVote",
    "DuesBase",
    "DuesCharge",
    "Education",
    "Employment",
    "Gender",
    "Honor",
    "MatterReport",
    "Member",
    "Membership",
    "MergeRecord",
    "PerformanceRecord",
    "ServiceEntry",
    "Talk",
    "Transfer",
    "Whereabouts",
    "can_be_reckoned",
    "derived",
    "floated",
    "here_by",
    "in_sight",
    "mask_address",
    "mask_id",
    "mask_phone",
    "pinyin_of",
    "progress_of",
    "standing",
    "standing_on",
    "street_of",
    "under_way",
    "without",
    "years_between",
]
