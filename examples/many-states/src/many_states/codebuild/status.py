"""What the end of a build means (CodeBuild API reference, Build.buildStatus)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, instant, objects, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

SUCCEEDED: Final = "SUCCEEDED"
BY_STATUS: Final = {
    "STOPPED": v.STOPPED,
    "TIMED_OUT": v.TIMED_OUT,
    "FAULT": v.failed(FailureClass.INTERNAL),
    "IN_PROGRESS": v.UNKNOWN,
}
"""Every status but SUCCEEDED and FAILED, whose meaning its phases tell."""


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose BuildStatus is SUCCEEDED."""
    build = described(outcome, "Build")
    state = text(build, "BuildStatus")
    if outcome.error is None and state == SUCCEEDED:
        return _status(build, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        said = f"{outcome.error or 'it answered without a BuildStatus'}: {(outcome.cause or '').strip() or 'no cause was given'}"
        return _status(build, verdict, f"CodeBuild: {said}")
    reason = _reason(build)
    failed = v.failed(v.by_words(reason) or FailureClass.USER_CODE)
    verdict = failed if state == "FAILED" else BY_STATUS.get(state, v.UNKNOWN)
    return _status(build, verdict, f"CodeBuild build {text(build, 'Id') or '?'} ended {state}: {reason or 'no reason was given'}")


def _reason(build: Mapping[str, Json]) -> str:
    """What the phases that failed say."""
    said = [text(context, "Message") for phase in objects(build, "Phases") for context in objects(phase, "Contexts")]
    return "; ".join(filter(None, said))


def _status(build: Mapping[str, Json], verdict: v.Verdict, message: str | None) -> JobStatus:
    return JobStatus(
        state=verdict.state,
        failure=None if verdict.state is JobState.SUCCEEDED else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=text(build, "Id"),
        log_url=text(build, "Logs", "DeepLink"),
        started_at=instant(build, "StartTime"),
        ended_at=instant(build, "EndTime"),
    )
