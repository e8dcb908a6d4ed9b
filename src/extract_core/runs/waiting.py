"""Which tables of a run wait for another attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.contract import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.tracking.records import AttemptRow, RunRecord
    from extract_core.tracking.store import TrackingStore


def waiting_tables(tracking: TrackingStore, record: RunRecord, last: Mapping[str, AttemptRow]) -> frozenset[str]:
    """The tables that this run still holds although an attempt at them was recorded: another attempt was to follow.

    `last` are the last recorded attempts, by table.
    """
    failed = [table for table, row in last.items() if row.state is not JobState.SUCCEEDED]
    states = tracking.states(record.source, failed) if failed else {}
    return frozenset(
        table
        for table, state in states.items()
        if state.owner is not None and state.owner.run_id == record.run_id and state.attempt == last[table].attempt + 1
    )
