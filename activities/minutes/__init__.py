"""Read meeting minutes: text out of a file, fields out of the text, names and organisations against the registers.

A person confirms everything read here. What is not certain therefore stays empty, and a hint says why; nothing is
guessed. Pure functions: no database, no models.
"""

from .division import divided
from .meetings import Minutes, read_meetings, read_minutes
from .registers import RosterMatch, match_organization, match_roster
from .sections import sections_of
from .spelling import MAX_TEXT
from .text import Unreadable, extract_text

__all__ = [
    "MAX_TEXT",
    "Minutes",
    "RosterMatch",
    "Unreadable",
    "divided",
    "extract_text",
    "match_organization",
    "match_roster",
    "read_meetings",
    "read_minutes",
    "sections_of",
]
