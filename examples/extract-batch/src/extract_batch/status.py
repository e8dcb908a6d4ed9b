"""What a Batch job's end means.

Success and failure are one JobDetail at top level, with PascalCase keys and epoch milliseconds; DescribeJobs' envelope
``{"Jobs": […]}`` reads the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, described, instant, member, number, objects, text, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

SUCCEEDED: Final = "SUCCEEDED"

NOT_ENDS: Final = frozenset({"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"})
"""A .sync call never answers with one of these: what the job came to is not known."""

_EXITED: Final = "Essential container in task exited"
_TOOK_TOO_LONG: Final = re.compile(r"attempt duration exceeded timeout", re.IGNORECASE)
_NEVER_BEGAN: Final = re.compile(r"CannotPullContainer|CannotStartContainer|failed to start|ResourceInitializationError")
_PASSES: Final = re.compile(r"timed? ?out|i/o|connection reset|network interface|temporar", re.IGNORECASE)
_MISCONFIGURED: Final = re.compile(r"\bMISCONFIGURATION:")


def job_of(outcome: Outcome) -> Mapping[str, Json]:
    """The JobDetail of a payload, ``{}`` where there is none."""
    found = described(outcome)
    jobs = objects(found, "Jobs")
    return jobs[0] if jobs else found


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose Status is SUCCEEDED, with a JobId."""
    job = job_of(outcome)
    state = text(job, "Status")
    if outcome.error is None and state == SUCCEEDED and text(job, "JobId"):  # other services say SUCCEEDED too
        return _status(job, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    if state is None and outcome.error is not None:
        state = cut_member(outcome.cause, "Status")
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        return _status(job, verdict, _without_job(outcome))
    name = " ".join(filter(None, ("Batch job", text(job, "JobId") or cut_member(outcome.cause, "JobId"))))
    if state == "FAILED":
        said = reason(job) or cut_member(outcome.cause, "StatusReason")
        return _status(job, _failed(job, said), f"{name} ended FAILED: {said or 'Batch gave no reason'}")
    detail = "Batch gave no reason" if state in NOT_ENDS else "a state that extract does not know"
    if state == SUCCEEDED:
        detail = f"yet Step Functions says {outcome.error}" if outcome.error else "yet names no JobId"
    return _status(job, v.UNKNOWN, f"{name} ended {state}: {detail}")


def reason(job: Mapping[str, Json]) -> str | None:
    """All that Batch says of why: the job's reason, and its container's with the exit code."""
    code = whole(job, "Container", "ExitCode")
    container = text(job, "Container", "Reason")
    ended = None if code is None and container is None else "container ended"
    if ended and code is not None:
        ended += f" with exit code {code}"
    return "; ".join(filter(None, (text(job, "StatusReason"), ": ".join(filter(None, (ended, container)))))) or None


def _failed(job: Mapping[str, Json], said: str | None) -> v.Verdict:
    """FAILED: a person's doing, the job's time, the host, or else the container's own end."""
    if member(job, "IsTerminated") is True or member(job, "IsCancelled") is True:
        return v.STOPPED
    if _TOOK_TOO_LONG.search(said or ""):
        return v.TIMED_OUT
    if _MISCONFIGURED.search(said or ""):  # a job that could never run: Batch guide, "Jobs stuck in RUNNABLE"
        return v.failed(FailureClass.CONFIG)
    own = (text(job, "StatusReason"), text(job, "Container", "Reason"))
    words = v.by_words(" ".join(filter(None, own)) or said)  # an exit code of 137 alone may be anybody's kill
    if words is None and _NEVER_BEGAN.search(said or ""):
        return v.Verdict(JobState.FAILED, FailureClass.START, retryable=bool(_PASSES.search(said or "")))
    if words:
        return v.failed(words)
    code = whole(job, "Container", "ExitCode")
    exited = code not in (None, 0) or text(job, "StatusReason") == _EXITED
    return v.failed(FailureClass.USER_CODE if exited else FailureClass.UNKNOWN)


def _without_job(outcome: Outcome) -> str:
    if outcome.error is None:
        return "Batch answered without a job's Status: what the job came to is not known"
    return f"Batch job: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(job: Mapping[str, Json], verdict: v.Verdict, message: str | None) -> JobStatus:
    return JobStatus(
        state=verdict.state,
        failure=None if verdict.state is JobState.SUCCEEDED else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=text(job, "JobId"),
        log_url=_log_url(job),
        started_at=instant(job, "StartedAt"),
        ended_at=instant(job, "StoppedAt"),
        cost_basis=_cost_basis(job),
    )


def _cost_basis(job: Mapping[str, Json]) -> dict[str, float] | None:
    """The vCPUs and the memory that the job had (its ResourceRequirements; older definitions: Vcpus, Memory), times hours."""
    began, ended = instant(job, "StartedAt"), instant(job, "StoppedAt")
    required = {text(each, "Type"): number(each, "Value") for each in objects(job, "Container", "ResourceRequirements")}
    vcpus = required.get("VCPU") or number(job, "Container", "Vcpus")
    memory = required.get("MEMORY") or number(job, "Container", "Memory")
    if began is None or ended is None or not vcpus or not memory:
        return None
    hours = max((ended - began).total_seconds(), 0.0) / 3600
    return {"vcpu_hours": vcpus * hours, "memory_gb_hours": memory / 1024 * hours}


def _log_url(job: Mapping[str, Json]) -> str | None:
    """The job's page in the console, by its ARN: ``arn:aws:batch:REGION:ACCOUNT:job/ID``."""
    found = re.fullmatch(r"arn:aws:batch:([a-z0-9-]+):(\d{12}):job/([^/]+)", text(job, "JobArn") or "")
    if not found or found[2] == "0" * 12:  # a job on this machine
        return None
    return f"https://{found[1]}.console.aws.amazon.com/batch/home?region={found[1]}#jobs/detail/{quote(found[3])}"
