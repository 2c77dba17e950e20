"""The rules of the rulebook, each a declaration. Importing this package registers them all."""

from . import (
    branches,
    company,
    concerns,
    data_quality,
    development,
    dues,
    elections,
    meetings,
    moving,
    people,
    places,
    street,
)

__all__ = [
    "branches",
    "company",
    "concerns",
    "data_quality",
    "development",
    "dues",
    "elections",
    "meetings",
    "moving",
    "people",
    "places",
    "street",
]
