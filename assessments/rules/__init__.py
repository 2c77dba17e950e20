"""The rules of the rulebook, each a declaration. Importing this package registers them all."""

from . import branches, company, data_quality, development, dues, elections, meetings, minutes, moving, people, places

__all__ = [
    "branches",
    "company",
    "data_quality",
    "development",
    "dues",
    "elections",
    "meetings",
    "minutes",
    "moving",
    "people",
    "places",
]
