"""People: the register, and what is recorded about them; one module for each concern."""

from .development import DevelopmentCase, DevelopmentStep, DevelopmentVote, progress_of, standing_on, under_way
from .dues import FLAT, UNPAID, ClosedDues, DuesBase, DuesCharge, can_be_reckoned
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
    "Contact",
    "DevelopmentCase",
    "DevelopmentStep",
    "DevelopmentVote",
    "DuesBase",
    "DuesCharge",
    "Education",
    "Employment",
    "Gender",
    "Member",
    "Membership",
    "Transfer",
    "Whereabouts",
    "can_be_reckoned",
    "derived",
    "mask_address",
    "mask_id",
    "mask_phone",
    "pinyin_of",
    "progress_of",
    "standing_on",
    "street_of",
    "floated",
    "without",
    "under_way",
    "years_between",
]
