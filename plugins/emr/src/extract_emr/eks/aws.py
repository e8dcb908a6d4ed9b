"""What EMR on EKS says of a job run beyond the payload, and how a run is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.parsing.asking import answer, client, stopped, told
from extract_core.parsing.payload import described, member, text
from extract_emr.job_run import log_uri
from extract_emr.logs import folder, log_tail, newest_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, Outcome


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """FailureReason and StateDetails where the payload had none, and the end of the driver's stderr where logs go to S3."""
    cluster, run_id = _run(outcome)
    if not cluster or not run_id:
        return None
    payload = described(outcome, "JobRun")
    found = member(answer(aws, "emr-containers", "describe_job_run", virtualClusterId=cluster, id=run_id), "JobRun")
    reason = None
    if not text(payload, "StateDetails"):
        reason = ": ".join(filter(None, (text(found, "FailureReason"), text(found, "StateDetails"))))
    now: Mapping[str, Json] = found if isinstance(found, dict) else {}
    return told(reason, log_tail(aws, _driver_log(aws, log_uri(now) or log_uri(payload), cluster, run_id)))


def _driver_log(aws: object, uri: str | None, cluster: str, run_id: str) -> str | None:
    """The driver's stderr: its folder is named after the Spark application, which only S3 knows."""
    place = folder(uri)
    if place is None:
        return None
    key = newest_key(aws, place[0], f"{place[1]}{cluster}/jobs/{run_id}/containers/", "-driver/stderr.gz")
    return f"s3://{place[0]}/{key}" if key else None


def stop(outcome: Outcome, aws: object) -> None:
    """Cancel the run, if the outcome names one. Raises botocore's ClientError when it is refused; a run that ended is fine."""
    cluster, run_id = _run(outcome)
    if not cluster or not run_id:
        return
    containers = client(aws, "emr-containers")
    stopped(
        lambda: containers.cancel_job_run(virtualClusterId=cluster, id=run_id),
        ended=("ResourceNotFoundException", "ValidationException"),
    )


def _run(outcome: Outcome) -> tuple[str | None, str | None]:
    """Virtual cluster and run: both stand in StartJobRun's answer and in a JobRun."""
    run = described(outcome, "JobRun")
    cluster = text(run, "VirtualClusterId") or text(outcome.item, "arguments", "virtual_cluster_id")
    return cluster, text(run, "Id")
