"""What a Glue job run's end means.

Success and failure are a JobRun (Glue API reference) at top level, with PascalCase keys and epoch milliseconds; GetJobRun's own
envelope ``{"JobRun": …}`` reads the same. Meanings of the states: Glue guide, "AWS Glue job run statuses".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, described, instant, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

SUCCEEDED: Final = "SUCCEEDED"

BY_STATE: Final = {
    "STOPPED": v.STOPPED,  # by BatchStopJobRun: a person, or Step Functions after an abort
    "TIMEOUT": v.TIMED_OUT,
    "ERROR": v.failed(FailureClass.CONFIG),  # a trigger or workflow ran a deleted job
    # Not ends. A .sync call never answers with one: what the run came to is not known.
    "STARTING": v.UNKNOWN,
    "RUNNING": v.UNKNOWN,
    "STOPPING": v.UNKNOWN,
    "WAITING": v.UNKNOWN,
    "EXPIRED": v.UNKNOWN,  # in botocore's model, explained nowhere
}
"""Every state but SUCCEEDED and FAILED, whose meaning its ErrorMessage tells."""


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose JobRunState is SUCCEEDED."""
    run = described(outcome, "JobRun")
    state = text(run, "JobRunState")
    said = text(run, "ErrorMessage") or text(run, "StateDetail") or cut_member(outcome.cause, "ErrorMessage")
    if outcome.error is None and state == SUCCEEDED:
        return _status(run, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    if state is None and outcome.error is not None:
        state = cut_member(outcome.cause, "JobRunState")
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        return _status(run, verdict, _without_run(outcome))
    verdict = _verdict(state, said)
    name = " ".join(filter(None, ("Glue job run", text(run, "Id"))))
    detail = said or ("Glue gave no reason" if state in BY_STATE or state == "FAILED" else "a state that extract does not know")
    if state == SUCCEEDED:
        detail = f"yet Step Functions says {outcome.error}"
    return _status(run, verdict, f"{name} ended {state}: {detail}")


def _verdict(state: str, said: str | None) -> v.Verdict:
    """A run that ended in ERROR says why like a failed one; where it says nothing, it is what the guide says of that state."""
    words = v.by_words(said) if state == "ERROR" else None
    if words:
        return v.failed(words)
    return _failed(said) if state == "FAILED" else BY_STATE.get(state, v.UNKNOWN)


def _failed(said: str | None) -> v.Verdict:
    """FAILED: the run's own code, unless the reason's words say more."""
    if said and ("missing metadata" in said or "VPC S3 endpoint validation failed" in said):
        return v.failed(FailureClass.CONFIG)
    words = v.by_words(said)
    if words:
        return v.failed(words)
    if said and said.startswith("LAUNCH ERROR"):  # the script could not be fetched or started
        return v.failed(FailureClass.CONFIG)
    return v.failed(FailureClass.USER_CODE if said else FailureClass.UNKNOWN)


def _without_run(outcome: Outcome) -> str:
    """What to say where nobody described a job run."""
    if outcome.error is None:
        return "Glue answered without a JobRunState: what the job run came to is not known"
    return f"Glue job run: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(run: Mapping[str, Json], verdict: v.Verdict, message: str | None) -> JobStatus:
    succeeded = verdict.state is JobState.SUCCEEDED
    return JobStatus(
        state=verdict.state,
        failure=None if succeeded else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=text(run, "Id"),
        log_url=_log_url(run),
        started_at=instant(run, "StartedOn"),
        ended_at=instant(run, "CompletedOn"),
        cost_basis=_cost_basis(run),
    )


def _cost_basis(run: Mapping[str, Json]) -> dict[str, float] | None:
    """DPUSeconds where Glue gives them (FLEX, auto scaling); else MaxCapacity (in DPUs) times ExecutionTime (in seconds)."""
    dpu_seconds = number(run, "DPUSeconds")
    if dpu_seconds is None:
        capacity, seconds = number(run, "MaxCapacity"), number(run, "ExecutionTime")
        dpu_seconds = None if capacity is None or seconds is None else capacity * seconds
    return None if dpu_seconds is None else {"dpu_seconds": dpu_seconds}


def _log_url(run: Mapping[str, Json]) -> str | None:
    """The run's page in the Glue console: job name and run id are in the payload, the Region is the console's own."""
    job, run_id = text(run, "JobName"), text(run, "Id")
    if not job or not run_id or run_id.startswith("jr_local_"):
        return None
    return f"https://console.aws.amazon.com/gluestudio/home#/job/{quote(job, safe='')}/run/{quote(run_id, safe='')}"
