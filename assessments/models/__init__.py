"""How it is judged: one module for each noun."""

from .findings import CheckRun, Finding, LocalSetting, Severity

__all__ = ["CheckRun", "Finding", "LocalSetting", "Severity"]
