"""Handle Extract Job Run Status: records how one attempt at one table ended, commits its watermark, and tells the plugins."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from extract_core.contract import AttemptReport, JobState, JobStatus
from extract_core.errors import ObjectError, ObjectUnavailable, TrackingUnavailable
from extract_core.plan.item_key import item_key
from extract_core.plan.places import uri_in
from extract_core.registry.routing import GROUP, THEN
from extract_core.status.attempt_row import attempt_row, window_of
from extract_core.status.live_files import live_attempts
from extract_core.status.manifest import entry_place, publish
from extract_core.status.next_attempt import NextAttempt, NoNextAttempt, next_attempt
from extract_core.status.planned import planned_item
from extract_core.status.reported import reported
from extract_core.tracking.records import AttemptRow, Commit, Finished, Guard, Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json, WatermarkMode
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.status.group_record import After
    from extract_core.status.planned import Planned
    from extract_core.status.result_members import Result
    from extract_core.status.shared_ends import MemberEnd

log: Final = logging.getLogger("extract_core")


def record(parts: Parts, item: Mapping[str, Json]) -> dict[str, Json]:
    """Record the attempt and return ``{"status": state}``, or the item of the next attempt. The same item twice changes nothing.

    Raises UsageError for what is not an item of its plan, and TrackingUnavailable and ObjectUnavailable, which the machine
    retries. Any other fault of the item, the job or a plugin is recorded as the attempt's end.
    """
    if GROUP in item:
        from extract_core.status.group_record import record_group  # most items are of one table

        return record_group(parts, item, _record_member)
    key = item_key(item)
    planned = planned_item(parts, key, item)
    status, result = reported(parts, key, planned)
    row = attempt_row(parts, key, planned, status, result)
    row, again = _recorded(parts, key, planned, status, row=row, result=result)
    answer: dict[str, Json] = {"status": row.state.value} if again is None else again.item
    if THEN in item:
        from extract_core.status.group_record import go_on

        return go_on(parts, item, answer)
    return answer


def _record_member(parts: Parts, key: ItemKey, planned: Planned, end: MemberEnd) -> After:
    """Record the end of a member of a group."""
    from extract_core.status.group_record import After

    row = replace(attempt_row(parts, key, planned, end.status, end.result), shared=end.shared)
    row, again = _recorded(parts, key, planned, end.status, row=row, result=end.result)
    return After(row.state.value, again, (row.shared or {}).get("alone") is True)


def _recorded(  # noqa: PLR0913 - the whole of one attempt
    parts: Parts, key: ItemKey, planned: Planned, status: JobStatus, *, row: AttemptRow, result: Result | None
) -> tuple[AttemptRow, NextAttempt | None]:
    """Record the attempt. Returns its stored row, and the attempt that follows, whose arguments are written."""
    item = planned.item
    again = None
    try:
        again = next_attempt(parts, item, row, planned.line)
        if again is not None:
            again.keep(parts.objects)
    except NoNextAttempt as error:
        again = None
        row = replace(row, message=f"{row.message or 'no reason is known'}; not tried again: {error}")
    finished = put(parts, key, planned, status, row, commit=_commit(planned, row, result), result=result, last=again is None)
    if finished.outcome is Recorded.DUPLICATE:
        again = _next_of_recorded(parts, key, planned, finished.row)
    return finished.row, None if finished.outcome is Recorded.CONFLICT else again


def record_reported(parts: Parts, item: Mapping[str, Json], members: Sequence[tuple[str, int]]) -> AttemptRow | None:
    """Record a table that shared a job, and had reported its data before its execution died. None: it had not.

    `members` are the tables and attempts of the job; what it cost is not known.

    The same item twice changes nothing. Raises as `record`.
    """
    from extract_core.status.shared_ends import report_of_member, succeeded_in

    key = item_key(item)
    planned = planned_item(parts, key, item)
    result = report_of_member(parts, key, planned)
    if result is None:
        return None
    status = succeeded_in(JobStatus(state=JobState.SUCCEEDED), result)
    shared: dict[str, Json] = {"tables": len(members), "log": list(members[0])}
    row = replace(attempt_row(parts, key, planned, status, result), shared=shared)
    return put(parts, key, planned, status, row, commit=_commit(planned, row, result), result=result).row


def _next_of_recorded(parts: Parts, key: ItemKey, planned: Planned, row: AttemptRow) -> NextAttempt | None:
    """The next attempt that was returned when this row was recorded, if the table still waits for it; else None."""
    state = parts.tracking.states(key.source, [key.table]).get(key.table)
    if state is None or state.owner is None or state.owner.run_id != key.run_id:
        return None
    if (state.fencing, state.attempt) != (key.fencing, key.attempt + 1):
        return None
    return next_attempt(parts, planned.item, row, planned.line)


def put(  # noqa: PLR0913 - the whole of one attempt
    parts: Parts,
    key: ItemKey,
    planned: Planned,
    status: JobStatus,
    row: AttemptRow,
    *,
    commit: Commit | None = None,
    result: Result | None = None,
    last: bool = True,
) -> Finished:
    """Put an attempt's row in tracking, log it, name its files in the table's manifest if it succeeded, and tell the plugins.

    `last`: no other attempt follows in this run. The plugins are told last, and again in a second call: the first one may have
    ended before that.
    """
    guard = Guard(run_id=key.run_id, fencing=key.fencing, attempt=key.attempt)
    finished = parts.tracking.finish(row, guard=guard, commit=commit, last=last)
    row = finished.row
    fields = {
        "run_id": key.run_id,
        "table": key.table,
        "attempt": key.attempt,
        "state": row.state.value,
        "failure": row.failure,
        "reason": row.message,
        "outcome": finished.outcome.value,
        "watermark": finished.committed,
    }
    log.info("%s: %s", key.table, row.state.value, extra={"extract": fields})
    if row.fencing is None:  # version 0.1.0 recorded it
        row = replace(row, fencing=key.fencing, mode=str(window_of(planned.item).get("mode", "full")))
    try:
        publish(parts, row)
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        raise TrackingUnavailable(f"the attempt is recorded, but its manifest can't be written: {error}") from error
    _tell_plugins(parts, planned, status, row, result)
    return finished


def _commit(planned: Planned, row: AttemptRow, result: Result | None) -> Commit | None:
    """What a success changes of the table's state: None for a failure and for a backfill."""
    if row.state is not JobState.SUCCEEDED or row.mode == "backfill":
        return None
    base = entry_place(row)
    if row.mode == "full" or result is None:
        return Commit(base=base, last_result=row.result_uri if result else None)
    window, version = planned.window, window_of(planned.item).get("version")
    return Commit(
        base=base,
        last_result=row.result_uri,
        from_version=version if isinstance(version, int) else 0,
        column=str(window.column),
        type=str(window.type),
        low=window.low,
        high=result.high_watermark,
        rows=result.rows,
        reads_overlap=result.overlap is not None or bool((window.lag or "0").rstrip("smhdw").strip("0")),
        may_be_behind=planned.core.get("on_mark_behind") == "continue",
    )


