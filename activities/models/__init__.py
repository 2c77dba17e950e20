"""What was done; one module for each concern."""

from ..service import ServiceLine
from .brands import BrandProject, Milestone, Participant, ServiceEvent, Story, StoryPhoto
from .cobuilding import Agreement, Contribution, PartnerUnit
from .papers import MAX_NOTE, Attachment, PendingUpload
from .records import Activity, Attendance, confirm_all, record_roll

__all__ = [
    "MAX_NOTE",
    "Activity",
    "Agreement",
    "Attachment",
    "Attendance",
    "BrandProject",
    "Contribution",
    "Milestone",
    "Participant",
    "PartnerUnit",
    "PendingUpload",
    "ServiceEvent",
    "ServiceLine",
    "Story",
    "StoryPhoto",
    "confirm_all",
    "record_roll",
]
