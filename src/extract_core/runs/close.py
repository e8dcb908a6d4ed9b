"""Closes the tables of a run that were planned and never recorded: stops their jobs, records an end, ends their leases."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError, ObjectUnavailable, RunNotFound, TrackingError, TrackingUnavailable, UsageError
from extract_core.plan.group import keys_of
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import readable_items
from extract_core.registry.routing import GROUP
from extract_core.runs.announce import tell
from extract_core.runs.replay import replay
from extract_core.runs.started_jobs import StartedJob
from extract_core.runs.stop_jobs import stop_jobs
from extract_core.runs.summary import MOST_KEPT, last_attempts, listed, summarised, unplanned
from extract_core.runs.waiting import waiting_tables
from extract_core.secret_texts import redacted
from extract_core.status.attempt_row import attempt_row
from extract_core.status.manifest import publish_all
from extract_core.status.next_attempt import NoNextAttempt, next_attempt
from extract_core.status.planned import Planned
from extract_core.status.record import put, record_reported
from extract_core.tracking.records import AttemptRow
from extract_core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.items_in_history import Key
    from extract_core.runs.stop_jobs import StoppedJob
    from extract_core.tracking.records import RunRecord

log: Final = logging.getLogger("extract_core")

_NOT_REPORTED: Final = "the job that it shares with other tables had not reported it"
_MESSAGE: Final = 1_000  # characters of a row that the store refused once


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
        parts.tracking.refuse_run(run_id, record.refused or redacted(reason))
        summary = unplanned(record, ended_at=parts.now(), reason=record.refused or reason, stopped=stopped)
    else:
        closed = _close_all(parts, record, status).published(parts, record)
        summary = closed.summary(record, ended_at=parts.now(), reason=reason, stopped=stopped)
    stands = parts.tracking.put_summary(run_id, summary)
    tell(parts, stands, parts.publish(parts, run_id))
    return stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A run without open tables: all attempts at its tables, how many tables were open, and the jobs that were stopped.

    `problems`: what could not be closed, in sentences that name the table or the line of the plan. They stop nothing else.
    """

    rows: Sequence[AttemptRow]
    open_tables: int
    stopped: Mapping[Key, StoppedJob] = field(default_factory=dict)
    problems: Sequence[str] = ()

    def published(self, parts: Parts, record: RunRecord) -> Closed:
        """The same, after writing the manifest entries that are missing: a handler may have died between commit and manifest."""
        failed = publish_all(parts, record, self.rows).failed
        again = f"correct the cause, then: extract reconcile {record.run_id}"
        unwritten = [
            f"{table} is committed, but its manifest can't be written ({again}): {failed[table]}" for table in sorted(failed)
        ]
        return replace(self, problems=[*self.problems, *unwritten])

    def summary(self, record: RunRecord, *, ended_at: datetime, reason: str | None, stopped: bool = False) -> dict[str, Json]:
        """The summary of the run, as `summarised`. A problem makes the run fail, and its reason says which."""
        reasons = [*([reason] if reason else ()), *listed(self.problems)]
        summary = summarised(record, self.rows, ended_at=ended_at, reason="; ".join(reasons) or None, stopped=stopped)
        jobs = [self.stopped[key].as_json() for key in sorted(self.stopped) if not self.stopped[key].had_ended]
        return {**summary, "stopped_jobs": jobs[:MOST_KEPT]} if jobs else summary


def close_open(parts: Parts, record: RunRecord, status: JobStatus) -> Closed:
    """Close the tables of a run whose machine has ended; the execution's history is read only if one is open.

    An open table is one whose status handler failed, or whose child of a DISTRIBUTED Map died.
    """
    recorded = _recorded_and_open(parts, record)
    if recorded.items:
        return _close_all(parts, record, status)
    return Closed(rows=recorded.rows, open_tables=_unknown(record, recorded.rows), problems=recorded.problems)


def _close_all(parts: Parts, record: RunRecord, status: JobStatus) -> Closed:
    """Record the ends that the history knows, stop the jobs without an end, and record this status for all other tables."""
    jobs = replay(parts, record)
    recorded = _recorded_and_open(parts, record)
    items = [*recorded.items, *(_of_history(record, recorded, jobs or {}) if recorded.problems else ())]
    running = _running(items, jobs)
    stopped = stop_jobs(parts, running)
    of_tables = {table: stopped[key] for key, job in running.items() if key in stopped for table in keys_of(job.item)}
    shared = {table: keys_of(job.item) for job in running.values() if GROUP in job.item for table in keys_of(job.item)}
    rows, problems = list(recorded.rows), list(recorded.problems)
    for item in items:
        try:
            key = item_key(item)
            job = shared.get((key.table, key.attempt))
            reported = record_reported(parts, item, job) if job is not None else None
            end = status if job is None else replace(status, message=f"{status.message}; {_NOT_REPORTED}")
            rows.append(_close(parts, item, end, of_tables) if reported is None else reported)
        except (TrackingUnavailable, ObjectUnavailable):
            raise
        except Exception as error:
            table = item_key(item).table
            problems.append(f"the end of {table} can't be recorded: {type(error).__name__}: {error}")
            log.error(  # noqa: TRY400 - a traceback only for what is not foreseen
                problems[-1],
                exc_info=not isinstance(error, TrackingError),  # the words of a store say all: no lines of code in a terminal
                extra={"extract": {"run_id": record.run_id, "table": table}},
            )
    open_tables = len(items) or _unknown(record, rows)
    return Closed(rows=rows, open_tables=open_tables, stopped=stopped, problems=problems)


