"""What the end of a job run of EMR Serverless or EMR on EKS means: both describe one JobRun, in words of their own.

Success and failure are a JobRun with PascalCase keys and epoch milliseconds. That of EMR Serverless stands at top level, in the
result and in the Cause: the machine of vivekaradshan/upgrade-regression-test-agent reads ``$.State`` and ``$.JobRunId`` there,
and its deployment notes tell that it ran so on AWS. That of EMR on EKS was not seen; ``{"JobRun": …}`` reads the same.
StateDetails is at most 256 characters (botocore), so a long reason is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, described, instant, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extract_core import Json, Outcome


@dataclass(frozen=True, slots=True)
class Service:
    """The words of one service. `verdict` reads a run that ended in a state other than `succeeded`.

    `ids` are the members that a run is known by, its own id first: other services have a State as well.
    """

    title: str
    ids: tuple[str, str]
    succeeded: str
    known: frozenset[str]
    verdict: Callable[[str, Mapping[str, Json], str | None], v.Verdict]
    log_folder: Callable[[Mapping[str, Json]], str | None]
    cost_basis: Callable[[Mapping[str, Json]], Mapping[str, float] | None] = lambda _run: None


def status(outcome: Outcome, service: Service) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result in the service's own success state."""
    run = described(outcome, "JobRun")
    state = text(run, "State") if any(text(run, name) for name in service.ids) else None
    if outcome.error is None and state == service.succeeded:
        return _status(run, service, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    if state is None and outcome.error is not None:
        state = cut_member(outcome.cause, "State")
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        return _status(run, service, verdict, _without_run(outcome, service))
    said = text(run, "StateDetails") or cut_member(outcome.cause, "StateDetails")
    run_id = text(run, service.ids[0]) or cut_member(outcome.cause, service.ids[0])
    name = " ".join(filter(None, (f"{service.title} job run", run_id)))
    if state == service.succeeded:
        return _status(run, service, v.UNKNOWN, f"{name} ended {state}: yet Step Functions says {outcome.error}")
    if state not in service.known:
        return _status(run, service, v.UNKNOWN, f"{name} ended {state}: a state that extract does not know")
    reason = ": ".join(filter(None, (text(run, "FailureReason") or cut_member(outcome.cause, "FailureReason"), said)))
    verdict = service.verdict(state, run, reason)
    return _status(run, service, verdict, f"{name} ended {state}: {reason or f'{service.title} gave no reason'}")


def _without_run(outcome: Outcome, service: Service) -> str:
    if outcome.error is None:
        return f"{service.title} answered without a job run's state: what it came to is not known"
    return f"{service.title} job run: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(run: Mapping[str, Json], service: Service, verdict: v.Verdict, message: str | None) -> JobStatus:
    return JobStatus(
        state=verdict.state,
        failure=None if verdict.state is JobState.SUCCEEDED else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=text(run, service.ids[0]),
        log_url=service.log_folder(run),
        started_at=instant(run, "StartedAt") or instant(run, "CreatedAt"),
        ended_at=instant(run, "EndedAt") or instant(run, "FinishedAt"),
        cost_basis=service.cost_basis(run),
    )


def log_uri(run: Mapping[str, Json]) -> str | None:
    """The folder in S3 that the run's logs go below, where it names one."""
    return text(run, "ConfigurationOverrides", "MonitoringConfiguration", "S3MonitoringConfiguration", "LogUri")
