"""What was done; one module for each concern."""

from .brands import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from .cobuilding import Agreement, Contribution, PartnerUnit
from .concerns import Concern, HandOver
from .democratic import BranchReview, DemocraticReview
from .feeds import CalendarFeed
from .hours import StudyLine
from .leave import LeaveRequest
from .life import Criticism, Promise
from .minutes import MinutesBand
from .papers import MAX_NOTE, Attachment, PendingUpload
from .plans import PlannedActivity
from .practices import Practice, PracticeEvidence
from .records import Activity, Attendance, UnitedActivity, confirm_all, record_roll, traced
from .service import ServiceLine
from .sign_in import Arrival, SignInSheet, WrongTry
from .study import Certificate, StudySeries, StudyTheme
from .tours import TourStop
from .visits import Visit
from .votes import Resolution, Vote

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Agreement",
    "Arrival",
    "Attachment",
    "Attendance",
    "BranchReview",
    "BrandProject",
    "CalendarFeed",
    "Certificate",
    "Concern",
    "Contribution",
    "Criticism",
    "DemocraticReview",
    "HandOver",
    "LeaveRequest",
    "Milestone",
    "MinutesBand",
    "Participant",
    "PartnerUnit",
    "PendingUpload",
    "PlannedActivity",
    "Practice",
    "PracticeEvidence",
    "Promise",
    "Resolution",
    "ServiceEvent",
    "ServiceLine",
    "SignInSheet",
    "Story",
    "StoryPhoto",
    "StudyLine",
    "StudySeries",
    "StudyTheme",
    "TourStop",
    "UnitedActivity",
    "Visit",
    "Vote",
    "WrongTry",
    "confirm_all",
    "record_roll",
    "traced",
]
