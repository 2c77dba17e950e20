"""What was done; one module for each concern."""

from ..service import ServiceLine
from .leave import LeaveRequest
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll
from .sign_in import Arrival, SignInSheet, WrongTry

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Arrival",
    "Attachment",
    "Attendance",
    "LeaveRequest",
    "PendingUpload",
    "ServiceLine",
    "SignInSheet",
    "WrongTry",
    "confirm_all",
    "record_roll",
]
