"""Cleans up after an execution that ended from outside: aborted, timed out, or by an error that no state catches.

On AWS an EventBridge rule on the machine calls it when an execution ends or runs again; on one machine the runner does.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.errors import RunNotFound, UsageError
from extract_core.plan.execution import ALIVE, ENDED
from extract_core.runs.close import close_run, close_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts

log: Final = logging.getLogger("extract_core")


def reconcile_dead(parts: Parts, run_id: str, execution_id: str, status: str, cause: str) -> Mapping[str, Json] | None:
    """As `reconcile`, for a report from another service, which may be late or wrong.

    It counts if the run belongs to this execution, and the execution is not alive. Otherwise nothing changes, and the answer is
    None. A closed run has its summary already; if its execution runs again because it was redriven, that is stopped. So is one
    that was redriven while this call closed its run: its event may have come before the summary.
    """
    began = parts.now()
    try:
        record = parts.tracking.run(run_id)
    except RunNotFound:
        return None
    if record.execution_id != execution_id:
        log.warning(
            "run %s is not closed: it belongs to execution %s, and %s has ended", run_id, record.execution_id, execution_id
        )
        return None
    if record.summary is not None:
        if status in ALIVE and record.planned is not None:
            parts.stop_redriven(record)
        return record.summary
    if status in ENDED and parts.is_running(execution_id):
        log.warning("run %s is not closed: its execution %s is alive, but was reported as %s", run_id, execution_id, status)
        return None
    summary = reconcile(parts, run_id, status, cause)
    if summary is not None and record.planned is not None:
        parts.stop_redriven(replace(record, summary={**summary, "ended_at": began.isoformat()}))
    return summary


def reconcile(parts: Parts, run_id: str, status: str, cause: str) -> Mapping[str, Json] | None:
    """Close the run of an execution with this status (of DescribeExecution), and return its summary.

    Changes nothing for a run that has a summary. Returns None if the execution is alive or the run has no record. The same call
    twice does no harm. Raises UsageError for a status that no execution has.
    """
    if status in ALIVE:
        return None
    if status not in ENDED:
        raise UsageError(f"{status!r} is not a status of an execution: {', '.join((*ALIVE, *ENDED))}")
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
