"""The rules of the rulebook, each a declaration. Importing this package registers them all."""

from . import (
    attendance,
    branches,
    brands,
    cobuilding,
    company,
    data_quality,
    democratic,
    development,
    dues,
    elections,
    meetings,
    minutes,
    moving,
    people,
    places,
)

__all__ = [
    "attendance",
    "branches",
    "brands",
    "cobuilding",
    "company",
    "data_quality",
    "democratic",
    "development",
    "dues",
    "elections",
    "meetings",
    "minutes",
    "moving",
    "people",
    "places",
]
