"""Handle Extract Job Run Status: records how one attempt at one table ended, and commits its watermark."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.errors import ExtractError
from extract_core.plan.item_key import item_key
from extract_core.status.diagnosis import diagnosed
from extract_core.status.job_status import outcome_of, status_of
from extract_core.status.manifest import publish
from extract_core.status.next_attempt import NextAttempt, NoNextAttempt, next_attempt
from extract_core.status.reasons import stored_reason
from extract_core.status.result_object import NoResult, Result, read_result
from extract_core.tracking.records import AttemptRow, Commit, Finished, Guard, Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey

log: Final = logging.getLogger("extract_core")


def record(parts: Parts, item: Mapping[str, Json]) -> dict[str, Json]:
    """Record the attempt and return ``{"status": state}``, or the item of the next attempt. The same item twice changes nothing.

    Raises UsageError for what is not an item, and TrackingUnavailable, which the machine retries. Any other fault of the item,
    the job or a plugin is recorded as the attempt's end.
    """
    key = item_key(item)
    outcome = outcome_of(item)
    status = diagnosed(parts, item, outcome, status_of(parts.registry, item, outcome))
    result = None
    if status.state is JobState.SUCCEEDED:
        try:
            result = read_result(parts.objects, item)
        except NoResult as error:
            if not (error.absent and _may_be_silent(item)):
                no_result = FailureClass.NO_RESULT
                status = replace(status, state=JobState.FAILED, failure=no_result, retryable=False, message=str(error))
    row = attempt_row(parts, key, item, status, result)
    again = None
    try:
        again = next_attempt(parts, item, row)
        if again is not None:
            again.keep(parts.objects)
    except NoNextAttempt as error:
        again = None
        row = replace(row, message=f"{row.message or 'no reason is known'}; not tried again: {error}")
    finished = put(parts, key, item, status, row, commit=_commit(item, result), last=again is None)
    if finished.outcome is Recorded.DUPLICATE:
        again = _next_of_recorded(parts, key, item, finished.row)
    if again is None or finished.outcome is Recorded.CONFLICT:
        return {"status": finished.row.state.value}
    return again.item


def _next_of_recorded(parts: Parts, key: ItemKey, item: Mapping[str, Json], row: AttemptRow) -> NextAttempt | None:
    """The next attempt that was returned when this row was recorded, if the table still waits for it; else None."""
    state = parts.tracking.states(key.source, [key.table]).get(key.table)
    if state is None or state.owner is None or state.owner.run_id != key.run_id:
        return None
    return next_attempt(parts, item, row) if (state.fencing, state.attempt) == (key.fencing, key.attempt + 1) else None


def put(  # noqa: PLR0913 - the whole of one attempt
    parts: Parts,
    key: ItemKey,
    item: Mapping[str, Json],
    status: JobStatus,
    row: AttemptRow,
    *,
    commit: Commit | None = None,
    last: bool = True,
) -> Finished:
    """Put an attempt's row in tracking, tell the plugins, log it, and name its files in the table's manifest if it succeeded.

    `last`: no other attempt follows in this run.
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
    if finished.outcome is not Recorded.DUPLICATE:
        recorded = replace(status, state=row.state, failure=row.failure, retryable=row.retryable, message=row.message)
        parts.registry.run_finished(item, row.job_type or "", recorded, log)
    publish(parts, key, item, row)
    return finished


def attempt_row(
    parts: Parts, key: ItemKey, item: Mapping[str, Json], status: JobStatus, result: Result | None = None
) -> AttemptRow:
    """The row of an attempt that ended with this status."""
    message, message_uri = stored_reason(parts, key, status.message)
    return AttemptRow(
        run_id=key.run_id,
        source=key.source,
        table=key.table,
        attempt=key.attempt,
        job_type=_text(item.get("job_type")),
        state=status.state,
        recorded_at=_stamp(parts.now()),
        failure=status.failure,
        retryable=status.retryable,
        message=message,
        message_uri=message_uri,
        job_run_id=status.job_run_id,
        log_url=status.log_url,
        started_at=_stamp(status.started_at) if status.started_at else None,
        ended_at=_stamp(status.ended_at) if status.ended_at else None,
        cost_basis=dict(status.cost_basis) if status.cost_basis is not None else None,
        rows=result.rows if result else None,
        bytes=result.bytes if result else None,
        files=result.files if result else None,
        watermark_low=result.low_watermark if result else None,
        watermark_high=result.high_watermark if result else None,
        rows_without_watermark=result.rows_without_watermark if result else None,
        extract_s3_uri=_text(item.get("extract_s3_uri")),
        result_uri=_text(item.get("result_uri")),
        settings=_settings(parts, item, status),
    )


def _may_be_silent(item: Mapping[str, Json]) -> bool:
    """Whether a job of this table may succeed without a result object: a full extract whose result is optional."""
    return item.get("result") == "optional" and _mark(item).get("mode", "full") == "full"


def _commit(item: Mapping[str, Json], result: Result | None) -> Commit | None:
    """The candidate for the watermark: none for a full extract, a backfill, or a job that saw no mark."""
    mark = _mark(item)
    if result is None or result.high_watermark is None or mark.get("mode") != "incremental":
        return None
    version = mark.get("version")
    return Commit(
        from_version=version if isinstance(version, int) else 0,
        column=str(mark.get("column")),
        type=str(mark.get("type")),
        low=result.low_watermark,
        high=result.high_watermark,
    )


def _mark(item: Mapping[str, Json]) -> dict[str, Any]:
    mark = item.get("watermark")
    return dict(mark) if isinstance(mark, dict) else {}


def _settings(parts: Parts, item: Mapping[str, Json], status: JobStatus) -> Mapping[str, Json] | None:
    """The item's own settings (those of a larger attempt), else those of its plan line if the attempt did not succeed.

    A success is not tried again, so its plan line is not read: None means that it ran as planned. None, with a line in the log,
    also if the plan line cannot be read.
    """
    from extract_core.plan.plan_file import read_plan_line

    own = item.get("settings")
    if isinstance(own, dict):
        return own
    if status.state is JobState.SUCCEEDED or "plan_uri" not in item:
        return None
    try:
        return read_plan_line(parts.objects, item).settings
    except (ExtractError, ValueError) as error:
        fields = {"run_id": item.get("run_id"), "table": item.get("table")}
        log.warning("the settings of the attempt are not known: %s", error, extra={"extract": fields})
        return None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _stamp(moment: datetime) -> str:
    """ISO 8601 in UTC; a time without a zone is in UTC already, as all of AWS's are."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return zoned.astimezone(UTC).isoformat()
    except OverflowError:  # before the year 1 or after 9999, in UTC
        return zoned.isoformat()
