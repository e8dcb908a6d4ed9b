"""Handle Extract Job Run Status: records how one attempt at one table ended, and commits its watermark."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState, JobStatus
from extract_core.errors import ExtractError, ObjectError, ObjectUnavailable, TrackingUnavailable
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import read_plan_line
from extract_core.registry.routing import GROUP, SLOT, THEN
from extract_core.status.manifest import entry_place, publish
from extract_core.status.next_attempt import NextAttempt, NoNextAttempt, next_attempt
from extract_core.status.planned import planned_item
from extract_core.status.reasons import stored_reason
from extract_core.status.reported import reported
from extract_core.status.told import tell_plugins
from extract_core.tracking.records import AttemptRow, Commit, Finished, Guard, Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json
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
    """Record the attempt. Returns its row as it stands, and the attempt that follows, whose arguments are written."""
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
        row = replace(row, fencing=key.fencing, mode=str(_mark(planned.item).get("mode", "full")))
    try:
        publish(parts, row)
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        raise TrackingUnavailable(f"the attempt is recorded, but its manifest can't be written: {error}") from error
    tell_plugins(parts, planned, status, row, result)
    return finished


def attempt_row(parts: Parts, key: ItemKey, planned: Planned, status: JobStatus, result: Result | None = None) -> AttemptRow:
    """The row of an attempt that ended with this status."""
    item = planned.item
    mode = _mark(item).get("mode", "full")
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
        rows_in_the_future=result.rows_in_the_future if result else None,
        rows_delivered_before=result.rows_delivered_before if result else None,
        schema_changes=list(result.schema_changes) if result and result.schema_changes else None,
        notes=[*(planned.line.notes if planned.line else ()), *(result.notes if result else ())] or None,
        proof=result.proof if result else None,
        extract_s3_uri=_text(item.get("extract_s3_uri")),
        result_uri=_text(item.get("result_uri")),
        settings=_settings(parts, planned, status),
        fencing=key.fencing,
        mode=str(mode),
        waited_seconds=_waited(item),
    )


def _waited(item: Mapping[str, Json]) -> int | None:
    """Seconds for which the attempt waited for its slot, as *Take A Slot* put them into the item."""
    slot = item.get(SLOT)
    seconds = slot.get("waited_seconds") if isinstance(slot, dict) else None
    return seconds if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 0 else None


def _commit(planned: Planned, row: AttemptRow, result: Result | None) -> Commit | None:
    """What a success changes of the table's state: None for a failure and for a backfill."""
    if row.state is not JobState.SUCCEEDED or row.mode == "backfill":
        return None
    base = entry_place(row)
    if row.mode == "full" or result is None:
        return Commit(base=base, last_result=row.result_uri if result else None)
    window, version = planned.window, _mark(planned.item).get("version")
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


def _mark(item: Mapping[str, Json]) -> dict[str, Any]:
    mark = item.get("watermark")
    return dict(mark) if isinstance(mark, dict) else {}


def _settings(parts: Parts, planned: Planned, status: JobStatus) -> Mapping[str, Json] | None:
    """The item's own settings (those of a larger attempt), else those of its plan line if the attempt did not succeed.

    None for a success: it ran as planned. None, with a line in the log, also if the plan line cannot be read.
    """
    item, line = planned.item, planned.line
    own = item.get("settings")
    if isinstance(own, dict):
        return own
    if status.state is JobState.SUCCEEDED or "plan_uri" not in item:
        return None
    try:
        return (line or read_plan_line(parts.objects, item)).settings
    except ObjectUnavailable:
        raise
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
