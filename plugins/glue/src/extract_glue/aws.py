"""What Glue and CloudWatch say of a job run beyond the payload, and how a run is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.parsing.asking import answer, client, log_tail, stopped, told
from extract_core.parsing.payload import described, member, objects, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome

LOG_GROUP: Final = "/aws-glue/jobs"
"""Where a Spark job's logs are unless its run names another group (Glue API reference, JobRun.LogGroupName)."""

_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"})


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """The run's ErrorMessage where the payload had none, and the last lines of its error log; None where Glue says nothing."""
    job, run_id = _run(outcome)
    if not job or not run_id:
        return None
    payload = described(outcome, "JobRun")
    run = member(answer(aws, "glue", "get_job_run", JobName=job, RunId=run_id), "JobRun")
    reason = None
    if not text(payload, "ErrorMessage"):
        reason = text(run, "ErrorMessage") or text(run, "StateDetail")
    group = text(run, "LogGroupName") or text(payload, "LogGroupName") or LOG_GROUP
    tail = log_tail(aws, f"{group}/error", run_id)
    return told(reason, f"last lines of {group}/error {run_id}:\n{tail}" if tail else None)


def stop(outcome: Outcome, aws: object) -> None:
    """End the run, if the outcome names one. Raises botocore's ClientError, or RuntimeError, when Glue refuses."""
    job, run_id = _run(outcome)
    if not job or not run_id:
        return
    glue = client(aws, "glue")
    answered: Mapping[str, Json] = {}

    def call() -> None:
        nonlocal answered
        answered = glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])

    stopped(call, ended=("EntityNotFoundException",))
    for error in objects(answered, "Errors"):
        # A run that has ended is refused with the same InvalidInputException as one that can't be stopped: its state tells.
        state = text(answer(aws, "glue", "get_job_run", JobName=job, RunId=run_id), "JobRun", "JobRunState")
        if state not in _ENDED:
            said = ": ".join(filter(None, (text(error, "ErrorDetail", "ErrorCode"), text(error, "ErrorDetail", "ErrorMessage"))))
            raise RuntimeError(f"the Glue job run {run_id} of {job!r} could not be stopped: {said or 'no reason was given'}")


def _run(outcome: Outcome) -> tuple[str | None, str | None]:
    """Job name and run id: StartJobRun's answer calls the id JobRunId, a JobRun calls it Id."""
    run = described(outcome, "JobRun")
    job = text(run, "JobName") or text(outcome.item, "arguments", "job_name")
    return job, text(run, "JobRunId") or text(run, "Id")
