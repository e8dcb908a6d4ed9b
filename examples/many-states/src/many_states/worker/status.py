"""The meaning of a worker's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, text, whole

if TYPE_CHECKING:
    from extract_core import Outcome


def status(outcome: Outcome) -> JobStatus:
    """Never raises. SUCCEEDED only for a result with a worker's name and exit code 0."""
    answer = described(outcome)
    worker, code = text(answer, "worker"), whole(answer, "exit_code")
    job = text(outcome.item, "arguments", "job", "id")
    if outcome.error is None:
        if worker and code == 0:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=job)
        verdict = v.failed(FailureClass.USER_CODE) if worker and code is not None else v.UNKNOWN
        said = f"worker {worker or '?'} answered with exit code {'none' if code is None else code}"
    elif outcome.error == "Worker.Failed":
        verdict = v.failed(v.by_words(outcome.cause) or FailureClass.USER_CODE)
        said = (outcome.cause or "").strip() or "the worker gave no reason"
    elif outcome.error == "States.HeartbeatTimeout":
        verdict = v.TIMED_OUT
        said = "the worker fell silent"
    else:
        verdict = v.by_error(outcome.error, outcome.cause)
        said = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
    return JobStatus(
        state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=f"Worker: {said}", job_run_id=job
    )
