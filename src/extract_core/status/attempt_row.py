"""The row of one attempt, from its item, its status and what the job reported.

A row keeps both ends of a long reason. The whole text is beside the results of the run.
"""

from __future__ import annotations

import logging
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.errors import ExtractError, ObjectError, ObjectUnavailable
from extract_core.plan.places import folder, segment
from extract_core.plan.plan_file import read_plan_line
from extract_core.registry.routing import SLOT
from extract_core.secret_texts import redacted
from extract_core.tracking.records import AttemptRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from extract_core.contract import JobStatus, Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.status.planned import Planned
    from extract_core.status.result_members import Result

log: Final = logging.getLogger("extract_core")

_MESSAGE_LENGTH: Final = 4_000
"""Characters of a message that a row keeps: each kilobyte of a row is paid for. A Cause has up to 32,768 (botocore:
TaskFailedEventDetails), a result of a service up to 262,144."""
_HEAD: Final = 1_500  # the rest is the end, where a stack trace has its error


def attempt_row(parts: Parts, key: ItemKey, planned: Planned, status: JobStatus, result: Result | None = None) -> AttemptRow:
    """The row of an attempt that ended with this status."""
    item = planned.item
    mode = window_of(item).get("mode", "full")
    message, message_uri = _stored_reason(parts, key, status.message)
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


def window_of(item: Mapping[str, Json]) -> dict[str, Any]:
    """The window of an item, as the plan line has it; empty if it has none."""
    mark = item.get("watermark")
    return dict(mark) if isinstance(mark, dict) else {}


def _waited(item: Mapping[str, Json]) -> int | None:
    """Seconds for which the attempt waited for its slot, as *Take A Slot* put them into the item."""
    slot = item.get(SLOT)
    seconds = slot.get("waited_seconds") if isinstance(slot, dict) else None
    return seconds if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 0 else None


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


def _stored_reason(parts: Parts, key: ItemKey, message: str | None) -> tuple[str | None, str | None]:
    """What the row keeps of the message, and the URI of the whole text if that is more.

    Neither holds a secret, as far as the text shows. If the text cannot be written, it is cut all the same, and the
    log says why.
    """
    message = None if message is None else redacted(message)
    if message is None or len(message) <= _MESSAGE_LENGTH:
        return message, None
    uri = _message_place(parts.runs_uri, key)
    try:
        parts.objects.write(uri, message.encode("utf-8", "backslashreplace"))
    except ObjectError as error:
        fields = {"run_id": key.run_id, "table": key.table, "attempt": key.attempt}
        log.warning("cannot store the full reason: %s", error, extra={"extract": fields})
        return _cut(message), None
    return _cut(message, f"; the whole text: {uri}"), uri


def _cut(message: str, more: str = "") -> str:
    """Both ends of a long message, with a mark between them that says how much is missing."""
    missing = len(message) - _MESSAGE_LENGTH
    tail = message[-(_MESSAGE_LENGTH - _HEAD) :]
    return f"{message[:_HEAD]} … ({missing} characters cut{more}) … {tail}" if missing > 0 else message


def _message_place(runs_uri: str, key: ItemKey) -> str:
    """Where the whole message of an attempt lies."""
    return f"{folder(runs_uri)}{segment(key.run_id)}/messages/{segment(key.table)}/attempt={key.attempt}.txt"


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _stamp(moment: datetime) -> str:
    """ISO 8601 in UTC; a time without a zone is in UTC already, as all of AWS's are."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return zoned.astimezone(UTC).isoformat()
    except OverflowError:  # before the year 1 or after 9999, in UTC
        return zoned.isoformat()
