"""Runs, attempts, leases and watermarks: the memory of the pipeline. `open_tracking` gives the store."""

from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import (
    AttemptRow,
    Claim,
    Commit,
    Finished,
    Guard,
    Held,
    MarkChange,
    OnConflict,
    Outcome,
    Owner,
    Policy,
    RunRecord,
    Skipped,
    TableState,
    Taken,
)
from extract_core.tracking.sqlite import SQLiteTracking
from extract_core.tracking.store import TrackingStore

__all__ = [
    "AttemptRow",
    "Claim",
    "Commit",
    "Finished",
    "Guard",
    "Held",
    "MarkChange",
    "OnConflict",
    "Outcome",
    "Owner",
    "Policy",
    "RunRecord",
    "SQLiteTracking",
    "Skipped",
    "TableState",
    "Taken",
    "TrackingStore",
    "open_tracking",
]
