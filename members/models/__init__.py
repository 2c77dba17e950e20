"""People: the register, and what is recorded about them; one module for each concern."""

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
    mask_address,
    mask_id,
    mask_phone,
    pinyin_of,
    years_between,
)

__all__ = [
    "ClosedDues",
    "DuesBase",
    "DuesCharge",
    "ETHNICITIES",
    "FLAT",
    "UNKNOWN_START",
    "UNPAID",
    "Education",
    "Employment",
    "Gender",
    "Member",
    "Membership",
    "can_be_reckoned",
    "derived",
    "mask_address",
    "mask_id",
    "mask_phone",
    "pinyin_of",
    "years_between",
]
