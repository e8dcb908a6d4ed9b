"""The meaning of a statement's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, instant, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

FINISHED: Final = "FINISHED"


def job_of(outcome: Outcome) -> Mapping[str, Json]:
    """The functions' answer about the statement; ``{}`` if there is none."""
    return described(outcome, "job")


def status(outcome: Outcome) -> JobStatus:
    """Never raises. SUCCEEDED only for a result whose state is FINISHED, of a statement with an id."""
    job = job_of(outcome)
    state, statement, said = text(job, "state"), text(job, "id"), text(job, "error")
    if outcome.error is not None:
        verdict = v.by_error(outcome.error, outcome.cause)
        message = f"Redshift statement: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
    elif state == FINISHED and statement:
        return JobStatus(state=JobState.SUCCEEDED, job_run_id=statement, started_at=instant(job, "began"))
    else:
        verdict = _verdict(state, said)
        message = f"Redshift statement {statement or '?'} ended {state or 'unknown'}: {said or 'Redshift gave no reason'}"
    return JobStatus(
        state=verdict.state,
        failure=verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=statement,
        started_at=instant(job, "began"),
    )


def _verdict(state: str | None, said: str | None) -> v.Verdict:
    if state == "TIMED_OUT":
        return v.TIMED_OUT
    if state == "ABORTED":  # by CancelStatement
        return v.STOPPED
    if state == "FAILED":
        return v.failed(v.by_words(said) or (FailureClass.USER_CODE if said else FailureClass.UNKNOWN))
    return v.UNKNOWN
