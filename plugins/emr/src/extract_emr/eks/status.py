"""What the end of an EMR on EKS job run means. Its success word is COMPLETED (botocore: emr-containers, JobRunState)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import FailureClass
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import text
from extract_emr import job_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import JobStatus, Json, Outcome

COMPLETED: Final = "COMPLETED"

NOT_ENDS: Final = frozenset({"PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING"})
"""A .sync call never answers with one of these: what the run came to is not known."""

BY_REASON: Final = {
    "INTERNAL_ERROR": FailureClass.INTERNAL,
    "USER_ERROR": FailureClass.USER_CODE,
    "VALIDATION_ERROR": FailureClass.CONFIG,
    "CLUSTER_UNAVAILABLE": FailureClass.CAPACITY,  # the Kubernetes cluster can't be reached: nothing ran
}
"""FailureReason, every value of it (botocore)."""

_THE_SERVICES_OWN: Final = (FailureClass.INTERNAL, FailureClass.CAPACITY)


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose State is COMPLETED."""
    return job_run.status(outcome, _SERVICE)


def _verdict(state: str, run: Mapping[str, Json], reason: str | None) -> v.Verdict:
    if state in NOT_ENDS:
        return v.UNKNOWN
    if state == "CANCELLED":  # by CancelJobRun: a person, or Step Functions after an abort
        return v.STOPPED
    told = text(run, "FailureReason") or (reason or "").partition(":")[0]
    by_reason = BY_REASON.get(told)
    if by_reason in _THE_SERVICES_OWN:
        return v.failed(by_reason)
    words = v.by_words(reason)
    return v.failed(words or by_reason or (FailureClass.USER_CODE if reason else FailureClass.UNKNOWN))


def _log_folder(run: Mapping[str, Json]) -> str | None:
    """Where in S3 the run's logs are (EMR on EKS guide, "Configure a job run to use Amazon S3 logs")."""
    uri, cluster, run_id = job_run.log_uri(run), text(run, "VirtualClusterId"), text(run, "Id")
    return f"{uri.rstrip('/')}/{cluster}/jobs/{run_id}/" if uri and cluster and run_id else None


_SERVICE: Final = job_run.Service(
    title="EMR on EKS",
    ids=("Id", "VirtualClusterId"),
    succeeded=COMPLETED,
    known=frozenset({COMPLETED, "FAILED", "CANCELLED", *NOT_ENDS}),
    verdict=_verdict,
    log_folder=_log_folder,
)
