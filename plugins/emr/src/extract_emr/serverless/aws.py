"""What EMR Serverless says of a job run beyond the payload, and how a run is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.parsing.asking import answer, client, stopped, told
from extract_core.parsing.payload import described, member, text
from extract_emr.job_run import log_uri
from extract_emr.logs import log_tail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """StateDetails where the payload had none, and the ends of the driver's logs where these go to S3.

    Python's own traceback may stand in stdout, with a clean end in stderr: an error while Spark starts was seen to (the log
    handler of vivekaradshan/upgrade-regression-test-agent).
    """
    application, run_id = _run(outcome)
    if not application or not run_id:
        return None
    payload = described(outcome, "JobRun")
    found = member(answer(aws, "emr-serverless", "get_job_run", applicationId=application, jobRunId=run_id), "JobRun")
    reason = None if text(payload, "StateDetails") else text(found, "StateDetails")
    now: Mapping[str, Json] = found if isinstance(found, dict) else {}
    uri = log_uri(now) or log_uri(payload)
    logs = f"{uri.rstrip('/')}/applications/{application}/jobs/{run_id}/SPARK_DRIVER/" if uri else None
    return told(reason, *(log_tail(aws, f"{logs}{name}.gz") for name in ("stderr", "stdout") if logs))


def stop(outcome: Outcome, aws: object) -> None:
    """Cancel the run, if the outcome names one. Raises botocore's ClientError when it is refused; a run that ended is fine."""
    application, run_id = _run(outcome)
    if not application or not run_id:
        return
    serverless = client(aws, "emr-serverless")
    stopped(
        lambda: serverless.cancel_job_run(applicationId=application, jobRunId=run_id),
        ended=("ResourceNotFoundException", "ConflictException", "ValidationException"),
    )


def _run(outcome: Outcome) -> tuple[str | None, str | None]:
    """Application and run: both stand in StartJobRun's answer and in a JobRun."""
    run = described(outcome, "JobRun")
    application = text(run, "ApplicationId") or text(outcome.item, "arguments", "application_id")
    return application, text(run, "JobRunId")