def _tell_plugins(parts: Parts, planned: Planned, status: JobStatus, row: AttemptRow, result: Result | None) -> None:
    """Call the hook for the attempt as it is recorded in `row`. `result` is what the job reported now. Never raises."""
    recorded = replace(status, state=row.state, failure=row.failure, retryable=row.retryable, message=row.message)
    parts.registry.tell(
        "extract_run_finished",
        log,
        table=planned.item,
        job_type=row.job_type or "",
        status=recorded,
        report=_report(parts, planned, row, result if row.state is JobState.SUCCEEDED else None),
    )


def _report(parts: Parts, planned: Planned, row: AttemptRow, result: Result | None) -> AttemptReport:
    folder = row.extract_s3_uri
    names = [str(file["name"]) for file in row.files or ()] if row.state is JobState.SUCCEEDED else []
    spec: Any = (planned.line.spec if planned.line is not None else None) or {}
    run: Any = (planned.line.table_run if planned.line is not None else None) or {}
    return AttemptReport(
        run_started_at=run.get("run_started_at"),
        mode=cast("WatermarkMode", row.mode or "full"),
        database=spec.get("database") or {},
        rows=row.rows,
        bytes=row.bytes,
        files=[uri_in(folder, name) for name in names] if folder else [],
        schema=result.schema if result else (),
        origin=_origin(result),
        live=partial(live_attempts, parts.objects, parts.data_uri, row.source, row.table),
    )


def _origin(result: Result | None) -> Mapping[str, Json]:
    return result.origin if result else {}
