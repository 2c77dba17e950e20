"""What was done; one module for each concern."""

from ..likeness import MinutesBand
from ..service import ServiceLine
from .brands import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from .cobuilding import Agreement, Contribution, PartnerUnit
from .democratic import BranchReview, DemocraticReview
from .feeds import CalendarFeed
from .hours import StudyLine
from .life import Criticism, Promise
from .papers import MAX_NOTE, Attachment, PendingUpload
from .plans import PlannedActivity
from .records import Activity, Attendance, confirm_all, record_roll
from .study import Certificate, StudySeries, StudyTheme
from .votes import Resolution, Vote

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Agreement",
    "Attachment",
    "Attendance",
    "BranchReview",
    "BrandProject",
    "CalendarFeed",
    "Certificate",
    "Contribution",
    "Criticism",
    "DemocraticReview",
    "Milestone",
    "MinutesBand",
    "Participant",
    "PartnerUnit",
    "PendingUpload",
    "PlannedActivity",
    "Promise",
    "Resolution",
    "ServiceEvent",
    "ServiceLine",
    "Story",
    "StoryPhoto",
    "StudyLine",
    "StudySeries",
    "StudyTheme",
    "Vote",
    "confirm_all",
    "record_roll",
]
