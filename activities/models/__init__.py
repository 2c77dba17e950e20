"""What was done; one module for each concern."""

from ..service import ServiceLine
from .concerns import Concern, HandOver
from .papers import MAX_NOTE, Attachment, PendingUpload
from .practices import Practice, PracticeEvidence
from .records import Activity, Attendance, confirm_all, record_roll
from .tours import TourStop
from .visits import Visit

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Attachment",
    "Attendance",
    "Concern",
    "HandOver",
    "PendingUpload",
    "Practice",
    "PracticeEvidence",
    "ServiceLine",
    "TourStop",
    "Visit",
    "confirm_all",
    "record_roll",
]
