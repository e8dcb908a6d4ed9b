"""Who may take a table: the rules of the lease, without a store.

A lease belongs to an execution and is not renewed. It is dead when its owner is no longer RUNNING, or when
the upper bound of the owner's run has passed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from extract_core.tracking.records import Taken

if TYPE_CHECKING:
    from extract_core.tracking.records import Owner, TableState


def holder(state: TableState, owner: Owner, now: datetime) -> Owner | None:
    """The owner that keeps this one from taking the table, unless its execution is dead; None if the table is free."""
    by = state.owner
    if by is None or by.execution_id == owner.execution_id or datetime.fromisoformat(by.bound) <= now:
        return None
    return by


def taken(state: TableState, owner: Owner, above: int = 0) -> Taken:
    """The table in this owner's hands. A new owner raises the fencing number, to above `above`; the same execution keeps it."""
    by = state.owner
    if by is not None and by.execution_id == owner.execution_id:
        return Taken(state=state)
    fresh = replace(state, owner=owner, slot=None, fencing=max(state.fencing, above) + 1, attempt=1)
    return Taken(state=fresh, taken_over=None if by is None else by.run_id)
