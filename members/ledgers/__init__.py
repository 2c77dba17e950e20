"""Ledgers about people; one module for each concern."""

from .checkins import CheckInsLedger
from .development import DevelopmentLedger
from .dues import DuesLedger
from .personal import AchievementsLedger, HonorsLedger, MattersLedger, TalksLedger
from .register import MembersLedger
from .transfers import TransfersLedger
from .whereabouts import FloatingLedger, LostContactLedger

__all__ = [
    "AchievementsLedger",
    "CheckInsLedger",
    "DevelopmentLedger",
    "DuesLedger",
    "FloatingLedger",
    "HonorsLedger",
    "LostContactLedger",
    "MattersLedger",
    "MembersLedger",
    "TalksLedger",
    "TransfersLedger",
]
