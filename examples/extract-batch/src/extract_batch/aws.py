"""What Batch and CloudWatch say of a job beyond the payload, and how a job is terminated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_batch.status import job_of, reason
from extract_core.parsing.asking import answer, client, log_tail, told
from extract_core.parsing.payload import objects, text

if TYPE_CHECKING:
    from extract_core import Outcome

LOG_GROUP: Final = "/aws/batch/job"
"""Where a job's output goes unless its definition says otherwise (Batch guide, "Using the awslogs log driver")."""


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """The job's reason where the payload had none, and the last lines of its log; None where nothing is known."""
    payload = job_of(outcome)
    job_id = text(payload, "JobId")
    if not job_id:
        return None
    found = objects(answer(aws, "batch", "describe_jobs", jobs=[job_id]), "Jobs")
    job = found[0] if found else payload
    stream = text(job, "Container", "LogStreamName")
    tail = (
        log_tail(aws, text(job, "Container", "LogConfiguration", "Options", "Awslogs-group") or LOG_GROUP, stream)
        if stream
        else None
    )
    return told(None if reason(payload) else reason(job), f"last lines of {stream}:\n{tail}" if tail else None)


def stop(outcome: Outcome, aws: object) -> None:
    """Terminate the job in whatever state it is, if the outcome names one. Batch takes it for a job that has ended, too.

    Raises botocore's ClientError when Batch refuses.
    """
    job_id = text(job_of(outcome), "JobId")
    if job_id:
        client(aws, "batch").terminate_job(jobId=job_id, reason="its extract run has ended")
