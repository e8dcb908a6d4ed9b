"""What an EMR step's end means.

Success and failure are DescribeStep's answer ``{"Step": …}`` (by pattern; not recorded) with PascalCase keys and epoch
milliseconds; the bare Step reads the same. FailureDetails is often empty just after a failure (apache/airflow#32151).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, described, instant, member, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

COMPLETED: Final = "COMPLETED"

BY_STATE: Final = {
    "CANCELLED": v.STOPPED,  # by CancelSteps: a person, or Step Functions after an abort
    "INTERRUPTED": v.failed(FailureClass.INTERRUPTED),  # its cluster ended while it ran
    # Not ends. A .sync call never answers with one: what the step came to is not known.
    "PENDING": v.UNKNOWN,
    "RUNNING": v.UNKNOWN,
    "CANCEL_PENDING": v.UNKNOWN,
}
"""Every state but COMPLETED and FAILED, whose meaning its FailureDetails tell."""

_NOTHING_SAID: Final = "Unknown Error"  # FailureDetails.Reason where EMR found no cause (EMR API reference, FailureDetails)


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose state is COMPLETED."""
    step = described(outcome, "Step")
    state = text(step, "Status", "State")
    if outcome.error is None and state == COMPLETED:
        return _status(step, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    if state is None and not step:
        state = cut_member(outcome.cause, "State")
    if state is None:
        verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        return _status(step, verdict, _without_step(outcome))
    verdict = _failed(step) if state == "FAILED" else BY_STATE.get(state, v.UNKNOWN)
    name = " ".join(filter(None, ("EMR step", text(step, "Id") or cut_member(outcome.cause, "Id"))))
    return _status(step, verdict, f"{name} ended {state}: {_detail(step, state, outcome)}")


def _failed(step: Mapping[str, Json]) -> v.Verdict:
    """FAILED: by the words of FailureDetails; an exit code is the script's own."""
    message, reason = text(step, "Status", "FailureDetails", "Message"), text(step, "Status", "FailureDetails", "Reason")
    change = text(step, "Status", "StateChangeReason", "Message")
    words = v.by_words(" ".join(filter(None, (message, reason, change))))
    if words:
        return v.failed(words)
    told = message or change or (reason if reason != _NOTHING_SAID else None)
    return v.failed(FailureClass.USER_CODE if told else FailureClass.UNKNOWN)


def _detail(step: Mapping[str, Json], state: str, outcome: Outcome) -> str:
    """All that EMR says of the reason, and where its log is."""
    if state == COMPLETED:
        return f"yet Step Functions says {outcome.error}"
    if state != "FAILED" and state not in BY_STATE:
        return "a state that extract does not know"
    details = member(step, "Status", "FailureDetails")
    said = [text(details, "Reason"), text(details, "Message"), text(step, "Status", "StateChangeReason", "Message")]
    told = ": ".join(dict.fromkeys(filter(None, said))) or cut_member(outcome.cause, "Message", "Reason") or "EMR gave no reason"
    log = text(details, "LogFile")
    return f"{told} (log: {log})" if log else told


def _without_step(outcome: Outcome) -> str:
    if outcome.error is None:
        return "EMR answered without a step's state: what the step came to is not known"
    return f"EMR step: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(step: Mapping[str, Json], verdict: v.Verdict, message: str | None) -> JobStatus:
    """`log_url` is the step's stderr in S3 where EMR names it; a step has no price of its own, its cluster has."""
    timeline = member(step, "Status", "Timeline")
    return JobStatus(
        state=verdict.state,
        failure=None if verdict.state is JobState.SUCCEEDED else verdict.failure,
        retryable=verdict.retryable,
        message=message,
        job_run_id=text(step, "Id"),
        log_url=text(step, "Status", "FailureDetails", "LogFile"),
        started_at=instant(timeline, "StartDateTime"),
        ended_at=instant(timeline, "EndDateTime"),
    )
