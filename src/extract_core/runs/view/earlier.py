"""The earlier runs of a run's tables, and what has changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState
from extract_core.runs.summary import last_attempts
from extract_core.runs.view.document import Change, Comparison, Earlier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extract_core.runs.view.document import ChangeKind, TableResult
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

_LOOK_BACK: Final = 200  # runs that are looked through
_MOST_READ: Final = 5  # runs of the source whose attempts are read
_FACTOR: Final = 1.5  # a change of rows or seconds below this factor is not listed
_SECONDS: Final = 30.0  # nor is a change of fewer seconds
_ROWS: Final = 100  # nor one of fewer rows
_MOST_CHANGES: Final = 500
_ORDER: Final = ("newly_failed", "fixed", "fewer_rows", "slower", "more_rows", "faster", "new")


def earlier_ends(tracking: TrackingStore, record: RunRecord, tables: Sequence[str]) -> dict[str, Earlier]:
    """How each of these tables ended in the latest earlier run that had it.

    At most 5 runs of the same source are read, of the latest 200 runs: one query per run, also in DynamoDB.
    """
    missing, ends = set(tables), dict[str, Earlier]()
    for run in _before(tracking, record):
        for table, row in last_attempts(tracking.attempts(run.run_id)).items():
            if table in missing:
                missing.discard(table)
                ends[table] = Earlier(
                    run_id=run.run_id,
                    whole=row.watermark_low is None,
                    state=row.state.value,
                    failure=row.failure and row.failure.value,
                    rows=row.rows,
                    bytes=row.bytes,
                    seconds=row.seconds,
                )
        if not missing:
            break
    return ends


def _before(tracking: TrackingStore, record: RunRecord) -> Iterator[RunRecord]:
    read = 0
    for run in tracking.runs(_LOOK_BACK):
        if run.source == record.source and run.planned and run.summary and run.started_at < record.started_at:
            yield run
            read += 1
        if read == _MOST_READ:
            return


def comparison(tables: Sequence[TableResult]) -> Comparison | None:
    """This run beside the earlier ends of its tables. None if there is none."""
    if not any(table.earlier for table in tables):
        return None
    runs: dict[str, None] = {}
    both = []
    for table in tables:
        if table.earlier is not None:
            runs[table.earlier.run_id] = None
            if table.state == table.earlier.state == JobState.SUCCEEDED and _whole(table) == table.earlier.whole:
                both.append((table, table.earlier))
    changes = sorted((change for table in tables for change in _changes(table)), key=_rank)
    return Comparison(
        runs=list(runs),
        tables=len(both),
        rows=sum(table.rows or 0 for table, _ in both),
        rows_before=sum(before.rows or 0 for _, before in both),
        seconds=round(sum(table.attempts[-1].seconds or 0 for table, _ in both), 3),
        seconds_before=round(sum(before.seconds or 0 for _, before in both), 3),
        changes=changes[:_MOST_CHANGES],
    )


def _changes(table: TableResult) -> Iterator[Change]:
    before = table.earlier
    if before is None:
        yield Change(table=table.table, kind="new", now=None, before=None)
        return
    succeeded, had_succeeded = table.state == JobState.SUCCEEDED, before.state == JobState.SUCCEEDED
    if table.state not in ("OPEN", "RETRYING") and succeeded != had_succeeded:
        kind: ChangeKind = "fixed" if succeeded else "newly_failed"
        yield Change(table=table.table, kind=kind, now=table.failure or table.state, before=before.failure or before.state)
    whole = _whole(table)  # an incremental read has as many rows as have changed: only alike is compared
    if not (succeeded and had_succeeded) or whole != before.whole:
        return
    now = table.attempts[-1].seconds
    if now is not None and before.seconds is not None and _differs(now, before.seconds, _SECONDS):
        yield Change(table=table.table, kind="slower" if now > before.seconds else "faster", now=now, before=before.seconds)
    if whole and table.rows is not None and before.rows is not None and _differs(table.rows, before.rows, _ROWS):
        more = table.rows > before.rows
        yield Change(table=table.table, kind="more_rows" if more else "fewer_rows", now=table.rows, before=before.rows)


def _whole(table: TableResult) -> bool:
    return table.window is None or table.window.low is None


def _differs(now: float, before: float, least: float) -> bool:
    low, high = sorted((now, before))
    return high - low >= least and high >= low * _FACTOR


def _rank(change: Change) -> tuple[int, float, str]:
    now, before = change.now, change.before
    size = abs(now - before) if isinstance(now, int | float) and isinstance(before, int | float) else 0.0
    return _ORDER.index(change.kind), -size, change.table
