"""What every register needs: records, sheets of facts, import batches."""

from .batch import ImportBatch
from .record import Record, Submission, Touch
from .sheet import FactMonth, FactSheet, StaleMark

__all__ = ["FactMonth", "FactSheet", "ImportBatch", "Record", "StaleMark", "Submission", "Touch"]
