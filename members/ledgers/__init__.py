"""Ledgers about people; one module for each concern."""

from .checkins import CheckInsLedger
from .decisions import AttachmentsLedger, ExemptionsLedger, WaiversLedger
from .development import DevelopmentLedger
from .dues import ArrearsLedger, DuesLedger, PaymentsLedger
from .personal import AchievementsLedger, HonorsLedger, MattersLedger, TalksLedger
from .register import MembersLedger
from .transfers import TransfersLedger
from .whereabouts import FloatingLedger, LostContactLedger

__all__ = [
    "AchievementsLedger",
    "ArrearsLedger",
    "AttachmentsLedger",
    "CheckInsLedger",
    "DevelopmentLedger",
    "DuesLedger",
    "ExemptionsLedger",
    "FloatingLedger",
    "HonorsLedger",
    "LostContactLedger",
    "MattersLedger",
    "MembersLedger",
    "PaymentsLedger",
    "TalksLedger",
    "TransfersLedger",
    "WaiversLedger",
]
