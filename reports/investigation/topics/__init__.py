"""What the points of the report say, one function each, in the office's own order (S1 to S24 of the design)."""

from . import basics, brand, priorities, situation
from .registry import Topic, every, get

__all__ = ["Topic", "basics", "brand", "every", "get", "priorities", "situation"]
