"""The organisation tree and what hangs on it; one module for each concern."""

from .elections import Candidate, Election, turnout_needed
from .enterprises import Enterprise, EnterpriseState, InstructorVisit
from .groups import GroupLeader, assign, members_of, names_of
from .joint_units import MOST_UNITS, JointUnit
from .tree import (
    RESERVED_CODES,
    Committee,
    CommitteeSeat,
    Organization,
    OrganizationEvent,
    Term,
    obstacle_sources,
    obstacles_of,
    organization_choices,
    wind_up,
)
from .venues import Shortage, Venue
from .workers import PartyWorker, WorkerTraining

__all__ = [
    "MOST_UNITS",
    "RESERVED_CODES",
    "Candidate",
    "Committee",
    "CommitteeSeat",
    "Election",
    "Enterprise",
    "EnterpriseState",
    "GroupLeader",
    "InstructorVisit",
    "JointUnit",
    "Organization",
    "OrganizationEvent",
    "PartyWorker",
    "Shortage",
    "Term",
    "Venue",
    "WorkerTraining",
    "assign",
    "members_of",
    "names_of",
    "obstacle_sources",
    "obstacles_of",
    "organization_choices",
    "turnout_needed",
    "wind_up",
]
