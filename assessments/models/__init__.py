"""How it is judged: one module for each noun."""

from .findings import CheckRun, Finding, LocalSetting, Severity
from .measures import Measure, MeasureReport, MeasureStage
from .observations import CommunityObservation, Judge, JudgeGroup, JudgeSheet, ObservationItem, ObservationRound
from .reviews import ReviewBallots, WorkReview
from .schemes import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto
from .selfchecks import Level, SelfCheck, SelfCheckAnswer, Standard, StandardItem
from .sheets import Appeal, Assessment, SheetEntry, SheetLine, SheetStep

__all__ = [
    "Appeal",
    "Assessment",
    "CheckRun",
    "CommunityObservation",
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
    "ObservationItem",
    "ObservationRound",
    "RankingClass",
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
    "Veto",
    "WorkReview",
]
