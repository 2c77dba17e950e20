"""What was done; one module for each concern."""

from ..service import ServiceLine
from .leave import LeaveRequest
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Attachment",
    "Attendance",
    "LeaveRequest",
    "PendingUpload",
    "ServiceLine",
    "confirm_all",
    "record_roll",
]
