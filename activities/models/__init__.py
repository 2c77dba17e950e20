"""What was done; one module for each concern."""

from ..service import ServiceLine
from .feeds import CalendarFeed
from .papers import MAX_NOTE, Attachment, PendingUpload
from .plans import PlannedActivity
from .records import Activity, Attendance, confirm_all, record_roll
from .votes import Resolution, Vote

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Attachment",
    "Attendance",
    "CalendarFeed",
    "PendingUpload",
    "PlannedActivity",
    "Resolution",
    "ServiceLine",
    "Vote",
    "confirm_all",
    "record_roll",
]
