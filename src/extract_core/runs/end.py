"""Summarise Extract Run: planned tables minus recorded ends, the run's policy, and the verdict that the machine ends with."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.errors import RunNotFound
from extract_core.plan.execution import execution_of
from extract_core.runs.announce import tell
from extract_core.runs.close import close_open
from extract_core.runs.summary import cause, unplanned

if TYPE_CHECKING:
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts

log: Final = logging.getLogger("extract_core")

ERROR = "ExtractFailed"
"""The error name that a failed execution ends with."""


def summarise(parts: Parts, payload: Mapping[str, Json]) -> dict[str, Json]:
    """Sum the run up, keep the summary, and say whether it succeeded: ``{"succeeded", "error", "cause"}``.

    The verdict is about the tables: a Map that ended with an error after the end of each table (for example because its results
    could not be written) fails nothing. The same run twice gives the same answer. Raises UsageError for a payload that the
    machine does not send, and TrackingUnavailable and ObjectUnavailable, which the machine retries.
    """
    execution = execution_of(payload)
    run_id = execution.name
    try:
        record = parts.tracking.run(run_id)
    except RunNotFound:
        return _failed(f"run {run_id!r} was never recorded: its config manager failed before it began; see that state's error")
    if record.execution_id != execution.id:
        return _failed(f"the run id {run_id!r} belongs to execution {record.execution_id!r}: start the run under another name")
    summary = record.summary
    if summary is None:
        ended = _map_error(payload.get("map_error"))
        if record.planned is None:
            reason = record.refused or ended or "its config manager did not finish"
            summary = unplanned(record, ended_at=parts.now(), reason=reason)
        else:
            message = "no end of it was recorded" + (f"; {ended}" if ended else "; see its iteration in the execution's history")
            missing = JobStatus(state=JobState.UNKNOWN, failure=FailureClass.NOT_RECORDED, message=message)
            closed = close_open(parts, record, missing).published(parts, record)
            if ended and not closed.open_tables:
                log.warning("%s; each table has its end", ended, extra={"extract": {"run_id": run_id}})
            summary = closed.summary(record, ended_at=parts.now(), reason=ended if closed.open_tables else None)
        summary = parts.tracking.put_summary(run_id, summary)
    tell(parts, summary, parts.publish(parts, run_id))
    return {"succeeded": True, "error": "", "cause": ""} if summary["state"] == "SUCCEEDED" else _failed(cause(run_id, summary))


def _failed(why: str) -> dict[str, Json]:
    return {"succeeded": False, "error": ERROR, "cause": why}


def _map_error(error: Json) -> str | None:
    """Why the Map ended early; None: it did not."""
    if error is None:
        return None
    fields = error if isinstance(error, Mapping) else {"Error": str(error)}
    text = ": ".join(str(fields[key]) for key in ("Error", "Cause") if fields.get(key))
    return f"the Map over the tables ended early: {text or error}"
