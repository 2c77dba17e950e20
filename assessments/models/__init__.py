"""How it is judged: one module for each noun."""

from .findings import CheckRun, Finding, LocalSetting, Severity
from .schemes import Grade, Indicator, IndicatorGroup, RankingClass, Scheme, Veto

__all__ = [
    "CheckRun",
    "Finding",
    "Grade",
    "Indicator",
    "IndicatorGroup",
    "LocalSetting",
    "RankingClass",
    "Scheme",
    "Severity",
    "Veto",
]
