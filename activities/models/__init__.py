"""What was done; one module for each concern."""

from ..likeness import MinutesBand
from ..service import ServiceLine
from .brands import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from .cobuilding import Agreement, Contribution, PartnerUnit
from .democratic import BranchReview, DemocraticReview
from .hours import StudyLine
from .life import Criticism, Promise
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll
from .study import Certificate, StudySeries, StudyTheme

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Agreement",
    "Attachment",
    "Attendance",
    "BranchReview",
    "BrandProject",
    "Certificate",
    "Contribution",
    "Criticism",
    "DemocraticReview",
    "Milestone",
    "MinutesBand",
    "Participant",
    "PartnerUnit",
    "PendingUpload",
    "Promise",
    "ServiceEvent",
    "ServiceLine",
    "Story",
    "StoryPhoto",
    "StudyLine",
    "StudySeries",
    "StudyTheme",
    "confirm_all",
    "record_roll",
]
