"""Puts right what an execution left that ended from outside: aborted, timed out, or killed by an error that nothing catches.

In AWS an EventBridge rule on the machine calls it when an execution ends; on one machine the runner does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.errors import UsageError
from extract_core.handlers.logs import about, log_json
from extract_core.handlers.open_tables import close_run, close_stopped
from extract_core.handlers.parts import parts_from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.handlers.parts import Parts

_ALIVE = ("RUNNING", "PENDING_REDRIVE")
_ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """The Lambda entry point, for the event *Step Functions Execution Status Change*.

    Its detail has `name`, `status`, and `error` and `cause` in lower case, which may be missing (Step Functions guide,
    "Automating Step Functions event delivery with EventBridge").
    """
    log_json()
    detail = event.get("detail") if isinstance(event, dict) else None
    fields: Mapping[str, Json] = detail if isinstance(detail, dict) else {}
    name, status = fields.get("name"), fields.get("status")
    if not isinstance(name, str) or not isinstance(status, str):
        raise UsageError("the event has no detail with name and status: it must be a Step Functions Execution Status Change")
    told = ": ".join(str(fields[key]) for key in ("error", "cause") if fields.get(key))
    with about(run_id=name):
        return {"run_id": name, "summary": reconcile(parts_from_environment(), name, status, told)}


def reconcile(parts: Parts, run_id: str, status: str, cause: str) -> Mapping[str, Json] | None:
    """Close the run of an execution with this status (of DescribeExecution); its summary comes back.

    Changes nothing for a run that has a summary, and for an execution that is alive (None, as for a run without a record). Safe
    to call twice. Raises UsageError for a status that no execution has.
    """
    if status in _ALIVE:
        return None
    if status not in _ENDED:
        raise UsageError(f"{status!r} is no status of an execution: {', '.join((*_ALIVE, *_ENDED))}")
    because = f": {cause}" if cause else ""
    if status == "ABORTED":
        return close_stopped(parts, run_id, cause or "the run was stopped")
    if status == "TIMED_OUT":
        reason = f"the execution timed out{because}"
        return close_run(
            parts, run_id, JobStatus(state=JobState.TIMED_OUT, failure=FailureClass.TIMEOUT, message=reason), reason=reason
        )
    reason = f"the execution ended {status} without a summary{because}"
    missing = JobStatus(state=JobState.UNKNOWN, failure=FailureClass.NOT_RECORDED, message=reason)
    return close_run(parts, run_id, missing, reason=reason)
