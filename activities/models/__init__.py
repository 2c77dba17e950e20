"""What was done; one module for each concern."""

from ..likeness import MinutesBand
from ..service import ServiceLine
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Attachment",
    "Attendance",
    "MinutesBand",
    "PendingUpload",
    "ServiceLine",
    "confirm_all",
    "record_roll",
]
