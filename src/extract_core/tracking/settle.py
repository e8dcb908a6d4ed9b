"""What the end of an attempt changes: the attempt's row, the table's state, its watermark. The rules, without a store.

A store reads the row and the state, asks `settle`, and writes what it says in one transaction on the condition that both
are still as they were read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extract_core.contract import FailureClass, JobState
from extract_core.dataclass import dataclass
from extract_core.errors import TrackingError
from extract_core.tracking import watermark
from extract_core.tracking.records import Finished, Recorded, TableState

if TYPE_CHECKING:
    from extract_core.tracking.records import AttemptRow, Commit, Guard, MarkChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What to answer, and what to write: `row` and `state` are None where nothing is to be written."""

    finished: Finished
    row: AttemptRow | None = None
    state: TableState | None = None


def settle(  # noqa: PLR0913 - all that the decision depends on
    row: AttemptRow,
    *,
    guard: Guard,
    commit: Commit | None,
    stored: AttemptRow | None,
    state: TableState | None,
    last: bool,
) -> Settlement:
    """The effect of this row, from the stored row of the same attempt (if there is one) and the state of the table.

    `last`: no other attempt follows, so the lease ends with this one; else the lease goes on to the next attempt. The slot of a
    pool ends with each attempt.
    """
    if stored is not None:
        return Settlement(finished=Finished(outcome=Recorded.DUPLICATE, row=stored))
    lost = lost_lease(guard, state)
    if lost is not None or state is None:
        refused = _conflict(row, lost or "its lease is gone")
        return Settlement(finished=Finished(outcome=Recorded.CONFLICT, row=refused), row=refused)
    after = replace(
        state,
        owner=None if last else state.owner,
        slot=None,
        attempt=state.attempt if last else state.attempt + 1,
        last_run=row.run_id,
    )
    committed: str | None = None
    if commit is not None and row.state is JobState.SUCCEEDED:
        row, moved = _committed(row, commit, after)
        if moved is not None:
            committed = moved.watermark if moved.version != state.version else None
            after = moved
    outcome = Recorded.CONFLICT if row.failure is FailureClass.CONFLICT else Recorded.RECORDED
    after = replace(after, last_state=row.state, last_failure=row.failure, last_at=row.recorded_at)
    return Settlement(finished=Finished(outcome=outcome, row=row, committed=committed), row=row, state=after)


def with_mark(state: TableState, change: MarkChange) -> TableState:
    """The state after a person's change. TrackingError where the watermark is no longer what that person saw."""
    if (state.version + 1, state.watermark) != (change.version, change.before):
        raise TrackingError(
            f"the watermark of {change.table!r} has moved meanwhile: it is {state.watermark!r} (version {state.version}), not "
            f"{change.before!r} (version {change.version - 1}); look at it again: extract state show {change.table}"
        )
    return replace(
        state, watermark=change.mark, column=change.column, type=change.type, version=change.version,
        set_by_hand=change.mark is not None,
    )  # fmt: skip


def lost_lease(guard: Guard, state: TableState | None) -> str | None:
    """Why this guard's lease is no longer valid; None: it is valid."""
    if state is None:
        return "the tracking store no longer knows this table"
    by = state.owner
    if state.fencing != guard.fencing:
        holds = f"run {by.run_id!r}" if by else f"run {state.last_run!r}, which has ended,"
        return f"{holds} took the table over (fencing number {state.fencing}, this attempt has {guard.fencing})"
    if by is None or by.run_id != guard.run_id:
        return "its lease was released before"
    if state.attempt != guard.attempt:
        return f"the run is at attempt {state.attempt} of this table, not at {guard.attempt}"
    return None


def _conflict(row: AttemptRow, reason: str) -> AttemptRow:
    ended = f"; the job ended {row.state}" + (f": {row.message}" if row.message else "")
    message = f"nothing was committed: {reason}{ended}"
    return replace(row, state=JobState.FAILED, failure=FailureClass.CONFLICT, retryable=False, message=message)


def _committed(row: AttemptRow, commit: Commit, state: TableState) -> tuple[AttemptRow, TableState | None]:
    """The row, and the state with what was committed (None: nothing)."""
    state = replace(state, base=commit.base, last_result=commit.last_result)
    if commit.column is None or commit.type is None:
        return row, state if state.set_by_hand else _without_mark(state)  # a person may prepare the table for increments
    if state.version != commit.from_version:
        reason = (
            f"the watermark was changed meanwhile, to {state.watermark!r} (version {state.version}, not {commit.from_version})"
        )
        return _conflict(row, reason), None
    if commit.high is None:
        return row, state if commit.low is not None else _without_mark(state)
    return _marked(row, commit, state)


def _marked(row: AttemptRow, commit: Commit, state: TableState) -> tuple[AttemptRow, TableState | None]:
    """As `_committed`, for an increment that saw a mark."""
    try:
        watermark.check(str(commit.high), str(commit.type))
        forward = _forward(commit, state)
    except TrackingError as error:
        message = f"the job ended well, but its watermark can't be committed: {error}"
        return replace(row, state=JobState.FAILED, failure=FailureClass.CONFIG, message=message), None
    refused = _not_ahead(commit, state, forward)
    if refused is not None:
        return _conflict(row, refused), None
    if forward < 0:
        stays = f"the watermark stays at {state.watermark!r}: the job's {commit.high!r} is behind it"
        return replace(row, message="; ".join(filter(None, (row.message, stays)))), state
    moved = replace(state, watermark=commit.high, column=commit.column, type=commit.type, set_by_hand=False)
    mark = (state.watermark, state.column, state.type)
    return row, moved if mark == (moved.watermark, moved.column, moved.type) else replace(moved, version=state.version + 1)


def _without_mark(state: TableState) -> TableState:
    """The state after everything was read without a mark: the next increment begins anew."""
    if state.watermark is None:
        return state
    return replace(state, watermark=None, column=None, type=None, version=state.version + 1, set_by_hand=False)


def _not_ahead(commit: Commit, state: TableState, forward: int) -> str | None:
    """Why rows with this high mark can't be committed; None: they can."""
    if forward > 0 or commit.rows == 0:
        return None
    if forward < 0 and not commit.may_be_behind:
        return (
            f"the job delivered {commit.rows:,} rows, but its high mark {commit.high!r} is behind the committed watermark "
            f"{state.watermark!r}, so the source may have been restored or truncated: run the table once with --reingest, or "
            "write on_mark_behind: continue"
        )
    if forward == 0 and not commit.reads_overlap:
        return (
            f"the job delivered {commit.rows:,} rows, but its high mark {commit.high!r} is not ahead of the committed watermark "
            f"{state.watermark!r}: source and tracking order these marks differently, and each run would deliver the rows again; "
            "give the table a lag, or another watermark column"
        )
    return None


def _forward(commit: Commit, state: TableState) -> int:
    """Greater than 0: the commit is ahead of the state, or replaces it; 0: at it; less: behind it."""
    if state.watermark is None or commit.low is None:  # where everything was read again, the old mark does not matter
        return 1
    kind = str(commit.type)
    if (state.column, watermark.kind(state.type or kind)) != (commit.column, watermark.kind(kind)):
        raise TrackingError(
            f"the committed one ({state.watermark!r}) is of column {state.column!r} ({state.type}), this one of "
            f"{commit.column!r} ({commit.type}): run the table once with --reingest"
        )
    return watermark.compare(str(commit.high), state.watermark, kind)
