"""The rules of the rulebook, each a declaration. Importing this package registers them all."""

from . import (
    attendance,
    branches,
    company,
    data_quality,
    development,
    dues,
    elections,
    meetings,
    moving,
    people,
    places,
)

__all__ = [
    "attendance",
    "branches",
    "company",
    "data_quality",
    "development",
    "dues",
    "elections",
    "meetings",
    "moving",
    "people",
    "places",
]
