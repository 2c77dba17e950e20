"""How it is judged: one module for each noun."""

from .ballots import Ballot, BallotGroup, BallotSlip
from .demonstrations import Demonstration
from .findings import CheckRun, Finding, LocalSetting, Severity
from .measures import Measure, MeasureReport, MeasureStage
from .observations import CommunityObservation, Judge, JudgeGroup, JudgeSheet, ObservationItem, ObservationRound
from .requests import RequestReport
from .reviews import ReviewBallots, WorkReview
from .schemes import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto
from .selfchecks import Level, SelfCheck, SelfCheckAnswer, Standard, StandardItem
from .sheets import Appeal, Assessment, SheetEntry, SheetLine, SheetStep
from .stars import BranchStars, MemberStar
from .supervision import Supervision
from .weak import WeakBranch

__all__ = [
    "Appeal",
    "Assessment",
    "Ballot",
    "BallotGroup",
    "BallotSlip",
    "BranchStars",
    "CheckRun",
    "CommunityObservation",
    "Demonstration",
    "Finding",
    "Grade",
    "Indicator",
    "IndicatorGroup",
    "Judge",
    "JudgeGroup",
    "JudgeSheet",
    "Level",
    "LocalSetting",
    "Measure",
    "MeasureReport",
    "MeasureStage",
    "MemberStar",
    "ObservationItem",
    "ObservationRound",
    "RankingClass",
    "RequestReport",
    "ReviewBallots",
    "Scheme",
    "SelfCheck",
    "SelfCheckAnswer",
    "Severity",
    "SheetEntry",
    "SheetLine",
    "SheetStep",
    "Standard",
    "StandardItem",
    "Supervision",
    "Veto",
    "WeakBranch",
    "WorkReview",
]
