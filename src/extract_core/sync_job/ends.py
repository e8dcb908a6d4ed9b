"""The status of a `SyncJob`'s end, by the service's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, instant
from extract_core.sync_job.paths import at, said, steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json, Outcome
    from extract_core.sync_job.words import ServiceWords

_SUCCEEDED = v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False)


def status_of(job_type: ServiceWords, outcome: Outcome) -> JobStatus:
    """Never raises. SUCCEEDED only for a result in the service's success state, beside a member that only this service sends."""
    job = job_type.described(outcome)
    known = any(said(job, name) for name in job_type.known_by or (job_type.id_member,))
    state = said(job, job_type.state_member) if known else None
    if outcome.error is None and state == job_type.succeeded:
        return _status(job_type, job, _SUCCEEDED, None)
    if outcome.error is not None:
        state = state or _cut(outcome, job_type.state_member)
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        return _status(job_type, job, verdict, _without_state(job_type, outcome))
    verdict, detail = _end(job_type, state, job, outcome)
    job_id = said(job, job_type.id_member) or _cut(outcome, job_type.id_member)
    name = " ".join(filter(None, (job_type.title, job_type.job_word, job_id)))
    return _status(job_type, job, verdict, f"{name} ended {state}: {detail}")


def _end(job_type: ServiceWords, state: str, job: Mapping[str, Json], outcome: Outcome) -> tuple[v.Verdict, str]:
    """The class of an end that is not a success, and its reason."""
    cut = (_cut(outcome, name) for name in job_type.reason_members)
    reason = job_type.reason(job) or ": ".join(filter(None, cut)) or None
    if state == job_type.succeeded:
        return v.UNKNOWN, f"yet Step Functions says {outcome.error}"
    if state in job_type.failures:
        meaning = job_type.failure(state, job, reason)
        verdict = meaning if isinstance(meaning, v.Verdict) else _verdict(meaning)
        if verdict.failure is FailureClass.USER_CODE and _was_cut(outcome):
            verdict = v.failed(FailureClass.UNKNOWN)  # the missing part may contain the reason
    else:
        verdict = v.UNKNOWN
        if state not in job_type.not_ends:
            return verdict, ": ".join(filter(None, ("a state that extract does not know", reason)))
    return verdict, reason or f"{job_type.title} gave no reason"


def _cut(outcome: Outcome, path: str) -> str | None:
    """The text of a member of a Cause that Step Functions cut."""
    return cut_member(outcome.cause, str(steps(path)[-1]))


def _was_cut(outcome: Outcome) -> bool:
    """Whether Step Functions cut the Cause, which then is not JSON any more."""
    return outcome.error is not None and outcome.cause_json is None


def _verdict(failure: FailureClass) -> v.Verdict:
    if failure is FailureClass.STOPPED:
        return v.STOPPED
    return v.TIMED_OUT if failure is FailureClass.TIMEOUT else v.failed(failure)


def _without_state(job_type: ServiceWords, outcome: Outcome) -> str:
    if outcome.error is None:
        return f"{job_type.title} answered without the state of a {job_type.job_word}: how it ended is not known"
    return f"{job_type.title} {job_type.job_word}: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(job_type: ServiceWords, job: Mapping[str, Json], verdict: v.Verdict, message: str | None) -> JobStatus:
    return JobStatus(
        state=verdict.state,
        failure=None if verdict.state is JobState.SUCCEEDED else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=said(job, job_type.id_member),
        log_url=job_type.log_url(job),
        started_at=_first(job, job_type.started_members),
        ended_at=_first(job, job_type.ended_members),
        cost_basis=job_type.cost_basis(job),
    )


def _first(job: Mapping[str, Json], names: Sequence[str]) -> datetime | None:
    return next((moment for name in names if (moment := instant(at(job, name)))), None)
