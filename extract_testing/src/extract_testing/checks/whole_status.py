"""The form of a valid JobStatus: the types of its members, and which members go with which state."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from extract_core.contract import FailureClass, JobState, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator


def faults_of_status(status: object) -> Iterator[tuple[str, str]]:
    """The problems of a parser's return value, each with its remedy."""
    if not isinstance(status, JobStatus):
        yield f"it returned {status!r}", "return a JobStatus"
        return
    yield from _faults_of_members(status)
    if status.state is JobState.SUCCEEDED:
        if status.failure is not None or status.retryable:
            yield "a success has a failure class or is retryable", "leave failure and retryable out of a success"
    elif status.failure is None:
        yield f"{status.state!r} has no failure class", "add one; FailureClass.UNKNOWN if the class is not known"
    if status.state is JobState.TIMED_OUT and status.retryable:
        yield "a timeout is retryable", "leave retryable False: the job may still be running"
    if status.state is JobState.STOPPED and status.retryable:
        yield "a stop is retryable", "leave retryable False: a person stopped the job"


def _faults_of_members(status: JobStatus) -> Iterator[tuple[str, str]]:
    state: object = status.state
    failure: object = status.failure
    if not isinstance(state, JobState) or not isinstance(failure, FailureClass | None):
        yield f"state is {state!r} and failure {failure!r}", "use members of JobState and FailureClass"
    texts: tuple[object, ...] = (status.message, status.job_run_id, status.log_url)
    if not all(isinstance(text, str | None) for text in texts):
        yield f"message, job_run_id or log_url is not a string: {texts!r}", "use strings or None"
    moments: tuple[object, ...] = (status.started_at, status.ended_at)
    for moment in moments:
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            yield (
                f"started_at or ended_at is {moment!r}",
                "use a datetime with a time zone: extract_core.parsing.payload.instant returns one",
            )
    amounts: list[object] = list((status.cost_basis or {}).values())
    if not all(isinstance(amount, int | float) and math.isfinite(amount) for amount in amounts):
        yield f"cost_basis is {status.cost_basis!r}", "use finite numbers per unit"
