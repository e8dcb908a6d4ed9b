"""The status of a `PolledJob` that its branch could not follow to the end: the question failed, or the time was up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract_core.contract import FailureClass, JobState
from extract_core.registry.routing import LATER_ERROR, STARTED, STOP_ERROR, STOPPED
from extract_core.sync_job.paths import said

if TYPE_CHECKING:
    from extract_core.contract import JobStatus, Json, Outcome
    from extract_core.sync_job.polling import Polling


def polled_status(job_type: Polling[Any], outcome: Outcome, status: JobStatus) -> JobStatus:  # Any: whichever models
    """`status` with what the branch did. Such a job may have run on for a while, so no attempt follows."""
    item = outcome.item
    state = job_type.loop_word(job_type.described(outcome))
    followed = not item.keys() & {LATER_ERROR, STOPPED, STOP_ERROR}
    if followed and (outcome.error is not None or state not in job_type.not_ends):
        return status
    job_id = status.job_run_id or said(item.get(STARTED), job_type.started_id or job_type.id_member)
    status = replace(status, retryable=False, job_run_id=job_id)
    name = " ".join(filter(None, (job_type.title, job_type.job_word, job_id)))
    if outcome.error is not None:
        problem = (
            f"{name}: the question about it failed: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        )
    elif state is None:
        problem = f"{name}: the answer to {job_type.describe_resource} has no {job_type.loop_path()}, so its state is not known"
    elif state in job_type.ends():
        return status
    else:
        attribute = "done" if job_type.done_member else "failures"
        unknown = f" (a state that extract does not know: if it is an end, add it to `{attribute}`)"
        what = f"was still {state}{'' if state in job_type.not_ends else unknown}"
        problem = f"{name} {what} after {item.get('timeout_seconds')} seconds, the table's time limit"
        status = replace(status, state=JobState.TIMED_OUT, failure=FailureClass.TIMEOUT)
    return replace(status, message=f"{problem}; {_stopped(item)}")


def _stopped(item: Mapping[str, Json]) -> str:
    """What became of the job."""
    refusal = item.get(STOP_ERROR)
    if refusal is None:
        return "the job was told to stop" if STOPPED in item else "whether it was stopped is not known"
    fields = refusal if isinstance(refusal, Mapping) else {}
    return f"the job could not be stopped and may still run: {fields.get('Error')}: {fields.get('Cause') or 'no cause was given'}"
