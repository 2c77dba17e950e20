"""The rules of the rulebook, each a declaration. Importing this package registers them all."""

from . import branches, data_quality, meetings, people

__all__ = ["branches", "data_quality", "meetings", "people"]
