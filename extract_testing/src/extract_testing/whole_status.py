"""What a JobStatus must be, whatever it says: the kinds of its members, and what goes with which state."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from extract_core.contract import FailureClass, JobState, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator


def faults_of_status(status: object) -> Iterator[tuple[str, str]]:
    """What is wrong with what a parser returned, each with its remedy."""
    if not isinstance(status, JobStatus):
        yield f"it returned {status!r}", "return a JobStatus"
        return
    yield from _faults_of_members(status)
    if status.state is JobState.SUCCEEDED:
        if status.failure is not None or status.retryable:
            yield "a success has a failure or is worth another try", "leave failure and retryable out of a success"
    elif status.failure is None:
        yield f"{status.state!r} has no failure class", "give one; FailureClass.UNKNOWN where not enough is known"
    if status.state is JobState.TIMED_OUT and status.retryable:
        yield "a timeout is worth another try", "leave retryable False: the job may still be running"
    if status.state is JobState.STOPPED and status.retryable:
        yield "a stop is worth another try", "leave retryable False: somebody wanted it to end"


def _faults_of_members(status: JobStatus) -> Iterator[tuple[str, str]]:
    state: object = status.state
    failure: object = status.failure
    if not isinstance(state, JobState) or not isinstance(failure, FailureClass | None):
        yield f"state is {state!r} and failure {failure!r}", "take them from JobState and FailureClass"
    texts: tuple[object, ...] = (status.message, status.job_run_id, status.log_url)
    if not all(isinstance(each, str | None) for each in texts):
        yield f"message, job_run_id or log_url is no text: {texts!r}", "give texts or None"
    moments: tuple[object, ...] = (status.started_at, status.ended_at)
    for moment in moments:
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            yield (
                f"started_at or ended_at is {moment!r}",
                "give a datetime with a time zone: payload.instant of extract_core.parsing does",
            )
    amounts: list[object] = list((status.cost_basis or {}).values())
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in amounts):
        yield f"cost_basis is {status.cost_basis!r}", "give finite numbers by unit"
