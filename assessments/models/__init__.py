"""How it is judged: one module for each noun."""

from .findings import CheckRun, Finding, LocalSetting, Severity
from .measures import Measure, MeasureReport, MeasureStage
from .schemes import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto
from .sheets import Appeal, Assessment, SheetEntry, SheetLine, SheetStep

__all__ = [
    "Appeal",
    "Assessment",
    "CheckRun",
    "Finding",
    "Grade",
    "Indicator",
    "IndicatorGroup",
    "LocalSetting",
    "Measure",
    "MeasureReport",
    "MeasureStage",
    "RankingClass",
    "Scheme",
    "Severity",
    "SheetEntry",
    "SheetLine",
    "SheetStep",
    "Veto",
]