def _unknown(record: RunRecord, rows: Sequence[AttemptRow]) -> int:
    """Tables that were planned and have no attempt: without the plan they have no name."""
    return max(0, (record.planned or 0) - len(last_attempts(rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """The attempts that were recorded, the items of the open tables, and what of the plan can't be read."""

    rows: Sequence[AttemptRow]
    items: Sequence[Mapping[str, Json]] = ()
    problems: Sequence[str] = ()


def _recorded_and_open(parts: Parts, record: RunRecord) -> _Recorded:
    """What is known of a run's tables.

    A table is open if no attempt at it was recorded, or if another attempt was to follow the last one.
    """
    rows = list(parts.tracking.attempts(record.run_id))
    last = last_attempts(rows)
    waiting = waiting_tables(parts.tracking, record, last)
    if record.plan_uri is None or (len(last) >= (record.planned or 0) and not waiting):
        return _Recorded(rows=rows)
    try:
        items, problems = readable_items(parts.objects, record.plan_uri)
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        items, problems = [], [f"the open tables of the run can't be named: {error}"]
    for problem in problems:
        log.error("%s", problem, extra={"extract": {"run_id": record.run_id}})
    open_items: list[Mapping[str, Json]] = []
    for first in items:
        table = item_key(first).table
        if table not in last or table in waiting:
            open_items.append(_after(parts, first, last[table]) if table in waiting else first)
    return _Recorded(rows=rows, items=open_items, problems=problems)


def _of_history(record: RunRecord, recorded: _Recorded, jobs: Mapping[Key, StartedJob]) -> Iterator[Mapping[str, Json]]:
    """The items of started jobs whose line of the plan can't be read."""
    known = {row.table for row in recorded.rows} | {item_key(item).table for item in recorded.items}
    for (table, _), job in sorted(jobs.items()):
        if table not in known and job.item.get("run_id") == record.run_id:
            with suppress(UsageError):
                item_key(job.item)
                yield job.item


def _running(items: Iterable[Mapping[str, Json]], jobs: Mapping[Key, StartedJob] | None) -> dict[Key, StartedJob]:
    """The jobs of these tables that may still run. Without a history that is all of them, known by their items alone."""
    keys = {(key.table, key.attempt): item for item in items if "plan_error" not in item for key in [item_key(item)]}
    if jobs is None:
        return {key: StartedJob(item) for key, item in keys.items()}
    return {key: job for key, job in jobs.items() if not keys.keys().isdisjoint(keys_of(job.item))}


def _close(parts: Parts, item: Mapping[str, Json], status: JobStatus, ended: Mapping[Key, StoppedJob]) -> AttemptRow:
    """Record this status for the table. If the store refuses the whole row, the row that says only what happened is put."""
    key = item_key(item)
    job = ended.get((key.table, key.attempt))
    end = status if job is None else replace(status, message=f"{status.message}; {job.note}")
    planned = Planned(item=item)
    row = attempt_row(parts, key, planned, end)
    try:
        return put(parts, key, planned, end, row).row
    except (TrackingUnavailable, ObjectUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - a store's; the table gets its end all the same
        message = cut(f"{end.message}; the rest of this attempt can't be stored: {type(error).__name__}: {error}", _MESSAGE)
        bare = AttemptRow(
            run_id=key.run_id,
            source=key.source,
            table=key.table,
            attempt=key.attempt,
            job_type=None,
            state=end.state,
            recorded_at=row.recorded_at,
            failure=end.failure,
            message=redacted(message),
        )
        return put(parts, key, planned, end, bare).row


def _after(parts: Parts, first: Mapping[str, Json], row: AttemptRow) -> Mapping[str, Json]:
    """The item of the attempt after this row's."""
    try:
        again = next_attempt(parts, first, row)
    except NoNextAttempt:
        again = None
    return again.item if again is not None else {**first, "attempt": row.attempt + 1, "extract_s3_uri": None, "result_uri": None}
