"""What was done; one module for each concern."""

from ..service import ServiceLine
from .democratic import BranchReview, DemocraticReview
from .hours import StudyLine
from .life import Criticism, Promise
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll
from .study import Certificate, StudySeries, StudyTheme

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Attachment",
    "Attendance",
    "BranchReview",
    "Certificate",
    "Criticism",
    "DemocraticReview",
    "PendingUpload",
    "Promise",
    "ServiceLine",
    "StudyLine",
    "StudySeries",
    "StudyTheme",
    "confirm_all",
    "record_roll",
]
