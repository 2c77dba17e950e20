"""What every register needs: records, sheets of facts, import batches, workers; how the server looks after itself."""

from .batch import ImportBatch
from .closing import ClosedMonth, LateEntry
from .record import Record, Submission, Touch
from .sheet import FactMonth, FactSheet, StaleMark
from .upkeep import Upkeep
from .view import SavedView
from .worker import Worker

__all__ = [
    "ClosedMonth",
    "FactMonth",
    "FactSheet",
    "ImportBatch",
    "LateEntry",
    "Record",
    "SavedView",
    "StaleMark",
    "Submission",
    "Touch",
    "Upkeep",
    "Worker",
]
