"""Stops an execution that was redriven after its run was closed.

The tables of a closed run are free for other runs, so its late jobs have no lease: they would cost money, and nothing that they
extract would be committed. A redriven execution continues at the states that did not end, and the children of a Map Run at
theirs (Step Functions guide, "Redriving Map Runs"): usually the state of the job, with no state before it that could refuse.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from extract_core.plan.execution import ALIVE
from extract_core.wording import utc

if TYPE_CHECKING:
    from extract_core.aws.client import StepFunctions
    from extract_core.tracking.records import RunRecord

log: Final = logging.getLogger("extract_core")

RUN_CLOSED: Final = "RunClosed"
"""The error with which the execution ends, as the exception of `extract_core.errors`."""


def stop_redriven(states: StepFunctions, record: RunRecord) -> bool:
    """Stop the execution of a run that has a summary, if it was redriven after that. Step Functions then stops its jobs.

    Returns whether it was stopped now. Raises TrackingUnavailable.
    """
    summary: Any = record.summary
    described = states.describe(record.execution_id)
    if described is None or described["status"] not in ALIVE:
        return False
    redriven_at = described.get("redriveDate")
    if redriven_at is None or redriven_at <= utc(summary["ended_at"]):
        return False  # the summary is that of this execution, which is about to end
    cause = (
        f"run {record.run_id!r} was closed as {summary['state']} before its execution was redriven: its tables are free for "
        f"other runs, and nothing more would be committed. Start a new run of its tables: extract rerun {record.run_id}"
    )
    with states.asking(f"can't stop {record.execution_id!r}"):
        states.client(record.execution_id).stop_execution(executionArn=record.execution_id, error=RUN_CLOSED, cause=cause)
    log.warning("%s", cause, extra={"extract": {"run_id": record.run_id}})
    return True
