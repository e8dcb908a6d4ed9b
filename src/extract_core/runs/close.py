"""Closes the tables of a run that were planned and never recorded: stops their jobs, records an end, ends their leases."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.errors import ObjectError, ObjectUnavailable, RunNotFound
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import stored_items
from extract_core.runs.announce import tell
from extract_core.runs.replay import replay
from extract_core.runs.started_jobs import StartedJob
from extract_core.runs.stop_jobs import stop_jobs
from extract_core.runs.summary import MOST_KEPT, last_attempts, summarised, unplanned
from extract_core.runs.waiting import waiting_tables
from extract_core.status.manifest import publish_all
from extract_core.status.next_attempt import NoNextAttempt, next_attempt
from extract_core.status.planned import Planned
from extract_core.status.record import attempt_row, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.items_in_history import Key
    from extract_core.runs.stop_jobs import StoppedJob
    from extract_core.tracking.records import AttemptRow, RunRecord

log: Final = logging.getLogger("extract_core")


def close_stopped(parts: Parts, run_id: str, reason: str) -> Mapping[str, Json] | None:
    """Record the open tables of a run that was stopped as STOPPED, and sum the run up. Call it after its jobs have ended.

    A run that has a summary stays as it is, so a second call does no harm. Returns None if the run has no record.
    """
    status = JobStatus(state=JobState.STOPPED, failure=FailureClass.STOPPED, message=reason)
    return close_run(parts, run_id, status, reason=reason)


def close_run(parts: Parts, run_id: str, status: JobStatus, *, reason: str) -> Mapping[str, Json] | None:
    """Record this status for the open tables of a run that has ended, and sum the run up with the reason of its end.

    A table whose job ended, by the execution's history, is not open: that end is recorded. A job that did not end is stopped
    before its table is recorded, so the next call completes one that dies in between; the summary lists the `stopped_jobs`. A
    run that has a summary stays as it is. Returns None if the run has no record.
    """
    try:
        record = parts.tracking.run(run_id)
    except RunNotFound:
        return None
    if record.summary is not None:
        return record.summary
    stopped = status.state is JobState.STOPPED
    if record.planned is None:
        parts.tracking.refuse_run(run_id, record.refused or reason)
        summary = unplanned(record, ended_at=parts.now(), reason=record.refused or reason, stopped=stopped)
    else:
        closed = _close_all(parts, record, status)
        publish_all(parts, record, closed.rows)
        summary = closed.summary(record, ended_at=parts.now(), reason=reason, stopped=stopped)
    stands = parts.tracking.put_summary(run_id, summary)
    parts.publish(parts, run_id)
    tell(parts, stands)
    return stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A run without open tables: all attempts at its tables, how many tables were open, and the jobs that were stopped."""

    rows: Sequence[AttemptRow]
    open_tables: int
    stopped: Mapping[Key, StoppedJob]

    def summary(self, record: RunRecord, *, ended_at: datetime, reason: str | None, stopped: bool = False) -> dict[str, Json]:
        """The summary of the run, as `summarised`."""
        summary = summarised(record, self.rows, ended_at=ended_at, reason=reason, stopped=stopped)
        jobs = [self.stopped[key].as_json() for key in sorted(self.stopped) if not self.stopped[key].had_ended]
        return {**summary, "stopped_jobs": jobs[:MOST_KEPT]} if jobs else summary


def close_open(parts: Parts, record: RunRecord, status: JobStatus) -> Closed:
    """Close the tables of a run whose machine has come to its end; the execution's history is read only if one is open.

    An open table is one whose status handler failed, or whose child of a DISTRIBUTED Map died.
    """
    rows, items = _recorded_and_open(parts, record)
    return _close_all(parts, record, status) if items else Closed(rows=rows, open_tables=_unknown(record, rows), stopped={})


def _close_all(parts: Parts, record: RunRecord, status: JobStatus) -> Closed:
    """Record the ends that the history knows, stop the jobs without an end, and record this status for all other tables."""
    jobs = replay(parts, record)
    rows, items = _recorded_and_open(parts, record)
    stopped = stop_jobs(parts, _running(items, jobs))
    rows += _close(parts, items, status, stopped)
    return Closed(rows=rows, open_tables=len(items) or _unknown(record, rows), stopped=stopped)


def _unknown(record: RunRecord, rows: Sequence[AttemptRow]) -> int:
    """Tables that were planned and have no attempt: without the plan they have no name."""
    return max(0, (record.planned or 0) - len(last_attempts(rows)))


def _recorded_and_open(parts: Parts, record: RunRecord) -> tuple[list[AttemptRow], list[Mapping[str, Json]]]:
    """The attempts that were recorded, and the items of the open tables.

    A table is open if no attempt at it was recorded, or if another attempt was to follow the last one.
    """
    rows = list(parts.tracking.attempts(record.run_id))
    last = last_attempts(rows)
    waiting = waiting_tables(parts.tracking, record, last)
    if record.plan_uri is None or (len(last) >= (record.planned or 0) and not waiting):
        return rows, []
    try:
        items = stored_items(parts.objects, record.plan_uri)
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        fields = {"run_id": record.run_id}
        log.error("the open tables of the run can't be named: %s", error, extra={"extract": fields})  # noqa: TRY400 - no traceback for an expected error
        return rows, []
    open_items: list[Mapping[str, Json]] = []
    for first in items:
        table = item_key(first).table
        if table not in last or table in waiting:
            open_items.append(_after(parts, first, last[table]) if table in waiting else first)
    return rows, open_items


def _running(items: Iterable[Mapping[str, Json]], jobs: Mapping[Key, StartedJob] | None) -> dict[Key, StartedJob]:
    """The jobs of these tables that may still run. Without a history that is all of them, known by their items alone."""
    keys = {(key.table, key.attempt): item for item in items if "plan_error" not in item for key in [item_key(item)]}
    if jobs is None:
        return {key: StartedJob(item) for key, item in keys.items()}
    return {key: jobs[key] for key in keys if key in jobs}


def _close(
    parts: Parts, items: Iterable[Mapping[str, Json]], status: JobStatus, ended: Mapping[Key, StoppedJob]
) -> Iterator[AttemptRow]:
    for item in items:
        key = item_key(item)
        job = ended.get((key.table, key.attempt))
        end = status if job is None else replace(status, message=f"{status.message}; {job.note}")
        yield put(parts, key, item, end, attempt_row(parts, key, Planned(item=item), end)).row


def _after(parts: Parts, first: Mapping[str, Json], row: AttemptRow) -> Mapping[str, Json]:
    """The item of the attempt after this row's."""
    try:
        again = next_attempt(parts, first, row)
    except NoNextAttempt:
        again = None
    return again.item if again is not None else {**first, "attempt": row.attempt + 1, "extract_s3_uri": None, "result_uri": None}
